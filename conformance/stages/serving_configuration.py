"""The server as tensorflow_model_server's users start and configure it: by its name, by files, by RPC, over TLS.

Runs in the tensorflow environment, with the clients of tensorflow-serving-api and curl.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

import tensorflow as tf
from command import MAIN
from report import Unmet, check, require
from run_context import Context, converted, read_context
from server_process import CALL_TIMEOUT_S, Rest, Server, free_ports, running
from serving_client import Grpc

X = np.array([[1.0, 2.0, 3.0]], np.float32)
ONE, TWO = 1.5, 2.5  # x / 2 + 1 and x / 2 + 2, of the first number
WAIT_S = 20  # a model of some kilobytes loads in far less


def main() -> None:
    """Each way to start and configure a server, with its own server."""
    context = read_context()
    with check("tensorflow_model_server: the Docker image's command line, by that name") as figure:
        figure(by_its_own_name(context))
    with check("model_config_file: labels, polled; HandleReloadConfigRequest: replaced, refused") as figure:
        figure(by_configuration(context))
    with check("ssl_config_file: gRPC with a client's certificate, over a port and a unix socket") as figure:
        figure(over_tls(context))
    with check("ModelServer's own refusals: Classify, Regress, MultiInference") as figure:
        figure(refusals(context))


def base_of(context: Context, name: str) -> Path:
    """The directory of versions of a converted model."""
    return converted(context, f"{name}.pt2").parent


def by_its_own_name(context: Context) -> str:
    """The entrypoint of the image, with MODEL_NAME and MODEL_BASE_PATH filled in, and arguments after it that win."""
    folder = context.work / "image"
    (folder / "bin").mkdir(parents=True)
    (folder / "models").mkdir()
    os.symlink(MAIN, folder / "bin" / "tensorflow_model_server")
    os.symlink(base_of(context, "plus_one"), folder / "models" / "plus")
    port, rest = free_ports(2)
    script = (
        f'{folder}/bin/tensorflow_model_server --port=8500 --rest_api_port=8501 --model_name=${{MODEL_NAME}} '
        f'--model_base_path=${{MODEL_BASE_PATH}}/${{MODEL_NAME}} "$@"'
    )
    variables = {**os.environ, "MODEL_NAME": "plus", "MODEL_BASE_PATH": str(folder / "models")}
    command = ["bash", "-c", f"exec {script}", "entrypoint", f"--port={port}", f"--rest_api_port={rest}"]
    log = context.work / "logs" / "image.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        lines = (
            f"Running gRPC ModelServer at 0.0.0.0:{port} ...",
            f"Exporting HTTP/REST API at:localhost:{rest} ...",
            "Successfully loaded servable version {name: plus version: 1}",
        )
        wait_for(lambda: all(line in log.read_text() for line in lines), log)
        url = f"http://localhost:{rest}/v1/models/plus:predict"
        answer = curl("-d", '{"instances": [[1.0, 2.0, 5.0]]}', url)
        require(answer == {"predictions": [[1.5, 2.0, 3.5]]}, f"the answer is {answer}")
        process.terminate()
        require(process.wait(WAIT_S) == 0, f"exit code {process.returncode}")
    finally:
        if process.poll() is None:
            process.kill()
    return "REST by curl"


def curl(*arguments: str) -> dict:
    """What curl prints, as JSON."""
    done = subprocess.run(["curl", "--silent", "--show-error", *arguments], capture_output=True, check=True)
    return json.loads(done.stdout)


def by_configuration(context: Context) -> str:
    """A file with a label, changed while it is polled; then reloads by RPC."""
    one, two = base_of(context, "plus_one"), base_of(context, "plus_two")
    file = context.work / "models.config"
    file.write_text(model_config("plus", one, "version_labels { key: 'stable' value: 1 }"))
    flags = ("--model_config_file", file, "--model_config_file_poll_wait_seconds", 1, "--admin_on_serving_ports")
    with running("plus", context.work / "logs" / "configuration.log", *flags) as server:
        client = Grpc(server)
        require(labelled(client, "stable") == ONE, "the label's version does not answer")
        status, answer = Rest(server).exchange("POST", "/v1/models/plus/labels/stable:predict", rest_body())
        require(status == 200, f"REST by label: {status} {answer}")
        file.write_text(model_config("plus", two))
        wait_for(lambda: refused(lambda: labelled(client, "stable"), grpc.StatusCode.INVALID_ARGUMENT), server.log)
        file.write_text("improper model config")
        wait_for(lambda: "Failed to read ModelServerConfig file" in server.log.read_text(), server.log)
        reload(client, [("plus", one), ("second", two)])
        client.name = "second"
        (answer,) = client.predict({"x": X}).values()
        require(answer[0][0] == TWO, f"the second model answers {answer}")
        invalid, unknown = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNKNOWN
        require(refused(lambda: reload(client, [("plus", Path("relative"))]), invalid), "a relative path was accepted")
        missing = [("plus", one), ("second", two), ("none", Path("/no/such/place"))]
        require(refused(lambda: reload(client, missing), unknown), "a missing directory was accepted")
        client.name = "plus"
        (answer,) = client.predict({"x": X}).values()
        require(answer[0][0] == ONE, f"after refused reloads the model answers {answer}")
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "plus"
        states = client.models.GetModelStatus(request, timeout=CALL_TIMEOUT_S).model_version_status
        require([version.state for version in states] == [30], f"states {states}")
    return "2 polls, 3 reloads"


def model_config(name: str, base: Path, more: str = "") -> str:
    """One model in text form, with what users' files have: single quotes, colons, comments."""
    return (
        f"model_config_list: {{ # one\n config {{ name: '{name}', base_path: \"{base}/\" "
        f'model_platform: "tensorflow" {more} }} }}\n'
    )


