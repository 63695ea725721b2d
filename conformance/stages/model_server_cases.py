"""TensorFlow Serving's whole-server tests (model_servers/tensorflow_model_server_test.py), each under its own name.

The server runs TensorFlow's engine with --tf_serving_strict, and is asked by tensorflow-serving-api and plain HTTP. Not
here: cases that cannot apply (docs/tensorflow-serving.md tells them).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
from google.protobuf.json_format import MessageToDict
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

import half_plus_two as models
import tensorflow as tf
from command import torchferry_arguments
from report import check, require
from run_context import read_context
from server_process import CALL_TIMEOUT_S, Rest, Server, running
from serving_client import Grpc

STRICT = ("--engine", "tensorflow", "--tf_serving_strict")
RELOAD_S = 10  # what the test gives a new configuration
BAD_CONFIG_S = 60  # to say so and end


def main() -> None:
    """Makes the models, then asks a few servers all of it."""
    cpus = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    os.environ["TORCHFERRY_PYTHON"] = sys.executable  # of the servers that are started here
    context = read_context()
    folder = context.work / "model-server"
    models.half_plus(folder / "half_plus_two", 2.0)
    models.half_plus(folder / "half_plus_three", 3.0)
    for make in (
        models.half_plus_two_tf2,
        models.product_of_variables,
        models.two_signatures,
        models.sequential,
        models.mirrored_dense,
    ):
        make(folder / make.__name__)
    one_model(folder, context.work / "logs")
    several_models(folder, context.work / "logs")
    reloads(folder, context.work / "logs")
    bad_config(folder)


def one_model(folder: Path, logs: Path) -> None:
    """The server of most tests: one model called default, with metrics and a unix socket."""
    monitoring, socket = folder / "monitoring.config", folder / "grpc.sock"
    monitoring.write_text("prometheus_config: { enable: true, path: '/monitoring/prometheus/metrics' }")
    flags = ("--model_name", "default", "--model_base_path", folder / "half_plus_two")
    more = ("--monitoring_config_file", monitoring, "--grpc_socket_path", socket)
    with running("default", logs / "model-server-one.log", *STRICT, *flags, *more) as server:
        client = Grpc(server)
        with check("testGetModelStatus"):
            get_model_status(client)
        with check("testGetModelMetadata"):
            get_model_metadata(client)
        with check("testClassify, testRegress, testMultiInference"):
            examples(client, "default")
        with check("testPredictSavedModel"):
            for output in (True, False):
                verify(client, 3.0, output=output)
        with check("testPredictUDS"):
            client.prediction = stub_of(f"unix:{socket}")
            verify(client, 3.0, output=False)
        rest(server, folder / "half_plus_two")


def get_model_status(client: Grpc) -> None:
    """One version, without an error."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = client.name
    (status,) = client.models.GetModelStatus(request, timeout=CALL_TIMEOUT_S).model_version_status
    require((status.version, status.status.error_code) == (123, 0), f"{status}")


def get_model_metadata(client: Grpc) -> None:
    """Name, version and signature_def."""
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = client.name
    answer = client.prediction.GetModelMetadata(request, timeout=CALL_TIMEOUT_S)
    require((answer.model_spec.name, answer.model_spec.version.value) == (client.name, 123), f"{answer.model_spec}")
    require(list(answer.metadata) == ["signature_def"], f"{list(answer.metadata)}")


