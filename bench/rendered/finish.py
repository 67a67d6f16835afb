"""Pictures before their backdrop, as a video, and the truth beside it: ``python -m bench.rendered.finish``.

Runs in the engine's environment on one clip's folder, once Blender has filmed it. Writes video.mp4 (H.264,
visually lossless, 30 fps) and truth.npz.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.evaluate.truth import Truth, write_truth

from .border import border, shrink
from .camera import FilmCamera

FPS = 30
_SHADOW, _FADE = 0.75, 30  # alpha of the deepest; px
_SMOOTH = 0.75  # px, against the noise of few samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    for folder in parser.parse_args().folders:
        finish(folder)


def finish(folder: Path) -> None:
    """Write folder/video.mp4 and folder/truth.npz from body.npz, visible.npz and frames/."""
    with np.load(folder / "body.npz") as stored:
        body = {name: stored[name] for name in stored.files}
    with np.load(folder / "visible.npz") as stored:
        seen = {name: stored[name] for name in stored.files}
    camera = FilmCamera(tuple(body["intrinsics"].tolist()), body["origin"], body["rotation"])
    write_exact(folder / "truth.npz", body, camera, seen["joints"], seen["keypoints"])
    encode(folder / "video.mp4", _pictures(folder, body), tuple(body["size"].tolist()))


def write_exact(
    path: Path,
    body: dict[str, np.ndarray],
    camera: FilmCamera,
    joints_visible: np.ndarray,
    keypoints_visible: np.ndarray,
) -> None:
    """The truth of a performed body as a camera saw it. Visible: (T, 19) and (T, 26) bool."""
    truth = Truth(
        intrinsics=body["intrinsics"],
        size=body["size"],
        stature=body["stature"],
        joints3d=camera.view(body["joints"]),
        joints2d=camera.project(body["joints"]),
        keypoints2d=camera.project(body["keypoints"]),
        joints_visible=joints_visible,
        keypoints_visible=keypoints_visible,
    )
    write_truth(path, truth)


def _pictures(folder: Path, body: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    import cv2

    rng = np.random.default_rng(int(body["vertices"][0, 0, 0] * 1e6) % 2**31)
    width, height = body["size"]
    grain, soft = rng.uniform(1.5, 5.0), rng.uniform(0.35, 0.8)
    forward = body["rotation"][:, 2]
    yaw = np.arctan2(forward[:, 0], forward[:, 1])
    pitch = np.arcsin(forward[:, 2])
    focal = body["intrinsics"][0]
    middle = body["rotation"][len(yaw) // 2, 2]
    shift = (
        np.tan(yaw - np.arctan2(middle[0], middle[1])) * focal,
        np.tan(pitch - np.arcsin(middle[2])) * focal,
    )
    place, half = body["backdrop"], shrink(body)
    for frame in range(len(yaw)):
        x = int(np.clip((place.shape[1] - width) / 2 + shift[0][frame], 0, place.shape[1] - width))
        y = int(np.clip((place.shape[0] - height) / 2 - shift[1][frame], 0, place.shape[0] - height))
        picture = place[y : y + height, x : x + width].astype(np.float32)
        drawn = cv2.imread(str(folder / "frames" / f"{frame:04d}.png"), cv2.IMREAD_UNCHANGED)
        left, right, top, bottom = border(body, frame)
        if drawn.shape[:2] != ((bottom - top) // half, (right - left) // half):
            raise RuntimeError(f"{folder.name}: picture {frame} is {drawn.shape}, not as its border says")
        alpha = drawn[..., 3:].astype(np.float32) / 255
        layer = np.concatenate([drawn[..., 2::-1] * alpha, alpha], axis=-1)
        layer = cv2.GaussianBlur(layer, (0, 0), _SMOOTH) * _fading(alpha, half)
        layer = cv2.resize(layer, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        part = picture[top:bottom, left:right]
        part[:] = part * (1 - layer[..., 3:]) + layer[..., :3]
        picture = cv2.GaussianBlur(picture, (0, 0), soft)
        picture += rng.normal(0, grain, (height, width, 1)) + rng.normal(0, grain / 2, picture.shape)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _fading(alpha: np.ndarray, half: int) -> np.ndarray:
    """(h, w, 1): shadows fade out towards the edges of what was rendered, which would cut them off."""
    height, width = alpha.shape[:2]
    across, down = np.arange(width), np.arange(height)
    away = np.minimum(np.minimum(across, across[::-1])[None], np.minimum(down, down[::-1])[:, None])
    shadow = alpha < _SHADOW
    return np.where(shadow, np.clip(away * half / _FADE, 0, 1)[..., None], 1.0).astype(np.float32)


def encode(target: Path, pictures: Iterator[np.ndarray], size: tuple[int, int]) -> None:
    import av

    part = target.with_name(".part.mp4")
    with av.open(str(part), "w") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(FPS), options={"crf": "12", "preset": "veryfast"}
        )
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    part.replace(target)


if __name__ == "__main__":
    main()
