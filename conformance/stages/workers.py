"""A server with several workers: to its clients it is one server, and its models are there once.

Runs in the tensorflow environment. Versions switch under clients whose connections go to all workers; counts are those
of all of them; memory that a model takes does not grow with their number; TensorFlow's session is one too.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tensorflow_models
from command import convert
from open_loop import Call, OpenLoop, grpc_client, rest_client
from report import check, require
from run_context import Context, read_context, read_model
from server_process import Rest, Server, running
from serving_client import Grpc

CLIENTS = 24
CALLS_A_SECOND = 300.0
WORKERS = 3
SWITCHES, MORE_SWITCHES = 5, 60  # the latter with --full
SWITCH_TIMEOUT_S = 20.0
BETWEEN_S = 0.5
LONGEST_S = 600.0
INPUT = np.array([[1.0, -2.0, 3.0]], np.float32)
# Of the memory that a model takes with one worker: what onnxruntime keeps for each thread that runs it is little.
SLACK, SLACK_MB = 1.25, 12.0
MEMORY_WORKERS = 4
MEMORY_CALLS = 24


def main() -> None:
    """Each story with servers of its own."""
    context = read_context()
    os.environ["TORCHFERRY_PYTHON"] = sys.executable  # of the servers that are started here
    switches = MORE_SWITCHES if context.full else SWITCHES
    kept: Kept | None = None
    with check(f"workers: {switches} switches under {CLIENTS} clients of {WORKERS} workers") as figure:
        kept = switch(context, switches)
        figure(f"{len(kept.calls)} calls")
    if kept:
        with check("workers: no request fails"):
            failures = [call.failure for call in kept.calls if call.failure]
            require(not failures, f"{len(failures)} of {len(kept.calls)}: {failures[:2]}")
        with check("workers: whoever saw a version never sees one before it, on whatever connection"):
            check_order(kept.calls)
        with check("workers: each answer has its version's numbers"):
            check_numbers(kept.calls)
        with check("workers: the statistics are those of all of them") as figure:
            figure(check_counts(kept))
    with check(f"workers: a model's memory with {MEMORY_WORKERS} workers and with 1") as figure:
        figure(compare_memory(context))
    with check("workers: TensorFlow's session is one for all of them"):
        ask_one_session(context)


@dataclass(frozen=True)
class Kept:
    """What the switches leave to be judged."""

    calls: list[Call]
    last: int  # the version that was served at the end
    counted: dict  # its statistics


def switch(context: Context, switches: int) -> Kept:
    """plus_one and plus_two in turns, each a version."""
    ring = []
    for name in ("plus_one", "plus_two"):
        convert(context.models / name / "model.pt2", context.work / f"workers-{name}")
        ring.append(context.work / f"workers-{name}" / "1")
    base = context.work / "workers-switched"
    base.mkdir()
    ring[0].rename(base / "1")
    log = context.work / "logs" / "workers.log"
    facts = read_model(context.models / "plus_one").facts
    names = (facts["inputs"][0], facts["outputs"][0])
    options = ("--workers", WORKERS, "--file_system_poll_wait_seconds", 0.1)
    with running("plus", log, "--model_name", "plus", "--model_base_path", base, *options) as server:
        clients = [(grpc_client, rest_client)[at % 2](server, INPUT, names) for at in range(CLIENTS)]
        load = OpenLoop(clients, CALLS_A_SECOND, LONGEST_S)
        load.start()
        try:
            time.sleep(2 * BETWEEN_S)
            for number in range(2, 2 + switches):
                ring[(number - 1) % 2].rename(base / str(number))
                wait_for(server, number, "AVAILABLE")
                wait_for(server, number - 1, "END")
                (base / str(number - 1)).rename(ring[number % 2])
                time.sleep(BETWEEN_S)
        finally:
            calls = load.finish()
        _, told = Rest(server).get("/v2/models/plus/stats")
    return Kept(calls, 1 + switches, told["model_stats"][0])


def wait_for(server: Server, number: int, state: str) -> None:
    """Waits until a version's status tells the state, on a new connection each time."""
    deadline = time.monotonic() + SWITCH_TIMEOUT_S
    while True:
        status, body = Rest(server).get(f"/v1/models/plus/versions/{number}")
        if status == 200 and body["model_version_status"][0]["state"] == state:
            return
        require(time.monotonic() < deadline, f"version {number} is not {state}: {body}")
        time.sleep(0.02)


