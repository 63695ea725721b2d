"""The models that conformance exports, with random weights and fixed seeds.

Batch norm statistics are those of the model's own activations, so that outputs depend on inputs as a trained
model's do: with fresh statistics a deep random network gives nearly the same output for everything.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torchvision
from torch import Tensor, nn


@dataclass(frozen=True)
class Case:
    """One model to export and what its conversion is asked for."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[int], tuple[Tensor, ...]]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    options: tuple[str, ...] = ()  # for `torchferry convert`
    signatures: tuple[str, ...] = ("serving_default",)
    batches: tuple[int, ...] = (1, 2, 5)
    facts: dict = field(default_factory=dict)


class Pair(nn.Module):
    """Two inputs; three outputs of different dtypes and ranks, named by a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3, padding=1)
        self.linear = nn.Linear(4, 5)

    def forward(self, image: Tensor, gain: Tensor) -> dict[str, Tensor]:
        features = torch.relu(self.convolution(image)).mean((2, 3))
        scores = self.linear(features) * gain
        return {"scores": scores, "best": scores.argmax(-1), "features": features}


class Plus(nn.Module):
    """Adds a constant that tells versions apart; its arithmetic is exact, so that printed text can be compared."""

    def __init__(self, amount: float) -> None:
        super().__init__()
        self.register_buffer("amount", torch.tensor(amount))

    def forward(self, x: Tensor) -> Tensor:
        return x * 0.5 + self.amount


class Undone(nn.Module):
    """Two operators that no part of ONNX stands for."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.linalg.eigvalsh(x @ x.mT), torch.linalg.svdvals(x)


def undone() -> nn.Module:
    """A model with them in a submodule that has a name."""
    return nn.Sequential(OrderedDict(head=nn.Linear(4, 4), tail=Undone()))


def encoder() -> nn.Module:
    """A small transformer encoder, large enough that its weights are most of its file."""
    layer = nn.TransformerEncoderLayer(192, 4, 768, batch_first=True, activation="gelu")
    return nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)


def images(size: int) -> Callable[[int], tuple[Tensor, ...]]:
    """Random images of one size, by batch."""
    return lambda batch: (torch.randn(batch, 3, size, size),)


def vision(name: str) -> Callable[[], nn.Module]:
    """A torchvision model without trained weights."""
    return lambda: torchvision.models.get_model(name, weights=None)


RENAME = ("--signature", "predict_images", "--input-names", "input_img", "--output-names", "confidences")
BOTH = ("serving_default", "predict_images")

CASES = (
    Case(
        "resnet18",
        vision("resnet18"),
        images(224),
        ("input_img",),
        ("confidences",),
        RENAME,
        BOTH,
        facts={"many": 64, "size_limit": 2.1},
    ),
    Case(
        "mobilenet_v3_small",
        vision("mobilenet_v3_small"),
        images(224),
        ("input_img",),
        ("confidences",),
        RENAME,
        BOTH,
        facts={"size_limit": 2.1},
    ),
    Case(
        "encoder",
        encoder,
        lambda batch: (torch.randn(batch, 9, 192),),
        ("src",),
        ("output_0",),
        facts={"size_limit": 1.1},
    ),
    Case(
        "pair",
        Pair,
        lambda batch: (torch.randn(batch, 3, 8, 8), torch.rand(batch, 1)),
        ("image", "gain"),
        ("scores", "best", "features"),
    ),
    Case(
        "plus_one",
        lambda: Plus(1.0),
        lambda batch: (torch.arange(batch * 3.0).reshape(batch, 3),),
        ("x",),
        ("output_0",),
    ),
    Case(
        "plus_two",
        lambda: Plus(2.0),
        lambda batch: (torch.arange(batch * 3.0).reshape(batch, 3),),
        ("x",),
        ("output_0",),
    ),
)


def inception(build: Callable[..., nn.Module]) -> Callable[[], nn.Module]:
    """Of the two models with auxiliary outputs: without them, as they are deployed."""
    return lambda: build(weights=None, aux_logits=False, init_weights=False)


# With --full: more architectures, in the layout that stages/survey.py reads.
SMALL_IMAGES = """alexnet vgg11_bn resnet50 resnext50_32x4d densenet121 squeezenet1_1 mobilenet_v2 mobilenet_v3_large
    mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0 efficientnet_v2_s regnet_y_400mf convnext_tiny swin_t"""
MORE = {
    **{name: (vision(name), images(96)) for name in SMALL_IMAGES.split()},
    "googlenet": (inception(torchvision.models.googlenet), images(96)),
    "inception_v3": (inception(torchvision.models.inception_v3), images(128)),
    "vit_b_16": (vision("vit_b_16"), images(224)),
}


def settle(model: nn.Module, inputs: Callable[[int], tuple[Tensor, ...]]) -> nn.Module:
    """Calibrates batch norm on random inputs and returns the model in evaluation mode."""
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None  # a plain average over the batches below
        norm.reset_running_stats()
    model.train(bool(norms))
    with torch.no_grad():
        for _ in range(3 if norms else 0):
            model(*inputs(8))
    return model.eval()
