"""Clips drawn plainly instead of traced: ``python -m bench.rendered.drawn --clips DIR --out DIR``.

What perform.py made (DIR/NAME/body.npz) is painted face by face, far ones first, in flat light: ten seconds a
clip where Cycles takes minutes, and near enough for what a detector sees wrong. Clips with furniture are left
out, for nobody casts rays here to say what it hides. Writes OUT/NAME/video.mp4, truth.npz and body.npz, which
``bench.measured_detections`` takes like filmed clips. Runs in the engine's environment.
"""

from __future__ import annotations

import argparse
import colorsys
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from engine.train.people.dress import MATERIALS

from .camera import FilmCamera
from .finish import encode, write_exact

_FINER = 2  # times the size at which faces are painted, to smooth their edges
_HAIR = ((0.15, 0.1, 0.08), (0.25, 0.16, 0.1), (0.4, 0.3, 0.2), (0.6, 0.5, 0.35), (0.6, 0.6, 0.6))
_BARE = ("skin", "eyes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    for path in tqdm(sorted(args.clips.glob("*/body.npz")), unit="clip"):
        with np.load(path) as stored:
            body = {name: stored[name] for name in stored.files}
        target = args.out / path.parent.name
        if not len(body["boxes"]) and not (target / "truth.npz").is_file():
            target.mkdir(parents=True, exist_ok=True)
            draw(body, path.parent.name, target)
            shutil.copy(path, target / "body.npz")


def draw(body: dict[str, np.ndarray], name: str, target: Path) -> None:
    """Write target/video.mp4 and target/truth.npz. name: draws colours and light."""
    camera = FilmCamera(tuple(body["intrinsics"].tolist()), body["origin"], body["rotation"])
    size = tuple(body["size"].tolist())
    encode(
        target / "video.mp4", _pictures(body, camera, np.random.default_rng(zlib.crc32(name.encode()))), size
    )
    joints, keypoints = (np.ones(body[part].shape[:2], bool) for part in ("joints", "keypoints"))
    write_exact(target / "truth.npz", body, camera, joints, keypoints)


def _pictures(
    body: dict[str, np.ndarray], camera: FilmCamera, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    colour = _colours(body, rng)
    sun = rng.normal(size=3) + np.array([0.0, 0.0, 0.6])
    sun *= rng.uniform(0.2, 0.8) / np.linalg.norm(sun)
    ambient, grain, soft = rng.uniform(0.4, 0.8), rng.uniform(1.5, 5.0), rng.uniform(0.35, 0.8)
    points, places = camera.view(body["vertices"]), camera.project(body["vertices"])
    width, height = body["size"]
    behind = body["backdrop"]
    top, left = (behind.shape[0] - height) // 2, (behind.shape[1] - width) // 2
    behind = cv2.resize(behind[top : top + height, left : left + width], None, fx=_FINER, fy=_FINER)
    for frame in range(len(points)):
        corners = body["vertices"][frame][body["faces"]].astype(np.float64)
        normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
        light = np.clip(normal @ sun, 0, None) + ambient * (0.75 + 0.25 * normal[:, 2])
        shade = np.clip(255 * colour * light[:, None], 0, 255)
        flat, depth = places[frame][body["faces"]], points[frame][body["faces"]][..., 2].mean(axis=1)
        shown = np.isfinite(flat).all(axis=(1, 2))
        shown &= (normal * (body["origin"] - corners.mean(axis=1))).sum(axis=1) > 0
        picture = behind.copy()
        for face in np.flatnonzero(shown)[np.argsort(-depth[shown])]:
            corner = np.round(flat[face] * _FINER * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, corner, shade[face].tolist(), shift=4)
        picture = cv2.resize(picture, (int(width), int(height)), interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        picture = cv2.GaussianBlur(picture, (0, 0), soft) + rng.normal(0, grain, (height, width, 1))
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _colours(body: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(faces, 3): skin as it is, clothes of two colours each, plain, striped, checked or blotched."""
    place = body["rest"][body["faces"]].mean(axis=1)
    colour = body["colour"][body["faces"]].mean(axis=1) ** (1 / 2.2)
    for number, name in enumerate(MATERIALS):
        own = body["material"] == number
        if name in _BARE:
            continue
        one, other = _cloth(rng), _cloth(rng)
        if name == "hair":
            one = other = np.array(_HAIR[rng.integers(len(_HAIR))])
        at = place[own]
        patterns = (
            np.zeros(len(at), bool),
            np.sin(at[:, rng.integers(3)] * rng.uniform(40, 120)) > 0,
            np.floor(at * rng.uniform(10, 30)).sum(axis=1) % 2 > 0,
            np.sin(at @ rng.normal(0, 25, 3)) + np.sin(at @ rng.normal(0, 25, 3)) > 0.5,
        )
        pattern = patterns[rng.choice(4, p=[0.45, 0.2, 0.15, 0.2])]
        colour[own] = np.where(pattern[:, None], other, one) * (1 + 0.08 * rng.normal(size=(len(at), 1)))
    return colour


def _cloth(rng: np.random.Generator) -> np.ndarray:
    value = rng.uniform(0.05, 0.25) if rng.random() < 0.3 else rng.uniform(0.25, 0.9)
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.choice([0.1, rng.uniform(0.2, 0.9)]), value))


if __name__ == "__main__":
    main()