def check_order(calls: list[Call]) -> None:
    """A request that left after an answer came is answered by the same version or a later one."""
    answered = [call for call in calls if call.answer]
    ends = sorted(answered, key=lambda call: call.ended)
    newest, at = 0, 0
    for call in sorted(answered, key=lambda call: call.began):
        while ends[at].ended < call.began:
            newest = max(newest, ends[at].answer.version)
            at += 1
        told = call.answer.version
        require(told >= newest, f"version {told} answered at {call.began:.4f} what {newest} had answered before")
    versions = {call.answer.version for call in answered}
    require(len(versions) > 2, f"only the versions {sorted(versions)} answered")


def check_numbers(calls: list[Call]) -> None:
    """Odd versions add one to half of the input, even ones two."""
    for call in calls:
        if call.answer:
            want = INPUT.ravel() / 2 + (1 if call.answer.version % 2 else 2)
            require(np.allclose(call.answer.values, want), f"{call.answer}")


def check_counts(kept: Kept) -> str:
    """Every answer of the last version was counted once, by whichever worker gave it."""
    answered = sum(call.answer is not None and call.answer.version == kept.last for call in kept.calls)
    counted = kept.counted["inference_stats"]["success"]["count"]
    require(kept.counted["version"] == str(kept.last), str(kept.counted["version"]))
    require(counted == answered, f"{counted} counted, {answered} answered")
    return f"{answered} of version {kept.last}"


def compare_memory(context: Context) -> str:
    """What resnet18 takes beyond plus_one, so that what a worker takes by itself does not count."""
    bases = {}
    for name in ("plus_one", "resnet18"):
        model = read_model(context.models / name)
        bases[name] = context.work / f"workers-memory-{name}"
        convert(model.folder / "model.pt2", bases[name], *model.facts["options"])
    taken = {count: memory_mb(context, bases, count) for count in (1, MEMORY_WORKERS)}
    one, several = (taken[count]["resnet18"] - taken[count]["plus_one"] for count in (1, MEMORY_WORKERS))
    told = f"{one:.0f} MB with 1, {several:.0f} MB with {MEMORY_WORKERS}; whole servers {taken}"
    require(several <= one * SLACK + SLACK_MB, told)
    return told


def memory_mb(context: Context, bases: dict[str, Path], workers: int) -> dict[str, int]:
    """Proportional memory of a server of each model, after some calls on connections of their own."""
    taken = {}
    for name, base in bases.items():
        log = context.work / "logs" / f"workers-memory-{name}-{workers}.log"
        model = read_model(context.models / name)
        names = (model.facts["inputs"][0], model.facts["outputs"][0])
        given = INPUT if name == "plus_one" else np.zeros((1, 3, 224, 224), np.float32)
        options = ("--workers", workers, "--tensorflow_intra_op_parallelism", 1)
        with running(name, log, "--model_name", name, "--model_base_path", base, *options) as server:
            for _ in range(MEMORY_CALLS):
                rest_client(server, given, names)()
            text = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
        taken[name] = int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]) // 1024
    return taken


def ask_one_session(context: Context) -> None:
    """A model that counts its calls in a variable, asked on connections that different workers have."""
    base = context.work / "workers-words"
    tensorflow_models.words(base / "1")
    log = context.work / "logs" / "workers-words.log"
    options = ("--workers", WORKERS, "--engine", "tensorflow")
    with running("words", log, "--model_name", "words", "--model_base_path", base, *options) as server:
        counted = []
        for at in range(2 * WORKERS):
            client = Grpc(server, own_connection=True)
            answer = client.predict({"words": np.array([f"{at}"], object)}, "remember")
            require(answer["before"].tolist() == ([f"{at - 1}".encode()] if at else [b"none"]), str(answer))
            counted.append(int(answer["calls"]))
        require(counted == list(range(1, 1 + 2 * WORKERS)), f"calls were counted {counted}")


main()
