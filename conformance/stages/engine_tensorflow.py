"""The engine TensorFlow: what tf.saved_model.save wrote, served by us, against TensorFlow in Python.

Runs in the tensorflow environment, whose wheel brings the library. Also libraries of operators, for both engines, the
engine that chooses, and versions that are model files. Not here: how SavedModels that we wrote run in TensorFlow itself
(in_tensorflow.py).
"""

import base64
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import ml_dtypes
import numpy as np
from tensorflow_serving.apis import classification_pb2, inference_pb2, regression_pb2

import onnx
import operator_libraries
import tensorflow as tf
import tensorflow_models as models
from command import torchferry
from equal import largest_error
from report import check, note, require
from run_context import Context, converted, exported_models, read_context
from server_process import CALL_TIMEOUT_S, Rest, Server, running
from serving_client import Grpc

ENGINE = ("--engine", "tensorflow")


def main() -> None:
    """Each kind of model by a server of its own."""
    context = read_context()
    os.environ["TORCHFERRY_PYTHON"] = sys.executable  # of the servers and commands that are started here
    folder = context.work / "tensorflow-models"
    for make, ask in (
        (models.keras_model, ask_keras),
        (models.words, ask_words),
        (models.every_dtype, ask_dtypes),
        (models.examples, ask_examples),
    ):
        make(folder / make.__name__ / "1")
        with check(f"{make.__name__}: served by TensorFlow's library"):
            with served(context, folder / make.__name__) as server:
                ask(server, tf.saved_model.load(str(folder / make.__name__ / "1")))
    check_tags(context, folder)
    check_session_config(context, folder / models.words.__name__)
    check_converted(context)
    check_model_files(context)
    check_operator_libraries(folder)
    check_refusals(folder)


def served(context: Context, base: Path, *options: object):
    """A server with the engine."""
    log = context.work / "logs" / f"engine-tensorflow-{base.name}.log"
    return running(base.name, log, "--model_name", base.name, "--model_base_path", base, *(options or ENGINE))


