"""The documentation speaks of files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", "docs/architecture.md"]
MADE_BY_THE_READER = {"blender_pose3d/rigs/studio.json"}


@pytest.mark.parametrize("page", PAGES)
def test_files_named_in_a_page_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = set(re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|json|toml|md))`", text)) - MADE_BY_THE_READER
    linked = {
        (ROOT / page).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    }
    missing = [name for name in sorted(named | linked) if not (ROOT / name).exists()]
    assert not missing
    assert named | linked, "the pattern still finds names"
