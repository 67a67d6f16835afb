"""2D joints of a whole clip to 3D.

Lengths are metres of a person 1.70 m tall: one camera cannot tell a tall person far away from a short one
near by, so the network is trained on people scaled to that stature and says nothing about size; whoever
places the character scales it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blender_pose3d.skeleton import H36M_19

from .. import weights
from ..errors import BadInput
from . import camera
from .checkpoint import read_weights
from .computing import Computing, computing
from .layout import Form

DEFAULT = "gastnet-27f-19j"
"""Name of the weights that ship."""

STATURE = 1.70
"""Metres; of the person whose lengths the lifter's metres are."""

_Lens = tuple[float, float, float, float]


class Lifter:
    """A trained network. skeleton: of its input and output. sha256: of its weight file. screen: it reads the
    plain picture and not a virtual camera's."""

    def __init__(self, form: Form, computed: Computing, *, name: str, sha256: str, screen: bool) -> None:
        self.form, self.skeleton = form, form.skeleton
        self.name, self.sha256 = name, sha256
        self._computed, self._screen = computed, screen
        before = form.frames_before
        self._window = (before, form.receptive_field - 1 - before)

    @property
    def context(self) -> int:
        """Frames before and after a part of a clip that must be there for it to be lifted as in the whole.

        The network's window, normalised over a window of its own; whole chunks, so that sums stay the same.
        """
        chunk = self._computed.chunk
        return chunk * -(-2 * max(self._window) // chunk)

    def lift(
        self, joints: np.ndarray, score: np.ndarray, intrinsics: _Lens, *, flip: bool = True
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
            return np.zeros((0, len(self.skeleton), 3), dtype=np.float32), seen
        features, rotation = self._features(points, seen, intrinsics)
        clips = [features]
        mirror, across = self.skeleton.mirror, np.array([-1.0, 1.0, 1.0], dtype=np.float32)
        if flip:
            clips.append(features[:, mirror] * across[: features.shape[-1]])
        pose, *flipped = self._computed.poses(*(self._padded(clip) for clip in clips))
        if flip:
            pose = (pose + flipped[0][:, mirror] * across) / 2
        # v = R c for columns; rows take the transpose of it
        return (pose - pose[:, :1]) @ rotation, self._score(seen)

    def _check(self, joints: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points, seen = np.asarray(joints, dtype=np.float32), np.asarray(score, dtype=np.float32)
        if points.ndim == 3 and points.shape[1] == len(H36M_19) and len(self.skeleton) == 17:
            kept = [H36M_19.index(name) for name in self.skeleton.joints]
            points, seen = points[:, kept], seen[:, kept]
        if points.shape[1:] != (len(self.skeleton), 2) or seen.shape != points.shape[:2]:
            raise ValueError(
                f"{self.skeleton.name} needs joints (T, {len(self.skeleton)}, 2) and as many scores, not "
                f"{np.shape(joints)} and {np.shape(score)}"
            )
        if not (np.isfinite(points).all() and np.isfinite(seen).all()):
            raise ValueError("joints and scores must be finite; lift the frames where the person is present")
        return points, seen.clip(0, 1)

    def _features(
        self, points: np.ndarray, seen: np.ndarray, intrinsics: _Lens
    ) -> tuple[np.ndarray, np.ndarray]:
        used = self.form.in_features
        if self._screen:
            size = 2 * intrinsics[2] + 1, 2 * intrinsics[3] + 1
            features = np.concatenate([camera.screen(points, size), seen[..., None]], axis=-1)
            return features[..., :used], np.broadcast_to(np.eye(3, dtype=np.float32), (len(points), 3, 3))
        hip, lens = self.skeleton.index("Hip"), np.array(intrinsics, dtype=np.float32)
        features, rotation = camera.normalise(points, seen, lens, hip, self._window)
        return features[..., :used], rotation

    def _padded(self, features: np.ndarray) -> np.ndarray:
        return np.pad(features, (self._window, (0, 0), (0, 0)), mode="edge")

    def _score(self, seen: np.ndarray) -> np.ndarray:
        """(T, J): the largest score within the receptive field, falling linearly to a half at its ends."""
        before, after = self._window
        padded = np.pad(seen, (self._window, (0, 0)))
        best = np.zeros_like(seen)
        for place in range(before + after + 1):
            share = 1 - 0.5 * abs(place - before) / max(before, after, 1)
            np.maximum(best, padded[place : place + len(seen)] * np.float32(share), out=best)
        return best


def load_lifter(name_or_path: str | Path = DEFAULT, device: str = "cpu", *, half: bool = False) -> Lifter:
    """A lifter by the name of known weights or by a path to a weight file.

    half: compute in bfloat16, where the device multiplies it fast; poses move by about half a millimetre.
    Raises MissingWeights where known weights are not on this machine; BadArguments for a name nobody knows;
    BadInput for a file that is broken or of another network.
    """
    path = Path(name_or_path)
    if not (path.suffix and path.is_file()):
        if path.suffix:
            raise BadInput(f"There is no weights file {path}.")
        path = weights.locate(str(name_or_path).replace("_", "-"))
    found = read_weights(path)
    # Files that are not ours come from the authors' code, whose input is the plain picture.
    screen = "normalisation" not in found.metadata
    skeleton = found.form.skeleton.name
    if not screen and (said := found.metadata.get("skeleton")) != skeleton:
        raise BadInput(f"{path} says that it is for {said}, but its tensors are not.")
    computed = computing(found, device, half=half)
    return Lifter(found.form, computed, name=path.stem, sha256=weights.sha256(path), screen=screen)
