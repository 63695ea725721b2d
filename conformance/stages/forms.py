"""What `convert` writes on request: weights cut into several data files, weights inside the models, images as NHWC.

Runs in the tensorflow environment. Every form is loaded by TensorFlow 2 code and TensorFlow 1 code and by onnxruntime,
and compared with PyTorch. Not here: the usual form (in_tensorflow.py, in_onnxruntime.py).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

import tensorflow as tf
from command import convert
from equal import largest_error
from report import check, require
from run_context import Context, Model, exported_models, read_context

MODELS = ("resnet18", "encoder")  # weights in two orders, and in one
SHARD_BYTES = {"resnet18": 8_000_000, "encoder": 20_000}
Run = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def main() -> None:
    """All forms of a convolutional network and a transformer."""
    context = read_context()
    onnxruntime.set_default_logger_severity(3)
    for model in exported_models(context):
        if model.name not in MODELS:
            continue
        sharded = ("--shard-size", str(SHARD_BYTES[model.name]))
        check_form(context, model, "sharded", sharded, check_shards)
        check_form(context, model, "constants", ("--weights", "constants"), check_frozen)
        if model.name == "resnet18":
            check_form(context, model, "sharded, compact", (*sharded, "--compact"), check_shards)
            check_form(context, model, "nhwc", ("--inputs-layout", "nhwc"), check_channels_last)


def check_form(
    context: Context, model: Model, form: str, options: tuple[str, ...], look: Callable[[Path, Model], str]
) -> None:
    """One conversion: what is on disk and in the graph, then the numbers."""
    base = context.work / "forms" / f"{model.name}.{form.replace(', ', '-')}"
    name = f"{model.name}.pt2, {form}"
    with check(f"{name}: convert, files and graph") as figure:
        convert(model.folder / model.facts["files"]["pt2"], base, *options, *model.facts["options"])
        figure(look(base / "1", model))
    if (base / "1").exists():
        for engine, run in runs(base / "1").items():
            with check(f"{name}: {engine}") as figure:
                figure(errors(model, run, is_turned=form == "nhwc"))


def nodes_of(version: Path) -> list[NodeDef]:
    """The nodes of the SavedModel's graph."""
    model = SavedModel.FromString((version / "saved_model.pb").read_bytes())
    return list(model.meta_graphs[0].graph_def.node)


def check_shards(version: Path, model: Model) -> str:
    """Every data file keeps to the limit unless one weight passes it, and has a RestoreV2 of its own."""
    files = sorted((version / "variables").glob("variables.data-*"))
    names = [f"variables.data-{i:05}-of-{len(files):05}" for i in range(len(files))]
    require([file.name for file in files] == names, f"found {[file.name for file in files]}")
    reader = tf.train.load_checkpoint(str(version / "variables" / "variables"))
    shapes = reader.get_variable_to_shape_map()
    largest = max(4 * int(np.prod(shape)) for shape in shapes.values())
    limit = max(SHARD_BYTES[model.name], largest)
    require(len(files) > 2, f"{len(files)} files")
    require(all(file.stat().st_size <= limit for file in files), f"a file passes {limit} bytes")
    restores = sum(node.op == "RestoreV2" for node in nodes_of(version))
    require(2 < restores <= len(files), f"{restores} RestoreV2 of {len(files)} files")
    for name in shapes:
        reader.get_tensor(name)  # which checks its checksum
    return f"{len(files)} files, {restores} RestoreV2, {len(shapes)} checksums"


def check_frozen(version: Path, _: Model) -> str:
    """The two models and nothing else, without variables."""
    found = sorted(str(path.relative_to(version)) for path in version.rglob("*"))
    require(found == ["model.onnx", "saved_model.pb"], f"found {found}")
    variables = [node.name for node in nodes_of(version) if node.op in ("VarHandleOp", "RestoreV2")]
    require(not variables, f"variables are left: {variables[:3]}")
    return "no variables"


def check_channels_last(version: Path, _: Model) -> str:
    """Nothing is left to transpose."""
    transposes = [node.name for node in nodes_of(version) if node.op == "Transpose"]
    require(not transposes, f"transposes are left: {transposes}")
    return "no transposes"


def runs(version: Path) -> dict[str, Run]:
    """The default signature in each engine; a loader that fails does so when it is run."""
    return {
        "tf.saved_model.load": lambda inputs: second_style(version, inputs),
        "tf.compat.v1.saved_model.load": lambda inputs: first_style(version, inputs),
        "onnxruntime": lambda inputs: in_onnxruntime(version, inputs),
    }


def second_style(version: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """TensorFlow 2."""
    loaded = tf.saved_model.load(str(version))
    outputs = loaded.signatures["serving_default"](**{k: tf.constant(v) for k, v in inputs.items()})
    return {key: value.numpy() for key, value in outputs.items()}


def first_style(version: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """TensorFlow 1."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(version))
        definition = meta.signature_def["serving_default"]
        fetches = {key: info.name for key, info in definition.outputs.items()}
        return session.run(fetches, {definition.inputs[k].name: v for k, v in inputs.items()})


def in_onnxruntime(version: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """model.onnx, which takes what the signature takes."""
    session = onnxruntime.InferenceSession(str(version / "model.onnx"), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def errors(model: Model, run: Run, is_turned: bool) -> str:
    """The largest error at one batch size that is not the example's."""
    recorded = np.load(model.folder / "io.npz")
    batch = model.facts["batches"][-1]
    inputs = {key: recorded[f"b{batch}.in{i}"] for i, key in enumerate(model.facts["inputs"])}
    if is_turned:
        inputs = {key: np.ascontiguousarray(value.transpose(0, 2, 3, 1)) for key, value in inputs.items()}
    outputs = run(inputs)
    want = [recorded[f"b{batch}.out{i}"] for i in range(len(model.facts["outputs"]))]
    return f"batch {batch}: {largest_error([outputs[key] for key in model.facts['outputs']], want):.1e}"


main()
