"""Models with real control flow and state, as people script them; stages/control_flow.py runs them.

Invariant: every forward is TorchScript; sizes are small, so that all of them together take seconds.
"""

from typing import NamedTuple, Optional

import torch
from torch import Tensor, nn


class BeamStep(nn.Module):
    """One step of a beam search: the best continuations of all beams; a beam that has ended stays as it is."""

    def __init__(self, words: int = 9, beams: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, 6)
        self.cell = nn.LSTMCell(6, 6)
        self.head = nn.Linear(6, words)
        self.words, self.beams, self.end = words, beams, 1

    def forward(
        self, tokens: Tensor, scores: Tensor, h: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, bool]:
        last = tokens[:, -1]
        h1, c1 = self.cell(self.embedding(last), (h, c))
        logits = torch.log_softmax(self.head(h1), -1)
        ended = last == self.end
        if bool(ended.any()):
            logits = torch.where(ended.unsqueeze(1), torch.full_like(logits, -1e4), logits)
            logits[ended, self.end] = 0.0
        best, index = (scores.unsqueeze(1) + logits).view(-1).topk(self.beams)
        beam = torch.div(index, self.words, rounding_mode="floor")
        word = index % self.words
        tokens = torch.cat([tokens[beam], word.unsqueeze(1)], 1)
        return tokens, best, h1[beam], c1[beam], bool((word == self.end).all())


class BeamSearch(nn.Module):
    """The whole search, which ends when every beam has."""

    def __init__(self) -> None:
        super().__init__()
        self.step = BeamStep()

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        tokens = torch.zeros(3, 1, dtype=torch.int64)
        scores = torch.tensor([0.0, -1e4, -1e4])
        c = torch.zeros_like(h)
        for _ in range(12):
            tokens, scores, h, c, stop = self.step(tokens, scores, h, c)
            if stop:
                break
        return tokens, scores


class EarlyExitLstm(nn.Module):
    """An LSTM over time that stops when its state is large; all states so far are returned."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)

    def forward(self, x: Tensor, limit: float = 2.0) -> tuple[Tensor, Tensor]:
        h, c = torch.zeros(x.size(0), 4), torch.zeros(x.size(0), 4)
        kept: list[Tensor] = []
        for t in range(x.size(1)):
            h, c = self.cell(x[:, t], (h, c))
            kept.append(h)
            if bool(h.abs().sum() > limit):
                break
        return torch.stack(kept, 1), h


class GreedyDecoder(nn.Module):
    """A GRU that decodes the likeliest word until every sequence has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.cell, self.head = nn.Embedding(11, 8), nn.GRUCell(8, 8), nn.Linear(8, 11)
        self.end = 2

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        word = torch.ones(h.size(0), dtype=torch.int64)
        done = torch.zeros(h.size(0), dtype=torch.bool)
        words: list[Tensor] = []
        for _ in range(20):
            h = self.cell(self.embedding(word), h)
            word = torch.where(done, torch.full_like(word, self.end), self.head(h).argmax(-1))
            words.append(word)
            done = done | (word == self.end)
            if bool(done.all()):
                break
        return torch.stack(words, 1), h


class FixedPoint(nn.Module):
    """Newton's square root of two, to a precision."""

    def forward(self, x: Tensor) -> tuple[Tensor, int]:
        y, rounds = x, 0
        while bool((y * y - 2).abs().max() > 1e-4) and rounds < 50:
            y = (y + 2 / y) / 2
            rounds += 1
        return y, rounds


class Nested(nn.Module):
    """Branches in loops in loops, over numbers, tensors and an early return."""

    def forward(self, x: Tensor) -> tuple[Tensor, int, int]:
        turns, halves, total = 0, 0, torch.zeros(())
        while bool(total < 30) and turns < 20:
            j = 0
            while bool(x[j % x.size(0)].sum() + j < 2.0) and j < 5:
                if bool(x.sum() > 0):
                    if j == 2:
                        total = total + 2
                    else:
                        total = total + 1
                else:
                    total = total + 0.5
                    halves += 1
                j += 1
            total = total + j * 0.1 + 1
            turns += 1
            if bool(total > 25):
                return total, turns, -halves
        return total, turns, halves


class Writes(nn.Module):
    """Writes into tensors, and into views of them, in branches and loops."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = x.clone()
        column = y[:, 1]
        if bool(x.sum() > 0):
            column.mul_(2)
            y[:, 0] = 5
        else:
            y += 1
        for i in range(x.size(0)):
            if bool(x[i].sum() > 0):
                y[i] -= x[i].sum()
            column[i] += 1
        return y, column * 1


class Blocks(nn.Module):
    """Layers in a list, each taken or not; rows are chosen by number."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, int]:
        for index, block in enumerate(self.blocks):
            if bool(x.sum() > index):
                x = block(x)
            else:
                x = x - index
        kept: list[int] = []
        for row in range(x.size(0)):
            if bool(x[row].sum() > 0):
                kept.append(row)
        return x[kept], torch.tensor(kept), len(kept)


class Summary(NamedTuple):
    """A named result."""

    total: Tensor
    positive: int


class Optionals(nn.Module):
    """Values that may be None, from outside and from loops; a named tuple and a dict."""

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> tuple[Summary, dict[str, Tensor]]:
        if mask is not None:
            x = x.masked_fill(mask, 0.0)
        last: Optional[Tensor] = None
        for row in range(x.size(0)):
            if last is not None:
                last = last + x[row]
            else:
                last = x[row]
        assert last is not None
        positive = int((x > 0).sum())
        if positive > 3:
            parts = {"a": x * 2, "b": x}
        else:
            parts = {"a": x, "b": x - 1}
        return Summary(last, positive), parts


class StreamingConvolution(nn.Module):
    """A convolution over a stream, which keeps the end of the chunk before; at first there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(2, 3, 5)
        self.context = torch.zeros(0)

    def forward(self, x: Tensor) -> Tensor:
        if self.context.size(0) == 0:
            self.context = torch.zeros(x.size(0), 2, 4)
        y = torch.cat([self.context, x], -1)
        self.context = y[..., -4:]
        return self.convolution(y)


class Counter(nn.Module):
    """Keeps numbers of Python and a buffer that is written in place."""

    last: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.scale, self.seen, self.last = 0, 0.5, False, None
        self.register_buffer("sum", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        if self.calls == 0:
            self.sum.copy_(x.sum(0))
        self.sum += x.sum(0)
        self.calls += 1
        if bool(x.sum() > 0):
            self.scale = self.scale * 2
            self.seen = True
        y = self.sum * self.scale + self.calls
        last = self.last
        if last is not None:
            y = y - last
        self.last = x.mean(0)
        return y - 1 if self.seen else y


class Memory(nn.Module):
    """A layer with a running memory that some inputs clear."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("memory", torch.zeros(1, 4))
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            self.memory = self.memory * 0.5 + self.linear(x).mean(0, keepdim=True)
        else:
            self.memory.zero_()
        return x + self.memory


class Memories(nn.Module):
    """Three of them, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Memory() for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x
