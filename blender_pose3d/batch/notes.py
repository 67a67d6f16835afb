"""What a clip leaves beside its results: which files are its own, now and from earlier runs."""

from __future__ import annotations

from typing import Any

NOTE = ".done.json"
"""The note of clip NAME is called NAME.done.json."""


def results_of(noted: dict[str, Any]) -> set[str]:
    """Names of all results that a note lists, of its run and of earlier ones."""
    lists = [noted.get(key) for key in ("files", "earlier")]
    return {name for one in lists if isinstance(one, dict | list) for name in one if isinstance(name, str)}