def examples(client: Grpc, name: str) -> None:
    """3 for 2, by each of the three calls on examples."""
    classify, regress = classification_pb2.ClassificationRequest(), regression_pb2.RegressionRequest()
    both = inference_pb2.MultiInferenceRequest()
    for method in ("regress", "classify"):
        task = both.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name, task.model_spec.signature_name = name, f"{method}_x_to_y"
    for request, signature in ((classify, "classify_x_to_y"), (regress, "regress_x_to_y"), (both, "")):
        if signature:
            request.model_spec.name, request.model_spec.signature_name = name, signature
        example = request.input.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(2.0)
    call = client.prediction
    classified = call.Classify(classify, timeout=CALL_TIMEOUT_S)
    regressed = call.Regress(regress, timeout=CALL_TIMEOUT_S)
    first, second = call.MultiInference(both, timeout=CALL_TIMEOUT_S).results
    for result in (classified.result, second.classification_result):
        (of_one,) = result.classifications
        require([each.score for each in of_one.classes] == [3.0], f"{result}")
    for result in (regressed.result, first.regression_result):
        require([each.value for each in result.regressions] == [3.0], f"{result}")
    for answer, signature in (
        (classified, "classify_x_to_y"),
        (regressed, "regress_x_to_y"),
        (first, "regress_x_to_y"),
        (second, "classify_x_to_y"),
    ):
        spec = answer.model_spec
        require((spec.name, spec.signature_name, spec.version.value) == (name, signature, 123), f"{spec}")


def verify(client: Grpc, want: float, output: bool = True, batch: bool = False, signature: str = "") -> None:
    """Predict of 2, with the output named or not, as a vector or a batch of one; what ran is told."""
    request = predict_pb2.PredictRequest(output_filter=["y"] if output else [])
    request.model_spec.name, request.model_spec.signature_name = client.name, signature
    request.inputs["x"].dtype = 1
    request.inputs["x"].float_val.append(2.0)
    for _ in range(2 if batch else 1):
        request.inputs["x"].tensor_shape.dim.add(size=1)
    answer = client.prediction.Predict(request, timeout=CALL_TIMEOUT_S)
    require(list(answer.outputs) == ["y"] and answer.outputs["y"].dtype == 1, f"{answer}")
    require(list(answer.outputs["y"].float_val) == [want], f"{answer.outputs['y']}")
    spec, named = answer.model_spec, signature or "serving_default"
    require((spec.name, spec.signature_name, spec.version.value) == (client.name, named, 123), f"{spec}")


def stub_of(place: str) -> prediction_service_pb2_grpc.PredictionServiceStub:
    """A client of that address."""
    return prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(place))


