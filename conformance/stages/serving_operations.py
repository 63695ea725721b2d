"""How a server is run: ended under load, changed by those who may, its requests logged, warmed up with and replayed.

Runs in the tensorflow environment, with the clients of tensorflow-serving-api, TensorFlow's reader of records, curl.
"""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc, prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

import tensorflow as tf
from command import convert, torchferry
from report import check, require
from run_context import Context, read_context
from server_process import CALL_TIMEOUT_S, Rest, Server, free_ports, running
from serving_client import Grpc

X = np.array([[1.0, 2.0, 3.0]], np.float32)
BODY = {"instances": X.tolist()}
WANT = X / 2 + 1
DELAY_S = 2.0
TOLD_S = 0.5  # from SIGTERM until /readyz fails, on a machine under load
TOKEN = "0123456789abcdef0123456789abcdef"
REQUESTS = 20  # of each protocol, into the log


def main() -> None:
    """Each story with servers of its own."""
    context = read_context()
    bases = {name: context.work / "operations" / name for name in ("plus_one", "plus_two")}
    for name, base in bases.items():
        convert(context.models / name / "model.pt2", base)
    with check("SIGTERM under load: not ready at once, requests are answered during the delay, exit code 0") as figure:
        figure(end_with_delay(context, bases["plus_one"]))
    with check("admin listener: grpcio and curl, with the token, without it, and on the serving ports") as figure:
        figure(change_by_token(context, bases))
    with check("max_requests_in_flight and access_log: refused and told, over both protocols") as figure:
        figure(refuse_and_tell(context, bases["plus_one"]))
    with check("request log: TensorFlow reads it, it warms up, replay finds what differs") as figure:
        figure(log_and_replay(context, bases))


def flags_of(base: Path) -> tuple[object, ...]:
    """One model, called `plus`."""
    return ("--model_name", "plus", "--model_base_path", base)


def end_with_delay(context: Context, base: Path) -> str:
    """Clients open a new connection for each call, as those behind a load balancer do."""
    flags = (*flags_of(base), "--drain_delay_ms", int(DELAY_S * 1000))
    server = Server("plus", context.work / "logs" / "delay.log", *flags)
    calls: list[tuple[float, str]] = []
    stop = threading.Event()
    try:
        server.wait_until_available()
        require(health(server) == ("200", "SERVING"), f"before SIGTERM: {health(server)}")
        workers = [threading.Thread(target=keep_calling, args=(one, calls, stop)) for one in clients(server)]
        for worker in workers:
            worker.start()
        time.sleep(0.5)
        terminated = time.monotonic()
        server.terminate()
        while (found := health(server)) != ("503", "NOT_SERVING"):
            require(time.monotonic() - terminated < TOLD_S, f"{TOLD_S} s after SIGTERM: {found}")
        code = server.wait()
        ended = time.monotonic() - terminated
    finally:
        stop.set()
        if server.process.poll() is None:
            server.process.kill()
    for worker in workers:
        worker.join()
    during = [failure for began, failure in calls if began < terminated + DELAY_S - 0.3]
    late = [began for began, failure in calls if not failure and began > terminated]
    failures = [failure for failure in during if failure]
    require(not failures, f"{len(failures)} of {len(during)} calls failed: {failures[:2]}")
    require(late, "no call was begun after SIGTERM, so that this proves nothing")
    require(code == 0, f"exit code {code}: {server.tail()}")
    require(ended >= DELAY_S, f"it ended after {ended:.2f} s")
    return f"{len(late)} calls answered that began after SIGTERM, ended after {ended:.2f} s"


def health(server: Server) -> tuple[str, str]:
    """What /readyz and grpc.health.v1 tell."""
    url = f"http://127.0.0.1:{server.rest_port}/readyz"
    code = curl("--output", "/dev/null", "--write-out", "%{http_code}", url)
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        ask = channel.unary_unary("/grpc.health.v1.Health/Check")  # the message of a server without a name is empty
        (status,) = ask(b"", timeout=CALL_TIMEOUT_S)[1:]
    return code, {1: "SERVING", 2: "NOT_SERVING"}.get(status, str(status))


def clients(server: Server) -> list[Callable[[], np.ndarray]]:
    """One of each protocol."""

    def over_grpc() -> np.ndarray:
        client = Grpc(server)
        try:
            return client.predict({"x": X})["output_0"]
        finally:
            client.channel.close()

    def over_rest() -> np.ndarray:
        status, answer = Rest(server).predict(BODY)
        require(status == 200, f"status {status}: {answer}")
        return np.array(answer["predictions"], np.float32)

    return [over_grpc, over_rest]


