"""2D joints of a whole clip to 3D.

Lengths are metres of a person 1.70 m tall: one camera cannot tell a tall person far away from a short one
near by, so the network is trained on people scaled to that stature and says nothing about size; whoever
places the character scales it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from blender_pose3d.skeleton import H36M_19

from .. import weights
from ..errors import BadInput
from . import camera
from .checkpoint import load_network
from .fast import fold
from .gastnet import GastNet
from .linear import LinearNet

DEFAULT = "gastnet-27f-19j"
"""Name of the weights that ship."""

STATURE = 1.70
"""Metres; of the person whose lengths the lifter's metres are."""

CHUNK = 256
"""Output frames at once: what a layer makes of them still fits a processor's last cache."""


class Lifter:
    """A trained network. skeleton: of its input and output. sha256: of its weight file.

    half: compute in bfloat16, where the device multiplies it fast; poses move by about half a millimetre.
    """

    def __init__(
        self,
        network: GastNet | LinearNet,
        *,
        name: str,
        sha256: str,
        screen: bool,
        device: torch.device | str = "cpu",
        half: bool = False,
    ) -> None:
        self.network = network.to(device).eval()
        self._forward = fold(network, half=half) if isinstance(network, GastNet) else self.network
        self.name, self.sha256, self.skeleton = name, sha256, network.skeleton
        self._screen, self._device = screen, torch.device(device)
        before = network.frames_before
        self._window = (before, network.receptive_field - 1 - before)

    @property
    def context(self) -> int:
        """Frames before and after a part of a clip that must be there for it to be lifted as in the whole.

        The network's window, normalised over a window of its own; whole chunks, so that sums stay the same.
        """
        return CHUNK * -(-2 * max(self._window) // CHUNK)

    def lift(
        self,
        joints: np.ndarray,
        score: np.ndarray,
        intrinsics: tuple[float, float, float, float],
        *,
        flip: bool = True,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The 3D pose of each frame of a clip.

        joints: (T, J, 2) px in the lifter's skeleton (19 joints are taken for 17 too), every frame present.
        score: (T, J), 0 for a joint nobody saw. intrinsics: fx, fy, cx, cy in px. flip: average with the
        mirrored clip, for twice the time. The first and the last frame stand for what lies beyond them.

        Returns joints (T, J, 3) float32, metres of a 1.70 m person, camera axes (x right, y down, z forward)
        from the hip, and scores (T, J) float32: the best sight of the joint within the frames the network
        saw, the less the farther away in time. Raises ValueError for shapes that differ or NaN.
        """
        points, seen = self._check(joints, score)
        if not len(points):
            return points.new_zeros((0, len(self.skeleton), 3)).numpy(), seen.numpy()
        points, seen = points.to(self._device), seen.to(self._device)
        with torch.inference_mode():
            features, rotation = self._features(points, seen, intrinsics)
            pose = self._run(features)
            if flip:
                mirror = torch.as_tensor(self.skeleton.mirror, device=self._device)
                across = features.new_tensor([-1.0, 1.0, 1.0])
                flipped = self._run(features[:, mirror] * across[: features.shape[-1]])
                pose = (pose + flipped[:, mirror] * across) / 2
            pose = (pose - pose[:, :1]) @ rotation  # v = R c for columns; rows take the transpose of it
        return pose.cpu().numpy(), self._score(seen).cpu().numpy()

    def _check(self, joints: np.ndarray, score: np.ndarray) -> tuple[Tensor, Tensor]:
        points = torch.as_tensor(np.array(joints, dtype=np.float32))
        seen = torch.as_tensor(np.array(score, dtype=np.float32))
        if points.ndim == 3 and points.shape[1] == len(H36M_19) and len(self.skeleton) == 17:
            kept = [H36M_19.index(name) for name in self.skeleton.joints]
            points, seen = points[:, kept], seen[:, kept]
        if points.shape[1:] != (len(self.skeleton), 2) or seen.shape != points.shape[:2]:
            raise ValueError(
                f"{self.skeleton.name} needs joints (T, {len(self.skeleton)}, 2) and as many scores, not "
                f"{np.shape(joints)} and {np.shape(score)}"
            )
        if not (torch.isfinite(points).all() and torch.isfinite(seen).all()):
            raise ValueError("joints and scores must be finite; lift the frames where the person is present")
        return points, seen.clamp(0, 1)

    def _features(
        self, points: Tensor, seen: Tensor, intrinsics: tuple[float, float, float, float]
    ) -> tuple[Tensor, Tensor]:
        used = self.network.in_features
        if self._screen:
            size = 2 * intrinsics[2] + 1, 2 * intrinsics[3] + 1
            features = torch.cat((camera.screen(points, size), seen[..., None]), dim=-1)
            return features[..., :used], torch.eye(3, device=points.device).expand(len(points), 3, 3)
        hip = self.skeleton.index("Hip")
        lens = points.new_tensor(intrinsics)
        features, rotation = camera.normalise(points, seen, lens, hip, self._window)
        return features[..., :used], rotation

    def _run(self, features: Tensor) -> Tensor:
        """(T, J, F) to (T, J, 3), a chunk at a time, so that memory does not grow with the clip."""
        before, after = self._window
        padded = torch.cat(
            (features[:1].expand(before, -1, -1), features, features[-1:].expand(after, -1, -1))
        )
        chunks = [
            self._forward(padded[start : start + CHUNK + before + after][None])[0]
            for start in range(0, len(features), CHUNK)
        ]
        return torch.cat(chunks)

    def _score(self, seen: Tensor) -> Tensor:
        """(T, J): the largest score within the receptive field, falling linearly to a half at its ends."""
        before, after = self._window
        padded = F.pad(seen.T, (before, after)).unfold(1, before + after + 1, 1)
        distance = (torch.arange(before + after + 1, device=seen.device) - before).abs()
        return (padded * (1 - 0.5 * distance / max(before, after, 1))).amax(dim=-1).T.contiguous()


def load_lifter(
    name_or_path: str = "gastnet-27f-19j", device: torch.device | str = "cpu", *, half: bool = False
) -> Lifter:
    """A lifter by the name of known weights or by a path to a weight file. half: as :class:`Lifter` says.

    Raises MissingWeights where known weights are not on this machine; BadArguments for a name nobody knows;
    BadInput for a file that is broken or of another network.
    """
    path = Path(name_or_path)
    if not (path.suffix and path.is_file()):
        if path.suffix:
            raise BadInput(f"There is no weights file {path}.")
        path = weights.locate(str(name_or_path).replace("_", "-"))
    network, metadata = load_network(path)
    # Files that are not ours come from the authors' code, whose input is the plain picture.
    screen = "normalisation" not in metadata
    if not screen and (found := metadata.get("skeleton")) != network.skeleton.name:
        raise BadInput(f"{path} says that it is for {found}, but its tensors are not.")
    digest = weights.sha256(path)
    return Lifter(network, name=path.stem, sha256=digest, screen=screen, device=device, half=half)
