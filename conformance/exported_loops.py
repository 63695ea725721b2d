"""Models with loops and state for torch.export; stages/control_flow.py exports and runs them."""

import torch
from torch import Tensor, nn
from torch._higher_order_ops.map import map as map_rows
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop


class NestedWhile(nn.Module):
    """A loop in a loop, with a branch and a captured layer."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        def inner(i: Tensor, y: Tensor) -> Tensor:
            zero = torch.zeros((), dtype=torch.int64)
            return while_loop(lambda j, _: j < 3, lambda j, y: (j + 1, y * 1.1 + i), (zero, y))[1]

        def step(i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            x = torch.cond(x.sum() > 0, lambda x: x - 1, lambda x: x + 0.3, (x,))
            return i + 1, inner(i, self.linear(x))

        return while_loop(lambda i, x: (i < 5) & (x.sum() < 100), step, (torch.tensor(0), x))


class ScanCell(nn.Module):
    """A recurrent cell scanned over time, backwards over a second axis too."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        def step(h: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            h = torch.tanh(self.linear(row) + h)
            return h, h * 2

        last, rows = scan(step, torch.zeros(x.shape[1], 4), x, dim=0)
        back = scan(lambda h, row: (h + row, h * row), torch.zeros(x.shape[0], 3), x, dim=1, reverse=True)[1]
        return last, rows, back


class CapturedSizes(nn.Module):
    """A choice, a loop and a scan whose bodies compute with free sizes of the model, and a block without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, length = x.shape[:2]

        def step(i: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
            return i + 1, self.linear(x) * 0.5 + batch

        def cell(h: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
            h = self.linear(row) + h * 0.5 + batch
            return h, h - length

        with torch.no_grad():
            first, rest = self.linear(x).view(batch * length, 3).split([1, 2], -1)
        chosen = torch.cond(x.sum() > 0, lambda x: x * batch + length, lambda x: x - batch * length, (x,))
        looped = while_loop(lambda i, _: i < batch, step, (torch.tensor(0), x))[1]
        scanned = scan(cell, torch.zeros(batch, 3), x, dim=1)[1]
        return chosen, looped + (first * rest).view(batch, length, 2).sum(-1, keepdim=True), scanned


class MapRows(nn.Module):
    """A layer applied to each row."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return map_rows(lambda row, y: self.linear(row) + y, x, y)


class CachedAttention(nn.Module):
    """Attention over a stream: keys and values are kept in buffers, as is the place of the next."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 24)
        self.register_buffer("keys", torch.zeros(1, 16, 8))
        self.register_buffer("values", torch.zeros(1, 16, 8))
        self.register_buffer("place", torch.zeros(1, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.project(x).chunk(3, -1)
        self.keys.index_copy_(1, self.place, key)
        self.values.index_copy_(1, self.place, value)
        mask = (torch.arange(16) <= self.place)[None]
        result = nn.functional.scaled_dot_product_attention(query, self.keys, self.values, attn_mask=mask)
        self.place.add_(1)
        return result
