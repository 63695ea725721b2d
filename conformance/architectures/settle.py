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
MARGIN = 1.0  # of five values of a channel about one is then below zero
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


def strengthen(model: nn.Module) -> None:
    """Makes each matrix as large as keeps its input's size, where it is smaller.

    With the usual 0.02 and a width of 32 all scores of attention are alike: another token at one place then changes
    bert's answer at the others by 8e-4, so that what is wrong could pass for equal. With this it is 0.16. In timm's
    BEiT a tenth more in attention's scale changes the answer by 4e-6, and with this by 0.015.
    """
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and parameter.is_floating_point() and parameter.min() < parameter.max():
                wanted = parameter[0].numel() ** -0.5
                parameter *= max(1.0, (wanted / parameter.std()).item())


def calm(model: nn.Module, inputs: Inputs) -> None:
    """Lets the activations cut less in a model that SHIFT does not reach, since its batch norms stand behind them.

    There each layer makes an error by a fifth larger, after sixty by five orders. Each bias of a convolution is moved
    until the channel is MARGIN deviations above zero; batch norm then takes the difference out again.
    """
    with torch.no_grad():
        calibrate(model, [inputs(CALIBRATION_BATCH, sizes) for sizes in SIZES], biases=True)


def calibrate(model: nn.Module, examples: list[tuple[Tensor, ...]], biases: bool = False) -> None:
    """Runs all examples at once, each in a thread; at a batch norm they wait for each other and pool their moments.

    With `biases` they do so at convolutions too. Each runs in a copy of its own, since some models keep what they
    computed until their next layer.
    """
    copies = [model, *(copy.deepcopy(model) for _ in examples[1:])]
    barrier = threading.Barrier(len(examples), timeout=PATIENCE_S)
    moments: list[tuple[Tensor, Tensor]] = []
    lock, faults = threading.Lock(), []

    def pooled(module: nn.Module, twins: tuple[nn.Module, ...]) -> Callable:
        def forward(x: Tensor) -> Tensor:
            values = x if is_norm(module) else type(module).forward(module, x)
            axes = [axis for axis in range(values.ndim) if axis != 1]
            with lock:
                moments.append((values.mean(axes), (values * values).mean(axes)))
            if barrier.wait() == 0:
                mean, square = (torch.stack(pair).mean(0) for pair in zip(*moments))
                for twin in twins:
                    take_moments(twin, mean, (square - mean * mean).clamp(min=0))
                moments.clear()
            barrier.wait()
            return type(module).forward(module, x)

        return forward

    def run(module: nn.Module, example: tuple[Tensor, ...]) -> None:
        try:
            with torch.no_grad():
                module(*example)
        except BaseException as fault:
            faults.append(fault)
            barrier.abort()

    for twins in zip(*(settled_parts(each, biases) for each in copies)):
        for part in twins:
            part.forward = pooled(part, twins)
    threads = [threading.Thread(target=run, args=pair) for pair in zip(copies, examples)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for part in settled_parts(model, biases):
        del part.forward
    if faults:
        raise faults[0]


def take_moments(part: nn.Module, mean: Tensor, variance: Tensor) -> None:
    """Gives a batch norm the statistics of its input, a convolution a bias after those of its output."""
    if is_norm(part):
        part.running_mean.copy_(mean)
        part.running_var.copy_(variance)
    else:
        part.bias += MARGIN * variance.sqrt() - mean


def settled_parts(model: nn.Module, biases: bool) -> list[nn.Module]:
    """The batch norms and, if wanted, the convolutions that have a bias, in the order of the model's parts."""
    return [m for m in model.modules() if is_norm(m) or (biases and is_biased_convolution(m))]


def batch_norms(model: nn.Module) -> list[nn.Module]:
    """Those with statistics of their own, in the order of the model's parts."""
    return settled_parts(model, biases=False)


def is_norm(module: nn.Module) -> bool:
    """Whether it is a batch norm with statistics of its own."""
    return isinstance(module, nn.modules.batchnorm._BatchNorm) and module.track_running_stats


def is_biased_convolution(module: nn.Module) -> bool:
    """Whether it is a convolution to whose channels a constant is added."""
    return isinstance(module, nn.modules.conv._ConvNd) and module.bias is not None
