"""The documentation speaks of files, modules and options that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for where in (".", "docs", "weights")
    for page in (ROOT / where).glob("*.md")
)
SOURCES = ("engine", "blender_pose3d", "operators", "bench", "demo")
OF_OTHERS = {"--array", "--command", "--group", "--no-deps"}  # Slurm's, Blender's and pip's
MADE_BY_THE_READER = {"blender_pose3d/rigs/studio.json", "PACKS/lspet.json"}


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


def test_modules_and_options_named_exist() -> None:
    text = "\n".join((ROOT / page).read_text("utf-8") for page in PAGES)
    modules = set(re.findall(r"-m ((?:bench|demo|engine|blender_pose3d)[\w.]*\w)", text))
    places = [ROOT.joinpath(*name.split(".")) for name in sorted(modules)]
    assert len(places) > 20
    assert not [place for place in places if not (place.with_suffix(".py").exists() or place.is_dir())]
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)) - OF_OTHERS
    assert len(options) > 50
    code = "\n".join(file.read_text("utf-8") for where in SOURCES for file in (ROOT / where).rglob("*.py"))
    # some are made of the names of what they set
    made = {option: f'"{option[2:].replace("-", "_")}"' for option in options}
    assert not [option for option in sorted(options) if option not in code and made[option] not in code]
