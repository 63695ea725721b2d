"""Every model of a folder of recorded models: converted, run in onnxruntime and in TensorFlow, compared with PyTorch.

Runs in the tensorflow environment, with oneDNN's kernels and without. Layout: FOLDER/NAME/{*.pt2, *.pt, *.onnx, io.npz};
io.npz holds `b2.in0`, `b2.out0`, ... Whole networks must be equal, operators of PyTorch's test-suite may be refused,
nothing may be wrong. Without --full a share of the operators, by name; --full writes docs/survey.md.
Not here: the models of models.py, which other stages read.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np

from command import torchferry
from equal import DEEP
from many_models import VERDICTS, Job, Verdict, counts, judged
from report import check, note, require
from run_context import CHECKOUT, Context, read_context
from tables import table

PAGE = CHECKOUT / "docs" / "survey.md"
OPERATORS = "opinfo"
OPERATOR_SHARE = 12  # one sample in so many, by its name: half a minute
LEAST_OPERATORS = 0.87  # equal; a share of them may have bad luck
LEAST_OF_SHARE = 0.8


def main() -> None:
    """Every folder that is there."""
    context = read_context()
    jobs = list(recorded_models(context))
    verdicts = judged(jobs, context.work / "survey")
    for kernels, found in verdicts.items():
        for group in dict.fromkeys(job.name.split("/")[0] for job in jobs):
            tell_group(context, group, kernels, {n: v for n, v in found.items() if n.split("/")[0] == group})
        for name, verdict in found.items():
            if verdict.word != "equal":
                note(f"{verdict.word:8} {name}, {kernels}: {verdict.text}")
    if context.full and context.corpus:
        PAGE.write_text(page(verdicts))


def tell_group(context: Context, group: str, kernels: str, found: dict[str, Verdict]) -> None:
    """The three columns of one folder."""
    with check(f"{group}, {kernels}") as figure:
        tally = counts(found)
        columns = "  ".join(f"{tally[word]} {word}" for word in VERDICTS)
        constant = sum(bool(verdict.remarks) for verdict in found.values())
        figure(f"{columns}" + f"  ({constant} with outputs that are empty or constant)" * bool(constant))
        require(not tally["wrong"], columns)
        least = (LEAST_OPERATORS if context.full else LEAST_OF_SHARE) if group == OPERATORS else 1.0
        require(tally["equal"] >= least * len(found), f"{columns}: {least:.0%} must be equal")


def recorded_models(context: Context) -> Iterator[Job]:
    """The models of all folders: the corpus when it is given, the further exports with --full."""
    if context.corpus:
        yield from in_folder(context.corpus / "zoo")
        yield from digits(context.corpus / "digits")
        for job in in_folder(context.corpus / OPERATORS):
            if context.full or in_share(job):
                yield replace(job, options={"batch": "keep"})
    if context.full:
        yield from in_folder(context.models.with_name(context.models.name + "-more"), "more")
    if context.full and context.corpus:
        for job in in_folder(context.corpus / "static"):
            yield replace(job, options=free_batch(job))
        yield from in_folder(context.corpus / "zoo", kinds=("pt",))
        for release in sorted((context.corpus / "formats").glob("*")):
            yield from old_release(release)


def in_share(job: Job) -> bool:
    """Whether a sample belongs to the share of every run."""
    return crc32(job.name.encode()) % OPERATOR_SHARE == 0


def in_folder(folder: Path, label: str = "", kinds: tuple[str, ...] = ("pt2", "onnx")) -> Iterator[Job]:
    """FOLDER/NAME/{model.pt2, model.onnx, io.npz}."""
    for case in sorted(p for p in folder.glob("*") if (p / "io.npz").exists()):
        for file in sorted(file for kind in kinds for file in case.glob(f"*.{kind}")):
            name = f"{label or folder.name}/{case.name}{file.name.removeprefix('model')}"
            yield recorded(name, file, case / "io.npz")


def recorded(name: str, file: Path, data: Path) -> Job:
    """A model file with PyTorch's inputs and outputs."""
    return Job(name, file, "npz", data, limit=DEEP, onnxruntime=True)


def free_batch(job: Job) -> dict:
    """Options that free the batch of a file with a fixed one: its axis is where the recorded examples differ."""
    arrays = np.load(job.data)
    first, second = sorted({key.rpartition(".")[0] for key in arrays})[:2]
    inputs = [key.removeprefix(first) for key in arrays if key.startswith(f"{first}.in")]
    axes = [
        [a != b for a, b in zip(arrays[first + key].shape, arrays[second + key].shape)].index(True)
        for key in sorted(inputs, key=lambda key: int(key.removeprefix(".in")))
    ]
    if not any(axes):
        return {"batch": "dynamic"}
    outcome = torchferry("convert", job.file, "--dry-run", "--json")
    names = [spec["name"] for spec in json.loads(outcome.stdout)["inputs"]]
    return {"batch": "dynamic", "batchAxis": dict(zip(names, axes))}


def digits(folder: Path) -> Iterator[Job]:
    """The trained model with its held-out images; only the first output was recorded."""
    for file in sorted((*folder.glob("*.pt2"), *folder.glob("*.onnx"))):
        yield Job(f"digits/{file.name}", file, "digits", folder, limit=DEEP, first_outputs=True, onnxruntime=True)


def old_release(folder: Path) -> Iterator[Job]:
    """RELEASE/NAME.KIND.pt2 with NAME.io.npz."""
    for file in sorted(folder.glob("*.pt2")):
        yield recorded(f"{folder.name}/{file.name}", file, folder / f"{file.name.split('.')[0]}.io.npz")


def without_places(reason: str) -> str:
    """A message without paths of files, which are this machine's."""
    without_files = re.sub(r"/\S*?\.(pt2|pt|onnx): ", "", reason)
    return re.sub(r'\s*\(?(?:at )?File "[^"]*", line \d+, in \w+\)?', "", without_files)


def page(verdicts: dict[str, dict[str, Verdict]]) -> str:
    """docs/survey.md."""
    groups = sorted({name.split("/")[0] for found in verdicts.values() for name in found})
    rows = [
        (group, kernels, *(tally[word] for word in VERDICTS))
        for group in groups
        for kernels, found in verdicts.items()
        for tally in [counts({n: v for n, v in found.items() if n.split("/")[0] == group})]
    ]
    first = next(iter(verdicts.values()))
    refused = [(f"`{name}`", without_places(verdict.text)) for name, verdict in first.items() if verdict.word == "refused"]
    lines = [
        "# Recorded models in onnxruntime and TensorFlow",
        "",
        "Written by `npm run conformance -- --full --corpus DIR`: each model is converted, run in onnxruntime and in",
        "TensorFlow, and compared with what PyTorch computed. Refused is an error that names the reason; wrong is",
        "everything else that is not equal.",
        "",
        *table(("folder", "TensorFlow's kernels", *VERDICTS), rows),
        "",
        "## What is refused",
        "",
        *table(("model", "reason"), refused),
        "",
    ]
    return "\n".join(lines)


main()
