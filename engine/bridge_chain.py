"""A plausible place for joints nobody saw, hung on those that were seen.

Every bone has an expected offset in the picture: what this person's bone last showed, else that of an average
standing figure turned and sized like this person. Unseen joints are placed so that all offsets are met as
well as possible: a weighted least-squares problem on the skeleton's tree, one small linear system a frame.
"""

from __future__ import annotations

import cv2
import numpy as np

from blender_pose3d.skeleton import H36M_19

# Offset from the parent of somebody who stands facing the camera, as a fraction of stature, x to the right of
# the picture (the person's left), y down. After Drillis and Contini 1966 and Winter, Biomechanics, 2009.
_STANDING = {
    "RHip": (-0.055, 0.0), "RKnee": (0.0, 0.245), "RAnkle": (0.0, 0.245), "RToe": (-0.01, 0.04),
    "LHip": (0.055, 0.0), "LKnee": (0.0, 0.245), "LAnkle": (0.0, 0.245), "LToe": (0.01, 0.04),
    "Spine": (0.0, -0.1325), "Thorax": (0.0, -0.1325), "Neck": (0.0, -0.115), "Head": (0.0, -0.09),
    "LShoulder": (0.103, 0.0), "LElbow": (0.0, 0.165), "LWrist": (0.0, 0.145),
    "RShoulder": (-0.103, 0.0), "RElbow": (0.0, 0.165), "RWrist": (0.0, 0.145),
}  # fmt: skip
_FOOT_FORWARD = 0.115
_NOSE_BEFORE_EARS = 0.065

_BONES = H36M_19.bones
_OFFSETS = np.array([_STANDING[H36M_19.joints[child]] for _, child in _BONES])
_AT = {name: H36M_19.index(name) for name in H36M_19.joints}
_TOES = [(b, _AT[side + "Knee"], _AT[side + "Ankle"]) for side in "RL" for b in (_AT[side + "Toe"] - 1,)]
_SURE = 0.25
_AT_ONCE = 1024  # frames, each with a matrix of its own
_EVEN, _REACH = 3.0, 25  # frames, deviation and length of the Gaussian that evens sizes out
_DOWN = np.array([0.0, 1.0])


