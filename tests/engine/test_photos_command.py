"""`python -m engine train photos`: what it refuses, and how."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from engine.commands import train_photos
from engine.errors import EngineError


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    train_photos.add_arguments(parser.add_subparsers())
    return train_photos.run(parser.parse_args(["photos", *map(str, arguments)]))


def refused(*arguments: object) -> tuple[int, str]:
    with pytest.raises(EngineError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return caught.value.exit_code, str(caught.value)


def test_arguments_that_make_no_sense(tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    file.write_bytes(b"hello")
    out = tmp_path / "out"
    assert refused("--out", out)[0] == 2
    assert refused("--out", file, "--coco", file)[0] == 2
    assert refused("--out", out, "--coco", file, "--crops", 0)[0] == 2
    assert refused("--out", out, "--lspet", file, "--teacher-minutes", -1)[0] == 2
    code, message = refused("--out", out, "--lspet", file, "--teacher", "nobody")
    assert code == 2 and "nobody" in message
    assert not out.exists() or not list(out.iterdir())


def test_files_that_are_not_there_or_broken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, message = refused("--out", out, "--coco", tmp_path / "none.tar")
    assert code == 3 and "none.tar" in message and not out.exists()
    broken = tmp_path / "broken.tar"
    broken.write_bytes(b"hello" * 500)
    code, message = refused("--out", out, "--coco", broken)
    assert code == 3 and "broken.tar" in message
    assert list(out.iterdir()) == []
