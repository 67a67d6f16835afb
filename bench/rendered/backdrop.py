"""What stands behind the person: a photograph that shows nobody, or a made-up place."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .plan import SETS, Scene

_PURPOSE = 3
_WIDER = 1.5  # than the picture, for cameras that turn
_SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}


class Backdrops:
    """Photographs below a folder, each set its own; None for made-up places."""

    def __init__(self, folder: Path | None, which: str) -> None:
        number = list(SETS).index(which)
        files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES) if folder else []
        self._files = files[number :: len(SETS)]

    def choose(self, scene: Scene) -> np.ndarray:
        """(H, W, 3) uint8 RGB, at least as large as the picture."""
        import cv2

        rng = scene.rng(_PURPOSE)
        image = None
        for at in rng.permutation(len(self._files)):
            image = cv2.imread(str(self._files[at]))
            if image is not None and not _shows_somebody(image):
                break
        if image is None:
            image = _made_up(rng)
        width, height = scene.size
        scale = max(width * (_WIDER if scene.pan else 1.05) / image.shape[1], height * 1.05 / image.shape[0])
        return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)[..., ::-1]


def _shows_somebody(image: np.ndarray) -> bool:
    from engine.pose2d.registry import load_detector

    _, score = load_detector("cpu").detect(np.ascontiguousarray(image[..., ::-1]))
    return bool((score > 0.25).any())


def _made_up(rng: np.random.Generator) -> np.ndarray:
    """A wall, a floor and boxes of all colours, (H, W, 3)."""
    image = np.empty((240, 320, 3))
    horizon = int(rng.uniform(110, 170))
    image[:horizon], image[horizon:] = rng.uniform(60, 220, (2, 3))
    for _ in range(rng.integers(4, 14)):
        x, y = rng.integers(0, 300), rng.integers(0, 200)
        image[y : y + rng.integers(10, 90), x : x + rng.integers(5, 70)] = rng.uniform(20, 235, 3)
    return np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
