"""The builder of the extension's zips, with small stand-ins for the wheels: nothing is fetched."""

from __future__ import annotations

import importlib.util
import tomllib
import zipfile
from pathlib import Path

import pytest

import build_addon
from build_addon import ROOT, WHEELS, BuildError


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a stand-in for each wheel, whose hashes the builder is told to expect."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    stand_in = b"PK\x05\x06" + bytes(18)  # a zip archive with nothing in it
    digest = build_addon.hashlib.sha256(stand_in).hexdigest()
    for names in WHEELS.values():
        for name in names:
            (folder / name).write_bytes(stand_in)
            monkeypatch.setitem(names, name, digest)
    return folder


def manifest_in(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return tomllib.loads(archive.read("blender_manifest.toml").decode())


def test_manifest_and_project_state_one_version() -> None:
    stated = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert stated["version"] == project["version"] == build_addon.project_version()
    assert stated["license"] == [f"SPDX:{project['license']}"]


def test_tests_run_with_the_scipy_that_ships() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert f"scipy=={build_addon.SCIPY}" in groups["blender"]


@pytest.mark.parametrize("platform", WHEELS)
def test_zip_holds_the_add_on_and_nothing_else(platform: str, wheels: Path, tmp_path: Path) -> None:
    path = build_addon.build(platform, tmp_path / "dist", wheels)
    assert path.name == f"pose3d-{build_addon.project_version()}-{platform}.zip"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert {"__init__.py", "blender_manifest.toml", "LICENSE", "pyproject.toml"} <= set(names)
    assert {"engine/__init__.py", "weights/manifest.toml", "blender_pose3d/skeleton.py"} <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert tops == {*build_addon.PARTS, "blender_manifest.toml", "wheels"}
    assert not [name for name in names if "__pycache__" in name or "/." in name or name.endswith(".pyc")]
    manifest = manifest_in(path)
    assert manifest["platforms"] == [platform]
    assert {name for name in names if name.startswith("wheels/")} == {w[2:] for w in manifest["wheels"]}
    assert {name.split("-")[2] for name in manifest["wheels"]} == {"cp311", "cp313"}
    shared = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    assert {key: manifest[key] for key in shared} == shared


def test_same_tree_same_bytes(wheels: Path, tmp_path: Path) -> None:
    first = build_addon.build("linux-x64", tmp_path / "first", wheels)
    second = build_addon.build("linux-x64", tmp_path / "second", wheels)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="the validator comes with bpy")
def test_blenders_validator_has_the_last_word(wheels: Path, tmp_path: Path) -> None:
    arguments = ["--platform", "linux-x64", "--wheels", str(wheels), "--out", str(tmp_path)]
    assert build_addon.main(arguments) == 0
    path = next(tmp_path.glob("*.zip"))
    with zipfile.ZipFile(path) as archive:
        text = archive.read("blender_manifest.toml").decode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("blender_manifest.toml", text.replace('id = "pose3d"', 'id = "not an id"'))
    command = [*build_addon.validator(None), str(path)]
    assert build_addon.subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_a_wheel_with_another_hash_is_refused(wheels: Path, tmp_path: Path) -> None:
    broken = wheels / next(iter(WHEELS["linux-x64"]))
    broken.write_bytes(b"something else")
    with pytest.raises(BuildError, match="SHA-256"):
        build_addon.build("linux-x64", tmp_path / "dist", wheels)
    assert not broken.exists()
    assert not list((tmp_path / "dist").glob("*")) if (tmp_path / "dist").exists() else True


def test_versions_that_differ_stop_the_build(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pyproject.toml", "blender_manifest.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    manifest = tmp_path / "blender_manifest.toml"
    stated = f'\nversion = "{build_addon.project_version()}"'
    manifest.write_text(manifest.read_text("utf-8").replace(stated, '\nversion = "9.9.9"'), "utf-8")
    monkeypatch.setattr(build_addon, "ROOT", tmp_path)
    arguments = ["--platform", "linux-x64", "--no-validate", "--wheels", str(wheels), "--out", str(tmp_path)]
    assert build_addon.main(arguments) == 1
    assert "9.9.9" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.zip*"))
