"""Samples of PyTorch's own operator tests: how many torchferry and torch.onnx turn into a model with the same results.

Runs in the torch environment. Layout: CORPUS/opinfo/CASE/{model.pt2, io.npz}. Both start from the same .pt2 and end in
onnxruntime. torchferry's column is computed in every run; torch.onnx takes a quarter of an hour, so its column comes
from docs/torch-onnx.md, which --full writes anew.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime

from environment import python_variables
from equal import largest_error, tells_something
from many_models import Job, Verdict, converted_many
from report import Unmet, check, note, require
from run_context import CHECKOUT, Context, read_context
from tables import table

PAGE = CHECKOUT / "docs" / "torch-onnx.md"
LEAST_EQUAL = 0.93
WORDS = ("equal", "refused", "wrong")


def main() -> None:
    """Both columns."""
    context = read_context()
    folder = context.corpus / "opinfo"
    cases = sorted(case for case in folder.glob("*") if (case / "io.npz").exists())
    onnxruntime.set_default_logger_severity(4)
    ours = torchferry(cases, context)
    theirs = torch_onnx(cases, context) if context.full else None
    with check("operators of PyTorch's own tests, in onnxruntime") as figure:
        tally = Counter(verdict.word for verdict in ours.values())
        beside = column(Counter(v.word for v in theirs.values())) if theirs else recorded()
        telling = sum(tells_something(outputs_of(case)) for case in cases)
        figure(f"torchferry {column(tally)}; torch.onnx {beside}; {telling} of {len(cases)} outputs tell something")
        for name, verdict in ours.items():
            if verdict.word == "wrong":
                note(f"wrong  {name}: {verdict.text}")
        require(not tally["wrong"], f"{column(tally)}: nothing may be wrong")
        require(tally["equal"] >= LEAST_EQUAL * len(cases), f"{column(tally)}: {LEAST_EQUAL:.0%} must be equal")
    if theirs:
        PAGE.write_text(page(ours, theirs))


def column(tally: Counter[str]) -> str:
    """Such as `827 equal 13 refused 0 wrong`."""
    return " ".join(f"{tally[word]} {word}" for word in WORDS)


def recorded() -> str:
    """torch.onnx's column as the page has it."""
    row = re.search(r"^\| torch\.onnx.* \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    return column(Counter(dict(zip(WORDS, map(int, row.groups()))))) if row else "unknown"


def torchferry(cases: list[Path], context: Context) -> dict[str, Verdict]:
    """Verdicts by case; a sample that becomes no SavedModel counts as refused too."""
    work = context.work / "operators-of-pytorch"
    jobs = [Job(case.name, case / "model.pt2", "npz", case / "io.npz", {"batch": "keep"}) for case in cases]
    by_name = {case.name: case for case in cases}
    verdicts = {}
    for name, outcome in converted_many(jobs, work):
        done = isinstance(outcome, Verdict)
        verdicts[name] = outcome if done else in_onnxruntime(outcome / "model.onnx", by_name[name])
    return verdicts


def in_onnxruntime(file: Path, case: Path) -> Verdict:
    """Compares a model with what was recorded."""
    arrays = np.load(case / "io.npz")
    inputs = [arrays[f"in{i}"] for i in range(len(arrays)) if f"in{i}" in arrays]
    inputs = [np.stack([x.real, x.imag], -1) if x.dtype.kind == "c" else x for x in inputs]
    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_inputs()]
        require(len(names) == len(inputs), f"{len(names)} inputs, want {len(inputs)}")
        error = largest_error(session.run(None, dict(zip(names, inputs))), outputs_of(case))
    except Unmet as reason:
        return Verdict("wrong", str(reason))
    except Exception as error:  # onnxruntime throws whatever it likes
        return Verdict("wrong", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
    return Verdict("equal", f"{error:.1e}")


def outputs_of(case: Path) -> list[np.ndarray]:
    """What PyTorch computed."""
    arrays = np.load(case / "io.npz")
    return [arrays[f"out{i}"] for i in range(len(arrays)) if f"out{i}" in arrays]


def torch_onnx(cases: list[Path], context: Context) -> dict[str, Verdict]:
    """Exports in processes of their own, each of which goes on where the last one died."""
    work = context.work / "torch-onnx"
    work.mkdir(parents=True)
    results = work / "results.jsonl"
    results.write_text("")
    rest = list(cases)
    while rest:
        command = [sys.executable, "-m", "torch_onnx_worker", results, work, *rest]
        subprocess.run(command, cwd=CHECKOUT, env=python_variables(), capture_output=True)
        told = dict(map(json.loads, results.read_text().splitlines()))
        left = [case for case in rest if case.name not in told]
        if len(left) == len(rest):  # it died on the first
            with results.open("a") as file:
                print(json.dumps([left[0].name, "the export ended its process"]), file=file)
        rest = left
    reasons = dict(map(json.loads, results.read_text().splitlines()))
    return {
        case.name: Verdict("refused", reasons[case.name])
        if reasons[case.name]
        else in_onnxruntime(work / f"{case.name}.onnx", case)
        for case in cases
    }


def reason_in(text: str) -> str:
    """A refusal without the place of the file and of the line."""
    found = re.search(r"([\w:.]+) at .* is not supported: (.*)", text)
    return f"{found[1]}: {found[2]}" if found else text


def page(ours: dict[str, Verdict], theirs: dict[str, Verdict]) -> str:
    """docs/torch-onnx.md."""
    import torch

    columns = {"torchferry": ours, f"torch.onnx {torch.__version__.split('+')[0]}": theirs}
    totals = [(name, *(Counter(v.word for v in found.values())[word] for word in WORDS)) for name, found in columns.items()]
    refused = [(f"`{name}`", reason_in(verdict.text), theirs[name].word) for name, verdict in ours.items() if verdict.word != "equal"]
    better = [(f"`{name}`", re.sub(r"\S*/", "", theirs[name].text)[:120]) for name in ours if theirs[name].word == "wrong"]
    lines = [
        "# Operators, beside torch.onnx",
        "",
        f"{len(ours)} samples of PyTorch's own operator tests, each a .pt2 with inputs and outputs, converted by both and run",
        "in onnxruntime. Equal is equal within 1e-4 of the largest value and exactly for integers; refused is an error",
        "that names the reason; wrong is everything else. Written by `npm run conformance -- --full --corpus DIR`.",
        "",
        *table(("converter", *WORDS), totals),
        "",
        "## What torchferry refuses",
        "",
        *table(("sample", "reason", "torch.onnx"), refused),
        "",
        "## Where torch.onnx's model gives other results",
        "",
        *table(("sample", "how"), better),
        "",
    ]
    return "\n".join(lines)


main()
