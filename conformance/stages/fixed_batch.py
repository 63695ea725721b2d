"""Models exported with a fixed batch: freed and equal to PyTorch at two other sizes, or kept with the node that holds it.

Runs in the tensorflow environment. Its own exports (fixed_batch_models.py) say which can be freed; of the corpus' folder
`static`, at least LEAST_FREE of the files must be. A freed model that differs is wrong, and so is one that mixes samples.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import tensorflow as tf
from command import convert
from equal import DEEP, largest_error, tells_something
from exported import fixed_batch_models
from report import check, note, require
from run_context import read_context

SIZES = (2, 3)  # what io.npz holds
LEAST_FREE = 30  # of the 36 of the corpus
KINDS = ("pt2", "pt", "onnx")
SHARE = ("static1.pt2", "static1.pt", "static4.pt", "static1.onnx")


@dataclass(frozen=True)
class File:
    """A model file beside its io.npz, and what its batch must be: free, kept, or either."""

    path: Path
    wanted: tuple[str, ...]

    @property
    def name(self) -> str:
        """Folder and file."""
        return f"{self.path.parent.name}/{self.path.name}"


def main() -> None:
    """The project's own exports, then the corpus."""
    context = read_context()
    onnxruntime.set_default_logger_severity(4)
    survey(list(own_files(context.full)), context.work / "fixed-batch")
    if context.corpus:
        corpus = [File(path, ("freed", "kept")) for folder in folders(context.corpus / "static") for path in files(folder)]
        states = survey(corpus, context.work / "fixed-batch-corpus")
        with check(f"corpus: at least {LEAST_FREE} of {len(corpus)} batches are freed") as figure:
            figure("  ".join(f"{count} {state}" for state, count in sorted(states.items())))
            require(states["freed"] >= LEAST_FREE, f"{states['freed']} are")


def own_files(full: bool) -> Iterator[File]:
    """The project's exports; without --full, of those that mix samples one file of each kind."""
    for folder in folders(fixed_batch_models()):
        free = json.loads((folder / "facts.json").read_text())["free"]
        for path in files(folder):
            is_free = int(path.stem.removeprefix("static")) in free
            if full or is_free or path.name in SHARE:
                yield File(path, ("freed",) if is_free else ("kept",))


def folders(base: Path) -> list[Path]:
    """The models of a folder."""
    return sorted(path.parent for path in base.glob("*/io.npz"))


def files(folder: Path) -> list[Path]:
    """The model files of one folder."""
    return sorted(path for kind in KINDS for path in folder.glob(f"*.{kind}"))


def survey(cases: list[File], work: Path) -> Counter[str]:
    """Converts all, two at a time, and checks each; how many of each state."""
    shutil.rmtree(work, ignore_errors=True)
    bases = [work / str(index) for index in range(len(cases))]
    states: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(convert, case.path, base) for case, base in zip(cases, bases)]
    for case, task in zip(cases, tasks):
        with check(case.name) as figure:
            told = task.result()
            state = told["batch"]["state"]
            states[state] += 1
            reason = told["batch"]["reason"] or ""
            require(state in case.wanted, f"the batch is {state}, want {' or '.join(case.wanted)}: {reason}")
            figure(errors(case, told) if state == "freed" else named(reason))
    return states


def named(reason: str) -> str:
    """Why a batch is kept; the sentence must name an operator of the model with where it comes from."""
    require(" from aten" in reason or "'" in reason, f"no node is named: {reason}")
    return f"kept: {reason}"


def errors(case: File, told: dict) -> str:
    """The largest error at both sizes, in onnxruntime and in TensorFlow."""
    version = Path(told["directory"])
    session = onnxruntime.InferenceSession(str(version / "model.onnx"), providers=["CPUExecutionProvider"])
    function = tf.saved_model.load(str(version)).signatures["serving_default"]
    names = [[spec["name"] for spec in told[side]] for side in ("inputs", "outputs")]
    recorded = np.load(case.path.parent / "io.npz")
    texts = []
    for size in SIZES:
        inputs = {name: recorded[f"b{size}.in{i}"] for i, name in enumerate(names[0])}
        want = [recorded[f"b{size}.out{i}"] for i in range(len(names[1]))]
        if not tells_something(want):
            note(f"{case.name}: outputs at batch {size} are constant or empty")
        in_onnx = largest_error(session.run(names[1], inputs), want, DEEP)
        found = function(**{name: tf.constant(value) for name, value in inputs.items()})
        in_tensorflow = largest_error([found[name].numpy() for name in names[1]], want, DEEP)
        texts.append(f"batch {size}: onnxruntime {in_onnx:.1e}, TensorFlow {in_tensorflow:.1e}")
    return "  ".join(texts)


main()
