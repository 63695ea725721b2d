"""The served model against PyTorch: gRPC with tensorflow-serving-api's clients, REST by row and by column.

Runs in the tensorflow environment. Not here: version switches and shutdown under load (serving_under_load.py).
"""

from collections.abc import Callable
from pathlib import Path

import grpc
import numpy as np
from google.protobuf.json_format import MessageToDict
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

from equal import largest_error
from report import check, require
from run_context import Context, Model, converted, exported_models, read_context, read_model
from server_process import CALL_TIMEOUT_S, Rest, Server, running
from serving_client import Grpc
from tensorflow import make_ndarray


def main() -> None:
    """Every model over both protocols, then what is particular to one of them."""
    context = read_context()
    for model in exported_models(context):
        base = converted(context, f"{model.name}.pt2").parent
        with check(f"{model.name}: served, and ended by SIGTERM with exit code 0"):
            with running(model.name, log_file(context, model.name), *by_name(model.name, base)) as server:
                check_model(server, model)
    with check("a model file: converted, served, and ended"):
        file = context.models / "pair" / "model.pt2"
        with running("model", log_file(context, "file"), file) as server:
            check_model(server, read_model(context.models / "pair"))


def by_name(name: str, base: Path) -> tuple[object, ...]:
    """The flags of TensorFlow Serving for one model."""
    return ("--model_name", name, "--model_base_path", base)


def log_file(context: Context, name: str) -> Path:
    """Where a server's output goes."""
    return context.work / "logs" / f"serving-{name}.log"


def check_model(server: Server, model: Model) -> None:
    """All questions a client asks of one served model."""
    recorded = np.load(model.folder / "io.npz")
    with check(f"{model.name}: gRPC Predict, tensor_content") as figure:
        figure(errors(model, recorded, Grpc(server).predict))
    with check(f"{model.name}: gRPC Predict, values in float_val and int64_val") as figure:
        figure(
            errors(model, recorded, lambda inputs, signature: predict_by_values(Grpc(server), inputs, signature))
        )
    for layout, predict in (("row", predict_rows), ("columnar", predict_columns)):
        with check(f"{model.name}: REST predict, {layout}") as figure:
            figure(
                errors(
                    model, recorded, lambda inputs, signature, p=predict: p(Rest(server), model, inputs, signature)
                )
            )
    with check(f"{model.name}: GetModelStatus and GET status"):
        check_status(server)
    with check(f"{model.name}: GetModelMetadata and GET metadata"):
        check_metadata(server, model)
    if model.facts.get("many"):
        with check(f"{model.name}: gRPC Predict of {model.facts['many']} images") as figure:
            images = np.load(model.folder / "images.npy").astype(np.float32)
            got = Grpc(server).predict({model.facts["inputs"][0]: images}, "predict_images")
            figure(f"{largest_error(list(got.values()), [np.load(model.folder / 'confidences.npy')]):.1e}")
    if model.name == "pair":
        check_output_filter(server, model, recorded)
        check_refusals(server, recorded)


def errors(model: Model, recorded: dict, predict: Callable[[dict, str], dict]) -> str:
    """The largest error over all signatures, at each batch size."""
    worst = {}
    for signature in model.facts["signatures"]:
        for batch in model.facts["batches"]:
            inputs = {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(model.facts["inputs"])}
            got = predict(inputs, signature)
            require(sorted(got) == sorted(model.facts["outputs"]), f"outputs {sorted(got)}")
            want = [recorded[f"b{batch}.out{i}"] for i in range(len(got))]
            worst[batch] = max(
                worst.get(batch, 0.0), largest_error([got[k] for k in model.facts["outputs"]], want)
            )
    return "  ".join(f"batch {batch}: {error:.1e}" for batch, error in worst.items())


def predict_by_values(client: Grpc, inputs: dict, signature: str) -> dict:
    """Predict with one number a field entry, as clients without TensorFlow send it."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = client.name
    request.model_spec.signature_name = signature
    for key, array in inputs.items():
        proto, field = request.inputs[key], {"f": "float_val", "i": "int64_val"}[array.dtype.kind]
        proto.dtype = {"f": 1, "i": 9}[array.dtype.kind]
        for size in array.shape:
            proto.tensor_shape.dim.add(size=size)
        getattr(proto, field).extend(array.ravel().tolist())
    answer = client.prediction.Predict(request, timeout=CALL_TIMEOUT_S)
    require(answer.model_spec.version.value == 1, f"the answer names version {answer.model_spec.version.value}")
    return {key: make_ndarray(value) for key, value in answer.outputs.items()}


def predict_rows(client: Rest, model: Model, inputs: dict, signature: str) -> dict:
    """REST's row format: one object an example; bare values when there is one input."""
    rows = [dict(zip(inputs, map(np.ndarray.tolist, row))) for row in zip(*inputs.values())]
    if len(inputs) == 1:
        rows = [next(iter(row.values())) for row in rows]
    status, body = client.predict({"signature_name": signature, "instances": rows})
    require(status == 200, f"status {status}: {str(body)[:300]}")
    predictions = body["predictions"]
    if len(model.facts["outputs"]) == 1:
        return typed(model, {model.facts["outputs"][0]: predictions})
    return typed(model, {key: [row[key] for row in predictions] for key in model.facts["outputs"]})


def predict_columns(client: Rest, model: Model, inputs: dict, signature: str) -> dict:
    """REST's columnar format: one list an input; the bare list when there is one input."""
    columns = {key: array.tolist() for key, array in inputs.items()}
    body = columns if len(columns) > 1 else next(iter(columns.values()))
    status, answer = client.predict({"signature_name": signature, "inputs": body})
    require(status == 200, f"status {status}: {str(answer)[:300]}")
    outputs = answer["outputs"]
    return typed(model, outputs if len(model.facts["outputs"]) > 1 else {model.facts["outputs"][0]: outputs})


