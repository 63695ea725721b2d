"""Clients of one model that keep to a timetable: a request leaves when it is due, whether or not others are answered.

The timetable is drawn before the first request and dealt out to the clients in turn, each with a connection of its
own; a latency counts from the moment the request was due, so that a server that stands still is charged for all that
was due meanwhile. Needs grpcio and tensorflow-serving-api.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import numpy as np
from tensorflow_serving.apis import predict_pb2

from report import Unmet, require
from server_process import CALL_TIMEOUT_S, Server

PREDICT = "/tensorflow.serving.PredictionService/Predict"
# Channels to one address share a connection unless told otherwise.
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
FLOAT = 1  # DataType.DT_FLOAT


@dataclass(frozen=True)
class Answer:
    """The version that a server says it used, and the numbers it gave."""

    version: int
    values: np.ndarray


@dataclass
class Call:
    """One request: when it was due, left and was answered, and what came."""

    due: float
    began: float
    ended: float = 0.0
    answer: Answer | None = None
    failure: str = ""


Client = Callable[[], Answer]


def grpc_client(server: Server, image: np.ndarray, names: tuple[str, str]) -> Client:
    """TensorFlow Serving's Predict; the request is encoded once."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = server.name
    tensor = request.inputs[names[0]]
    tensor.dtype = FLOAT
    for size in image.shape:
        tensor.tensor_shape.dim.add().size = size
    tensor.tensor_content = image.tobytes()
    message = request.SerializeToString()
    channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}", options=OWN_CONNECTION)
    ask = channel.unary_unary(PREDICT, response_deserializer=predict_pb2.PredictResponse.FromString)

    def call() -> Answer:
        answer = ask(message, timeout=CALL_TIMEOUT_S)
        return Answer(answer.model_spec.version.value, np.array(answer.outputs[names[1]].float_val, np.float32))

    return call


def rest_client(server: Server, image: np.ndarray, names: tuple[str, str]) -> Client:
    """The Open Inference Protocol's infer, tensors as bytes behind the JSON; the body is made once."""
    asked = {"name": names[0], "shape": image.shape, "datatype": "FP32"}
    asked["parameters"] = {"binary_data_size": image.nbytes}
    head = json.dumps({"inputs": [asked], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"}
    body = head + image.tobytes()
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=CALL_TIMEOUT_S)

    def call() -> Answer:
        connection.request("POST", f"/v2/models/{server.name}/infer", body, headers)
        response = connection.getresponse()
        text = response.read()
        require(response.status == 200, f"status {response.status}: {text[:200]!r}")
        length = int(response.getheader("Inference-Header-Content-Length", len(text)))
        return Answer(int(json.loads(text[:length])["model_version"]), np.frombuffer(text[length:], np.float32))

    return call


def calls_per_second(clients: list[Client], seconds: float) -> float:
    """What the server answers at most: every client asks again as soon as it is answered."""
    until = time.monotonic() + seconds
    counts = [0] * len(clients)

    def work(index: int) -> None:
        while time.monotonic() < until:
            clients[index]()
            counts[index] += time.monotonic() < until

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


@dataclass
class OpenLoop:
    """Clients at work on one timetable, from `start` to `finish`."""

    clients: list[Client]
    rate: float  # requests a second, over all clients
    longest_s: float  # the timetable's length
    calls: list[list[Call]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Draws the timetable, with gaps as independent users make them, and starts all clients."""
        gaps = np.random.default_rng(0).exponential(1 / self.rate, int(self.rate * self.longest_s))
        due = time.monotonic() + 0.5 + np.cumsum(gaps)
        for index, client in enumerate(self.clients):
            calls: list[Call] = []
            self.calls.append(calls)
            times = due[index :: len(self.clients)].tolist()
            self.threads.append(threading.Thread(target=self.work, args=(client, times, calls)))
        for thread in self.threads:
            thread.start()

    def work(self, client: Client, times: list[float], calls: list[Call]) -> None:
        """One client's requests."""
        for due in times:
            if self.stop.wait(max(0.0, due - time.monotonic())):
                return
            call = Call(due, time.monotonic())
            try:
                call.answer = client()
            except (grpc.RpcError, http.client.HTTPException, OSError, Unmet) as error:
                call.failure = f"{type(error).__name__}: {error}"
            call.ended = time.monotonic()
            calls.append(call)

    def finish(self) -> list[Call]:
        """Stops all clients; every call, in the order they were due."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return sorted((call for calls in self.calls for call in calls), key=lambda call: call.due)


def percentile_ms(calls: list[Call], share: float) -> float:
    """The milliseconds that this share of the calls stayed below, from when they were due."""
    return float(np.percentile([(call.ended - call.due) * 1000 for call in calls], 100 * share))
