"""Figures into files: JSON, and the card of a weight file, between the marks that it has for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def write_figures(path: Path, figures: str) -> None:
    """Into a file that marks where figures stand, between its marks; else the figures alone.

    The file is replaced at once or not at all.
    """
    text = figures + "\n"
    if path.exists():
        before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            text = f"{before}{begin}\n\n{text}\n{end}{after}"
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, result: dict[str, Any]) -> None:
    """Figures as JSON, the file replaced at once or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