def typed(model: Model, outputs: dict) -> dict:
    """JSON's numbers as arrays: whole numbers have to be written without a fraction, others with one."""
    arrays = {key: np.array(value) for key, value in outputs.items()}
    return {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in arrays.items()}


def check_status(server: Server) -> None:
    """Version 1 is AVAILABLE in both protocols."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = server.name
    answer = MessageToDict(
        Grpc(server).models.GetModelStatus(request, timeout=CALL_TIMEOUT_S), preserving_proto_field_name=True
    )
    (version,) = answer["model_version_status"]
    require((version["version"], version["state"]) == ("1", "AVAILABLE"), f"gRPC tells {version}")
    status, body = Rest(server).get(f"/v1/models/{server.name}/versions/1")
    wanted = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    require(status == 200 and body == {"model_version_status": [wanted]}, f"REST tells {status} {body}")


def check_metadata(server: Server, model: Model) -> None:
    """Signatures, keys, dtypes and free batch in both protocols; REST as TensorFlow Serving nests it."""
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = server.name
    answer = Grpc(server).prediction.GetModelMetadata(request, timeout=CALL_TIMEOUT_S)
    require(answer.model_spec.version.value == 1, f"gRPC tells version {answer.model_spec.version.value}")
    signatures = get_model_metadata_pb2.SignatureDefMap()
    require(answer.metadata["signature_def"].Unpack(signatures), "the metadata is not a SignatureDefMap")
    require(
        sorted(signatures.signature_def) == sorted(model.facts["signatures"]),
        f"gRPC tells {list(signatures.signature_def)}",
    )
    status, body = Rest(server).get(f"/v1/models/{server.name}/metadata")
    require(status == 200, f"status {status}: {body}")
    require(
        body["model_spec"] == {"name": server.name, "signature_name": "", "version": "1"},
        f"REST tells {body['model_spec']}",
    )
    told = body["metadata"]["signature_def"]["signature_def"]
    for name, signature in signatures.signature_def.items():
        require(sorted(signature.inputs) == sorted(model.facts["inputs"]), f"inputs {list(signature.inputs)}")
        require(sorted(signature.outputs) == sorted(model.facts["outputs"]), f"outputs {list(signature.outputs)}")
        for key, info in (*signature.inputs.items(), *signature.outputs.items()):
            require(info.tensor_shape.dim[0].size == -1, f"the batch of {key} is {info.tensor_shape.dim[0].size}")
            rest = {**told[name]["inputs"], **told[name]["outputs"]}[key]
            sizes = [dim["size"] for dim in rest["tensor_shape"]["dim"]]
            require(
                sizes == [str(dim.size) for dim in info.tensor_shape.dim], f"REST tells the shape {sizes} of {key}"
            )
            require(rest["name"] == info.name, f"REST tells the tensor {rest['name']}, gRPC {info.name}")


def check_output_filter(server: Server, model: Model, recorded: dict) -> None:
    """Only the outputs that are asked for come back."""
    with check(f"{model.name}: gRPC Predict, output_filter") as figure:
        inputs = {key: recorded[f"b2.in{i}"] for i, key in enumerate(model.facts["inputs"])}
        got = Grpc(server).predict(inputs, only=("best",))
        require(list(got) == ["best"], f"outputs {list(got)}")
        figure(f"{largest_error([got['best']], [recorded['b2.out1']]):.1e}")


def check_refusals(server: Server, recorded: dict) -> None:
    """What clients get wrong, with the status that TensorFlow Serving answers."""
    image, gain = recorded["b2.in0"], recorded["b2.in1"]
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    calls = {
        "an input is missing": ({"image": image}, "", (), invalid),
        "an unknown input": ({"image": image, "gain": gain, "more": gain}, "", (), invalid),
        "another dtype": ({"image": image.astype(np.float64), "gain": gain}, "", (), invalid),
        "an unknown output": ({"image": image, "gain": gain}, "", ("nope",), invalid),
    }
    for name, (inputs, signature, only, want) in calls.items():
        with check(f"gRPC refuses: {name}") as figure:
            figure(refusal(lambda: Grpc(server).predict(inputs, signature, only), want))
    with check("gRPC refuses: an unknown model") as figure:
        client = Grpc(server)
        client.name = "nope"
        figure(refusal(lambda: client.predict({"image": image, "gain": gain}), missing))
    bodies = {
        "no JSON": ("{", 400),
        "neither instances nor inputs": ({}, 400),
        "an input is missing": ({"inputs": {"image": image.tolist()}}, 400),
        "ragged lists": ({"instances": [{"image": [[1], [2, 3]], "gain": [1]}]}, 400),
    }
    for name, (body, want) in bodies.items():
        with check(f"REST refuses: {name}") as figure:
            client = Rest(server)
            status, answer = (
                client.predict(body) if body != "{" else client.exchange("POST", client.predict_path, body)
            )
            require(status == want and list(answer) == ["error"], f"status {status}, {answer}")
            figure(f"{status} {answer['error'][:120]}")
    with check("REST refuses: an unknown model") as figure:
        status, answer = Rest(server).exchange("POST", "/v1/models/nope:predict", '{"instances": [1]}')
        require(status == 404 and list(answer) == ["error"], f"status {status}, {answer}")
        figure(f"{status} {answer['error'][:120]}")


def refusal(call: Callable[[], object], want: grpc.StatusCode) -> str:
    """Requires that a call fails with a status; returns the message."""
    try:
        call()
    except grpc.RpcError as error:
        require(error.code() == want, f"{error.code()}: {error.details()}")
        return f"{error.code().name} {error.details()[:120]}"
    require(False, "it was answered")
    return ""


main()
