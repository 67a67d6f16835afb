"""What became of a batch: a table for people, JSON for programs, an exit code for scripts."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DONE, UP_TO_DATE, FAILED, ELSEWHERE, LEFT = "done", "up to date", "failed", "elsewhere", "not done"
SOME = 6
"""Exit code: some clips went through and some did not."""
_MIXED = 1  # none went through, for different reasons


@dataclass(frozen=True)
class Outcome:
    """What became of one clip. code: its exit code. message: why it failed. facts: of its report."""

    label: str
    status: str
    code: int = 0
    message: str = ""
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "clip": self.label,
            "status": self.status,
            "exit_code": self.code,
            "message": self.message,
            "seconds": round(self.seconds, 2),
            **self.facts,
        }


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 if none failed, SOME if some did, else what they have in common: their code, or 1."""
    codes = {o.code for o in outcomes if o.status == FAILED}
    if not codes:
        return 0
    if any(o.status in (DONE, UP_TO_DATE, ELSEWHERE) for o in outcomes):
        return SOME
    return codes.pop() if len(codes) == 1 else _MIXED


def table(outcomes: Sequence[Outcome]) -> str:
    """A line a clip, then how many became what."""
    wide = max([len(o.label) for o in outcomes] + [4])
    lines = [f"{'clip':{wide}s}  {'result':10s}  {'seconds':>7s}  frames"]
    for o in outcomes:
        frames = o.facts.get("frames")
        why = (o.message.splitlines() or [""])[0]
        tail = why if o.status == FAILED else "" if frames is None else str(frames)
        lines.append(f"{o.label:{wide}s}  {o.status:10s}  {o.seconds:7.1f}  {tail}".rstrip())
    counts = Counter(o.status for o in outcomes)
    told = [f"{counts[s]} {s}" for s in (DONE, UP_TO_DATE, ELSEWHERE, FAILED, LEFT) if counts[s]]
    return "\n".join([*lines, f"{len(outcomes)} clips: {', '.join(told)}."])


def write_report(path: Path, outcomes: Sequence[Outcome]) -> Path:
    """All outcomes as JSON. Raises OSError; nothing half-written stays."""
    counts = Counter(o.status for o in outcomes)
    content = {
        "exit_code": exit_code(outcomes),
        "clips": [o.to_dict() for o in outcomes],
        "counts": {status.replace(" ", "_"): number for status, number in counts.items()},
    }
    half = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise
    return path
