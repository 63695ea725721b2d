"""What stages/models.py is told of a model: how it is exported and with what it is called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

FREE = torch.export.Dim.DYNAMIC
BATCH, BATCH_AND_TIME, IMAGES = {0: FREE}, {0: FREE, 1: FREE}, {0: FREE, 2: FREE, 3: FREE}


@dataclass(frozen=True)
class Case:
    """A model with calls of several sizes, the first of which is the export's example."""

    make: Callable[[], nn.Module]
    calls: Sequence[tuple]
    sizes: object  # dynamic shapes for torch.export
    kinds: str = "exported"  # of exported, core, strict, fixed, traced, scripted
    inputs: tuple[str, ...] = ()  # for TorchScript, as the command line takes them


def normal(*shape: int) -> Tensor:
    """Random numbers."""
    return torch.randn(*shape)


def below(limit: int, *shape: int) -> Tensor:
    """Random integers."""
    return torch.randint(0, limit, shape)
