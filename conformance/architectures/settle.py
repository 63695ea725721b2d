"""Random weights with which outputs depend on inputs and on every weight, as a trained model's do."""

import torch
from torch import nn

from .architecture import Inputs

CALIBRATION_BATCH = 8


def settle(model: nn.Module, inputs: Inputs) -> None:
    """Makes every weight count: constant parameters are shaken, batch norm gets the activations' own statistics.

    They are taken over all the sizes that are compared: with the statistics of one size alone, activations of another
    grow by orders of magnitude, and PyTorch's own float32 then differs from its float64 by more than is allowed here.
    """
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point() and parameter.numel() > 1 and parameter.min() == parameter.max():
                parameter += 0.1 * torch.randn_like(parameter)
        for norm in norms:
            norm.momentum = None  # a plain average
            norm.reset_running_stats()
            norm.train()
        if norms:
            for sizes in (0, 1):
                model(*inputs(CALIBRATION_BATCH, sizes))
    model.eval()
