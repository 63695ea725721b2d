"""A server that changes versions, and one that is told to end, while clients keep calling: no request may fail.

Runs in the tensorflow environment. Each client is a thread that calls again as soon as it is answered.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np

from command import convert
from equal import largest_error
from report import Unmet, check, require
from run_context import Context, Model, converted, read_context, read_model
from server_process import Rest, Server, running
from serving_client import Grpc

SWITCHES = 3
SWITCH_LIMIT_S = 2.0  # from the new directory's appearance until every client is answered by it
RACE_S = 0.1  # a call begun this shortly before SIGTERM may reach the server after it
CLIENTS_A_PROTOCOL = 3


@dataclass
class Call:
    """One finished call: when it began and ended, and its answer or failure."""

    began: float
    ended: float
    answer: np.ndarray | None
    failure: str = ""


@dataclass
class Load:
    """Clients that call in a closed loop until told to stop."""

    clients: list[Callable[[], np.ndarray]]
    stop: threading.Event = field(default_factory=threading.Event)
    calls: list[list[Call]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Starts all clients."""
        for client in self.clients:
            calls: list[Call] = []
            self.calls.append(calls)
            self.threads.append(threading.Thread(target=self.work, args=(client, calls)))
            self.threads[-1].start()

    def work(self, client: Callable[[], np.ndarray], calls: list[Call]) -> None:
        """One client's loop; its first failure ends it."""
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                calls.append(Call(began, 0.0, client()))
            except (grpc.RpcError, OSError, Unmet) as error:
                calls.append(Call(began, 0.0, None, f"{type(error).__name__}: {error}"))
            calls[-1].ended = time.monotonic()
            if calls[-1].failure:
                return

    def finish(self) -> list[Call]:
        """Stops all clients; returns all calls."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return [call for calls in self.calls for call in calls]


def main() -> None:
    """Both stories, each with its own server."""
    context = read_context()
    with check("versions: switches under load, no request fails") as figure:
        figure(switch_versions(context))
    resnet = read_model(context.models / "resnet18")
    with check("SIGTERM: slow requests in flight are answered, exit code 0") as figure:
        figure(end_with_slow_requests(context, resnet))
    with check("SIGTERM: a stream of small requests, exit code 0") as figure:
        figure(end_under_load(context))


def grpc_client(server: Server, inputs: dict[str, np.ndarray], output: str) -> Callable[[], np.ndarray]:
    """A gRPC client of one output."""
    client = Grpc(server)
    return lambda: client.predict(inputs)[output]


def rest_client(server: Server, inputs: dict[str, np.ndarray]) -> Callable[[], np.ndarray]:
    """A REST client of a model with one output, on a kept connection."""
    client = Rest(server)
    body = json.dumps({"inputs": {key: array.tolist() for key, array in inputs.items()}})  # once: it takes long

    def call() -> np.ndarray:
        status, answer = client.exchange("POST", client.predict_path, body)
        require(status == 200, f"status {status}: {str(answer)[:200]}")
        return np.array(answer["outputs"], np.float32)

    return call


def clients(
    server: Server, inputs: dict[str, np.ndarray], output: str, count: int
) -> list[Callable[[], np.ndarray]]:
    """`count` clients of each protocol."""
    both = [(grpc_client(server, inputs, output), rest_client(server, inputs)) for _ in range(count)]
    return [client for pair in both for client in pair]


def switch_versions(context: Context) -> str:
    """Converts new versions beside the served one; clients see each within the limit, and never an older one again."""
    base = context.work / "switching"
    files = [context.models / name / "model.pt2" for name in ("plus_one", "plus_two")]
    convert(files[0], base)
    inputs = {"x": np.array([[0.0, 2.0, 4.0]], np.float32)}
    slowest = 0.0
    with running(
        "plus", context.work / "logs" / "switching.log", "--model_name", "plus", "--model_base_path", base
    ) as server:
        load = Load(clients(server, inputs, "output_0", CLIENTS_A_PROTOCOL))
        load.start()
        try:
            for number in range(2, 2 + SWITCHES):
                time.sleep(0.5)
                appeared = convert_and_watch(files[1 - number % 2], base, number)
                slowest = max(slowest, wait_for_answers(load, 1.0 + (1 - number % 2), appeared))
        finally:
            calls = load.finish()
    failures = [call.failure for call in calls if call.failure]
    require(not failures, f"{len(failures)} of {len(calls)} calls failed: {failures[:2]}")
    require(
        all(call.answer is not None and call.answer[0][0] in (1.0, 2.0) for call in calls),
        "an answer of no version",
    )
    for one in load.calls:
        changes = sum(a.answer[0][0] != b.answer[0][0] for a, b in zip(one, one[1:]))
        require(changes == SWITCHES, f"a client saw {changes} changes in {SWITCHES} switches")
    require(slowest <= SWITCH_LIMIT_S, f"a switch took {slowest:.2f} s, at most {SWITCH_LIMIT_S} s is allowed")
    return f"{SWITCHES} switches, {len(calls)} calls, slowest {slowest:.2f} s"


def convert_and_watch(file: Path, base: Path, number: int) -> float:
    """Converts a new version; returns the moment its directory appeared."""
    worker = threading.Thread(target=convert, args=(file, base))
    worker.start()
    while worker.is_alive() and not (base / str(number)).exists():
        time.sleep(0.005)
    appeared = time.monotonic()
    worker.join()
    require((base / str(number)).exists(), f"no version {number} was written")
    return appeared


def wait_for_answers(load: Load, first: float, appeared: float) -> float:
    """Waits until every client's newest answer starts with `first`; returns the seconds since `appeared`."""
    while time.monotonic() - appeared < 3 * SWITCH_LIMIT_S:
        newest = [calls[-1].answer for calls in load.calls if calls]
        if all(answer is not None and answer[0][0] == first for answer in newest):
            return time.monotonic() - appeared
        time.sleep(0.01)
    raise Unmet(f"the new version did not answer every client within {3 * SWITCH_LIMIT_S} s")