def rest_body() -> str:
    """The request of X over REST."""
    return json.dumps({"instances": X.tolist()})


def labelled(client: Grpc, label: str) -> float:
    """The first number that the label's version answers."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = client.name
    request.model_spec.version_label = label
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(X))
    (output,) = client.prediction.Predict(request, timeout=CALL_TIMEOUT_S).outputs.values()
    return float(tf.make_ndarray(output)[0][0])


def reload(client: Grpc, models: list[tuple[str, Path]]) -> None:
    """HandleReloadConfigRequest with these models."""
    request = model_management_pb2.ReloadConfigRequest()
    for name, base in models:
        request.config.model_config_list.config.append(
            model_server_config_pb2.ModelConfig(name=name, base_path=str(base), model_platform="tensorflow")
        )
    answer = client.models.HandleReloadConfigRequest(request, timeout=CALL_TIMEOUT_S)
    require(answer.status.error_code == 0, f"the answer is {answer.status}")


def refused(call: Callable[[], object], want: grpc.StatusCode) -> bool:
    """Whether a call fails with that status."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code() == want
    return False


def wait_for(is_true: Callable[[], bool], log: Path) -> None:
    """Waits until it is; tells the end of the log if it never is."""
    started = time.monotonic()
    while time.monotonic() - started < WAIT_S:
        if is_true():
            return
        time.sleep(0.05)
    raise Unmet(f"not after {WAIT_S} s: {log.read_text(errors='replace')[-600:]}")


def over_tls(context: Context) -> str:
    """A server whose keys come from ssl_config_file; its client has a certificate, and one without is turned away."""
    pem = json.loads((Path(__file__).parents[2] / "src/server/node/tls.fixtures.json").read_text())
    config, socket = context.work / "ssl.config", context.work / "grpc.sock"
    quoted = {key: json.dumps(text) for key, text in pem.items()}
    config.write_text(
        f"server_key: {quoted['key']} server_cert: {quoted['cert']} custom_ca: {quoted['ca']} client_verify: true"
    )
    flags = ("--model_name", "plus", "--model_base_path", base_of(context, "plus_one"))
    flags += ("--ssl_config_file", config, "--grpc_socket_path", socket)
    with running("plus", context.work / "logs" / "tls.log", *flags) as server:
        ca, key, cert = (pem[name].encode() for name in ("ca", "clientKey", "clientCert"))
        for place in (f"localhost:{server.grpc_port}", f"unix:{socket}"):
            options = [("grpc.ssl_target_name_override", "localhost")]
            known = grpc.secure_channel(place, grpc.ssl_channel_credentials(ca, key, cert), options)
            (output,) = predict(known).outputs.values()
            require(tf.make_ndarray(output)[0][0] == ONE, f"{place} answers {output}")
            unknown = grpc.secure_channel(place, grpc.ssl_channel_credentials(ca), options)
            require(refused(lambda: predict(unknown), grpc.StatusCode.UNAVAILABLE), f"{place} takes anybody")
            known.close()
            unknown.close()
    return "2 places"


def predict(channel: grpc.Channel) -> predict_pb2.PredictResponse:
    """Predict of X on the model `plus`."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "plus"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(X))
    return prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=CALL_TIMEOUT_S)


def refusals(context: Context) -> str:
    """A model without signatures on examples says so, in TensorFlow Serving's words and codes."""
    log = context.work / "logs" / "refusals.log"
    with running("plus", log, "--model_name", "plus", "--model_base_path", base_of(context, "plus_one")) as server:
        stub = Grpc(server).prediction
        example = tf.train.Example()
        example.features.feature["x"].float_list.value.append(1.0)
        texts = []
        for method, message in (
            (stub.Classify, classification_pb2.ClassificationRequest()),
            (stub.Regress, regression_pb2.RegressionRequest()),
            (stub.MultiInference, inference_pb2.MultiInferenceRequest()),
        ):
            spec = message.tasks.add() if hasattr(message, "tasks") else message
            spec.model_spec.name = "plus"
            if hasattr(message, "tasks"):
                spec.method_name = "tensorflow/serving/regress"
            message.input.example_list.examples.append(example)
            try:
                method(message, timeout=CALL_TIMEOUT_S)
                raise Unmet("it was answered")
            except grpc.RpcError as error:
                require(error.code() == grpc.StatusCode.INVALID_ARGUMENT, f"{error.code()}: {error.details()}")
                texts.append(error.details().split(":")[0])
    wanted = [f"No {noun} inputs found in SignatureDef" for noun in ("classification", "regression", "regression")]
    require(texts == wanted, f"messages {texts}")
    return "; ".join(texts[:2])


main()
