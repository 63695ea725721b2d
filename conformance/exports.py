"""Exports the models of models.py with torch.export and torch.onnx, with PyTorch's own outputs beside them.

Usage: python exports.py FOLDER [--more]   in the torch environment; FOLDER/.complete is its last step.
Each model gets a folder: model.pt2, model.onnx, io.npz (`b2.in0`, `b2.out0`, ...), facts.json.
"""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree

import models


def export_case(case: models.Case, folder: Path) -> None:
    """Writes one model's folder."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    model = models.settle(case.build(), case.inputs)
    record_outputs(model, case.inputs, case.batches, folder / "io.npz")
    exported = export_model(model, case.inputs(2), folder, list(case.output_names))
    files = {"pt2": "model.pt2", "onnx": "model.onnx"}
    if case.name == "encoder":  # once more with its weights in a file of their own
        (folder / "external").mkdir()
        exported.save(folder / "external/model.onnx", external_data=True)
        files["external"] = "external/model.onnx"
    if many := case.facts.get("many"):
        record_many(model, many, folder)
    write_facts(case, files, folder)


def export_model(
    model: nn.Module, inputs: tuple[Tensor, ...], folder: Path, output_names: list[str] | None = None
) -> torch.onnx.ONNXProgram:
    """Writes model.pt2 and model.onnx with a free batch dimension."""
    batch = tuple({0: torch.export.Dim("batch")} for _ in inputs)
    program = torch.export.export(model, inputs, dynamic_shapes=batch)
    torch.export.save(program, folder / "model.pt2")
    exported = torch.onnx.export(program, dynamo=True, verbose=False, output_names=output_names)
    exported.save(folder / "model.onnx")
    return exported


def record_outputs(model: nn.Module, inputs: Callable, batches: tuple[int, ...], file: Path) -> None:
    """Saves inputs and PyTorch's outputs at each batch size."""
    arrays = {}
    for batch in batches:
        given = inputs(batch)
        with torch.no_grad():
            outputs = _pytree.tree_leaves(model(*given))
        arrays |= {f"b{batch}.in{i}": t.numpy() for i, t in enumerate(given)}
        arrays |= {f"b{batch}.out{i}": t.numpy() for i, t in enumerate(outputs)}
    np.savez(file, **arrays)


def record_many(model: nn.Module, many: int, folder: Path) -> None:
    """Saves what `np.save('images.npy', np.random.randn(64, 3, 224, 224))` would, float64, and PyTorch's answer."""
    images = np.random.RandomState(0).randn(many, 3, 224, 224)
    with torch.no_grad():
        answer = model(torch.from_numpy(images.astype(np.float32)))
    np.save(folder / "images.npy", images)
    np.save(folder / "confidences.npy", answer.numpy())


def write_facts(case: models.Case, files: dict[str, str], folder: Path) -> None:
    """Saves what the other stages need to know."""
    facts = {
        "files": files,
        "inputs": case.input_names,
        "outputs": case.output_names,
        "options": case.options,
        "signatures": case.signatures,
        "batches": case.batches,
        **case.facts,
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1))


def export_broken(folder: Path) -> None:
    """Writes the files that cannot be converted: operators without a counterpart, and a state_dict."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    program = torch.export.export(models.undone().eval(), (torch.randn(2, 4),))
    torch.export.save(program, folder / "undone.pt2")
    torch.save(models.Pair().state_dict(), folder / "weights.pt")


def export_more(folder: Path) -> None:
    """Writes the further architectures of --full; one that PyTorch cannot export is named and left out."""
    for name, (build, inputs) in models.MORE.items():
        target = folder / name
        target.mkdir(parents=True)
        torch.manual_seed(0)
        model = models.settle(build(), inputs)
        record_outputs(model, inputs, (1, 2, 5), target / "io.npz")
        try:
            export_model(model, inputs(2), target)
        except Exception as error:  # PyTorch's exporters throw whatever they like
            print(
                f"note  {name}: PyTorch does not export it: {type(error).__name__}: {str(error)[:200]}", flush=True
            )


def main() -> None:
    """Exports everything into the folder."""
    warnings.filterwarnings("ignore")
    folder, more = Path(sys.argv[1]), "--more" in sys.argv
    if more:
        export_more(folder)
    else:
        for case in models.CASES:
            export_case(case, folder / case.name)
        export_broken(folder / "broken")
        (folder / "index.json").write_text(json.dumps([case.name for case in models.CASES]))
    (folder / ".complete").touch()


main()
