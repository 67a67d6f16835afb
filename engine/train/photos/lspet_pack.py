"""LSP extended as a pack: held-out photos as they were labelled, the others put right with the teacher."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...pose2d.base import PoseNetwork
from ..packs import PackWriter
from .duplicates import like_any, thumbnails
from .labelled import JOINTS, Photos, write_rows
from .lspet import HALPE, held_out, read_lspet
from .repair import ARMS, LEGS, NEAR, NECK, Repaired, doubtful, repair
from .teacher import Seen, region_of_labels, watch

Tell = Callable[[str, int, int], None]
_FEWEST = 6  # labels of a photo worth learning from
_TEST_WEIGHT = np.ones(JOINTS)
_TEST_WEIGHT[NECK] = 0.5  # LSP's neck is not Halpe's, and held-out labels stay as they are
_LABELS = ("joints", "known", "visible")


def pack_lspet(
    archive: Path, out: Path, teacher: PoseNetwork, until: float, tell: Tell = lambda *_: None
) -> dict[str, object]:
    """Write OUT/lspet-*.npz and OUT/lspet.json; what was found, as in the latter.

    until: time.monotonic() after which the teacher looks at no more photos; those left go by their labels
    alone. What it saw is kept in OUT/teacher, so that the next call goes on. Raises BadInput for a file that
    is not the archive.
    """
    photos = read_lspet(archive)
    test = held_out(photos)
    thumbs = thumbnails(photos.data)
    whole = np.isfinite(thumbs[:, 0])
    alike = like_any(np.nan_to_num(thumbs), thumbs[test & whole]) & ~test
    few = photos.known.sum(axis=1) < _FEWEST
    train = upside_down_first(photos.subset(np.flatnonzero(whole & ~test & ~alike & ~few)))

    kept = out / "teacher"
    first = watch(train, teacher, kept, 0, until=until, tell=lambda d, n: tell("teacher", d, n))
    second = _second_look(train, first, teacher=teacher, kept=kept, until=until, tell=tell)
    repaired = repair(train, first, second)
    with PackWriter(out, "lspet") as writer:
        write_rows(writer, replace(train, **{k: getattr(repaired, k) for k in _LABELS}), repaired.weight)
        held = photos.subset(np.flatnonzero(test & whole))
        write_rows(writer, held, held.known * _TEST_WEIGHT, "test")
    report = {
        "photos": len(photos),
        "unreadable": int((~whole).sum()),
        "test": int((test & whole).sum()),
        "train": len(train),
        "left_out_like_a_test_photo": int(alike.sum()),
        "left_out_few_labels": int((few & ~test & ~alike).sum()),
        "teacher": {"network": teacher.name, "seen": int(np.isfinite(first.presence).sum()),
                    "seen_mirrored": int(np.isfinite(second.presence).sum())},
        **findings(repaired),
        "pieces": {path.name: path.stat().st_size for path in writer.pieces},
    }  # fmt: skip
    _write_json(out / "lspet.json", report)
    return report


def upside_down_first(photos: Photos) -> Photos:
    """The photos by how far people are tilted: upside down, sides are exchanged three times as often, and a
    teacher without time for all looks there first."""
    regions = (region_of_labels(j, k) for j, k in zip(photos.joints, photos.known, strict=True))
    tilt = np.array([abs(np.arctan2(np.sin(r.angle), np.cos(r.angle))) for r in regions])
    return photos.subset(np.argsort(-tilt, kind="stable"))


def findings(repaired: Repaired) -> dict[str, object]:
    """What repairing did, in numbers: people, joints, and shares of labels within 0.2 of the teacher."""

    def near(off: np.ndarray) -> float:
        labelled = off[:, HALPE]
        known = np.isfinite(labelled)
        return round(float((labelled[known] < NEAR).mean()), 4) if known.any() else float("nan")

    return {
        "sides_exchanged": {"all limbs": int(repaired.exchanged.sum()),
                            "arms alone": int(repaired.arms.sum()),
                            "legs alone": int(repaired.legs.sum())},
        "sides_doubted": {"arms": int(repaired.doubted[:, ARMS].any(axis=1).sum()),
                          "legs": int(repaired.doubted[:, LEGS].any(axis=1).sum())},
        "outliers_left_out": int(repaired.outliers.sum()),
        "joints_added": int(repaired.added.sum()),
        "agreement_before": near(repaired.before),
        "agreement_after": near(repaired.after),
    }  # fmt: skip


def _second_look(
    train: Photos, first: Seen, *, teacher: PoseNetwork, kept: Path, until: float, tell: Tell
) -> Seen:
    rows = np.flatnonzero(doubtful(train, first))
    seen = watch(
        train.subset(rows), teacher, kept, 1, until=until, tell=lambda d, n: tell("second look", d, n)
    )
    second = Seen(*(np.full_like(a, np.nan) for a in (first.joints, first.score, first.presence)))
    second.joints[rows], second.score[rows], second.presence[rows] = seen.joints, seen.score, seen.presence
    return second


def _write_json(path: Path, content: dict[str, object]) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    temporary.replace(path)
