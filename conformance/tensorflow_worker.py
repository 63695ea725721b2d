"""Runs conversions in TensorFlow one after the other and compares them with what was recorded.

Usage: python -m tensorflow_worker JOBS RESULTS, both files of JSON lines (many_models.py); a result is written as soon
as it is known, so that the process may end at any model. READERS says how examples are kept.
"""

import faulthandler
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402  (the log level comes first)
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import numpy_helper  # noqa: E402

import tensorflow as tf  # noqa: E402
from equal import largest_error, tells_something  # noqa: E402
from many_models import BEYOND  # noqa: E402
from report import Unmet, require  # noqa: E402

MODEL_TIMEOUT_S = 180  # for loading and running one model; only a hang reaches it

Arrays = list[np.ndarray]
Run = Callable[[dict[str, np.ndarray], list[str]], Arrays]


class Example:
    """Inputs and outputs of one run, in the order of the model's own.

    A test may have a tolerance of its own, as where its outputs were written down with few digits: what meets it is
    equal.
    """

    def __init__(self, inputs: Arrays, outputs: Arrays, tolerance: dict[str, float] | None = None) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.tolerance = tolerance


def main() -> None:
    """All jobs."""
    jobs, results = sys.argv[1:3]
    onnxruntime.set_default_logger_severity(4)
    with open(results, "a") as told:
        for line in Path(jobs).read_text().splitlines():
            job = json.loads(line)
            faulthandler.dump_traceback_later(MODEL_TIMEOUT_S, exit=True)
            print(json.dumps([job["name"], *verdict_of(job)]), file=told, flush=True)


def verdict_of(job: dict) -> tuple[str, str, list[str]]:
    """The word, the figure or reason, and remarks."""
    remarks: list[str] = []
    try:
        error = error_of(job, remarks)
    except Unmet as reason:
        return "wrong", str(reason), remarks
    except Exception as error:  # TensorFlow throws whatever it likes
        return "wrong", f"{type(error).__name__}: {' '.join(str(error).split())[:400]}", remarks
    return "equal", f"{error:.1e}", remarks


def error_of(job: dict, remarks: list[str]) -> float:
    """The largest error over the engines and examples; remarks on what a comparison does not prove."""
    names, outputs = endpoints(Path(job["version"]))
    examples = list(READERS[job["reader"]](Path(job["data"])))
    for example in examples:
        require(len(names) == len(example.inputs), f"{len(names)} inputs, want {len(example.inputs)}")
    engines = {"TensorFlow": in_tensorflow(job["version"])}
    if job["onnxruntime"]:
        engines["onnxruntime"] = in_onnxruntime(job["version"])
    worst = 0.0
    for engine, run in engines.items():
        for example in examples:
            got = run(dict(zip(names, example.inputs)), outputs)
            with place(engine):
                worst = max(worst, compared(job, example, got, remarks))
    if not any(tells_something(example.outputs) for example in examples):
        remarks.append("outputs are empty or constant")
    return worst


def compared(job: dict, example: Example, got: Arrays, remarks: list[str]) -> float:
    """The error of one run."""
    if job["first_outputs"]:
        got = got[: len(example.outputs)]
    if example.tolerance and same_types(got, example.outputs):
        if all(within(g, w, example.tolerance) for g, w in zip(got, example.outputs)):
            return 0.0
        remarks.append(BEYOND)
    return largest_error(got, example.outputs, job["limit"])


def in_tensorflow(version: str) -> Run:
    """The SavedModel's signature."""
    function = tf.saved_model.load(version).signatures["serving_default"]

    def run(inputs: dict[str, np.ndarray], outputs: list[str]) -> Arrays:
        made = function(**{name: tf.constant(value) for name, value in inputs.items()})
        return [comparable(np.asarray(made[name])) for name in outputs]

    return run


def in_onnxruntime(version: str) -> Run:
    """The ONNX model beside it."""
    session = onnxruntime.InferenceSession(f"{version}/model.onnx", providers=["CPUExecutionProvider"])
    return lambda inputs, outputs: session.run(outputs, inputs)


@contextmanager
def place(engine: str) -> Iterator[None]:
    """Says in which engine a comparison failed."""
    try:
        yield
    except Unmet as reason:
        raise Unmet(f"{engine}: {reason}") from reason


def endpoints(version: Path) -> tuple[list[str], list[str]]:
    """Names of inputs and outputs in their order, which is that of the ONNX model beside."""
    graph = onnx.load(version / "model.onnx", load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    return [v.name for v in graph.input if v.name not in weights], [v.name for v in graph.output]


def comparable(array: np.ndarray) -> np.ndarray:
    """Strings as text; TensorFlow gives bytes."""
    if array.dtype != object:
        return array
    return np.array([s.decode() for s in array.ravel().tolist()], dtype=object).reshape(array.shape)


def same_types(got: Arrays, want: Arrays) -> bool:
    """Whether the arrays can be compared by a tolerance at all."""
    return [(g.shape, g.dtype) for g in got] == [(w.shape, w.dtype) for w in want]


def within(got: np.ndarray, want: np.ndarray, tolerance: dict[str, float]) -> bool:
    """Whether a test's own tolerance holds; what is no float must be the same."""
    if want.dtype.kind not in "fV" or "float8" in str(want.dtype):
        return largest_error([got], [want]) == 0
    return np.allclose(got.astype("f8"), want.astype("f8"), **tolerance, equal_nan=True)


def npz_examples(file: Path) -> Iterator[Example]:
    """in0, out0, ... or, of several examples, b2.in0, b2.out0, ..."""
    arrays = dict(np.load(file))
    for prefix in sorted({key.rpartition(".")[0] for key in arrays}):
        stem = f"{prefix}." if prefix else ""
        yield Example(*(numbered(arrays, f"{stem}{kind}") for kind in ("in", "out")))


def numbered(arrays: dict[str, np.ndarray], stem: str) -> Arrays:
    """STEM0, STEM1, ..."""
    return [arrays[f"{stem}{i}"] for i in range(len(arrays)) if f"{stem}{i}" in arrays]


def onnx_examples(folder: Path) -> Iterator[Example]:
    """input_0.pb, output_0.pb, ... of one of ONNX's own tests."""
    tolerance = json.loads((folder / "tolerance.json").read_text())
    yield Example(
        *([read_tensor(f) for f in in_order(folder, kind)] for kind in ("input", "output")), tolerance
    )


def digits_examples(folder: Path) -> Iterator[Example]:
    """Held-out images and PyTorch's probabilities for them."""
    yield Example([np.load(folder / "image.npy")], [np.load(folder / "probabilities.npy")])


def in_order(folder: Path, kind: str) -> list[Path]:
    """The files of one kind by their number."""
    return sorted(folder.glob(f"{kind}_*.pb"), key=lambda file: int(file.stem.rpartition("_")[2]))


def read_tensor(file: Path) -> np.ndarray:
    """A tensor that ONNX's tests recorded."""
    array = numpy_helper.to_array(onnx.TensorProto.FromString(file.read_bytes()))
    return comparable(array) if array.dtype == object and isinstance(next(array.flat, ""), bytes) else array


READERS: dict[str, Callable[[Path], Iterator[Example]]] = {
    "npz": npz_examples,
    "onnx": onnx_examples,
    "digits": digits_examples,
}

main()
