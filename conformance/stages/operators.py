"""Operators from outside the tables: onnxruntime's own, as its optimiser and quantiser write them, and custom ones.

Runs in the tensorflow environment; the example of custom operators is exported anew in the torch environment.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402  (the variable above must stand first)
from command import convert, torchferry
from environment import python_variables, ready_python
from equal import largest_error, tells_something
from fused_cases import Arrays, Fused, fused_cases, write
from many_models import Job, converted_many
from report import check, require
from run_context import CHECKOUT, Context, read_context
from tensorflow.core.protobuf import saved_model_pb2

EXAMPLE = CHECKOUT / "examples" / "custom-operator"
LEVELS = onnxruntime.GraphOptimizationLevel
ROUNDED = 2e-2  # of a quantised network: engines' sums fall on either side of a rounding, one step of 256, here and there


def main() -> None:
    """All of it."""
    context = read_context()
    onnxruntime.set_default_logger_severity(3)
    folder = context.work / "operators"
    folder.mkdir(parents=True)
    check_fused(folder / "fused")
    check_optimised(context, folder / "encoder", context.models / "encoder", dynamically)
    check_optimised(context, folder / "mobilenet", context.models / "mobilenet_v3_small", statically)
    check_example(folder / "example")
    check_foreign(folder / "foreign")


def check_fused(folder: Path) -> None:
    """One operator a model; all are written, then converted by one process, then run."""
    written: dict[str, tuple[Fused, Arrays, list[np.ndarray]]] = {}
    jobs = []
    for number, case in enumerate(fused_cases()):
        name = f"fused-{number}"
        (folder / name).mkdir(parents=True)
        file = folder / name / "model.onnx"
        written[name] = (case, *write(case, file))
        jobs.append(Job(name, file, reader="", data=folder, options={"batch": "keep"}))
    for name, outcome in converted_many(jobs, folder):
        case, inputs, want = written[name]
        with check(f"{case.domain or 'ai.onnx'}: {case.name}") as figure:
            require(isinstance(outcome, Path), getattr(outcome, "text", ""))
            figure(compare(outcome, inputs, want))


Quantise = Callable[[Path, Path, Arrays], None]


def check_optimised(context: Context, folder: Path, exported: Path, quantise: Quantise) -> None:
    """A whole network as onnxruntime saves it at a level, and quantised."""
    folder.mkdir()
    source = next(exported.glob("*.onnx"))
    recorded = np.load(exported / "io.npz")
    inputs = {value.name: recorded[f"b2.in{i}"] for i, value in enumerate(session_of(source).get_inputs())}
    makes: dict[str, tuple[Callable[[Path], None], float]] = {
        "basic": (lambda file: optimise(source, LEVELS.ORT_ENABLE_BASIC, file), 1e-4),
        "extended": (lambda file: optimise(source, LEVELS.ORT_ENABLE_EXTENDED, file), 1e-4),
        f"{quantise.__name__} quantised": (lambda file: quantise(source, file, inputs), ROUNDED),
    }
    for kind, (make, limit) in makes.items():
        with check(f"{exported.name} as onnxruntime writes it: {kind}") as figure:
            file = folder / f"{kind.split()[0]}.onnx"
            make(file)
            session = session_of(file)
            want = session.run(None, inputs)
            names = [value.name for value in session.get_outputs()]
            convert(file, folder / kind.split()[0], "--output-names", ",".join(names))
            figure(compare(folder / kind.split()[0] / "1", inputs, want, limit))


def dynamically(source: Path, file: Path, inputs: Arrays) -> None:
    """Weights as integers, activations by their own range."""
    quantize_dynamic(source, file)


def statically(source: Path, file: Path, inputs: Arrays) -> None:
    """QLinear operators, with ranges from one batch."""
    quantize_static(source, file, Calibration(inputs), quant_format=QuantFormat.QOperator)


class Calibration(CalibrationDataReader):
    """One batch."""

    def __init__(self, inputs: Arrays) -> None:
        self.batches = iter([inputs])

    def get_next(self) -> Arrays | None:
        return next(self.batches, None)


def optimise(source: Path, level: LEVELS, file: Path) -> None:
    """Saves what the optimiser makes of a model."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(file)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def check_example(folder: Path) -> None:
    """The example as its reader runs it: exported by PyTorch, converted where its config lies."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("model.*", "recorded.npz"))
    with check("custom operators: the example's script exports its model"):
        command = [ready_python("torch"), "make_model.py"]
        done = subprocess.run(command, cwd=folder, env=python_variables(), capture_output=True, text=True)
        require(done.returncode == 0, done.stderr[-500:])
    for name in ("model.pt2", "model.pt"):
        with check(f"custom operators: {name} with the config of its folder") as figure:
            base = folder / name.replace(".", "-")
            outcome = torchferry("convert", name, "--output", base, cwd=folder)
            require(outcome.code == 0, outcome.stderr)
            recorded = np.load(folder / "recorded.npz")
            texts = [compare(base / "1", {"signal": recorded[f"b{n}.in0"]}, [recorded[f"b{n}.out0"]]) for n in (2, 3)]
            figure("; ".join(texts))
    with check("custom operators: refused by name elsewhere, all at once"):
        outcome = torchferry("convert", folder / "model.pt2", "--dry-run")
        require(outcome.code == 4, f"exit code {outcome.code}")
        require(outcome.stderr.count("register 'demo::") == 2, outcome.stderr)


FOREIGN = """
export default {
  onnx: {
    "com.example::Wave": {
      version: 3,
      infer: (node) => node.type(0),
      tensorflow: { op: "%s", attributes: (node) => ({ T: { type: node.type(0).dtype } }) },
    },
  },
};
"""


def check_foreign(folder: Path) -> None:
    """An operator of a custom domain as a node of one that only a server has."""
    folder.mkdir()
    x = np.linspace(0.5, 9, 12, dtype="f4").reshape(4, 3)
    nodes = [helper.make_node("Wave", ["x"], ["h"], domain="com.example"), helper.make_node("Relu", ["h"], ["y"])]
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "xy"]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.example", 3)]
    onnx.save(
        helper.make_model(helper.make_graph(nodes, "g", info[:1], info[1:]), opset_imports=opsets, ir_version=8),
        folder / "model.onnx",
    )
    with check("custom domain: a TensorFlow node of the given name runs where the operator is") as figure:
        # TensorFlow has this operator and the converter has not: a stand-in for one of a server's own.
        version = convert_foreign(folder, "BesselJ0")
        want = [np.maximum(tf.raw_ops.BesselJ0(x=x).numpy(), 0)]
        figure(f"{largest_error(tensorflow(version, {'x': x}, ['y']), want):.1e}")
    with check("custom domain: model.onnx imports it, and keeps the node"):
        model = onnx.load(version / "model.onnx")
        require({o.domain: o.version for o in model.opset_import}.get("com.example") == 3, str(model.opset_import))
        require([n.op_type for n in model.graph.node] == ["Wave", "Relu"], str(model.graph.node))
    with check("custom domain: saved_model.pb lists the operator; elsewhere it is not registered") as figure:
        version = convert_foreign(folder, "DemoWave")
        saved = saved_model_pb2.SavedModel.FromString((version / "saved_model.pb").read_bytes())
        listed = [op.name for op in saved.meta_graphs[0].meta_info_def.stripped_op_list.op]
        require(listed == ["DemoWave"], f"listed: {listed}")
        try:
            tf.saved_model.load(str(version))
        except (tf.errors.NotFoundError, RuntimeError, ValueError) as error:
            require("Op type not registered 'DemoWave'" in str(error), str(error))
            figure("Op type not registered 'DemoWave'")
        else:
            require(False, "it loaded")


def convert_foreign(folder: Path, op: str) -> Path:
    """Converts with a config that names the operator."""
    config = folder / f"{op}.mjs"
    config.write_text(FOREIGN % op)
    convert(folder / "model.onnx", folder / op, "--custom", config)
    return folder / op / "1"


def compare(version: Path, inputs: dict[str, np.ndarray], want: list[np.ndarray], limit: float = 1e-4) -> str:
    """The largest errors of a version directory in both engines."""
    require(tells_something(want), "the outputs are constant and prove nothing")
    session = session_of(version / "model.onnx")
    names = [value.name for value in session.get_outputs()]
    onnx_error = largest_error(session.run(None, inputs), want, limit)
    tensorflow_error = largest_error(tensorflow(version, inputs, names), want, limit)
    return f"onnxruntime {onnx_error:.1e}  TensorFlow {tensorflow_error:.1e}"


def session_of(file: Path) -> onnxruntime.InferenceSession:
    """A session on the CPU."""
    return onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def tensorflow(version: Path, inputs: dict[str, np.ndarray], names: list[str]) -> list[np.ndarray]:
    """What TensorFlow computes."""
    loaded = tf.saved_model.load(str(version))
    outputs = loaded.signatures["serving_default"](**{key: tf.constant(value) for key, value in inputs.items()})
    return [outputs[name].numpy() for name in names]


main()
