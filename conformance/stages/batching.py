"""A server that runs requests together: 64 clients with marked rows, bad requests among good ones, and its metrics.

Runs in the tensorflow environment. Each client is a thread that calls again as soon as it is answered.
"""

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from command import convert
from report import Unmet, check, require
from run_context import Context, converted, read_context
from server_process import Rest, Server, running
from serving_client import Grpc

CLIENTS = 64
SECONDS = 4.0
TABLE_ROWS = 1000
METRICS = "/monitoring/prometheus/metrics"
PARAMETERS = """
max_batch_size { value: 64 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 2 }
allowed_batch_sizes: 16
allowed_batch_sizes: 64
"""


def main() -> None:
    """Each story with its own server."""
    context = read_context()
    with check("marked rows: 64 clients over REST and gRPC, none gets another's") as figure:
        figure(marked_rows(context))
    with check("bad requests among good ones fail alone, each with its own error") as figure:
        figure(bad_among_good(context))
    with check("batching_params.pbtxt: the versions that have one are batched") as figure:
        figure(parameters_of_its_own(context))


def marked_rows(context: Context) -> str:
    """y = x / 2 + 1 with numbers that tell client, call and row; every hundredth is not a number."""
    base = converted(context, "plus_one.pt2").parent
    with running("plus", context.work / "logs" / "batching.log", *flags(context, base)) as server:
        calls = run_clients([marked_client(server, number) for number in range(CLIENTS)])
        text = metrics(server)
    runs = sample(text, ":tensorflow:serving:batching_session:wrapped_run_count", "")
    signature = 'model="plus",version="1",signature="serving_default"'
    rows = sample(text, "torchferry_batch_rows_sum", signature)
    requests = sample(text, "torchferry_predictions_total", f'{signature},status="OK"')
    counted = sum(
        sample(text, ":tensorflow:serving:request_latency_count", f'model_name="plus",API="{api}",entrypoint="{entry}"')
        for api, entry in (("Predict", "GRPC"), ("predict", "REST"))
    )
    require(requests == calls, f"{requests:.0f} predictions are counted, {calls} were made")
    require(counted == calls, f"{counted:.0f} requests are counted, {calls} were made")
    require(runs < calls / 2, f"{calls} requests took {runs:.0f} runs")
    return f"{calls} requests of {rows / calls:.1f} rows in {runs:.0f} runs"


def marked_client(server: Server, number: int) -> Callable[[int], None]:
    """One client's call: even ones by REST, odd ones by gRPC."""
    rest, stub = Rest(server), Grpc(server)

    def call(turn: int) -> None:
        rows = 1 + (number + turn) % 5
        x = (np.arange(rows * 3, dtype=np.float32) + (number * 1000 + turn % 1000) * 16).reshape(rows, 3)
        if turn % 100 == 99:
            x[0, 0] = np.nan
        if number % 2:
            (answer,) = stub.predict({"x": x}).values()
        else:
            body = json.dumps({"inputs": x.tolist()})
            status, values = rest.exchange("POST", rest.predict_path, body)
            require(status == 200, f"REST: {status} {values}")
            answer = np.array(values["outputs"], np.float32)
        wanted = x / 2 + 1
        require(np.array_equal(answer, wanted, equal_nan=True), f"client {number} sent {x}, got {answer}")

    return call


def bad_among_good(context: Context) -> str:
    """Rows of a table by number; numbers outside fail the run that they are in."""
    model = context.work / "lookup.onnx"
    write_lookup(model)
    base = context.work / "lookup"
    convert(model, base)
    with running("lookup", context.work / "logs" / "batching-bad.log", *flags(context, base)) as server:
        calls = run_clients([looking_client(server, number) for number in range(CLIENTS)])
        text = metrics(server)
    signature = 'model="lookup",version="1",signature="serving_default"'
    failed = sum(value for labels, value in samples(text, "torchferry_predictions_total") if "INVALID" in labels)
    rows = sample(text, "torchferry_batch_rows_sum", signature)
    require(failed > 0, "no request failed")
    return f"{calls} requests, {failed:.0f} of them bad, {rows:.0f} rows run"


