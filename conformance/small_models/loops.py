"""Scripted models whose lists and loops have as many rounds as the input says."""

import torch
from torch import Tensor, nn

from small_models.case import Case, normal


class Unbound(nn.Module):
    """An LSTM written over the rows of an axis that is taken apart."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(5, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.zeros(x.size(0), 4)
        c = h
        kept: list[Tensor] = []
        for row in x.unbind(1):
            h, c = self.cell(row, (h, c))
            kept += [h]
        return torch.stack(kept, 1), c


class Decaying(nn.Module):
    """A loop that writes into a tensor which it also replaces."""

    def forward(self, x: Tensor) -> Tensor:
        y, state = torch.zeros_like(x), torch.zeros(x.size(0), x.size(2))
        for t in range(x.size(1)):
            state = state * 0.5 + x[:, t]
            y[:, t] = state
            if t > 1:
                y = y * 1.1
        return y


class Collected(nn.Module):
    """Tensors and numbers appended for as long as an input says."""

    def forward(self, x: Tensor, rounds: Tensor) -> tuple[Tensor, Tensor, int]:
        sums: list[Tensor] = []
        places: list[int] = []
        k = 0
        while k < int(rounds):
            sums.append(x.sum(0) + k if bool(x.sum() > k - 2) else x.mean(0))
            places.append(k * 2)
            k += 1
        return torch.stack(sums, 0), torch.tensor(places), len(places)


STEPS = [(normal(b, t, 5),) for b, t in ((4, 3), (2, 7))]
CASES = [
    Case(Unbound, STEPS, None, "scripted", ("x=float32[batch,time,5]",)),
    Case(Decaying, STEPS, None, "scripted", ("x=float32[batch,time,5]",)),
    Case(
        Collected,
        [(normal(b, 3), torch.tensor(n)) for b, n in ((4, 5), (2, 1))],
        None,
        "scripted",
        ("x=float32[batch,3]", "rounds=int64[]"),
    ),
]
