"""Architectures of transformers, each small: two layers of a narrow width, so that all of them take minutes.

An entry names the model's class, the keywords of its configuration, and what it is fed, by parameter name.
"""

from collections.abc import Iterator
from functools import partial

import transformers
from torch import Tensor, nn
from torch.utils import _pytree

from .architecture import Architecture, Inputs
from .settle import strengthen
from .transformers_entry import Entry
from .transformers_images import IMAGES
from .transformers_signals import SIGNALS
from .transformers_texts import TEXTS
from .transformers_translations import TRANSLATIONS

ENTRIES = TEXTS | TRANSLATIONS | SIGNALS | IMAGES


class ByName(nn.Module):
    """A transformers model that takes its inputs in order and answers with the tensors of its output."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        answer = self.model(**dict(zip(self.names, inputs)))
        return tuple(leaf for leaf in _pytree.tree_leaves(answer) if isinstance(leaf, Tensor))


def transformers_models() -> Iterator[Architecture]:
    """All of the entries."""
    for name, entry in ENTRIES.items():
        yield Architecture("transformers", name, partial(make, entry))


def make(entry: Entry) -> tuple[nn.Module, Inputs]:
    """Builds the model from its configuration."""
    stem = entry.model.removesuffix("Model")
    config = getattr(transformers, entry.config or f"{stem}Config")(**entry.options)
    if hasattr(config, "use_cache"):
        config.use_cache = False
    names = tuple(entry.feed(1, 0))
    model = ByName(getattr(transformers, entry.model)(config), names)
    strengthen(model)
    return model, lambda batch, step: tuple(entry.feed(batch, step).values())
