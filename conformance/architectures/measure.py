"""Converts one exported file and compares the result with what PyTorch recorded, in onnxruntime and in TensorFlow.

Runs in the tensorflow environment. A file is `equal`, `refused` (by an error of our table) or `wrong`; there is no
fourth. The examples that a converted model takes tell whether its batch and its sizes are free.
"""

import gc
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import tensorflow as tf
from command import torchferry
from equal import DEEP, largest_error
from report import Unmet

REFUSED = 4  # the exit code of a model that cannot be converted
REASON_LENGTH = 400

Example = tuple[list[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    verdict: str
    reason: str = ""
    onnxruntime: float | None = None
    tensorflow: float | None = None
    batch_free: bool = False
    sizes_free: bool = False

    def as_json(self) -> dict:
        """For the file of results."""
        return asdict(self)


def measure(file: Path, folder: Path, deep: bool, in_tensorflow: bool, options: Sequence[str] = ()) -> Outcome:
    """Converts `file`, whose recorded examples are in its folder's io.npz; removes what it wrote."""
    base = folder / "converted"
    try:
        outcome = torchferry("convert", file, "--output", base, *options)
        if outcome.code == REFUSED:
            return Outcome("refused", shorten(outcome.stderr))
        if outcome.code:
            return Outcome("wrong", f"exit code {outcome.code}: {shorten(outcome.stderr)}")
        return compare(base / "1", recorded_examples(folder / "io.npz"), deep, in_tensorflow)
    except subprocess.TimeoutExpired as late:
        return Outcome("wrong", f"not converted after {late.timeout:.0f} s")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def compare(version: Path, examples: dict[str, Example], deep: bool, in_tensorflow: bool) -> Outcome:
    """Runs the examples that the model takes, first in onnxruntime, then in TensorFlow."""
    place, limit = "onnxruntime", DEEP if deep else 1e-4
    try:
        session = onnxruntime.InferenceSession(version / "model.onnx", quiet(), providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_inputs()]
        shapes = [value.shape for value in session.get_inputs()]
        outputs = [value.name for value in session.get_outputs()]
        taken = {name: example for name, example in examples.items() if fits(example[0], shapes)}
        if not taken:
            return Outcome("wrong", f"takes {shapes}, which is no example's shape")
        in_onnx = max(
            largest_error(session.run(None, dict(zip(names, x))), y, limit) for x, y in taken.values()
        )
        del session
        gc.collect()
        place, error = "TensorFlow", None
        if in_tensorflow:
            error = tensorflow_error(version, names, outputs, list(taken.values()), limit)
    except Unmet as unmet:
        return Outcome("wrong", f"{place}: {unmet}")
    except Exception as thrown:  # the engines throw whatever they like
        return Outcome("wrong", f"{place}: {type(thrown).__name__}: {shorten(str(thrown))}")
    batches = {examples[name][0][0].shape for name in taken if name != "other"}
    return Outcome("equal", "", in_onnx, error, len(batches) > 1, "other" in taken)


def quiet() -> onnxruntime.SessionOptions:
    """Threads that wait without spinning: beside this an export is running."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def tensorflow_error(
    version: Path, names: list[str], outputs: list[str], examples: list[Example], limit: float
) -> float:
    """The largest error in TensorFlow; keys and their order are those of the ONNX beside it."""
    function = tf.saved_model.load(str(version)).signatures["serving_default"]
    worst = 0.0
    for x, y in examples:
        got = function(**{key: tf.constant(value) for key, value in zip(names, x)})
        worst = max(worst, largest_error([got[key].numpy() for key in outputs], y, limit))
    return worst


def fits(arrays: list[np.ndarray], shapes: list[list]) -> bool:
    """Whether a model with these input shapes takes these arrays; a name or None stands for any size."""
    return len(arrays) == len(shapes) and all(
        array.ndim == len(shape) and all(not isinstance(s, int) or s == a for a, s in zip(array.shape, shape))
        for array, shape in zip(arrays, shapes)
    )


def recorded_examples(file: Path) -> dict[str, Example]:
    """Inputs and outputs by the example's name."""
    arrays = np.load(file)
    examples: dict[str, Example] = {}
    for key in arrays.files:
        name, _, what = key.partition(".")
        inputs, outputs = examples.setdefault(name, ([], []))
        (inputs if what.startswith("in") else outputs).append(arrays[key])
    return examples


def stated_input(file: Path) -> tuple[str, ...]:
    """What a scripted file, which keeps no example, is told of its one input; one image has no batch."""
    (inputs, _), *_ = recorded_examples(file).values()
    return ("--input", f"image=float32[{','.join(map(str, inputs[0].shape))}]", "--batch", "keep")


def shorten(text: str) -> str:
    """A message on one line."""
    return " ".join(text.split())[:REASON_LENGTH]


def measure_all(folder: Path) -> dict:
    """Every file of a folder that export_one.py filled."""
    facts = json.loads((folder / "facts.json").read_text())
    outcomes, in_tensorflow = {}, True
    for kind in sorted(facts["exports"], key=["free", "scripted", "traced", "fixed"].index):
        exported, started = facts["exports"][kind], time.monotonic()
        if "reason" in exported:
            outcomes[kind] = Outcome("not exported", exported["reason"]).as_json()
            continue
        file = next(folder.glob(f"{kind}.*"))
        options = stated_input(folder / "io.npz") if kind == "scripted" else ()
        outcome = measure(file, folder, facts["deep"], in_tensorflow, options)
        in_tensorflow = in_tensorflow and outcome.tensorflow is None  # the most general file that works is enough
        outcomes[kind] = {**outcome.as_json(), "seconds": time.monotonic() - started}
        if outcome.verdict == "wrong" and facts["uncertainty"]:
            outcomes[kind]["reason"] += f"; PyTorch's own float32 and float64 differ by {facts['uncertainty']:.1e}"
    return {"parameters": facts["parameters"], "files": outcomes}
