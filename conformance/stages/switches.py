"""Versions of resnet18 that follow each other while 64 clients keep calling, over REST and gRPC.

No request fails, none is answered by a version that was not there, the slowest hundredth is not much slower than
without switches, and memory comes back. Runs in the tensorflow environment; 200 switches with --full, fewer without.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from command import convert
from open_loop import Call, OpenLoop, calls_per_second, grpc_client, percentile_ms, rest_client
from report import check, note, require
from run_context import Context, Model, read_context, read_model
from server_process import Rest, Server, running

CLIENTS = 64
CAPACITY_S = 6.0
KINDS = 4  # sets of weights; a directory is used again when its version has gone
SHARE = 0.5  # of the capacity
SLOWER, SLOWER_MS = 2.0, 25.0  # one of the two must hold for the 99th percentile
GROWTH = 1.10  # of memory
MEMORY_SAMPLES, MEMORY_GAP_S = 15, 0.2
SWITCH_TIMEOUT_S = 30
LONGEST_S = 1500


@dataclass(frozen=True)
class Length:
    """How long one run is."""

    switches: int
    settled_after: int  # switches before memory is first measured
    quiet_s: float  # without switches, before and after


FULL, SHORT = Length(200, 10, 40.0), Length(12, 4, 9.0)


@dataclass
class Version:
    """A version and when it could be answered by: from `begun`, and not by a request that left after `succeeded`."""

    number: int
    begun: float
    succeeded: float = float("inf")


@dataclass(frozen=True)
class Kept:
    """What a run leaves to be judged."""

    calls: list[Call]
    versions: list[Version]
    switching: tuple[float, float]
    memory: tuple[float, float]  # MB, after the first switches and after the last


def main() -> None:
    """One run, judged by four checks."""
    context = read_context()
    (context.work / "logs").mkdir(exist_ok=True)
    model, length = read_model(context.models / "resnet18"), FULL if context.full else SHORT
    recorded = np.load(model.folder / "io.npz")
    expected = [np.roll(recorded["b1.out0"].ravel(), shift(kind)) for kind in range(KINDS)]
    kept: Kept | None = None
    with check(f"switches: {length.switches} of resnet18 under {CLIENTS} clients") as figure:
        kept = run(context, model, recorded["b1.in0"], length)
        begun, ended = kept.switching
        figure(f"{len(kept.calls)} calls, a switch every {(ended - begun) / length.switches:.2f} s")
    if kept is None:
        return
    with check("switches: no request fails"):
        failures = [call.failure for call in kept.calls if call.failure]
        require(not failures, f"{len(failures)} of {len(kept.calls)} calls: {failures[:2]}")
    with check("switches: each answer is by a version that was there, with its numbers"):
        check_answers(kept, expected)
    with check(f"switches: p99 at most {SLOWER:g} times that without, or {SLOWER_MS:g} ms more") as figure:
        figure(check_latency(kept))
    with check(f"switches: memory after the last and after {length.settled_after}") as figure:
        before, after = kept.memory
        figure(f"{before:.0f} MB, then {after:.0f} MB")
        require(after <= before * GROWTH, f"{before:.0f} MB grew to {after:.0f} MB")


def shift(kind: int) -> int:
    """By how many classes the outputs of a set of weights are moved."""
    return 97 * kind


def run(context: Context, model: Model, image: np.ndarray, length: Length) -> Kept:
    """Measures the capacity, then runs at a share of it: without switches, with them, and without again."""
    ring = [version_directory(context, model, kind) for kind in range(KINDS)]
    base = context.work / "switched"
    base.mkdir()
    ring[1].rename(base / "1")
    log = context.work / "logs" / "switches.log"
    names = (model.facts["inputs"][0], model.facts["outputs"][0])
    with running("resnet18", log, "--model_name", "resnet18", "--model_base_path", base) as server:
        clients = [(grpc_client, rest_client)[at % 2](server, image, names) for at in range(CLIENTS)]
        capacity = calls_per_second(clients, CAPACITY_S)
        note(f"{capacity:.0f} calls a second at most")
        load = OpenLoop(clients, capacity * SHARE, LONGEST_S)
        load.start()
        try:
            time.sleep(length.quiet_s)
            begun = time.monotonic()
            versions, memory = switch(server, base, ring, length)
            ended = time.monotonic()
            time.sleep(length.quiet_s)
        finally:
            calls = load.finish()
    return Kept(calls, versions, (begun, ended), memory)


def version_directory(context: Context, model: Model, kind: int) -> Path:
    """A converted version whose last layer has its classes moved, and so its answers."""
    moved = onnx.load(model.folder / model.facts["files"]["onnx"])
    last = {name for node in moved.graph.node[-1:] for name in node.input}
    weights = [tensor for tensor in moved.graph.initializer if tensor.name in last]
    require(len(weights) == 2, f"the last node of {model.name} has {len(weights)} weights, not 2")
    for tensor in weights:
        array = numpy_helper.to_array(tensor)
        axis = array.shape.index(max(array.shape)) if array.ndim == 1 else array.shape.index(1000)
        tensor.CopyFrom(numpy_helper.from_array(np.roll(array, shift(kind), axis), tensor.name))
    file = context.work / f"switched-{kind}.onnx"
    onnx.save(moved, file)
    base = context.work / f"switched-{kind}"
    convert(file, base, *model.facts["options"])
    file.unlink()
    return base / "1"


def switch(
    server: Server, base: Path, ring: list[Path], length: Length
) -> tuple[list[Version], tuple[float, float]]:
    """Puts one version after another in the place of its predecessor, as fast as the server follows."""
    rest, early = Rest(server), 0.0
    versions = [Version(1, 0.0)]
    for number in range(2, 2 + length.switches):
        versions.append(Version(number, time.monotonic()))
        ring[number % KINDS].rename(base / str(number))
        wait_for(rest, server, number, "AVAILABLE")
        versions[-2].succeeded = time.monotonic()
        wait_for(rest, server, number - 1, "END")
        (base / str(number - 1)).rename(ring[(number - 1) % KINDS])
        if number == 1 + length.settled_after:
            early = memory_mb(server)
    return versions, (early, memory_mb(server))


def wait_for(rest: Rest, server: Server, number: int, state: str) -> None:
    """Waits until a version's status tells the state."""
    deadline = time.monotonic() + SWITCH_TIMEOUT_S
    while True:
        status, body = rest.get(f"/v1/models/{server.name}/versions/{number}")
        if status == 200 and body["model_version_status"][0]["state"] == state:
            return
        require(time.monotonic() < deadline, f"version {number} is not {state}: {json.dumps(body)[:300]}")
        time.sleep(0.02)


