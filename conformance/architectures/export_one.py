"""Exports one architecture. Usage: python -m architectures.export_one LABEL FOLDER   in the torch environment.

Writes free.pt2 (free batch, and free sizes where there are some), fixed.pt2 (batch 1), traced.pt; or scripted.pt.
io.npz (`b1.in0`, `b1.out0`, ..., `other.in0`); facts.json, where an export that PyTorch refuses has its reason.
"""

import copy
import inspect
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.utils import _pytree

from equal import DEEP, LIMITS, tells_something

from .architecture import Inputs
from .catalogue import find
from .settle import calm, settle

BATCHES = (1, 2, 5)
TRACED_BATCH = 2
EXPORT_LIMIT_S = 400
SEEDS = 5  # tried until some output is not constant
DEEP_LAYERS = 100  # beyond it float32 errors of another order of summation add up; see equal.py


class Plain(nn.Module):
    """A model whose answer is a tuple of tensors, however it packs them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(leaf for leaf in _pytree.tree_leaves(self.model(*inputs)) if isinstance(leaf, Tensor))


def main() -> None:
    """Exports the architecture into the folder."""
    label, folder = sys.argv[1], Path(sys.argv[2])
    warnings.filterwarnings("ignore")
    architecture = find(label)
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        model, inputs = architecture.make()
        facts = settled(model.eval(), inputs)
        if record(Plain(model), inputs, folder / "io.npz"):
            break
    else:
        raise ValueError(f"from none of {SEEDS} seeds any output that is not constant")
    exports = Exports(model, inputs, folder)
    for kind in ("scripted",) if architecture.scripted else ("free", "fixed", "traced"):
        exports.attempt(kind)
    (folder / "facts.json").write_text(json.dumps({**facts, "exports": exports.outcomes}, indent=1))


def settled(model: nn.Module, inputs: Inputs) -> dict:
    """Settles the weights, so that comparing means something; returns what is to be known of the model."""
    settle(model, inputs)
    deep = layers(model) > DEEP_LAYERS
    doubt = uncertainty(Plain(model), inputs)
    if doubt is not None and not doubt <= (DEEP if deep else LIMITS["float32"]):
        calm(model, inputs)
        doubt = uncertainty(Plain(model), inputs)
    return {"parameters": sum(p.numel() for p in model.parameters()), "deep": deep, "uncertainty": doubt}


def layers(model: nn.Module) -> int:
    """How many modules multiply by a matrix of weights."""
    return sum(any(p.ndim > 1 for p in module.parameters(recurse=False)) for module in model.modules())


def record(model: nn.Module, inputs: Inputs, file: Path) -> bool:
    """Saves inputs and PyTorch's outputs at each batch size, and once with other sizes where there are any.

    Returns whether they prove something: a ReLU at the end may make zeros of all.
    """
    examples = {f"b{batch}": inputs(batch, 0) for batch in BATCHES}
    other = inputs(2, 1)
    if any(a.shape != b.shape for a, b in zip(other, examples["b2"])):
        examples["other"] = other
    arrays, telling = {}, False
    for name, given in examples.items():
        with torch.no_grad():
            answer = model(*(x.clone() for x in given))  # a model may write into what it is given
        arrays |= {f"{name}.in{i}": x.numpy() for i, x in enumerate(given)}
        arrays |= {f"{name}.out{i}": x.numpy() for i, x in enumerate(answer)}
        telling = telling or tells_something([x.numpy() for x in answer])
    np.savez(file, **arrays)
    return telling


def uncertainty(model: nn.Module, inputs: Inputs) -> float | None:
    """How far PyTorch's own float32 is from its float64, of an output's largest value; None where it has no float64."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        given = inputs(2, 0)
        single = model(*(x.clone() for x in given))
        try:
            double = copy.deepcopy(model).double()(*(x.double() if x.is_floating_point() else x.clone() for x in given))
        except Exception:  # whatever a model throws that makes float32 tensors of its own
            return None
    pairs = [(a, b) for a, b in zip(single, double) if b.is_floating_point() and b.numel() and a.shape == b.shape]
    return max((((a - b).abs().max() / b.abs().max()).item() for a, b in pairs), default=None)


class Exports:
    """The exports of one model; each one succeeds or leaves its reason."""

    def __init__(self, model: nn.Module, inputs: Inputs, folder: Path) -> None:
        self.model, self.inputs, self.folder = model, inputs, folder
        self.plain = model if returns_tensors(model, inputs(1, 0)) else Plain(model)
        self.outcomes: dict[str, dict] = {}

    def attempt(self, kind: str) -> None:
        """Makes one export within its limit of time."""
        started = time.monotonic()
        signal.signal(signal.SIGALRM, out_of_time)
        signal.alarm(EXPORT_LIMIT_S)
        try:
            getattr(self, kind)()
        except Exception as error:  # PyTorch's exporters throw whatever they like
            first = (str(error).strip().splitlines() or [""])[0]
            self.outcomes[kind] = {"reason": f"{type(error).__name__}: {first[:200]}"}
        else:
            self.outcomes[kind] = {"seconds": time.monotonic() - started}
        finally:
            signal.alarm(0)

    def free(self) -> None:
        """The batch is free, and so is each size that differs in the other example, if PyTorch lets it."""

        def axes(given: Tensor, other: Tensor) -> dict:
            differ = [axis for axis, (a, b) in enumerate(zip(given.shape, other.shape)) if a != b]
            return {axis: torch.export.Dim.AUTO for axis in (0, *differ)}

        try:
            program = self.export("free", 2, axes)
            program.module()(*self.inputs(2, 1))
        except Exception:  # it asks what only fixed sizes answer, or holds for a range without the other ones
            self.export("free", 2, lambda *_: {0: torch.export.Dim.AUTO})

    def fixed(self) -> None:
        """As most people export: from an example of batch 1, all sizes fixed."""
        self.export("fixed", 1, None)

    def export(self, kind: str, batch: int, axes: Callable[[Tensor, Tensor], dict] | None) -> ExportedProgram:
        """Writes KIND.pt2; returns what is in it."""
        given, other = self.inputs(batch, 0), self.inputs(batch, 1)
        shapes = axes and tuple(axes(a, b) for a, b in zip(given, other))
        if shapes and takes_any_number(self.plain):
            shapes = (shapes,)
        program = torch.export.export(self.plain, given, dynamic_shapes=shapes)
        torch.export.save(program, self.folder / f"{kind}.pt2")
        return program

    def traced(self) -> None:
        """Writes traced.pt."""
        given = self.inputs(TRACED_BATCH, 0)
        with torch.no_grad():
            torch.jit.trace(self.plain, given, check_trace=False).save(self.folder / "traced.pt")

    def scripted(self) -> None:
        """Writes scripted.pt, whose one input is called image."""
        torch.jit.script(self.model).save(self.folder / "scripted.pt")


def returns_tensors(model: nn.Module, given: tuple[Tensor, ...]) -> bool:
    """Whether the model's answer is a tensor, or a tuple or list of tensors: nothing that needs unpacking."""
    with torch.no_grad():
        answer = model(*given)
    return isinstance(answer, Tensor) or (
        type(answer) in (tuple, list) and all(isinstance(leaf, Tensor) for leaf in answer)
    )


def takes_any_number(model: nn.Module) -> bool:
    """Whether forward is `forward(self, *inputs)`, whose shapes torch.export wants one level deeper."""
    return any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(model.forward).parameters.values())


def out_of_time(*_: object) -> None:
    """Ends an export that takes too long."""
    raise TimeoutError(f"not done after {EXPORT_LIMIT_S} s")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # without tearing down what is gone with the process anyway