def keep_calling(call: Callable[[], np.ndarray], calls: list[tuple[float, str]], stop: threading.Event) -> None:
    """Calls until told to stop; keeps when each call began, and its failure."""
    while not stop.is_set():
        began, failure = time.monotonic(), ""
        try:
            answer = call()
            failure = "" if np.array_equal(answer, WANT) else f"wrong: {answer}"
        except Exception as error:  # whatever it is, it is counted
            failure = f"{type(error).__name__}: {error}"
        calls.append((began, failure))
        time.sleep(0.01)


def curl(*arguments: str) -> str:
    """What curl prints."""
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "30", *arguments], capture_output=True, check=True, text=True
    ).stdout


def change_by_token(context: Context, bases: dict[str, Path]) -> str:
    """A reload over gRPC and a label over REST, on one port, on loopback."""
    (port,) = free_ports(1)
    tokens = context.work / "admin-tokens"
    tokens.write_text(f"{TOKEN}\n")
    flags = (*flags_of(bases["plus_one"]), "--admin_port", port, "--admin_token_file", tokens)
    with running("plus", context.work / "logs" / "admin.log", *flags) as server:
        unauthenticated, denied = grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED
        ok = grpc.StatusCode.OK
        for place, metadata, want in (
            (port, (), unauthenticated),
            (port, (("authorization", f"Bearer {TOKEN[:-1]}x"),), unauthenticated),
            (server.grpc_port, (("authorization", f"Bearer {TOKEN}"),), denied),
            (port, (("authorization", f"Bearer {TOKEN}"),), ok),
        ):
            got = reload(place, {"plus": bases["plus_one"], "second": bases["plus_two"]}, metadata)
            require(got == want, f"a reload with {metadata} on {place}: {got}")
        label = f"http://127.0.0.1:{port}/admin/v1/models/plus/labels/stable"
        put = ("--request", "PUT", "--data", '{"version": 1}', "--output", "/dev/null", "--write-out", "%{http_code}")
        authorized = ("--header", f"Authorization: Bearer {TOKEN}")
        require(curl(*put, label) == "401", "curl without the token was not refused")
        require(curl(*put, *authorized, label) == "200", "curl with the token was refused")
        serving = label.replace(str(port), str(server.rest_port))
        require(curl(*put, *authorized, serving) == "403", "the serving port changed a label")
        status, answer = Rest(server).exchange("POST", "/v1/models/plus/labels/stable:predict", json.dumps(BODY))
        require(status == 200 and answer == {"predictions": WANT.tolist()}, f"by label: {status} {answer}")
        status, answer = Rest(server).exchange("POST", "/v1/models/second:predict", json.dumps(BODY))
        require(status == 200, f"the model of the reload: {status} {answer}")
        listening = Path("/proc/net/tcp").read_text().upper()
        require(f"0100007F:{port:04X}" in listening, "the admin listener is not on loopback alone")
    return "4 reloads, 3 labels"


