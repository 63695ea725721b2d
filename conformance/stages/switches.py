"""Versions of resnet18 that follow each other while 64 clients keep calling, over REST and gRPC.

No request fails, none is answered by a version that was not there, the slowest hundredth is not much slower than
without switches, and memory comes back. Latency is judged where no others take the processors, and told elsewhere.
Runs in the tensorflow environment; 200 switches with --full, fewer without.
"""

import json
import os
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
OTHERS_LIMIT = 0.1  # of the processors' time, taken by other processes


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
    settled: float = 0.0  # when its predecessor had gone, which ends the switch
    succeeded: float = float("inf")


@dataclass(frozen=True)
class Kept:
    """What a run leaves to be judged."""

    calls: list[Call]
    versions: list[Version]
    memory: tuple[float, float]  # MB, after the first switches and after the last
    others: float  # share of the processors' time that was neither ours nor idle


def main() -> None:
    """One run, judged by four checks."""
    context = read_context()
    model, length = read_model(context.models / "resnet18"), FULL if context.full else SHORT
    recorded = np.load(model.folder / "io.npz")
    expected = [np.roll(recorded["b1.out0"].ravel(), shift(kind)) for kind in range(KINDS)]
    kept: Kept | None = None
    with check(f"switches: {length.switches} of resnet18 under {CLIENTS} clients") as figure:
        kept = run(context, model, recorded["b1.in0"], length)
        took = [version.settled - version.begun for version in kept.versions[1:]]
        figure(f"{len(kept.calls)} calls, a switch took {np.mean(took):.2f} s, {max(took):.2f} s at most")
    if kept is None:
        return
    with check("switches: no request fails"):
        failures = [call.failure for call in kept.calls if call.failure]
        require(not failures, f"{len(failures)} of {len(kept.calls)} calls: {failures[:2]}")
    with check("switches: each answer is by a version that was there, with its numbers"):
        check_answers(kept, expected)
    if kept.others <= OTHERS_LIMIT:
        with check(f"switches: p99 at most {SLOWER:g} times that without, or {SLOWER_MS:g} ms more") as figure:
            with_switches, without, told = latency(kept)
            require(with_switches <= max(without * SLOWER, without + SLOWER_MS), told)
            figure(told)
    else:
        note(f"others take {kept.others:.0%} of the processors, so latency is not judged: {latency(kept)[2]}")
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
        require(capacity > 0, f"no call was answered in {CAPACITY_S} s: {server.tail()}")
        note(f"{capacity:.0f} calls a second at most")
        load = OpenLoop(clients, capacity * SHARE, LONGEST_S)
        load.start()
        before = processor_seconds(server)
        try:
            time.sleep(length.quiet_s)
            versions, memory = switch(server, base, ring, length)
            time.sleep(length.quiet_s)
        finally:
            calls = load.finish()
        busy, idle, ours = (after - early for after, early in zip(processor_seconds(server), before))
    return Kept(calls, versions, memory, max(0.0, busy - ours) / (busy + idle))


def processor_seconds(server: Server) -> tuple[float, float, float]:
    """Of all processors since they were started: busy, idle, and what the server and this process took."""
    tick = os.sysconf("SC_CLK_TCK")
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    idle = fields[3] + fields[4]
    served = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    ours = sum(map(int, served)) / tick + sum(os.times()[:2])
    return (sum(fields) - idle) / tick, idle / tick, ours


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
        versions[-1].settled = time.monotonic()
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
    """The least of some readings, since what is garbage comes on top; shared pages are divided among their users."""
    readings = []
    for _ in range(MEMORY_SAMPLES):
        text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        readings.append(int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]))
        time.sleep(MEMORY_GAP_S)
    return min(readings) / 1024


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


def latency(kept: Kept) -> tuple[float, float, str]:
    """The 99th percentile of the calls that were due while versions changed, that of the others, and a line on both."""
    spans = [(version.begun, version.settled) for version in kept.versions[1:]]
    during, quiet = [], []
    for call in kept.calls:
        (during if any(begun <= call.due < settled for begun, settled in spans) else quiet).append(call)
    (median, slow), (quiet_median, quiet_slow) = (
        [percentile_ms(calls, share) for share in (0.5, 0.99)] for calls in (during, quiet)
    )
    told = f"{slow:.0f} ms with, {quiet_slow:.0f} ms without (medians {median:.0f} and {quiet_median:.0f} ms)"
    return slow, quiet_slow, told


main()