def end_with_slow_requests(context: Context, model: Model) -> str:
    """SIGTERM while each client waits for a batch that takes long; every one must be answered, and rightly."""
    recorded = np.load(model.folder / "io.npz")
    inputs, want = {model.facts["inputs"][0]: recorded["b5.in0"]}, recorded["b5.out0"]
    server = start(context, model.name)
    load = Load(clients(server, inputs, model.facts["outputs"][0], 2))
    load.start()
    while (
        min(map(len, load.calls)) < 1
    ):  # every connection is open, and every client is in its second call or later
        time.sleep(0.01)
    time.sleep(RACE_S)
    terminated = time.monotonic()
    server.terminate()
    load.stop.set()
    code = server.wait()
    ended = time.monotonic() - terminated
    calls = [call for call in load.finish() if call.ended > terminated and call.began < terminated - RACE_S]
    require(calls, "no call was in flight at SIGTERM, so that this proves nothing")
    failures = [call.failure for call in calls if call.failure]
    require(not failures, f"{len(failures)} of {len(calls)} calls in flight failed: {failures[:2]}")
    error = max(largest_error([call.answer], [want]) for call in calls)
    require(code == 0, f"exit code {code}: {server.tail()}")
    return f"{len(calls)} in flight, {error:.1e}, ended after {ended:.2f} s"


def end_under_load(context: Context) -> str:
    """SIGTERM into a stream of small calls: those begun before it succeed, later ones are refused, none hangs."""
    server = start(context, "plus_one")
    load = Load(clients(server, {"x": np.array([[0.0, 2.0, 4.0]], np.float32)}, "output_0", CLIENTS_A_PROTOCOL))
    load.start()
    time.sleep(1.0)
    terminated = time.monotonic()
    server.terminate()
    code = server.wait()
    ended = time.monotonic() - terminated
    calls = load.finish()
    early = [call for call in calls if call.began < terminated - RACE_S]
    failures = [call.failure for call in early if call.failure]
    require(not failures, f"{len(failures)} of {len(early)} calls begun before SIGTERM failed: {failures[:2]}")
    odd = [call.failure for call in calls if call.failure and not refused(call.failure)]
    require(not odd, f"after SIGTERM: {odd[:2]}")
    require(code == 0, f"exit code {code}: {server.tail()}")
    return f"{len(early)} calls before it, ended after {ended:.2f} s"


def refused(failure: str) -> bool:
    """Whether a failure says that the server is going away, in either protocol."""
    words = (
        "UNAVAILABLE",
        "RemoteDisconnected",
        "ConnectionRefused",
        "ConnectionReset",
        "BrokenPipe",
        "status 503",
    )
    return any(word in failure for word in words)


def start(context: Context, name: str) -> Server:
    """A server of one converted model, available."""
    base = converted(context, f"{name}.pt2").parent
    server = Server(
        name, context.work / "logs" / f"ending-{name}.log", "--model_name", name, "--model_base_path", base
    )
    try:
        server.wait_until_available()
    except Unmet:
        server.process.kill()
        raise
    return server


main()