def reload(port: int, models: dict[str, Path], metadata: tuple[tuple[str, str], ...]) -> grpc.StatusCode:
    """HandleReloadConfigRequest; the status it ends with."""
    request = model_management_pb2.ReloadConfigRequest()
    for name, base in models.items():
        request.config.model_config_list.config.append(
            model_server_config_pb2.ModelConfig(name=name, base_path=str(base), model_platform="tensorflow")
        )
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        try:
            stub.HandleReloadConfigRequest(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()


def refuse_and_tell(context: Context, base: Path) -> str:
    """One request is in flight while its body is not complete; the next ones are refused, and all are logged."""
    log = context.work / "logs" / "limits.log"
    flags = (*flags_of(base), "--max_requests_in_flight", 1, "--access_log", "all", "--json")
    with running("plus", log, *flags) as server:
        body = json.dumps(BODY).encode()
        slow = Rest(server).connection
        slow.putrequest("POST", "/v1/models/plus:predict")
        slow.putheader("Content-Length", str(len(body)))
        slow.endheaders(body[:5])
        time.sleep(0.3)
        status, answer = Rest(server).predict(BODY)
        require(status == 429, f"REST: {status} {answer}")
        try:
            Grpc(server).predict({"x": X})
            raise AssertionError("gRPC: it was answered")
        except grpc.RpcError as error:
            require(error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, f"gRPC: {error.code()}")
        require(health(server) == ("200", "SERVING"), "health is refused too")
        slow.send(body[5:])
        require(slow.getresponse().read(), "the slow request was not answered")
        require(np.array_equal(Grpc(server).predict({"x": X})["output_0"], WANT), "a wrong answer")
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"msg":"access"' in line]
    told = [(line["protocol"], line["status"]) for line in lines if "redict" in line["call"]]
    for want in (("REST", "429"), ("gRPC", "RESOURCE_EXHAUSTED"), ("REST", "200"), ("gRPC", "OK")):
        require(told.count(want) == 1, f"{want} is told {told.count(want)} times in {told}")
    fine = next(line for line in lines if line["status"] == "OK" and "Predict" in line["call"])
    facts = [fine[key] for key in ("model", "version", "signature", "rows")]
    require(facts == ["plus", "1", "serving_default", 1], f"facts {facts}")
    require(0 < fine["engine_us"] <= fine["total_us"], f"times {fine}")
    return f"{len(lines)} lines"


def log_and_replay(context: Context, bases: dict[str, Path]) -> str:
    """Logs requests of both protocols; the log is read, warms up a version, and is sent to two servers."""
    prefix = context.work / "requests" / "log"
    flags = (*flags_of(bases["plus_one"]), "--request_log_prefix", prefix)
    with running("plus", context.work / "logs" / "request-log.log", *flags) as server:
        over_grpc, over_rest = Grpc(server), Rest(server)
        for number in range(REQUESTS):
            x = np.full((1 + number % 3, 3), number, np.float32)
            over_grpc.predict({"x": x})
            over_rest.predict({"instances": x.tolist()})
    (file,) = prefix.parent.iterdir()
    records = read_log(file)
    require(len(records) == 2 * REQUESTS, f"{len(records)} records")
    for record in records:
        (x,) = (tf.make_ndarray(value) for value in record.predict_log.request.inputs.values())
        (y,) = (tf.make_ndarray(value) for value in record.predict_log.response.outputs.values())
        require(np.allclose(y, x / 2 + 1) and record.log_metadata.model_spec.version.value == 1, f"record {record}")
    for name in ("plus_one", "plus_two"):
        extra = bases[name] / "1" / "assets.extra"
        extra.mkdir()
        shutil.copy(file, extra / "tf_serving_warmup_requests")
    log_a, log_b = (context.work / "logs" / f"replay-{name}.log" for name in ("a", "b"))
    with (
        running("plus", log_a, *flags_of(bases["plus_one"])) as a,
        running("plus", log_b, *flags_of(bases["plus_two"])) as b,
    ):
        warm = f"Number of warmup records read: {2 * REQUESTS}."
        require(warm in log_a.read_text() and warm in log_b.read_text(), f"no warm-up: {a.tail()}")
        grpc_a, rest_a = f"127.0.0.1:{a.grpc_port}", f"http://127.0.0.1:{a.rest_port}"
        grpc_b = f"127.0.0.1:{b.grpc_port}"
        for against, code, different in (
            ((grpc_a,), 0, 0),
            ((rest_a,), 0, 0),
            ((grpc_a, rest_a), 0, 0),
            ((grpc_a, grpc_b), 5, 2 * REQUESTS),
        ):
            require_replayed(file, against, code, different)
    return f"{len(records)} records, 4 replays"


def read_log(file: Path) -> list[prediction_log_pb2.PredictionLog]:
    """The records, as TensorFlow reads them."""
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record) for record in records]


def require_replayed(file: Path, against: tuple[str, ...], code: int, different: int) -> None:
    """Replays the log; demands the exit code and so many differences."""
    flags = [part for address in against for part in ("--against", address)]
    outcome = torchferry("replay", file, *flags, "--concurrency", 4, "--json")
    require(outcome.code == code, f"{against}: exit code {outcome.code}, want {code}: {outcome.stderr}")
    report = json.loads(outcome.stdout)
    found = [report[key] for key in ("requests", "compared", "different")]
    require(found == [2 * REQUESTS, 2 * REQUESTS, different], f"{against}: {found}")
    require(all(target["answered"] == 2 * REQUESTS for target in report["targets"]), f"{against}: {report['targets']}")


main()