def in_python(loaded, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    """TensorFlow's own answer."""
    outputs = loaded.signatures[signature](**{key: tf.constant(value) for key, value in inputs.items()})
    return {key: value.numpy() for key, value in outputs.items()}


def compared(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> str:
    """The largest error over all outputs."""
    require(set(got) == set(want), f"outputs {sorted(got)}, want {sorted(want)}")
    return f"{largest_error([got[key] for key in want], list(want.values())):.1e}"


def ask_keras(server: Server, loaded) -> None:
    """Images by gRPC and by REST."""
    images = np.random.RandomState(0).rand(4, 12, 12, 3).astype(np.float32)
    want = in_python(loaded, "serving_default", image=images)
    with check("keras_model: gRPC Predict") as figure:
        figure(compared(Grpc(server).predict({"image": images}), want))
    with check("keras_model: REST predict") as figure:
        status, answer = Rest(server).predict({"instances": images.tolist()})
        require(status == 200, str(answer))
        (key,) = want
        figure(compared({key: np.array(answer["predictions"], np.float32)}, want))


def ask_words(server: Server, loaded) -> None:
    """A variable, a table, strings, and state that lives in the session."""
    client = Grpc(server)
    x = np.random.RandomState(1).randn(5, 3).astype(np.float32)
    with check("words: a variable") as figure:
        figure(compared(client.predict({"x": x}), in_python(loaded, "serving_default", x=x)))
    texts = np.array([b"a", "naïve".encode(), b"", b"nul\0inside", b"x" * 1000, b"b"], object)
    want = in_python(loaded, "look_up", words=texts)
    with check("words: a StaticHashTable and strings, gRPC") as figure:
        figure(compared(client.predict({"words": texts}, "look_up"), want))
    with check("words: a StaticHashTable and strings, REST"):
        sent = [{"b64": base64.b64encode(text).decode()} for text in texts]
        status, answer = Rest(server).predict({"signature_name": "look_up", "inputs": {"words": sent}})
        require(status == 200 and answer["outputs"]["id"] == want["id"].tolist(), str(answer)[:300])
        upper = [text.encode() for text in answer["outputs"]["upper"]]
        require(upper == want["upper"].tolist(), f"{upper}")
    with check("words: 20,000 strings"):
        many = np.array([f"word {n}" * (n % 9) for n in range(20_000)], object)
        got = client.predict({"words": many}, "look_up")
        require(got["upper"].tolist() == [text.upper().encode() for text in many], "they came back changed")
    with check("words: an assigned string outlives its request"):
        told = [client.predict({"words": np.array([f"{n} " * 50, "short"], object)}, "remember") for n in range(4)]
        require(told[0]["before"].tolist() == [b"none"], str(told[0]))
        for n, answer in enumerate(told[1:]):
            require(answer["before"].tolist() == [(f"{n} " * 50).encode(), b"short"], str(answer))
        require([int(answer["calls"]) for answer in told] == [1, 2, 3, 4], "calls are not counted")
    with check("words: what does not fit is the client's fault, in TensorFlow's words"):
        try:
            client.predict({"x": x[:, :2]})
            require(False, "it was answered")
        except grpc.RpcError as error:
            require(error.code() == grpc.StatusCode.INVALID_ARGUMENT, f"{error.code()}: {error.details()}")
            require("Matrix size-incompatible" in error.details(), error.details())


def ask_dtypes(server: Server, _loaded) -> None:
    """Matrices, scalars and nothing of each element type."""
    client = Grpc(server)
    for name in models.DTYPES:
        with check(f"every_dtype: {name}"):
            for shape in ((2, 3), (), (0, 3), (300, 200)):
                given = some_array(name, shape)
                (got,) = client.predict({"x": given}, name).values()
                require(got.shape == shape and got.dtype == given.dtype, f"{got.dtype}{got.shape}")
                require(got.tobytes() == given.tobytes() or name == "string", f"{shape} comes back changed")
                require(name != "string" or got.tolist() == given.tolist(), f"{shape} comes back changed")


def some_array(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values of the type that differ from each other."""
    count = int(np.prod(shape))
    numbers = np.arange(count) % 101
    if name == "string":
        return np.array([b"%d\0" % n * (n % 40) for n in numbers], object).reshape(shape)
    if name == "bool":
        return (numbers % 3 == 0).reshape(shape)
    dtype = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
    values = numbers.astype(dtype).reshape(shape)
    return values * dtype.type(1 - 2j) if name.startswith("complex") else values


def ask_examples(server: Server, loaded) -> None:
    """Classify, Regress, MultiInference, their REST calls, and a default."""
    sent = [models.example((1, 2), "yes"), models.example((0.5, -1)), models.example((3, 0), "long " * 20)]
    scores = in_python(loaded, "serving_default", inputs=np.array(sent, object))
    values = in_python(loaded, "regress", inputs=np.array(sent, object))["outputs"]
    want = [list(zip(map(bytes.decode, *labels), row)) for *labels, row in zip(scores["classes"], scores["scores"])]
    client = Grpc(server)
    with check("examples: Classify"):
        request = classification_pb2.ClassificationRequest()
        fill(request, sent, "")
        result = client.prediction.Classify(request, timeout=CALL_TIMEOUT_S).result
        got = [[(one.label, np.float32(one.score)) for one in each.classes] for each in result.classifications]
        require(got == want, f"{got}, want {want}")
    with check("examples: Regress"):
        request = regression_pb2.RegressionRequest()
        fill(request, sent, "regress")
        result = client.prediction.Regress(request, timeout=CALL_TIMEOUT_S).result
        got = [np.float32(each.value) for each in result.regressions]
        require(got == values[:, 0].tolist(), f"{got}, want {values}")
    with check("examples: MultiInference"):
        request = inference_pb2.MultiInferenceRequest()
        for name, method in (("serving_default", "classify"), ("regress", "regress")):
            task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
            task.model_spec.name, task.model_spec.signature_name = "examples", name
        for each in sent:
            request.input.example_list.examples.add().ParseFromString(each)
        results = client.prediction.MultiInference(request, timeout=CALL_TIMEOUT_S).results
        require(len(results) == 2 and results[1].regression_result.regressions[2].value == values[2, 0], str(results))
    with check("examples: REST classify and regress"):
        plain = [{"x": [1.0, 2.0], "word": "yes"}, {"x": [0.5, -1.0]}]
        status, answer = Rest(server).exchange("POST", "/v1/models/examples:classify", json.dumps({"examples": plain}))
        got = [[(label, np.float32(score)) for label, score in each] for each in answer.get("results", [])]
        require(status == 200 and got == want[:2], str(answer))
        body = json.dumps({"signature_name": "regress", "examples": plain})
        status, answer = Rest(server).exchange("POST", "/v1/models/examples:regress", body)
        require(status == 200 and np.float32(answer["results"]).tolist() == values[:2, 0].tolist(), str(answer))
    with check("examples: a default of the signature"):
        x = np.array([[2, 4]], np.float32)
        require(client.predict({"x": x}, "scaled")["y"].tolist() == [[1, 2]], "0.5 is not applied")
        given = client.predict({"x": x, "scale": np.float32(3)}, "scaled")["y"]
        require(given.tolist() == [[6, 12]], "the default is not replaced")


def fill(request: object, sent: list[bytes], signature: str) -> None:
    """Puts examples into a request for Classify or Regress."""
    request.model_spec.name, request.model_spec.signature_name = "examples", signature
    for each in sent:
        request.input.example_list.examples.add().ParseFromString(each)


def check_session_config(context: Context, base: Path) -> None:
    """What a session is told in text form has its effect: TensorFlow prints where each operator runs."""
    file = context.work / "session.pbtxt"
    file.write_text("log_device_placement: true graph_options { rewrite_options { constant_folding: OFF } }")
    with check("--tensorflow_session_config_file reaches TensorFlow's session"):
        with served(context, base, *ENGINE, "--tensorflow_session_config_file", file) as server:
            require("device:CPU:0" in server.log.read_text(errors="replace"), server.tail())


def check_tags(context: Context, folder: Path) -> None:
    """One of several graphs, by its tags."""
    models.two_graphs(folder / "two_graphs" / "1")
    x = np.array([1, 2], np.float32)
    for options, factor in (((), 2), (("--saved_model_tags", "serve,fast"), 3)):
        with check(f"two_graphs: {' '.join(options) or 'without a flag'}"):
            with served(context, folder / "two_graphs", *ENGINE, *options) as server:
                got = Grpc(server).predict({"x": x})["y"]
                require(got.tolist() == (x * factor).tolist(), f"{got}")
    with check("two_graphs: tags that no graph has are refused, with those there are"):
        outcome = torchferry("run", "--dir", folder / "two_graphs" / "1", "--tag_set", "slow", *ENGINE)
        require(outcome.code == 2 and "serve" in outcome.stderr, f"{outcome.code}: {outcome.stderr}")


def check_converted(context: Context) -> None:
    """Directories that we wrote: as PyTorch answers, in each engine and in the one that chooses."""
    for model in exported_models(context):
        if model.name not in ("resnet18", "pair", "encoder"):
            continue
        recorded = np.load(model.folder / "io.npz")
        base = converted(context, f"{model.name}.pt2").parent
        for engine in ("tensorflow", "auto") if model.name == "resnet18" else ("tensorflow",):
            with check(f"{model.name}: converted, --engine {engine}") as figure:
                log = context.work / "logs" / f"engine-{engine}-{model.name}.log"
                flags = ("--model_name", model.name, "--model_base_path", base, "--engine", engine)
                with running(model.name, log, *flags) as server:
                    figure(against_recorded(model, recorded, Grpc(server)))
                if engine == "auto":
                    text = log.read_text()
                    require("it runs in" in text and "tensorflow" in text, f"the choice is not told: {text[-500:]}")


def against_recorded(model, recorded, client: Grpc) -> str:
    """The largest error over all batch sizes."""
    worst = 0.0
    for batch in model.facts["batches"]:
        inputs = {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(model.facts["inputs"])}
        got = client.predict(inputs)
        want = [recorded[f"b{batch}.out{i}"] for i in range(len(got))]
        worst = max(worst, largest_error([got[key] for key in model.facts["outputs"]], want))
    return f"{worst:.1e}"


def check_model_files(context: Context) -> None:
    """Versions that are model files: an ONNX model as it is, one of PyTorch's converted by a process within limits."""
    cache = context.work / "model-files-cache"
    os.environ["TORCHFERRY_CACHE"] = str(cache)
    recorded = np.load(context.models / "pair" / "io.npz")
    pair = next(model for model in exported_models(context) if model.name == "pair")
    for file, engine, options in (
        ("model.onnx", "onnxruntime", ()),
        ("model.pt2", "onnxruntime", ("--convert",)),
        ("model.pt2", "tensorflow", ("--convert",)),
    ):
        base = context.work / "model-files" / f"{engine}-{file}"
        (base / "1").mkdir(parents=True)
        shutil.copy(context.models / "pair" / file, base / "1" / file)
        with check(f"BASE/1/{file}, --engine {engine} {' '.join(options)}") as figure:
            with served(context, base, "--engine", engine, *options) as server:
                figure(against_recorded(pair, recorded, Grpc(server)))
    with check("a conversion over its limit is ended, and the status tells why"):
        log = context.work / "logs" / "over-limit.log"
        base = context.work / "model-files" / "onnxruntime-model.pt2"
        os.environ["TORCHFERRY_CACHE"] = str(cache / "other")
        flags = ("--convert", "--convert_max_memory", "1MB", "--model_name", "over", "--model_base_path", base)
        server = Server("over", log, *flags)
        try:
            require(wait_for(lambda: "--convert_max_memory" in log.read_text()), f"it is not told: {server.tail()}")
            require(not list(cache.glob("other/models/*/1")), "there is a conversion all the same")
        finally:
            server.terminate()
            server.wait()


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether the condition comes to hold within a minute."""
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.1)
    return False


def check_operator_libraries(folder: Path) -> None:
    """An operator of the user's own in each engine, and a library that is none."""
    if not shutil.which("g++") or not shutil.which("gcc"):
        note("libraries of operators: left out, there is no compiler")
        return
    x, want = "x=[1.0, 2.5]", ["3. 6."]
    with check("TensorFlow: a graph with a user's operator, --op_library"):
        library = operator_libraries.for_tensorflow(folder)
        directory = folder / "with_operator" / "1"
        models.with_operator(directory, library)
        outcome = torchferry("run", "--dir", directory, *ENGINE, "--op_library", library, "--input_exprs", x)
        require(want[0] in outcome.stdout, outcome.stdout + outcome.stderr)
        outcome = torchferry("run", "--dir", directory, *ENGINE, "--input_exprs", x)
        require(outcome.code == 3 and "FerryTwicePlusOne" in outcome.stderr, f"{outcome.code}: {outcome.stderr}")
    with check("onnxruntime: a graph with a user's operator, --op_library"):
        library = operator_libraries.for_onnxruntime(folder)
        directory = onnx_with_operator(folder)
        options = ("run", "--dir", directory, "--input_exprs", x)
        outcome = torchferry(*options, "--op_library", library)
        require(want[0] in outcome.stdout, outcome.stdout + outcome.stderr)
        outcome = torchferry(*options)
        require(outcome.code == 3 and "TwicePlusOne" in outcome.stderr, f"{outcome.code}: {outcome.stderr}")
    with check("a library without operators is refused by both"):
        for engine in ("onnxruntime", "tensorflow"):
            outcome = torchferry(*options, "--engine", engine, "--op_library", folder / "nothing.so")
            require(outcome.code == 1 and "nothing.so" in outcome.stderr, f"{outcome.code}: {outcome.stderr}")


def onnx_with_operator(folder: Path) -> Path:
    """A version directory whose model.onnx has the operator; its saved_model.pb tells the signature alone."""
    directory = folder / "onnx_with_operator" / "1"
    models.doubled(directory)
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n"]) for name in ("x", "y")]
    node = onnx.helper.make_node("TwicePlusOne", ["x"], ["y"], domain="ferry")
    opsets = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("ferry", 1)]
    graph = onnx.helper.make_graph([node], "operator", ports[:1], ports[1:])
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), directory / "model.onnx")
    return directory


