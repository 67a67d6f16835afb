"""doctor: facts for a bug report, problems in a line each, nothing private."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.commands import doctor


def test_it_tells_versions_and_finds_no_problem(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for word in (
        "Pose3D engine",
        "torch",
        "av",
        "processors",
        "gastnet-27f-19j",
        "BlazePose computed by    not fetched yet",
        "HRNet computed by",
        "No problem found.",
    ):
        assert word in told


@pytest.fixture
def no_network(monkeypatch):
    """Leaves out what takes longest: to try the network that ships."""
    monkeypatch.setattr(doctor, "_execution", lambda _: "somebody")


@pytest.mark.usefixtures("no_network")
def test_nothing_private_is_told(capsys, tmp_path, monkeypatch):
    home = tmp_path / "maria.schmidt"
    home.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setenv("POSE3D_CACHE", str(home / "cache"))
    main(["doctor"])
    told = capsys.readouterr().out
    assert "maria" not in told
    assert "~/cache" in told


@pytest.mark.usefixtures("no_network")
def test_a_full_disk_and_missing_weights_are_problems(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 5 << 20))
    monkeypatch.setattr("engine.weights.is_here", lambda _: False)
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "PROBLEM: Only 5 MB are free" in told
    assert "PROBLEM: The weights gastnet-27f-19j" in told


@pytest.mark.usefixtures("no_network")
def test_a_library_that_does_not_load_is_a_problem(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    monkeypatch.setitem(doctor._LIBRARIES, "pose3d-nobody-has-this", "pose3d_nobody_has_this")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "PROBLEM: pose3d-nobody-has-this cannot be loaded" in told


@pytest.mark.network
@pytest.mark.slow
def test_who_computes_blazepose():
    from engine import weights

    weights.ensure("blazepose-full")
    problems: list[str] = []
    assert doctor._blazepose(problems).startswith(("OpenVINO", "LiteRT"))
    assert problems == []
