"""Writes model.pt2, model.pt and recorded.npz: a small network with two operators of our own.

`demo::snake` is the activation of audio generators, x + sin(a x)^2 / a with one `a` a channel, which is a CUDA kernel
of their authors' where it matters. `demo::mask_topk` keeps the k largest elements of each row. Needs torch and numpy.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

HERE = Path(__file__).parent
BATCHES = (2, 3)

torch.library.define("demo::snake", "(Tensor x, Tensor alpha, float eps=1e-9) -> Tensor")
torch.library.define("demo::mask_topk", "(Tensor x, int k) -> Tensor")


@torch.library.impl("demo::snake", "cpu")
def snake(x: Tensor, alpha: Tensor, eps: float = 1e-9) -> Tensor:
    """What a kernel would compute; alpha is [C] for x [N, C, T]."""
    a = alpha[:, None]
    return x + torch.sin(a * x).square() / (a + eps)


@torch.library.impl("demo::mask_topk", "cpu")
def mask_topk(x: Tensor, k: int) -> Tensor:
    """x where it is among the k largest of its row, else 0."""
    return torch.where(x >= x.topk(k).values[..., -1:], x, torch.zeros_like(x))


for name in ("demo::snake", "demo::mask_topk"):
    torch.library.register_fake(name, lambda x, *_: torch.empty_like(x))


class Net(nn.Module):
    """A convolution, the activation, and the few largest of the scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 6, 3, padding=1)
        self.alpha = nn.Parameter(torch.rand(6) + 0.5)
        self.head = nn.Linear(6, 8)

    def forward(self, signal: Tensor) -> Tensor:
        hidden = torch.ops.demo.snake(self.conv(signal), self.alpha)
        return torch.ops.demo.mask_topk(self.head(hidden.mean(-1)), 3)


def save_script(model: torch.jit.ScriptModule, file: Path) -> None:
    """As torch.jit.save, without the files of source ranges, which hold paths of this machine."""
    whole = io.BytesIO()
    torch.jit.save(model, whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                new.writestr(zipfile.ZipInfo(entry.filename), old.read(entry))


def main() -> None:
    """Exports, traces, records."""
    torch.manual_seed(7)
    model = Net().eval()
    signals = {batch: torch.randn(batch, 2, 16) for batch in BATCHES}
    free = {"signal": {0: torch.export.Dim("batch")}}
    program = torch.export.export(model, (signals[3],), dynamic_shapes=free)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine; leave it in, and messages name your lines
    torch.export.save(program, HERE / "model.pt2")
    save_script(torch.jit.trace(model, signals[3]), HERE / "model.pt")
    recorded = {f"b{batch}.in0": signal.numpy() for batch, signal in signals.items()}
    with torch.no_grad():
        recorded |= {f"b{batch}.out0": model(signal).numpy() for batch, signal in signals.items()}
    np.savez(HERE / "recorded.npz", **recorded)


if __name__ == "__main__":
    main()
