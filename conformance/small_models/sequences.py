"""Models of text and sound."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from small_models.case import BATCH, BATCH_AND_TIME, FREE, Case, below, normal


class Decoder(nn.Module):
    """A language model with rotary embeddings, grouped heads, and the embedding as its head."""

    def __init__(self, width: int = 16, heads: int = 4) -> None:
        super().__init__()
        self.embedding, self.norm = nn.Embedding(20, width), nn.RMSNorm(width)
        self.q, self.kv = nn.Linear(width, width), nn.Linear(width, width)
        self.head = nn.Linear(width, 20, bias=False)
        self.head.weight = self.embedding.weight
        self.heads, each = heads, width // heads
        self.register_buffer("speeds", 10000 ** (-torch.arange(0, each, 2) / each), persistent=False)

    def turned(self, x: Tensor) -> Tensor:
        angles = torch.outer(torch.arange(x.shape[2]).float(), self.speeds).repeat(1, 2)
        low, high = x.chunk(2, -1)
        return x * angles.cos() + torch.cat([-high, low], -1) * angles.sin()

    def forward(self, tokens: Tensor) -> Tensor:
        batch, time = tokens.shape
        x = self.norm(self.embedding(tokens))
        q = self.q(x).view(batch, time, self.heads, -1).transpose(1, 2)
        k, v = (part.view(batch, time, 2, -1).transpose(1, 2) for part in self.kv(x).chunk(2, -1))
        mixed = F.scaled_dot_product_attention(self.turned(q), self.turned(k), v, is_causal=True, enable_gqa=True)
        return self.head(x + mixed.transpose(1, 2).flatten(2))


class Cache(nn.Module):
    """Attention over keys and values of before and now, with a causal mask of both lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, time, _ = x.shape
        q, k, v = self.project(x).view(batch, time, 3, 2, 4).permute(2, 0, 3, 1, 4)
        keys, values = torch.cat([keys, k], 2), torch.cat([values, v], 2)
        mask = torch.ones(time, keys.shape[2], dtype=torch.bool).tril(keys.shape[2] - time)
        return F.scaled_dot_product_attention(q, keys, values, attn_mask=mask), keys, values


class Padded(nn.Module):
    """An encoder with a causal mask and a padding mask, averaged over what is no padding."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        causal = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        added = torch.zeros(padding.shape).masked_fill(padding, float("-inf"))
        y = self.encoder(x, mask=causal, src_key_padding_mask=added, is_causal=True)
        kept = (~padding).unsqueeze(-1).float()
        return (y * kept).sum(1) / kept.sum(1).clamp(min=1)


class Kernels(nn.Module):
    """An encoder with plain layers, which a strict export and a trace without gradients make one kernel each."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32), 2)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        return self.encoder(x, src_key_padding_mask=padding)


class Projected(nn.Module):
    """LSTMs whose states are projected."""

    def __init__(self) -> None:
        super().__init__()
        self.two = nn.LSTM(6, 8, 2, batch_first=True, bidirectional=True, proj_size=3)
        self.one = nn.LSTM(6, 5, proj_size=2, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        y, (h, c) = self.two(x)
        state = (torch.ones(1, x.shape[0], 2), torch.zeros(1, x.shape[0], 5))
        return y, h, c, self.one(x.transpose(0, 1), state)[0]


class Features(nn.Module):
    """Favor attention: running sums of random features."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("directions", normal(8, 4))
        self.project = nn.Linear(16, 48)

    def features(self, x: Tensor) -> Tensor:
        products = x @ self.directions.T
        return torch.exp(products - x.square().sum(-1, keepdim=True) / 2 - products.amax((-1, -2), keepdim=True)) + 1e-4

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part.unflatten(-1, (4, 4)).transpose(1, 2) for part in self.project(x).chunk(3, -1))
        q, k = self.features(q / 2**0.5), self.features(k / 2**0.5)
        sums = torch.einsum("bhnd,bhne->bhnde", k, v).cumsum(2)
        scale = 1 / torch.einsum("bhnd,bhnd->bhn", q, k.cumsum(2) + 1e-6)
        return torch.einsum("bhnde,bhnd,bhn->bhne", sums, q, scale).transpose(1, 2).flatten(2)


class Mel(nn.Module):
    """A spectrogram within the model, as logarithms above a floor."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(64))
        self.register_buffer("bank", torch.rand(33, 10))

    def forward(self, x: Tensor) -> Tensor:
        power = torch.stft(x, 64, 16, window=self.window, return_complex=True).abs().square()
        logs = (power.transpose(1, 2) @ self.bank).clamp(min=1e-5).log10()
        return torch.maximum(logs, logs.amax((1, 2), keepdim=True) - 8)


class Causal(nn.Module):
    """Gated dilated convolutions with weight normalisation."""

    def __init__(self) -> None:
        super().__init__()
        normed = nn.utils.parametrizations.weight_norm
        self.layers = nn.ModuleList(normed(nn.Conv1d(4, 8, 2, dilation=2**i)) for i in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            value, gate = layer(F.pad(x, (2**i, 0))).chunk(2, 1)
            x = x + torch.tanh(value) * torch.sigmoid(gate)
        return x


def padding(*lengths: int) -> Tensor:
    """True beyond each length."""
    return torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]


TEXT = [(2, 6), (1, 9), (3, 2)]
CASES = [
    Case(
        Decoder,
        [(below(20, *shape),) for shape in TEXT],
        (BATCH_AND_TIME,),
        "exported traced",
        ("tokens=int64[batch,time]",),
    ),
    Case(
        Cache,
        [(normal(b, t, 8), normal(b, 2, p, 4), normal(b, 2, p, 4)) for b, t, p in ((2, 5, 3), (1, 1, 7))],
        (BATCH_AND_TIME, {0: FREE, 2: FREE}, {0: FREE, 2: FREE}),
        "exported traced",
        ("x=float32[batch,time,8]", "keys=float32[batch,2,past,4]", "values=float32[batch,2,past,4]"),
    ),
    Case(
        Padded,
        [(normal(2, 6, 16), padding(6, 4)), (normal(3, 2, 16), padding(1, 2, 2))],
        (BATCH_AND_TIME, BATCH_AND_TIME),
        "strict",
    ),
    Case(
        Kernels,
        [(normal(6, 2, 16), padding(6, 4)), (normal(9, 1, 16), padding(9))],
        (BATCH_AND_TIME, BATCH_AND_TIME),
        "strict traced",
        ("x=float32[time,batch,16]", "padding=bool[batch,time]"),
    ),
    Case(Projected, [(normal(b, 5, 6),) for b in (2, 1, 3)], (BATCH,), "fixed scripted", ("x=float32[batch,5,6]",)),
    Case(Features, [(normal(*shape, 16),) for shape in TEXT], (BATCH_AND_TIME,), "core"),
    Case(
        Mel,
        [(normal(b, t),) for b, t in ((2, 400), (1, 512), (3, 700))],
        (BATCH_AND_TIME,),
        "exported scripted",
        ("x=float32[batch,time]",),
    ),
    Case(
        Causal,
        [(normal(b, 4, t),) for b, t in ((2, 20), (1, 33))],
        ({0: FREE, 2: FREE},),
        "strict traced",
        ("x=float32[batch,4,time]",),
    ),
]
