"""Exports models as most people do, with a fixed batch: FOLDER/NAME/{static1.pt2, static4.pt, ..., io.npz, facts.json}.

Usage: python fixed_batch_models.py FOLDER   in the torch environment; FOLDER/.complete is its last step.
io.npz holds PyTorch's inputs and outputs at batch 2 and 3; facts.json says of which sizes the batch can be freed.
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

from models import images, settle, vision

SIZES = (1, 4)
RECORDED = (2, 3)


class Encoder(nn.Module):
    """Positions expanded to every sample, a class token, and a mask of a row for each sample."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(32, 16)
        self.first = nn.Parameter(torch.randn(1, 1, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, length = tokens.shape
        places = torch.arange(length).unsqueeze(0).expand(batch, length)
        x = torch.cat([self.first.expand(batch, 1, 16), self.words(tokens) + self.places(places)], 1)
        mask = torch.full((batch * 2, length + 1, length + 1), float("-inf")).triu(1)
        return self.head(self.layers(x, mask=mask)).view(batch, -1)


class ZeroStates(nn.Module):
    """An LSTM whose states begin as zeros of the batch's size, and the last step of each sequence by its length."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.LSTM(4, 6, 2, batch_first=True)

    def forward(self, x: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        zeros = torch.zeros(2, x.shape[0], 6)
        steps, (hidden, _) = self.layers(x, (zeros, zeros))
        return steps[torch.arange(x.shape[0]), last], hidden


class Mixing(nn.Module):
    """Samples that may depend on each other, by what `mix` does."""

    def __init__(self, mix: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.mix = mix

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(x.relu())


def sequences(batch: int) -> tuple[Tensor, ...]:
    """Five steps of four features, and which step is the last."""
    return torch.randn(batch, 5, 4), torch.randint(0, 5, (batch,))


def features(batch: int) -> tuple[Tensor, ...]:
    """Four channels of five places."""
    return (torch.randn(batch, 4, 5),)


MODELS: dict[str, tuple[Callable[[], nn.Module], Callable[[int], tuple[Tensor, ...]]]] = {
    "resnet18": (vision("resnet18"), images(64)),
    "mobilenet_v3_small": (vision("mobilenet_v3_small"), images(64)),
    "encoder": (Encoder, lambda batch: (torch.randint(0, 50, (batch, 7)),)),
    "zero_states": (ZeroStates, sequences),
}
MIXING: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda x: x - x.mean(0),
    "softmax": lambda x: x.softmax(0),
    "running_sum": lambda x: x.cumsum(0),
    "batch_norm": lambda x: nn.functional.batch_norm(x, None, None, training=True),
    "similarity": lambda x: x.flatten(1) @ x.flatten(1).T,
    "sign_of_sum": lambda x: x * (x.sum() > 10),
    "first": lambda x: x[0],
    "turned": lambda x: x.flip(0) + x,
    "rolled": lambda x: x.roll(1, 0) + x,
}
# At a batch of 1 the axis of the batch goes too, and what comes out has another rank than at other sizes. What torch.onnx
# makes of the second at other sizes is no ONNX: a Squeeze of an axis that is not 1.
SQUEEZED: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "all": (lambda x: x.mean(2).squeeze(), SIZES),
    "first": (lambda x: x.mean(2).squeeze(0), (1,)),
}


def recorded(model: nn.Module, inputs: Callable[[int], tuple[Tensor, ...]]) -> dict[str, np.ndarray]:
    """Inputs and outputs at each recorded batch size."""
    arrays = {}
    for batch in RECORDED:
        given = inputs(batch)
        with torch.no_grad():
            outputs = _pytree.tree_leaves(model(*given))
        arrays |= {f"b{batch}.in{i}": t.numpy() for i, t in enumerate(given)}
        arrays |= {f"b{batch}.out{i}": t.numpy() for i, t in enumerate(outputs)}
    return arrays


def export_all(
    model: nn.Module,
    inputs: Callable[[int], tuple[Tensor, ...]],
    folder: Path,
    free: tuple[int, ...],
    sizes: tuple[int, ...] = SIZES,
) -> None:
    """Every kind of file at every fixed size; `free` are those whose batch can be freed."""
    folder.mkdir(parents=True)
    np.savez(folder / "io.npz", **recorded(model, inputs))
    for size in sizes:
        example = inputs(size)
        program = torch.export.export(model, example)
        torch.export.save(program, folder / f"static{size}.pt2")
        torch.jit.trace(model, example, check_trace=False).save(folder / f"static{size}.pt")
        torch.onnx.export(program, dynamo=True, verbose=False).save(folder / f"static{size}.onnx")
    (folder / "facts.json").write_text(json.dumps({"free": free}))


def main() -> None:
    """Exports everything into the folder."""
    warnings.filterwarnings("ignore")
    folder = Path(sys.argv[1])
    for name, (build, inputs) in MODELS.items():
        torch.manual_seed(0)
        export_all(settle(build(), inputs), inputs, folder / name, SIZES)
    for name, mix in MIXING.items():
        export_all(Mixing(mix).eval(), features, folder / f"mixing_{name}", ())
    for name, (squeeze, sizes) in SQUEEZED.items():
        free = tuple(size for size in sizes if size > 1)
        export_all(Mixing(squeeze).eval(), features, folder / f"squeezed_{name}", free, sizes)
    (folder / ".complete").touch()


main()
