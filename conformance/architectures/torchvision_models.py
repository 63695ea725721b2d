"""Every model that torchvision lists, at its default width.

Images are small where the architecture takes any size; where it is built for one size, it is built for a small one.
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from torchvision import models

from .architecture import Architecture, Inputs, images
from .settle import settle

# What get_model is told and the image size, for those that are built for one size. By the start of the name.
BUILT_FOR = {
    "vit_b_32": ({"image_size": 128}, 128),
    "vit_l_32": ({"image_size": 128}, 128),
    "vit_": ({"image_size": 112}, 112),
    "maxvit_t": ({}, 224),
    "inception_v3": ({}, 96),
}
IMAGE_SIZE = 64
BOXES = 10  # that a detection network gives back
# The standard deviation that the last layers of a detection network's heads are brought to. By the end of the name.
SCALES = {
    **dict.fromkeys(("cls_logits", "cls_score", "bbox_ctrness", "mask_fcn_logits", "kps_score_lowres"), 1.5),
    **dict.fromkeys(("bbox_pred", "bbox_reg"), 0.2),
}


class OnlyOut(nn.Module):
    """A segmentation network's answer, without the dict and the auxiliary head around it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)["out"]


def torchvision_models() -> Iterator[Architecture]:
    """All of them, family by family."""
    listed = [
        *((models, make_classifier), (models.segmentation, make_segmentation)),
        *((models.video, make_video), (models.optical_flow, make_flow)),
    ]
    for module, make in listed:
        for name in models.list_models(module):
            yield Architecture("torchvision", name, partial(make, name))
    for name in models.list_models(models.detection):
        yield Architecture("torchvision", name, partial(make_detection, name), scripted=True)


def make_classifier(name: str) -> tuple[nn.Module, Inputs]:
    """An image classifier."""
    options, size = next((v for start, v in BUILT_FOR.items() if name.startswith(start)), ({}, IMAGE_SIZE))
    fixed = name.startswith(("vit_", "maxvit"))
    if name in ("googlenet", "inception_v3"):
        options = {**options, "init_weights": False}  # a truncated normal distribution that takes minutes to draw
    # Which windows are shifted depends on the size, and an export holds for sizes that decide it the same way.
    grow = 0 if fixed else -8 if name.startswith("swin_v2") else 32
    return models.get_model(name, weights=None, **options), images(size, grow)


def make_segmentation(name: str) -> tuple[nn.Module, Inputs]:
    """A segmentation network without its auxiliary head."""
    return OnlyOut(models.get_model(name, weights=None, weights_backbone=None)), images(64)


def make_video(name: str) -> tuple[nn.Module, Inputs]:
    """A classifier of clips, [batch, channels, frames, height, width]."""
    if name.startswith("mvit"):
        return models.get_model(name, weights=None), clips(16, 224, grow=0)
    frames, size = (16, 64) if name == "s3d" else (8, 64)
    if name == "s3d":
        size = 224  # its last pool is 7 by 7
    return models.get_model(name, weights=None), clips(frames, size, grow=32)


def clips(frames: int, size: int, grow: int) -> Inputs:
    """Random clips; with a step there are more frames and larger pictures."""
    more = 8 if grow else 0
    return lambda batch, step: (
        torch.randn(batch, 3, frames + step * more, size + step * grow, size + 2 * step * grow),
    )


def make_flow(name: str) -> tuple[nn.Module, Inputs]:
    """Optical flow between two images."""
    single = images(128)
    return models.get_model(name, weights=None), lambda batch, step: (*single(batch, step), *single(batch, step))


class OneImage(nn.Module):
    """A detection network, already scripted, for one image in place of a list of them: boxes, labels, scores, ..."""

    def __init__(self, network: torch.jit.ScriptModule) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return self.network([image])[1][0]


def make_detection(name: str) -> tuple[nn.Module, Inputs]:
    """A detection network; one image has no batch, so every example has the same sizes.

    Few boxes are asked for: the scores of the best lie apart, those of hundreds lie closer together than float32 tells.
    """
    several = "detections_per_img" if name.startswith(("ssd", "retinanet", "fcos")) else "box_detections_per_img"
    network = models.get_model(name, weights=None, weights_backbone=None, **{several: BOXES}).eval()
    settle(network.backbone, images(128))
    for part, parameter in network.named_parameters():
        if not part.startswith("backbone") and "bbox" not in part and parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter)
    image = torch.rand(3, 64, 96)
    bring_to_scale(network, image)
    return OneImage(torch.jit.script(network)), lambda batch, step: (torch.rand_like(image),)


def bring_to_scale(network: nn.Module, image: Tensor) -> None:
    """Scales the last layer of each head by what it answers to an image, as training does.

    Scores then lie apart and short of one, and corners move by a part of their box.
    """
    hooks: dict[nn.Module, RemovableHandle] = {}

    def scale(layer: nn.Module, _: object, answer: Tensor, wanted: float) -> Tensor:
        hooks.pop(layer).remove()  # the first of a pyramid's levels decides
        factor = wanted / answer.std()
        for parameter in layer.parameters():
            parameter *= factor
        return answer * factor

    for name, layer in network.named_modules():
        for end, wanted in SCALES.items():
            if name.endswith(end):
                hooks[layer] = layer.register_forward_hook(partial(scale, wanted=wanted))
    with torch.no_grad():
        network([image])
