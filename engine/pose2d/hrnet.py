"""HRNet: a 2D keypoint network that keeps a high resolution throughout.

Sun, Xiao, Liu, Wang: "Deep High-Resolution Representation Learning for Human Pose Estimation", CVPR 2019,
section 3 and figure 1. After a stem that quarters the resolution, four stages run one to four branches side
by side, each at half the resolution and twice the channels of the one before; at the end of each module
every branch receives the sum of all. The names of the parameters are those of the authors' weight files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., CVPR 2016, figure 5 left)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + x, inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut, with four times the channels out (same, right)."""

    expansion = 4

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        channels_out = channels * self.expansion
        self.conv1 = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.downsample: nn.Module = nn.Identity()
        if channels_in != channels_out:
            self.downsample = nn.Sequential(*_conv_bn(channels_in, channels_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x), inplace=True)


def _conv_bn(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> Iterator[nn.Module]:
    yield nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=False)
    yield nn.BatchNorm2d(channels_out)


def _conv_bn_relu(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(*_conv_bn(channels_in, channels_out, 3, stride), nn.ReLU(inplace=True))


class Exchange(nn.Module):
    """One multi-resolution module: every branch for itself, then each receives the sum of all.

    channels: of each branch, highest resolution first. outputs: how many branches come out.
    """

    def __init__(self, channels: list[int], blocks: int, outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._path(channels, source, target) for source in range(len(channels)))
            for target in range(outputs)
        )

    @staticmethod
    def _path(channels: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:  # enlarged in forward()
            return nn.Sequential(*_conv_bn(channels[source], channels[target], 1))
        halvings = [_conv_bn_relu(channels[source], channels[source], 2) for _ in range(target - source - 1)]
        last = nn.Sequential(*_conv_bn(channels[source], channels[target], 3, 2))
        return nn.Sequential(*halvings, last)

    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        xs = [branch(x) for branch, x in zip(self.branches, xs, strict=True)]
        return [
            self._fuse(cast(nn.ModuleList, paths), xs, target)
            for target, paths in enumerate(self.fuse_layers)
        ]

    @staticmethod
    def _fuse(paths: nn.ModuleList, xs: list[Tensor], target: int) -> Tensor:
        total = xs[target]
        for source, (path, x) in enumerate(zip(paths, xs, strict=True)):
            if source == target:
                continue
            y = path(x)
            if source > target:
                # By size and not by factor: an input whose sides are no multiple of 32 works too.
                y = F.interpolate(y, size=total.shape[-2:], mode="nearest")
            total = total + y
        return F.relu(total, inplace=True)


class HRNet(nn.Module):
    """HRNet with a heatmap for each keypoint.

    width: channels of the highest resolution (32 for W32, 48 for W48). modules: how many multi-resolution
    modules each of the stages 2, 3 and 4 has; blocks: residual blocks of a branch in each. stem: channels of
    the first two convolutions; bottlenecks: how many of layer1, planes: channels inside each. The defaults
    are the paper's; smaller ones make members that a processor can train.
    """

    def __init__(
        self,
        width: int = 32,
        keypoints: int = 17,
        *,
        modules: tuple[int, int, int] = (1, 4, 3),
        blocks: int = 4,
        final_kernel: int = 1,
        stem: int = 64,
        planes: int = 64,
        bottlenecks: int = 4,
    ) -> None:
        super().__init__()
        self.width, self.keypoints = width, keypoints
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        wide = planes * Bottleneck.expansion
        widths = [stem, *[wide] * (bottlenecks - 1)]
        self.layer1 = nn.Sequential(*(Bottleneck(channels_in, planes) for channels_in in widths))
        channels = [width * 2**branch for branch in range(4)]
        self.transition1 = nn.ModuleList(
            [_conv_bn_relu(wide, channels[0], 1), nn.Sequential(_conv_bn_relu(wide, channels[1], 2))]
        )
        self.stage2 = _stage(channels[:2], modules[0], blocks)
        self.transition2 = _transition(channels[:3])
        self.stage3 = _stage(channels[:3], modules[1], blocks)
        self.transition3 = _transition(channels)
        self.stage4 = _stage(channels, modules[2], blocks, outputs=1)
        self.final_layer = nn.Conv2d(width, keypoints, final_kernel, padding=final_kernel // 2)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) normalised images to (N, K, H / 4, W / 4) heatmaps: near 1 at a keypoint, else 0."""
        x = F.relu(self.bn1(self.conv1(image)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        x = self.layer1(x)
        xs = self.stage2([make(x) for make in self.transition1])
        xs = self.stage3([*xs, self.transition2[-1](xs[-1])])
        xs = self.stage4([*xs, self.transition3[-1](xs[-1])])
        return self.final_layer(xs[0])


def _stage(channels: list[int], modules: int, blocks: int, outputs: int | None = None) -> nn.Sequential:
    """`modules` exchanges in a row; the last hands out only `outputs` branches where that is given."""
    every = [len(channels)] * (modules - 1) + [outputs or len(channels)]
    return nn.Sequential(*(Exchange(channels, blocks, number) for number in every))


def _transition(channels: list[int]) -> nn.ModuleList:
    """Leaves the branches as they are and opens one more, at half the lowest resolution."""
    opened = nn.Sequential(_conv_bn_relu(channels[-2], channels[-1], 2))
    return nn.ModuleList([*(nn.Identity() for _ in channels[:-1]), opened])
