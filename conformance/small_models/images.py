"""Models of images."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from small_models.case import BATCH, FREE, IMAGES, Case, normal


class Halves(nn.Module):
    """A U-Net whose skips are padded to fit, so that any image size passes."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.deep = nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.head = nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skip = self.down(x)
        up = self.up(F.relu(self.deep(F.max_pool2d(skip, 2))))
        rows, columns = skip.size(2) - up.size(2), skip.size(3) - up.size(3)
        up = F.pad(up, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        return self.head(torch.cat([skip, up], 1))


class Pyramid(nn.Module):
    """A segmentation head with dilated convolutions and image pooling; a dict of logits and labels."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3, 2, 1)
        self.branches = nn.ModuleList(nn.Conv2d(8, 4, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.pooled, self.head = nn.Conv2d(8, 4, 1), nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = F.relu(self.body(x))
        whole = self.pooled(F.adaptive_avg_pool2d(features, 1))
        parts = [F.relu(branch(features)) for branch in self.branches]
        parts.append(F.interpolate(whole, size=features.shape[-2:], mode="bilinear", align_corners=False))
        logits = F.interpolate(self.head(torch.cat(parts, 1)), size=x.shape[-2:], mode="bilinear", align_corners=False)
        return {"logits": logits, "labels": logits.argmax(1)}


class Modulated(nn.Module):
    """A convolution whose weights are computed for each sample, in as many groups as there are samples."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(8, 4, 3, 3))
        self.style = nn.Linear(6, 4)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        weight = self.weight * (self.style(style) + 1)[:, None, :, None, None]
        weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        images = x.reshape(1, batch * channels, height, width)
        result = F.conv2d(images, weight.reshape(batch * 8, channels, 3, 3), padding=1, groups=batch)
        return F.leaky_relu(result.reshape(batch, 8, height, width), 0.2)


class Windows(nn.Module):
    """Shifted windows whose mask is computed from the image's size."""

    def __init__(self, width: int = 16, side: int = 4) -> None:
        super().__init__()
        self.side = side
        self.patches, self.norm = nn.Conv2d(3, width, 2, 2), nn.LayerNorm(width)
        self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def parts(self, x: Tensor) -> Tensor:
        batch, height, width, channels = x.shape
        side = self.side
        x = x.view(batch, height // side, side, width // side, side, channels)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, side * side, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).permute(0, 2, 3, 1)
        batch, height, width, channels = x.shape
        side, shift = self.side, self.side // 2
        padded = F.pad(self.norm(x), (0, 0, 0, (side - width % side) % side, 0, (side - height % side) % side))
        rows, columns = padded.shape[1:3]
        regions = torch.zeros(1, rows, columns, 1)
        cuts = (slice(0, -side), slice(-side, -shift), slice(-shift, None))
        for number, (row, column) in enumerate((row, column) for row in cuts for column in cuts):
            regions[:, row, column] = number
        region = self.parts(regions).squeeze(-1)
        mask = torch.where(region[:, None] == region[:, :, None], 0.0, -100.0)
        windows = self.parts(torch.roll(padded, (-shift, -shift), (1, 2)))
        q, k, v = self.project(windows).chunk(3, -1)
        scores = (q @ k.mT / channels**0.5).view(batch, -1, side * side, side * side) + mask
        mixed = self.out(scores.flatten(0, 1).softmax(-1) @ v)
        mixed = mixed.view(batch, rows // side, columns // side, side, side, channels).permute(0, 1, 3, 2, 4, 5)
        back = torch.roll(mixed.reshape(batch, rows, columns, channels), (shift, shift), (1, 2))
        return x + back[:, :height, :width]


class Prepared(nn.Module):
    """Bytes of an image in, resized and normalised within the model."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.conv = nn.Conv2d(3, 4, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 3, 1, 2).float() / 255
        x = F.interpolate(x, size=(18, 18), mode="bilinear", align_corners=False)[:, :, 1:17, 1:17]
        return self.conv((x - self.mean) / 0.226).flatten(1).softmax(-1)


class Warped(nn.Module):
    """An image moved by optical flow, zero where it came from outside."""

    def forward(self, x: Tensor, flow: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        columns = torch.arange(width).view(1, -1).repeat(height, 1)
        rows = torch.arange(height).view(-1, 1).repeat(1, width)
        places = torch.stack([columns, rows])[None].repeat(batch, 1, 1, 1).float() + flow
        across, down = 2 * places[:, 0] / (width - 1) - 1, 2 * places[:, 1] / (height - 1) - 1
        grid = torch.stack([across, down], -1)
        seen = F.grid_sample(torch.ones_like(x), grid, align_corners=True)
        return F.grid_sample(x, grid, mode="bicubic", align_corners=True) * (seen > 0.999).float()


class Fourier(nn.Module):
    """A spectral layer along one axis, with complex weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(normal(6, 9, 2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        spectrum = torch.fft.rfft(x, norm="ortho") * torch.view_as_complex(self.weight)
        return torch.fft.irfft(spectrum, n=16, norm="ortho"), torch.fft.fftshift(spectrum.abs(), -1)


def flow_calls() -> list[tuple]:
    """Images with flows."""
    return [(normal(b, 3, h, w), normal(b, 2, h, w) * 3) for b, h, w in ((2, 16, 16), (1, 16, 16), (3, 10, 12))]


SIDES = ({0: FREE, 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO},)
CASES = [
    Case(
        Halves,
        [(normal(b, 3, h, w),) for b, h, w in ((2, 32, 32), (1, 20, 24), (3, 33, 45))],
        (IMAGES,),
        "exported scripted",
        ("x=float32[batch,3,h,w]",),
    ),
    Case(
        Pyramid,
        [(normal(b, 3, h, w),) for b, h, w in ((2, 33, 33), (1, 40, 40), (3, 65, 49))],
        (IMAGES,),
        "core traced",
        ("x=float32[batch,3,h,w]",),
    ),
    Case(Modulated, [(normal(b, 4, 8, 8), normal(b, 6)) for b in (2, 1, 5)], (BATCH, BATCH), "exported core"),
    Case(
        Windows,
        [(normal(b, 3, h, w),) for b, h, w in ((2, 16, 16), (1, 16, 24), (3, 32, 12))],
        SIDES,
        "exported",
    ),
    Case(
        Prepared,
        [(torch.randint(0, 256, (b, h, w, 3), dtype=torch.uint8),) for b, h, w in ((2, 40, 52), (1, 64, 64))],
        ({0: FREE, 1: FREE, 2: FREE},),
        "strict scripted",
        ("x=uint8[batch,h,w,3]",),
    ),
    Case(
        Warped,
        flow_calls(),
        (IMAGES, IMAGES),
        "exported traced",
        ("x=float32[batch,3,h,w]", "flow=float32[batch,2,h,w]"),
    ),
    Case(Fourier, [(normal(b, 6, 16),) for b in (2, 1, 3)], (BATCH,), "exported fixed"),
]
