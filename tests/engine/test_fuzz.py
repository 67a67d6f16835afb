"""A small part of bench.fuzz, from a seed, with fake networks: nothing crashes, hangs or goes unsaid."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

from bench import fuzz
from bench.fuzz_inputs import damaged

FAKE = (sys.executable, str(HERE / "fake_engine.py"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="makes named pipes and counts memory as Linux does")
@pytest.mark.parametrize("what", ["--videos=60", "--messages=150", "--lines=8"])
def test_nothing_is_found(what, capsys):
    others = [f"{name}=0" for name in ("--videos", "--messages", "--lines") if not what.startswith(name)]
    code = fuzz.main([what, *others, "--seed=7", "--limit=40", "--memory=2000"], FAKE)
    assert code == 0, capsys.readouterr().out


def test_damage_is_the_same_again_and_is_damage():
    data = bytes(range(256)) * 20
    first = [damaged(data, random.Random(3)) for _ in range(2)]
    assert first[0] == first[1]
    dice = random.Random(3)
    made = [damaged(data, dice) for _ in range(60)]
    assert {kind for kind, _ in made} == {"bits", "cut", "header", "moved"}
    assert sum(hurt != data for _, hurt in made) > 55


def test_a_slip_in_the_command_loads_nothing_that_nobody_asked_for():
    from engine.__main__ import COMMANDS, _modules

    assert _modules(["trakc", "a.mp4"]) == dict.fromkeys(COMMANDS) == _modules([])
    assert list(_modules(["doctor"])) == ["doctor"]
