"""One architecture: how it is built, what it is fed, and which sizes of its inputs may change beside the batch."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

Inputs = Callable[[int, int], tuple[Tensor, ...]]  # of a batch size and a step: 0 as exported, 1 with other sizes


@dataclass(frozen=True)
class Architecture:
    """One entry of the catalogue; nothing is built before `make` is called."""

    library: str
    name: str
    make: Callable[[], tuple[nn.Module, Inputs]]
    scripted: bool = False  # exported with torch.jit.script instead of torch.export and torch.jit.trace

    @property
    def label(self) -> str:
        """Its name with its library's."""
        return f"{self.library}/{self.name}"


def images(size: int | tuple[int, int], grow: int = 32, channels: int = 3) -> Inputs:
    """Random images; with a step their height grows by `grow` and their width by twice as much."""
    import torch

    height, width = (size, size) if isinstance(size, int) else size
    return lambda batch, step: (torch.randn(batch, channels, height + step * grow, width + 2 * step * grow),)
