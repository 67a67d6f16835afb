"""Training windows made on the fly: a clip, a body, a camera, a detector; then what the lifter is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from blender_pose3d.skeleton import H36M_19

from ..lift.camera import normalise
from ..lift.lifter import STATURE
from .bodies import HIP, draw_bodies, pose_bodies
from .cameras import film, project, uniform
from .mixing import Motion, mirror, mix
from .mocap import FPS, Clip
from .mutation import mutate
from .noise import Margin, detect, mid_joints

_LEG = 0.491 * STATURE
_COMMON_RATES = torch.tensor([24.0, 25.0, 30.0, 30.0, 60.0])


@dataclass(frozen=True)
class Effects:
    """What is done to the clips.

    noise: a detector's errors. proportions: spread of segments' sizes beside the bodies' own. surface: how
    far off the joint centres a detector's points lie, 1 as on the bodies. mirror: half of the windows.
    mixing: share of windows with limbs of others. mutation: share of windows with limbs bent further, by
    about mutation_size radians. margin: beyond what was measured of detectors' errors.
    """

    noise: bool = True
    proportions: float = 0.03
    surface: float = 1.0
    mirror: bool = True
    mixing: float = 0.0
    mutation: float = 0.0
    mutation_size: float = 0.35
    margin: Margin = field(default_factory=Margin)


@dataclass(frozen=True)
class View:
    """What a camera and a detector make of windows.

    points: (B, L, J, 3) true, metres, camera axes. joints: (B, L, J, 2) px and score: (B, L, J), as detected.
    intrinsics: (B, 4) as the lifter will assume them.
    """

    points: Tensor
    joints: Tensor
    score: Tensor
    intrinsics: Tensor


class Windows:
    """Draws windows from clips. Everything follows from the generator handed in.

    frames: that one output sees, ``before`` of them before its own. outputs: of each window, ``spacing``
    frames apart (GastNet.spacing); the window is as much longer.
    """

    def __init__(
        self,
        clips: list[Clip],
        frames: int,
        before: int,
        effects: Effects | None = None,
        *,
        outputs: int = 1,
        spacing: int = 1,
    ) -> None:
        self.effects = effects or Effects()
        self._own = spacing * torch.arange(outputs)  # outputs' own frames, counted from the first
        self.frames, self.window = frames, (before, frames - 1 - before)
        lengths = torch.tensor([len(c.points) for c in clips])
        self._start, self._length = lengths.cumsum(0) - lengths, lengths
        self._rotations = torch.from_numpy(np.concatenate([c.rotations for c in clips]))
        self._root = torch.from_numpy(np.concatenate([_path(c.points) for c in clips]))
        # Long clips of one gait would drown the rest.
        self._share = lengths.double().pow(0.75)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Features (count, frames + spacing * (outputs - 1), J, 3) and targets (count, outputs, J, 3) of the
        outputs' own frames: metres from the hip, virtual camera."""
        clip = torch.multinomial(self._share, count, replacement=True, generator=generator)
        # Frames on both sides of the window, because each frame's size is averaged over a window of its own.
        lead, follow = self.window
        extent = int(self._own[-1])
        offset = torch.arange(-2 * lead, extent + 2 * follow + 1)
        any_rate = torch.exp(uniform((count,), math.log(12.0), math.log(60.0), generator))
        common = _COMMON_RATES[torch.randint(len(_COMMON_RATES), (count,), generator=generator)]
        rate = torch.where(torch.rand(count, generator=generator) < 0.5, common, any_rate)
        # All outputs lie within the clip or, where it is too short, as many of them as it has frames for.
        room = self._length[clip] - 1 - extent * FPS / rate
        first = torch.rand(count, generator=generator) * room
        motion = self.sequence(clip, first[:, None] + offset * (FPS / rate)[:, None])
        features, target, _ = self.see(motion, generator, rate)
        return features[:, lead : lead + self.frames + extent], target[:, 2 * lead + self._own]

    def sequence(self, clip: Tensor, when: Tensor) -> Motion:
        """Motion of clips (B,) at moments (B, L) in frames of 60 fps, held beyond the ends."""
        last = (self._length[clip] - 1)[:, None]
        when = torch.minimum(when.clamp(min=0), last.float())
        low = when.long()
        share = (when - low)[..., None]
        at = self._start[clip][:, None]
        low, high = at + low, at + torch.minimum(low + 1, last)
        # Neighbours at 60 fps are so close that a straight line between quaternions will do; what it lacks in
        # length makes no difference to those who use it.
        rotations = torch.lerp(self._rotations[low], self._rotations[high], share[..., None])
        return Motion(rotations, torch.lerp(self._root[low], self._root[high], share))

    def see(
        self, motion: Motion, generator: torch.Generator, rate: Tensor | float = 30.0
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features and targets (B, L, J, 3) and the virtual cameras' rotations (B, L, 3, 3)."""
        view = self.film(motion, generator, rate)
        joints, score, lens = (part.numpy() for part in (view.joints, view.score, view.intrinsics))
        shown = normalise(joints, score, lens, HIP, self.window)
        features, rotation = (torch.from_numpy(part) for part in shown)
        target = (view.points - view.points[:, :, HIP : HIP + 1]) @ rotation.mT
        return features, target, rotation

    def film(self, motion: Motion, generator: torch.Generator, rate: Tensor | float = 30.0) -> View:
        """What a detector makes of some body in a motion before some camera. rate: (B,) frames a second."""
        effects = self.effects
        if effects.mixing:
            motion = mix(motion, effects.mixing, generator)
        if effects.mutation:
            bent = mutate(motion.rotations, effects.mutation, effects.mutation_size, generator)
            motion = replace(motion, rotations=bent)
        if effects.mirror:
            motion = mirror(motion, 0.5, generator)
        bodies = draw_bodies(len(motion.root), effects.proportions, effects.surface, generator)
        points = pose_bodies(motion.rotations, motion.root, bodies)
        points, true, assumed, size = film(points, generator)
        points, surface = points.split(len(H36M_19), dim=2)
        joints = project(surface, true)
        if effects.noise:
            height = true[:, None, 0] * STATURE / points[:, :, HIP, 2]
            joints, score = detect(
                joints, height, size, generator, body=points, rate=rate, margin=effects.margin
            )
        else:
            joints, score = mid_joints(joints, torch.ones_like(joints[..., 0]))
        return View(points, joints, score, assumed)


def _path(points: np.ndarray) -> np.ndarray:
    """(T, 3): the hip's path in metres of somebody STATURE tall, by the length of the legs."""
    leg = [H36M_19.index(n) for n in ("RHip", "RKnee", "RAnkle")]
    thigh, shin = points[:, leg[1]] - points[:, leg[0]], points[:, leg[2]] - points[:, leg[1]]
    length = np.linalg.norm(thigh, axis=-1).mean() + np.linalg.norm(shin, axis=-1).mean()
    return (points[:, HIP] * (_LEG / max(length, 1e-9))).astype(np.float32)
