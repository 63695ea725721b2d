"""Models that only benches need, exported with torch.export: `model.pt2` in a folder of its own, kept in the cache.

Usage: python3 conformance/bench/models.py NAME   exports NAME if needed and prints its file.
NAME is bert_base (the size of the published one: 12 layers of width 768, 109 million parameters) or large_N (N
gigabytes of weights in square linear layers; N may be 0.75), which has an input and PyTorch's output beside it, in
io.npz.
"""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from environment import LISTS, cache_folder, fingerprint, python_variables, ready_python

LINEAR_WIDTH = 5120


def model_file(name: str) -> Path:
    """The file of a model; another process exports it, so that its memory is given back."""
    digest = fingerprint(Path(__file__).read_bytes(), (LISTS / "torch.txt").read_bytes())
    folder = cache_folder() / "bench" / f"{name}-{digest}"
    if not (folder / ".complete").exists():
        print(f"{name}: exporting into {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [ready_python("torch"), __file__, name, folder / "model.pt2"]
        subprocess.run(command, env=python_variables(), stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)
        (folder / ".complete").touch()
    return folder / "model.pt2"


def export(name: str, file: str) -> None:
    """Writes the model with a free batch."""
    import numpy as np
    import torch
    from torch import nn

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(30522, 768)
            self.positions = nn.Parameter(torch.randn(128, 768) / 50)
            layer = nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu", batch_first=True)
            self.layers = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
            self.pooler = nn.Linear(768, 768)

        def forward(self, tokens):
            hidden = self.layers(self.tokens(tokens) + self.positions)
            return hidden, torch.tanh(self.pooler(hidden[:, 0]))

    def large(gigabytes: float) -> nn.Module:
        count = round(gigabytes * 1e9 / (4 * LINEAR_WIDTH**2))
        layers = [nn.Linear(LINEAR_WIDTH, LINEAR_WIDTH, bias=False) for _ in range(count)]
        return nn.Sequential(*(part for layer in layers for part in (layer, nn.Tanh())))

    torch.manual_seed(0)
    if name == "bert_base":
        model, inputs = Encoder().eval(), (torch.zeros(2, 128, dtype=torch.int64),)
    else:
        model, inputs = large(float(name.removeprefix("large_"))).eval(), (torch.randn(2, LINEAR_WIDTH),)
    program = torch.export.export(model, inputs, dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, file)
    if name.startswith("large_"):
        with torch.no_grad():
            np.savez(Path(file).with_name("io.npz"), input=inputs[0].numpy(), output=model(*inputs).numpy())


if __name__ == "__main__":
    if len(sys.argv) > 2:
        export(sys.argv[1], sys.argv[2])
    else:
        print(model_file(sys.argv[1]))
