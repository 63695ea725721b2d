"""Models of tables, graphs and points, and models that are special by what goes in and comes out."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from small_models.case import BATCH, FREE, Case, below, normal


class Experts(nn.Module):
    """Two of four experts for each token, their weights gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(8, 4)
        self.experts = nn.Parameter(normal(4, 8, 6))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        tokens = x.flatten(0, 1)
        weights, chosen = self.router(tokens).softmax(-1).topk(2, -1)
        mixed = torch.einsum("nd,nkdf->nkf", tokens, self.experts[chosen])
        dense = torch.zeros(tokens.shape[0], 4).scatter_(1, chosen, weights)
        return (mixed * weights[..., None]).sum(1).unflatten(0, x.shape[:2]), dense


class Messages(nn.Module):
    """Attention along the edges of a graph: sums, means and maxima at the nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.message, self.score, self.update = nn.Linear(8, 6), nn.Linear(6, 1), nn.Linear(16, 4)

    def forward(self, x: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        to, source = edges[0], edges[1]
        messages = F.relu(self.message(torch.cat([x[to], x[source]], 1)))
        scores = self.score(messages).squeeze(1)
        highest = torch.full((x.size(0),), -1e9).scatter_reduce(0, to, scores, "amax")
        shares = (scores - highest[to]).exp()
        shares = shares / torch.zeros(x.size(0)).scatter_add(0, to, shares)[to]
        total = torch.zeros(x.size(0), 6).index_add_(0, to, shares[:, None] * messages)
        places = to[:, None].expand(-1, 6)
        mean = torch.zeros(x.size(0), 6).scatter_reduce_(0, places, messages, "mean", include_self=False)
        return self.update(torch.cat([x, total, mean], 1)), shares


class Sparse(nn.Module):
    """Sparsemax steps over the features of a row."""

    def __init__(self) -> None:
        super().__init__()
        self.attend, self.norm = nn.Linear(6, 6), nn.BatchNorm1d(6)

    def forward(self, x: Tensor) -> Tensor:
        x, masks = self.norm(x), []
        for _ in range(3):
            z = self.attend(x)
            ordered, _ = z.sort(dim=-1, descending=True)
            sums, places = ordered.cumsum(-1), torch.arange(1, 7)
            count = (1 + places * ordered > sums).sum(-1, keepdim=True)
            masks.append((z - (sums.gather(-1, count - 1) - 1) / count).clamp(min=0))
            x = x * masks[-1]
        return torch.stack(masks, 1)


class Rays(nn.Module):
    """Colours along rays, with sines of positions."""

    def __init__(self) -> None:
        super().__init__()
        self.field = nn.Sequential(nn.Linear(21, 16), nn.ReLU(), nn.Linear(16, 4))

    def forward(self, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        depths = torch.linspace(0.0, 1.0, 8)
        points = origins[:, None] + directions[:, None] * depths[:, None]
        waves = points[..., None, :] * (2.0 ** torch.arange(3))[:, None]
        values = self.field(torch.cat([points, torch.stack([waves.sin(), waves.cos()], -2).flatten(-3)], -1))
        alpha = 1 - torch.exp(-F.softplus(values[..., 3]) * torch.cat([depths.diff(), torch.tensor([1e10])]))
        through = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha + 1e-10], -1), -1)[:, :-1]
        return ((alpha * through)[..., None] * values[..., :3].sigmoid()).sum(1), (alpha * through * depths).sum(-1)


class Wide(nn.Module):
    """A dict of features in, a nested one out."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.deep, self.wide = nn.Embedding(10, 4), nn.Linear(15, 3), nn.Linear(1, 3)

    def forward(self, row: dict) -> dict:
        deep = self.deep(torch.cat([row["age"], self.embedding(row["ids"]).flatten(1), *row["more"]], 1))
        return {"logits": deep + self.wide(row["age"]), "nested": {"both": (deep.softmax(-1), deep.argmax(-1))}}


class Derived(nn.Module):
    """Sizes that are multiples of another one, and one more than another one."""

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        first, second = x.view(2, -1, x.shape[1], 6).unbind(0)
        return first + second, x.sum(0) + y[1:]


class Square(nn.Module):
    """A matrix whose two sizes are one free size."""

    def forward(self, a: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return a.diagonal(1), a.trace(), a @ torch.eye(a.shape[0]).flip(0)


class Given(nn.Module):
    """Inputs that are not used or given back, one tensor twice, constants."""

    def forward(self, a: Tensor, unused: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        double = a * 2
        return double, a, double, c, torch.tensor([1.0, 2.0, 3.0])


class Written(nn.Module):
    """Writes into views, views of views, and masks."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        y = x.clone()
        y[:, 1:3] += 2
        y[y > 2] = 0
        y[:, [3, 4]] = y[:, [4, 3]]
        y.t()[0].mul_(3)
        y.view(-1)[::2] = 7.5
        square = torch.zeros(x.shape[0], 5, 5)
        square.diagonal(dim1=1, dim2=2).copy_(x)
        square[..., 0:2, ::2].add_(1)
        return y, square, x.new_zeros(x.shape).index_fill_(1, torch.tensor([2]), 9.0)


def row(batch: int) -> dict:
    """Features of some samples."""
    return {"age": normal(batch, 1), "ids": below(10, batch, 2), "more": [normal(batch, 3), normal(batch, 3)]}


SMALL = torch.export.Dim("small", min=2, max=64)
SIZES = [(4, 4, 5), (8, 2, 3), (6, 3, 4)]
ONE = torch.export.Dim("one", min=3, max=32)
CASES = [
    Case(Experts, [(normal(*shape, 8),) for shape in ((2, 5), (1, 7))], ({0: FREE, 1: FREE},), "exported"),
    Case(
        Messages,
        [(normal(n, 4), below(n, 2, m)) for n, m in ((5, 9), (8, 3))],
        (BATCH, {1: FREE}),
        "core scripted",
        ("x=float32[nodes,4]", "edges=int64[2,m]"),
    ),
    Case(Sparse, [(normal(b, 6),) for b in (2, 1, 5)], (BATCH,), "exported fixed"),
    Case(Rays, [(normal(b, 3), normal(b, 3)) for b in (4, 1, 7)], (BATCH, BATCH), "fixed"),
    Case(Wide, [(row(2),), (row(5),)], ({"age": BATCH, "ids": BATCH, "more": [BATCH, BATCH]},), "exported strict"),
    Case(
        Derived,
        [(normal(a, b, 6), normal(c, 6)) for a, b, c in SIZES],
        ({0: 2 * torch.export.Dim("half", max=50), 1: SMALL}, {0: SMALL + 1}),
        "exported",
    ),
    Case(Square, [(normal(n, n),) for n in (4, 6)], ({0: ONE, 1: ONE},), "exported"),
    Case(
        Given,
        [(normal(b, 3), normal(b, 3), normal(4)) for b in (2, 4)],
        (BATCH, BATCH, None),
        "exported traced",
        ("a=float32[batch,3]", "unused=float32[batch,3]", "c=float32[4]"),
    ),
    Case(Written, [(normal(b, 5),) for b in (3, 2)], (BATCH,), "core scripted", ("x=float32[batch,5]",)),
]
