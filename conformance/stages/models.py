"""Small models of many kinds (small_models/): exported in several ways, each equal to PyTorch at several sizes.

Runs in the torch environment: PyTorch, then onnxruntime; TensorFlow in its own (recorded_tensorflow.py).
"""

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.utils._pytree as pytree

from environment import python_variables, ready_python
from equal import largest_error
from many_models import Job, Verdict, converted_many
from report import Unmet, check, require
from run_context import CHECKOUT, read_context
from small_models import images, loops, sequences, tables
from small_models.case import Case

def main() -> None:
    """Exports and converts all, runs each in onnxruntime, then all in TensorFlow."""
    context = read_context()
    warnings.filterwarnings("ignore")
    folder = context.work / "models"
    folder.mkdir()
    torch.manual_seed(0)
    cases = [case for module in (images, sequences, tables, loops) for case in module.CASES]
    exports = [found for case in cases for found in export(case, folder)]
    conversions = dict(converted_many([job for job, _, _ in exports], folder))
    for job, case, wanted in exports:
        with check(f"{job.name}: onnxruntime, {len(case.calls)} calls") as figure:
            figure(run(conversions[job.name], case, wanted, folder / f"{job.name}.npz"))
    worker = CHECKOUT / "conformance" / "recorded_tensorflow.py"
    subprocess.run([ready_python("tensorflow"), worker, folder], env=python_variables(), check=True)


def export(case: Case, folder: Path) -> Iterator[tuple[Job, Case, list[list[np.ndarray]]]]:
    """The files of a model, with what PyTorch gives for each call."""
    model = case.make().eval()
    with torch.no_grad():
        wanted = [flat(model(*copied(call))) for call in case.calls]
        for kind in case.kinds.split():
            name = f"{case.make.__name__}-{kind}"
            file = folder / (f"{name}.pt2" if kind in PROGRAMS else f"{name}.pt")
            (write_program if kind in PROGRAMS else write_script)(model, case, kind, file)
            options = {"inputs": specified(case.inputs)} if kind not in PROGRAMS else {}
            yield Job(name, file, "", file, options), case, wanted


PROGRAMS = ("exported", "core", "strict", "fixed")


def write_program(model: torch.nn.Module, case: Case, kind: str, file: Path) -> None:
    """As torch.export writes it; `fixed` with the example's sizes."""
    sizes = None if kind == "fixed" else case.sizes
    program = torch.export.export(model, copied(case.calls[0]), dynamic_shapes=sizes, strict=kind == "strict")
    torch.export.save(program.run_decompositions() if kind == "core" else program, file)


def write_script(model: torch.nn.Module, case: Case, kind: str, file: Path) -> None:
    """A trace, or the model's own code."""
    if kind == "scripted":
        torch.jit.script(model).save(file)
    else:
        torch.jit.trace(model, copied(case.calls[0]), check_trace=False, strict=False).save(file)


def specified(inputs: tuple[str, ...]) -> dict:
    """`x=float32[batch,3]` as the library takes it."""
    specs = {}
    for name, _, text in (spec.partition("=") for spec in inputs):
        dtype, _, sizes = text.rstrip("]").partition("[")
        shape = [int(size) if size.isdigit() else size for size in sizes.split(",") if size]
        specs[name] = {"dtype": dtype, "shape": shape}
    return specs


def run(conversion: Path | Verdict, case: Case, wanted: list[list[np.ndarray]], record: Path) -> str:
    """All calls of a conversion in onnxruntime; the largest error. A batch that was freed takes every batch."""
    if isinstance(conversion, Verdict):
        raise Unmet(conversion.text)
    session = onnxruntime.InferenceSession(conversion / "model.onnx")
    names = [given.name for given in session.get_inputs()]
    results = [given.name for given in session.get_outputs()]
    worst, recorded = 0.0, {}
    for number, (call, want) in enumerate(zip(case.calls, wanted, strict=True)):
        feeds = dict(zip(names, flat(call), strict=True))
        got = session.run(None, feeds)
        worst = max(worst, largest_error(got, want))
        recorded |= {f"{number}/in/{name}": value for name, value in feeds.items()}
        recorded |= {f"{number}/out/{name}": value for name, value in zip(results, got, strict=True)}
    require(recorded, "nothing was run")
    np.savez(record, **recorded)
    return f"{worst:.1e}"


def flat(value: object) -> list[np.ndarray]:
    """The tensors and numbers of a structure, in PyTorch's order."""
    return [np.asarray(leaf.detach() if isinstance(leaf, torch.Tensor) else leaf) for leaf in pytree.tree_leaves(value)]


def copied(call: tuple) -> tuple:
    """The same inputs in other memory, which the model may write into."""
    return pytree.tree_map(lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf, call)


if __name__ == "__main__":
    sys.exit(main())