def write_lookup(file: Path) -> None:
    """A table of numbers as an ONNX model."""
    table = numpy_helper.from_array(np.arange(TABLE_ROWS * 2, dtype=np.float32).reshape(TABLE_ROWS, 2), "table")
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch"])
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", 2])
    node = helper.make_node("Gather", ["table", "ids"], ["rows"], axis=0)
    graph = helper.make_graph([node], "lookup", [ids], [rows], [table])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), file)


def looking_client(server: Server, number: int) -> Callable[[int], None]:
    """One client's call; every eighth client asks for a row that there is not, now and then."""
    stub = Grpc(server)

    def call(turn: int) -> None:
        bad = number % 8 == 0 and turn % 10 == 5
        ids = np.array([TABLE_ROWS + number if bad else (number * 7 + turn) % TABLE_ROWS], np.int64)
        try:
            (answer,) = stub.predict({"ids": ids}).values()
        except grpc.RpcError as error:
            require(bad, f"a good request failed: {error}")
            require(f"idx={TABLE_ROWS + number}" in error.details(), f"another's error: {error.details()}")
            return
        require(not bad, f"row {ids} was found: {answer}")
        require(answer.tolist() == [[ids[0] * 2, ids[0] * 2 + 1]], f"row {ids} is {answer}")

    return call


def parameters_of_its_own(context: Context) -> str:
    """A version without the file runs each request alone and says so."""
    base = converted(context, "plus_one.pt2").parent
    own = context.work / "own" / "1"
    own.parent.mkdir()
    own.symlink_to(base / "1")
    log = context.work / "logs" / "batching-own.log"
    with running("own", log, "--model_name", "own", "--model_base_path", own.parent, *PER_MODEL) as server:
        status, answer = Rest(server).predict({"instances": [[1.0, 2.0, 3.0]]})
        require(status == 200, f"{status} {answer}")
    require("requests are not batched: it has no batching_params.pbtxt" in log.read_text(), server.tail())
    return "told in the log"


PER_MODEL = ("--enable_batching", "--enable_per_model_batching_parameters")


def flags(context: Context, base: Path) -> tuple[object, ...]:
    """A server that batches and counts."""
    parameters, monitoring = context.work / "batching.config", context.work / "monitoring.config"
    parameters.write_text(PARAMETERS)
    monitoring.write_text("prometheus_config { enable: true }")
    return (
        *("--model_name", base.name if base.name == "lookup" else "plus", "--model_base_path", base),
        *("--enable_batching", "--batching_parameters_file", parameters, "--monitoring_config_file", monitoring),
    )


def run_clients(clients: list[Callable[[int], None]]) -> int:
    """Runs them side by side for some seconds; returns the number of calls. The first failure is told."""
    until, counts, failures = time.monotonic() + SECONDS, [0] * len(clients), []

    def work(at: int, client: Callable[[int], None]) -> None:
        try:
            while time.monotonic() < until and not failures:
                client(counts[at])
                counts[at] += 1
        except (Unmet, grpc.RpcError, OSError) as error:
            failures.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    require(not failures, failures[0] if failures else "")
    return sum(counts)


def metrics(server: Server) -> str:
    """The page that Prometheus reads."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.rest_port}{METRICS}", timeout=10) as answer:
        require(answer.headers["Content-Type"] == "text/plain", "the metrics are no plain text")
        return answer.read().decode()


def samples(text: str, name: str) -> list[tuple[str, float]]:
    """Labels and value of each sample of a metric."""
    return [(labels, float(value)) for labels, value in re.findall(rf"^{re.escape(name)}\{{(.*)\}} (.+)$", text, re.M)]


def sample(text: str, name: str, labels: str) -> float:
    """One sample's value."""
    found = dict(samples(text, name))
    require(labels in found, f"there is no {name}{{{labels}}}")
    return found[labels]


main()
