"""Every model of a folder of recorded models: converted, run in onnxruntime and TensorFlow, compared with PyTorch.

Runs in the tensorflow environment. Layout: FOLDER/NAME/{*.pt2, *.onnx, io.npz}; io.npz holds `b2.in0`, `b2.out0`, ...
A refused model is told and is no failure; a wrong one is. Not here: the models of models.py, which must convert.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime

import tensorflow as tf
from command import torchferry
from equal import DEEP, largest_error, tells_something
from report import FAIL, OK, Unmet, note, require, tell
from run_context import Context, read_context


@dataclass(frozen=True)
class Recorded:
    """One model file with inputs and outputs that PyTorch recorded."""

    name: str
    file: Path
    examples: tuple[tuple[list[np.ndarray], list[np.ndarray]], ...]
    whole: bool = True  # False: only the first outputs were recorded
    options: tuple[str, ...] = ()  # for `torchferry convert`

    def error(self, got: list[np.ndarray], want: list[np.ndarray]) -> float:
        """The largest error of one example's outputs."""
        return largest_error(got if self.whole else got[: len(want)], want, DEEP)


def main() -> None:
    """Every folder that is there."""
    context = read_context()
    onnxruntime.set_default_logger_severity(4)
    counts: Counter[str] = Counter()
    for recorded in recorded_models(context):
        verdict, text = survey_one(context, recorded)
        counts[verdict] += 1
        if verdict == "refused":
            note(f"refused  {recorded.name}: {text}")
        else:
            tell(OK if verdict == "equal" else FAIL, recorded.name, text)
    note("  ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))


def recorded_models(context: Context) -> Iterator[Recorded]:
    """The models of all folders: the corpus when it is given, the further exports with --full."""
    if context.corpus:
        yield from in_folder(context.corpus / "zoo")
        yield from digits(context.corpus / "digits")
    if context.full:
        yield from in_folder(context.models.with_name(context.models.name + "-more"), "more")
    if context.full and context.corpus:
        for recorded in in_folder(context.corpus / "static"):
            yield replace(recorded, options=free_batch(recorded))
        yield from in_folder(context.corpus / "zoo", kinds=("pt",))
        for release in sorted((context.corpus / "formats").glob("*")):
            yield from old_release(release)
        yield from in_folder(context.corpus / "opinfo")


def in_folder(folder: Path, label: str = "", kinds: tuple[str, ...] = ("pt2", "onnx")) -> Iterator[Recorded]:
    """FOLDER/NAME/{model.pt2, model.onnx, io.npz}."""
    for case in sorted(p for p in folder.glob("*") if (p / "io.npz").exists()):
        for file in sorted(file for kind in kinds for file in case.glob(f"*.{kind}")):
            name = f"{label or folder.name}/{case.name}{file.name.removeprefix('model')}"
            yield Recorded(name, file, examples_in(case / "io.npz"))


def free_batch(recorded: Recorded) -> tuple[str, ...]:
    """Options that free the batch of a file with a fixed one: its axis is where the recorded examples differ."""
    (first, _), (second, _) = recorded.examples[:2]
    axes = [[a != b for a, b in zip(x.shape, y.shape)].index(True) for x, y in zip(first, second)]
    if not any(axes):
        return ("--batch", "dynamic")
    outcome = torchferry("convert", recorded.file, "--dry-run", "--json")
    names = [spec["name"] for spec in json.loads(outcome.stdout)["inputs"]]
    return ("--batch", "dynamic", *(f"--batch-axis={name}={axis}" for name, axis in zip(names, axes)))


def digits(folder: Path) -> Iterator[Recorded]:
    """The trained model with its held-out images; only the first output was recorded."""
    if folder.exists():
        example = ([np.load(folder / "image.npy")], [np.load(folder / "probabilities.npy")])
        for file in sorted((*folder.glob("*.pt2"), *folder.glob("*.onnx"))):
            yield Recorded(f"digits/{file.name}", file, (example,), whole=False)


def old_release(folder: Path) -> Iterator[Recorded]:
    """RELEASE/NAME.KIND.pt2 with NAME.io.npz."""
    for file in sorted(folder.glob("*.pt2")):
        examples = examples_in(folder / f"{file.name.split('.')[0]}.io.npz")
        yield Recorded(f"{folder.name}/{file.name}", file, examples)


def examples_in(file: Path) -> tuple[tuple[list[np.ndarray], list[np.ndarray]], ...]:
    """The examples of an io.npz; without a batch in the keys it is one."""
    arrays = dict(np.load(file))
    prefixes = sorted({key.rpartition(".")[0] for key in arrays})
    return tuple(tuple(numbered(arrays, prefix, kind) for kind in ("in", "out")) for prefix in prefixes)


def numbered(arrays: dict[str, np.ndarray], prefix: str, kind: str) -> list[np.ndarray]:
    """in0, in1, ... of one example."""
    stem = f"{prefix}.{kind}" if prefix else kind
    return [arrays[f"{stem}{i}"] for i in range(len(arrays)) if f"{stem}{i}" in arrays]


def survey_one(context: Context, recorded: Recorded) -> tuple[str, str]:
    """The verdict (equal, refused, wrong) of one file, and the figure or reason."""
    base = context.work / "survey"
    shutil.rmtree(base, ignore_errors=True)
    outcome = torchferry("convert", recorded.file, "--output", base, *recorded.options)
    if outcome.code == 4:
        return "refused", " ".join(outcome.stderr.split())[:300]
    if outcome.code:
        return "wrong", f"exit code {outcome.code}: {outcome.stderr[-500:]}"
    try:
        in_onnx = onnx_error(base / "1" / "model.onnx", recorded)
        in_tensorflow = tensorflow_error(base / "1", recorded)
    except Unmet as reason:
        return "wrong", str(reason)
    except Exception as error:  # the engines throw whatever they like
        return "wrong", f"{type(error).__name__}: {error}"
    telling = any(tells_something(outputs) for _, outputs in recorded.examples)
    remark = "" if telling else "  (outputs are constant or empty)"
    return "equal", f"onnxruntime {in_onnx:.1e}  TensorFlow {in_tensorflow:.1e}{remark}"


def onnx_error(file: Path, recorded: Recorded) -> float:
    """The largest error in onnxruntime."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    with place("onnxruntime"):
        require_same_count(names, recorded)
        return max(recorded.error(session.run(None, dict(zip(names, x))), y) for x, y in recorded.examples)


def tensorflow_error(version: Path, recorded: Recorded) -> float:
    """The largest error in TensorFlow; keys and their order are those of the ONNX beside it."""
    session = onnxruntime.InferenceSession(str(version / "model.onnx"), providers=["CPUExecutionProvider"])
    inputs = [value.name for value in session.get_inputs()]
    outputs = [value.name for value in session.get_outputs()]
    function = tf.saved_model.load(str(version)).signatures["serving_default"]
    worst = 0.0
    for x, y in recorded.examples:
        got = function(**{key: tf.constant(value) for key, value in zip(inputs, x)})
        with place("TensorFlow"):
            worst = max(worst, recorded.error([got[key].numpy() for key in outputs], y))
    return worst


def require_same_count(names: list[str], recorded: Recorded) -> None:
    """The converted model takes as many inputs as PyTorch's did."""
    count = len(recorded.examples[0][0])
    require(len(names) == count, f"{len(names)} inputs, want {count}")


@contextmanager
def place(name: str) -> Iterator[None]:
    """Says in which engine a comparison failed."""
    try:
        yield
    except Unmet as reason:
        raise Unmet(f"{name}: {reason}") from reason


main()
