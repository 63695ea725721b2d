"""Random weights with which outputs depend on inputs and on every weight, as a trained model's do."""

import copy
import threading
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .architecture import Inputs

CALIBRATION_BATCH = 8
SIZES = (0, 1)  # all that are compared
# Added to what batch norm adds. ReLU then cuts less, and an error grows by far less from layer to layer: PyTorch's own
# float32 differs from its float64 by 2e-6 in resnet50, by 3e-5 without. The comparison is as much sharper.
SHIFT = 0.5
PATIENCE_S = 300  # one pass waits so long for the other at a batch norm


def settle(model: nn.Module, inputs: Inputs) -> None:
    """Makes every weight count: constant parameters are shaken, batch norm gets the activations' own statistics.

    They are those of all the sizes that are compared, taken layer by layer from passes side by side. With the
    statistics of one size, or of each on its own, the activations of another grow by a factor a layer, and PyTorch's
    own float32 then differs from its float64 by more than is allowed here.
    """
    norms = batch_norms(model.eval())
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point() and parameter.numel() > 1 and parameter.min() == parameter.max():
                parameter += 0.1 * torch.randn_like(parameter)
        for norm in norms:
            if norm.affine:
                norm.bias += SHIFT
        if norms:
            calibrate(model, [inputs(CALIBRATION_BATCH, sizes) for sizes in SIZES])


def calibrate(model: nn.Module, examples: list[tuple[Tensor, ...]]) -> None:
    """Runs all examples at once, each in a thread; at a batch norm they wait for each other and pool their moments.

    Each runs in a copy of its own, since some models keep what they computed until their next layer.
    """
    copies = [model, *(copy.deepcopy(model) for _ in examples[1:])]
    barrier = threading.Barrier(len(examples), timeout=PATIENCE_S)
    moments: list[tuple[Tensor, Tensor]] = []
    lock, faults = threading.Lock(), []

    def pooled(norm: nn.Module, twins: tuple[nn.Module, ...]) -> Callable:
        def forward(x: Tensor) -> Tensor:
            axes = [axis for axis in range(x.ndim) if axis != 1]
            with lock:
                moments.append((x.mean(axes), (x * x).mean(axes)))
            if barrier.wait() == 0:
                mean, square = (torch.stack(values).mean(0) for values in zip(*moments))
                for twin in twins:
                    twin.running_mean.copy_(mean)
                    twin.running_var.copy_((square - mean * mean).clamp(min=0))
                moments.clear()
            barrier.wait()
            return type(norm).forward(norm, x)

        return forward

    def run(module: nn.Module, example: tuple[Tensor, ...]) -> None:
        try:
            with torch.no_grad():
                module(*example)
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()

    for twins in zip(*map(batch_norms, copies)):
        for norm in twins:
            norm.forward = pooled(norm, twins)
    threads = [threading.Thread(target=run, args=pair) for pair in zip(copies, examples)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for norm in batch_norms(model):
        del norm.forward
    if faults:
        raise faults[0]


def batch_norms(model: nn.Module) -> list[nn.Module]:
    """Those with statistics of their own, in the order of the model's parts."""
    return [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