def place_unseen(
    points: np.ndarray, score: np.ndarray, face: np.ndarray, usual: float, out: np.ndarray
) -> None:
    """Points (T, 19, 2) px of one person with every NaN joint placed, into `out`; all NaN where nobody is.

    score: (T, 19); a bone between joints of a low score says nothing about how long and where it usually is.
    face: (T,) px by which the nose stands right of the ears, NaN where unknown; toes never seen point there.
    usual: px, the stature of somebody of whom not a single bone is seen.
    """
    out[...] = points
    seen = np.isfinite(points[..., 0])
    frame = np.flatnonzero(seen.any(axis=1))
    if not len(frame) or seen[frame].all():
        return
    figure = _Figure(points, score, face, frame, usual)
    for first in range(0, len(frame), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        now = frame[part]
        filled = _meet_offsets(points[now], seen[now], figure.offsets(part))
        spine, unseen = _AT["Spine"], ~seen[now, _AT["Spine"]]
        filled[unseen, spine] = (filled[unseen, _AT["Hip"]] + filled[unseen, _AT["Thorax"]]) / 2
        out[now] = filled


class _Figure:
    """Where a person's bones are expected: what must be known of all frames to tell it of some.

    frame: (N,) those of points (T, 19, 2), score (T, 19) and face (T,) in which the person is.
    """

    def __init__(
        self, points: np.ndarray, score: np.ndarray, face: np.ndarray, frame: np.ndarray, usual: float
    ) -> None:
        self._points, self._frame = points, frame
        parts = [slice(first, first + _AT_ONCE) for first in range(0, len(frame), _AT_ONCE)]
        fit = [_fit(self._bones(frame[part])) for part in parts]
        roughly = _stature(np.concatenate(fit, axis=-1), frame, usual)
        self._known = np.empty((len(_BONES), len(frame)), dtype=bool)
        fit = []
        for part in parts:
            observed, sure = self._bones(frame[part]), score[frame[part]]
            # Networks squeeze guesses into the picture: legs cut by its edge come out short and folded.
            guessed = np.minimum(sure[:, _BONES[:, 1]], sure[:, _BONES[:, 0]]) < _SURE
            observed[guessed] = np.nan
            self._known[:, part] = np.isfinite(observed[..., 0]).T
            fit.append(_fit(observed))
        self._size = _stature(np.concatenate(fit, axis=-1), frame, roughly)
        turn = np.concatenate([self._turn(part) for part in parts])
        self._turned = np.clip(_interpolate(turn, frame, 1.0), -1.0, 1.0)
        ahead = face[frame] / (_NOSE_BEFORE_EARS * self._size)
        self._forward = np.clip(_interpolate(ahead, frame, 0.0), -1.0, 1.0)

    def offsets(self, part: slice) -> np.ndarray:
        """(n, B, 2) px in some of the frames, parent to child: held from the sightings nearest in time, else
        the standing figure's."""
        expected = self._standing(part)
        frame, size = self._frame[part], self._size[part]
        for bone, (parent, child) in enumerate(_BONES):
            known = np.flatnonzero(self._known[bone])
            if len(known):
                # the nearest sightings before and after these frames are all that counts
                first, last = np.searchsorted(known, (part.start, part.start + len(frame)))
                known = known[max(first - 1, 0) : last + 1]
                at = self._frame[known]
                share = (self._points[at, child] - self._points[at, parent]) / self._size[known, None]
                held = np.stack([np.interp(frame, at, share[:, axis]) for axis in (0, 1)], axis=-1)
                expected[:, bone] = held * size[:, None]
        return expected

    def _bones(self, frame: np.ndarray) -> np.ndarray:
        """(n, B, 2) px, NaN where unseen."""
        points = self._points[frame]
        return np.asarray(points[:, _BONES[:, 1]] - points[:, _BONES[:, 0]])

    @staticmethod
    def _axes(points: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, 2) each, down and across the trunk."""
        trunk = points[:, _AT["Hip"]] - points[:, _AT["Thorax"]]
        down = _unit(np.nan_to_num(trunk) + 0.02 * size[:, None] * _DOWN)
        return down, np.stack([down[:, 1], -down[:, 0]], axis=-1)

    def _turn(self, part: slice) -> np.ndarray:
        """(n,) 1 for who faces the camera, -1 for who turns the back, NaN where it cannot be told."""
        points, size = self._points[self._frame[part]], self._size[part]
        across = self._axes(points, size)[1]
        widths = []
        for joint, width in (("Shoulder", 0.206), ("Hip", 0.11)):
            line = points[:, _AT["L" + joint]] - points[:, _AT["R" + joint]]
            widths.append((line * across).sum(-1) / (width * size))
        return np.where(np.isnan(widths[0]), widths[1], widths[0])

    def _standing(self, part: slice) -> np.ndarray:
        """(n, B, 2) px: the standing figure, leaning with the trunk and narrowed as the person turns."""
        points, size = self._points[self._frame[part]], self._size[part]
        down, across = self._axes(points, size)
        turn, forward = self._turned[part, None, None], self._forward[part]
        offsets = size[:, None, None] * (
            turn * _OFFSETS[:, 0, None] * across[:, None] + _OFFSETS[:, 1, None] * down[:, None]
        )
        for bone, knee, ankle in _TOES:
            shank = np.nan_to_num(points[:, ankle] - points[:, knee])
            along = _unit(shank + 0.05 * size[:, None] * down)
            ahead = np.stack([along[:, 1], -along[:, 0]], axis=-1)
            side = turn[:, 0] * _OFFSETS[bone, 0]
            offsets[:, bone] = size[:, None] * (
                (forward[:, None] * _FOOT_FORWARD + side) * ahead + _OFFSETS[bone, 1] * along
            )
        return np.asarray(offsets)


def _fit(observed: np.ndarray) -> np.ndarray:
    """(2, n): sums of squared lengths of the bones seen, (n, B, 2) px, and of the standing figure's."""
    known = np.isfinite(observed[..., 0])
    length = np.where(known, np.nansum(observed**2, axis=-1), 0.0).sum(axis=1)
    return np.stack([length, (known * (_OFFSETS**2).sum(-1)).sum(axis=1)])


def _stature(fit: np.ndarray, frame: np.ndarray, otherwise: np.ndarray | float) -> np.ndarray:
    """(T,) px: the stature whose standing figure has bones as long as those seen, in the mean square.

    fit: (2, T) of ``_fit``.
    """
    length, nominal = fit
    sure = length > 0
    if not sure.any():
        return np.broadcast_to(otherwise, len(frame))
    size = np.sqrt(length[sure] / nominal[sure])
    told = np.interp(frame, frame[sure], size)
    # OpenCV is loaded anyway, while scipy's filters take half a second
    return cv2.GaussianBlur(told[:, None], (1, _REACH), _EVEN, borderType=cv2.BORDER_REPLICATE)[:, 0]


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.where(length > 0, vector / np.where(length > 0, length, 1.0), _DOWN)


def _interpolate(values: np.ndarray, frame: np.ndarray, otherwise: float) -> np.ndarray:
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), otherwise)
    return np.interp(frame, frame[known], values[known])


def _meet_offsets(points: np.ndarray, seen: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Minimise sum over bones of w |child - parent - expected|^2 with the seen joints fixed.

    A short bone says more about its other end than a long one: w = 1 / length^2 of the standing figure.
    """
    parent, child = _BONES[:, 0], _BONES[:, 1]
    weight = 1.0 / np.maximum((_OFFSETS**2).sum(-1), 0.05**2)
    incidence = np.zeros((len(_BONES), points.shape[1]))
    rows = np.arange(len(_BONES))
    incidence[rows, parent], incidence[rows, child] = -1.0, 1.0
    laplacian = incidence.T @ (weight[:, None] * incidence)
    pull = np.einsum("bj,b,tbx->tjx", incidence, weight, expected)
    fixed, free = np.where(seen[..., None], points, 0.0), ~seen
    # Rows and columns of the seen joints become the identity; their values move to the right-hand side.
    system = laplacian * (free[:, :, None] & free[:, None, :]) + np.eye(points.shape[1]) * ~free[:, None, :]
    right = np.where(free[..., None], pull - np.einsum("ij,tjx->tix", laplacian, fixed), fixed)
    return np.linalg.solve(system, right)