def check_refusals(folder: Path) -> None:
    """What is missing is told with what to do about it."""
    directory = folder / "words" / "1"
    with check("without a library: the places that were looked at, and what to do"):
        environment = {"PATH": "/nowhere", "HOME": "/nowhere"}
        outcome = torchferry("run", "--dir", directory, *ENGINE, "--input_exprs", "x=[[1,2,3]]", environment=environment)
        text = outcome.stderr
        require(outcome.code == 1 and "libtensorflow" in text and "pip install" in text, f"{outcome.code}: {text}")
    with check("--libtensorflow that is none is refused by name"):
        (folder / "text.so").write_text("no library")
        for name, code in (("text.so", 1), ("missing.so", 3)):
            given = ("--libtensorflow", folder / name, "--input_exprs", "x=[[1,2,3]]")
            outcome = torchferry("run", "--dir", directory, *ENGINE, *given)
            require(outcome.code == code and name in outcome.stderr, f"{outcome.code}: {outcome.stderr}")
    with check("onnxruntime names the other engine for a SavedModel of TensorFlow's"):
        outcome = torchferry("run", "--dir", directory, "--input_exprs", "x=[[1,2,3]]")
        require(outcome.code == 3 and "--engine tensorflow" in outcome.stderr, f"{outcome.code}: {outcome.stderr}")


main()
