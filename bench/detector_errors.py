"""Measure a detector's errors on rendered clips and make the file that training draws from.

``.venv-engine/bin/python -m bench.detector_errors --measured DIR -o engine/train/detector_errors.json``
reads each clip's truth.npz and seen.NETWORK.npz below DIR (bench/rendered makes the one, evaluation on
rendered clips the other), prints what was found and how well the error model imitates it.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.errors import BadInput, EngineError
from engine.train.detector_errors import HIDDEN, KINDS, from_dict
from engine.train.fit_errors import fit
from engine.train.residuals import KIND_OF, Footage, Residuals, residuals

from .detector_footage import imitation, read_footage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measured", type=Path, nargs="+", required=True, help="folders of clips")
    parser.add_argument("--network", nargs="+", default=["blazepose-full", "blazepose-heavy"])
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    try:
        clips = [c for f in args.measured for n in args.network for c in read_footage(f, n)]
        if not clips:
            raise BadInput(f"{args.measured[0]} holds no clips seen by {args.network[0]}.")
    except EngineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    numbers = {"networks": args.network, "clips": len(clips), **fit(clips)}
    print(summary(numbers))
    print(comparison(clips, numbers))
    if args.out:
        part = args.out.with_name(args.out.name + ".part")
        part.write_text(_compact(numbers), encoding="utf-8")
        part.replace(args.out)
    return 0


def _compact(numbers: dict) -> str:
    """JSON, a line a joint."""
    lines = [
        f' "{key}": ' + (
            "{\n" + ",\n".join(f'  "{k}": {json.dumps(v)}' for k, v in value.items()) + "\n }"
            if isinstance(value, dict) else json.dumps(value)
        )
        for key, value in numbers.items()
    ]  # fmt: skip
    return "{\n" + ",\n".join(lines) + "\n}\n"


def summary(numbers: dict) -> str:
    """What was measured, beside the tables."""
    lines = [f"{numbers['clips']} clips, {numbers['frames']} frames, {numbers['points']} points"]
    for name in ("error_course", "score_course"):
        part = numbers[name]
        shares = np.mean(list(part["shares"].values()), axis=0).round(2)
        lines.append(f"{name}: shares constant, slow, quick {shares}, seconds {part['seconds']}")
    lines.append(f"scores in common {numbers['person']:.2f}; along limbs {numbers['links']}")
    lines.append(f"behind things {numbers['behind']} times as far off")
    lines.append(f"swapped sides {numbers['swaps']}")
    lines += [f"{kind:9} mean error (left, up, front) {numbers['bias'][kind]}" for kind in KINDS]
    return "\n".join(lines)


def comparison(clips: list[Footage], numbers: dict) -> str:
    """Quantiles of errors, jitter and scores, measured and imitated; thousandths of the person's height."""
    errors = from_dict(numbers)
    real = [residuals(replace(c, inside=c.inside & ~c.behind)) for c in clips]
    drawn = [residuals(imitation(c, errors, seed)) for seed, c in enumerate(clips)]
    head = ("median", "90 %", "99 %", "jitter", "jit 95 %", "score 10 %", "score 50 %", "unseen")
    lines = [f"{'':9}" + "".join(f"{h:>16}" for h in head)]
    for row, kind in enumerate(KINDS):
        cells = zip(_figures(real, row), _figures(drawn, row), strict=True)
        lines.append(f"{kind:9}" + "".join(f"{a:8.2f}/{b:7.2f}" for a, b in cells))
    lines += ["", "median error by the score's decile"]
    for row, kind in enumerate(KINDS):
        cells = zip(_by_decile(real, row), _by_decile(drawn, row), strict=True)
        lines.append(f"{kind:9}" + "".join(f"{a:6.1f}/{b:5.1f}" for a, b in cells))
    lines += ["", "hidden: share, median error, median score"]
    for row, kind in enumerate(KINDS):
        cells = zip(_hidden(real, row), _hidden(drawn, row), strict=True)
        lines.append(f"{kind:9}" + "".join(f"{a:8.2f}/{b:7.2f}" for a, b in cells))
    return "\n".join(lines)


def _of(found: list[Residuals], row: int) -> list[tuple[np.ndarray, np.ndarray]]:
    joints = row == KIND_OF
    return [(1000 * r.error[:, joints], 1 / (1 + np.exp(-r.logit[:, joints]))) for r in found]


def _figures(found: list[Residuals], row: int) -> list[float]:
    parts = _of(found, row)
    length = np.concatenate([np.linalg.norm(e, axis=-1).ravel() for e, _ in parts])
    jitter = np.concatenate([np.linalg.norm(np.diff(e, axis=0), axis=-1).ravel() for e, _ in parts])
    score = np.concatenate([s[np.isfinite(e[..., 0])] for e, s in parts])
    known = length[np.isfinite(length)]
    return [
        *np.quantile(known, (0.5, 0.9, 0.99)),
        np.nanmedian(jitter),
        np.nanquantile(jitter, 0.95),
        *np.quantile(score, (0.1, 0.5)),
        np.mean(np.isnan(length)),
    ]


def _by_decile(found: list[Residuals], row: int) -> list[float]:
    parts = _of(found, row)
    length = np.concatenate([np.linalg.norm(e, axis=-1).ravel() for e, _ in parts])
    score = np.concatenate([s.ravel() for _, s in parts])[np.isfinite(length)]
    length = length[np.isfinite(length)]
    return [float(np.median(part)) for part in np.array_split(length[np.argsort(score)], 10)]


def _hidden(found: list[Residuals], row: int) -> list[float]:
    joints = row == KIND_OF
    cover = np.concatenate([(r.sight[:, joints] == HIDDEN).ravel() for r in found])
    length = np.concatenate([1000 * np.linalg.norm(r.error[:, joints], axis=-1).ravel() for r in found])
    score = np.concatenate([1 / (1 + np.exp(-r.logit[:, joints].ravel())) for r in found])
    at = cover & np.isfinite(length)
    none = not at.any()
    return [
        float(at.mean()),
        0.0 if none else float(np.median(length[at])),
        0.0 if none else float(np.median(score[at])),
    ]


if __name__ == "__main__":
    sys.exit(main())