def memory_mb(server: Server) -> float:
    """The median of some readings of the memory that the server has, shared pages divided among their users."""
    readings = []
    for _ in range(MEMORY_SAMPLES):
        text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        readings.append(int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]))
        time.sleep(MEMORY_GAP_S)
    return float(np.median(readings)) / 1024


def check_answers(kept: Kept, expected: list[np.ndarray]) -> None:
    """Each answer's version was there while the request was on its way, and its numbers are that version's."""
    known = {version.number: version for version in kept.versions}
    answered = set()
    for call in kept.calls:
        if call.answer is None:
            continue  # told by the check on failures
        version = known.get(call.answer.version)
        require(version, f"an answer by version {call.answer.version}, which there never was")
        require(
            version.begun <= call.ended and call.began <= version.succeeded,
            f"version {version.number} answered a request of {call.began:.3f} to {call.ended:.3f}; "
            f"it was there from {version.begun:.3f} to {version.succeeded:.3f}",
        )
        want = expected[version.number % KINDS]
        worst = np.abs(call.answer.values - want).max() / np.abs(want).max()
        require(worst <= 1e-4, f"version {version.number} answered another one's numbers: off by {worst:.1e}")
        answered.add(version.number)
    missing = len(known) - len(answered)
    require(len(answered) > len(known) * 0.9, f"{missing} of {len(known)} versions answered nothing")


def check_latency(kept: Kept) -> str:
    """Compares the calls that were due while versions changed with those before and after."""
    begun, ended = kept.switching
    during = [call for call in kept.calls if begun <= call.due < ended]
    quiet = [call for call in kept.calls if not begun <= call.due < ended]
    with_switches, without = (percentile_ms(calls, 0.99) for calls in (during, quiet))
    medians = [percentile_ms(calls, 0.5) for calls in (during, quiet)]
    told = f"{with_switches:.0f} ms with, {without:.0f} ms without (medians {medians[0]:.0f} and {medians[1]:.0f} ms)"
    require(with_switches <= max(without * SLOWER, without + SLOWER_MS), told)
    return told


main()