def rest(server: Server, base: Path) -> None:
    """The same over HTTP."""
    example = {"examples": [{"x": 2.0}]}
    posts = {
        "testClassifyREST": ("classify", {"signature_name": "classify_x_to_y", **example}, {"results": [[["", 3.0]]]}),
        "testRegressREST": ("regress", {"signature_name": "regress_x_to_y", **example}, {"results": [3.0]}),
        "testPredictREST": ("predict", {"instances": [2.0, 3.0, 4.0]}, {"predictions": [3.0, 3.5, 4.0]}),
        "testPredictColumnarREST": ("predict", {"inputs": [2.0, 3.0, 4.0]}, {"outputs": [3.0, 3.5, 4.0]}),
    }
    for name, (verb, body, want) in posts.items():
        with check(name):
            answer = Rest(server).exchange("POST", f"/v1/models/default:{verb}", json.dumps(body))
            require(answer == (200, want), f"{answer}")
    with check("testGetStatusREST"):
        status = {"error_code": "OK", "error_message": ""}
        want = {"model_version_status": [{"version": "123", "state": "AVAILABLE", "status": status}]}
        require(Rest(server).get("/v1/models/default") == (200, want), "another status")
    with check("testGetModelMetadataREST"):
        message = saved_model_pb2.SavedModel.FromString((base / models.VERSION / "saved_model.pb").read_bytes())
        told = {
            key: MessageToDict(each, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
            for key, each in message.meta_graphs[0].signature_def.items()
        }
        spec = {"name": "default", "signature_name": "", "version": "123"}
        want = {"model_spec": spec, "metadata": {"signature_def": {"signature_def": told}}}
        got = Rest(server).get("/v1/models/default/metadata")
        require(got == (200, want), f"{json.dumps(got)[:600]}, want {json.dumps(want)[:600]}")
    with check("testPrometheusEndpoint"):
        url = f"http://localhost:{server.rest_port}/monitoring/prometheus/metrics"
        page = subprocess.run(["curl", "-sS", url], capture_output=True, text=True, check=True).stdout
        require("# TYPE" in page, page[:200])


def several_models(folder: Path, logs: Path) -> None:
    """The good configuration, and what TensorFlow 2 and Keras save."""
    expected: dict[str, tuple[str, Callable[[Grpc], None]]] = {
        "half_plus_two": ("testGoodModelConfig: half_plus_two", lambda c: twice(c, 3.0)),
        "half_plus_three": ("testGoodModelConfig: half_plus_three", lambda c: twice(c, 4.0)),
        "half_plus_two_tf2": (
            "testClassifyTf2, testRegressTf2, testMultiInferenceTf2",
            lambda c: examples(c, "half_plus_two_tf2"),
        ),
        "product_of_variables": ("test_tf_saved_model_save", lambda c: verify(c, 12.0, output=False)),
        "two_signatures": ("test_tf_saved_model_save_multiple_signatures", both_signatures),
        "sequential": (
            "test_sequential_keras_saved_model_save",
            lambda c: verify(c, 2.0, output=False, batch=True),
        ),
        "mirrored_dense": (
            "test_distrat_sequential_keras_saved_model_save",
            lambda c: verify(c, 2.0, output=False, batch=True),
        ),
    }
    file = folder / "good.config"
    file.write_text(config(folder, *expected))
    log = logs / "model-server-several.log"
    with running("half_plus_two", log, *STRICT, "--model_config_file", file) as server:
        for name, (case, ask) in expected.items():
            with check(case):
                client = Grpc(server)
                client.name = name
                ask(client)


def twice(client: Grpc, want: float) -> None:
    """With the output named and without."""
    for output in (True, False):
        verify(client, want, output=output)


def both_signatures(client: Grpc) -> None:
    """Each has its answer, which is a scalar."""
    verify(client, 2.0, signature="custom_signature_key")
    verify(client, 1.0)


def config(folder: Path, *names: str) -> str:
    """A model_config_list of these models."""
    each = (f"config: {{ name: '{name}', base_path: '{folder / name}', model_platform: 'tensorflow' }}" for name in names)
    return "model_config_list: { " + ", ".join(each) + " }"


def reloads(folder: Path, logs: Path) -> None:
    """A configuration that is rewritten: seen by a server that polls, and not by one that does not."""
    old, new = config(folder, "half_plus_two"), config(folder, "half_plus_three")
    polled, fixed = folder / "polled.config", folder / "fixed.config"
    for name, file, seconds, more in (
        ("testModelConfigReload", polled, 1, ()),
        (
            "testModelConfigReloadWithZeroPollPeriod, testGoodGrpcChannelArgs",
            fixed,
            0,
            ("--grpc_channel_arguments", "grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb"),
        ),
    ):
        file.write_text(old)
        flags = ("--model_config_file", file, "--model_config_file_poll_wait_seconds", seconds, *more)
        with check(name), running("half_plus_two", logs / f"model-server-{seconds}.log", *STRICT, *flags) as server:
            client = Grpc(server)
            verify(client, 3.0, output=False)
            file.write_text(new)
            if seconds == 0:
                time.sleep(2)
                verify(client, 3.0, output=False)
            else:
                client.name = "half_plus_three"
                until_verified(client, 4.0)


def until_verified(client: Grpc, want: float) -> None:
    """Within the time of the test."""
    started = time.monotonic()
    while True:
        try:
            return verify(client, want, output=False)
        except grpc.RpcError as error:
            if time.monotonic() - started > RELOAD_S:
                raise error
            time.sleep(0.1)


def bad_config(folder: Path) -> None:
    """What is no configuration is told as protobuf's parser tells it, and ends the server."""
    with check("testBadModelConfig"):
        file = folder / "bad.config"
        file.write_text("improper model config file")
        command = torchferry_arguments("serve", *STRICT, "--model_config_file", file, "--port", "any")
        done = subprocess.run(command, capture_output=True, text=True, timeout=BAD_CONFIG_S)
        require("Error parsing text-format tensorflow.serving.ModelServerConfig" in done.stderr, done.stderr[-600:])
        require(done.returncode != 0, "exit code 0")


main()
