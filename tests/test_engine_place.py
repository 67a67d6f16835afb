"""The engine on a user's disk: whose it is, what may be removed, what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blender_pose3d.blender.engine_process import find_engine_python
from blender_pose3d.blender.errors import MissingEngine
from blender_pose3d.engine_setup import kept
from blender_pose3d.engine_setup import place as places
from blender_pose3d.engine_setup.errors import SetupError
from blender_pose3d.engine_setup.place import Mark, Place

ROOT = Path(__file__).resolve().parents[1]
PLAIN = "blender_pose3d Größe 日本"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / PLAIN)


def test_only_ours_is_removed(place: Place) -> None:
    place.environment.mkdir(parents=True)
    (place.environment / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    with pytest.raises(SetupError, match="Pose3D did not make it"):
        place.write_mark(Mark())
    (place.environment / places.MARK).write_text('{"whose": "somebody"}')
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    assert (place.environment / "thesis.txt").read_text() == "mine"


def test_ours_is_removed_and_what_links_point_to_stays(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mp4").write_text("dear")
    place.write_mark(Mark())
    (place.environment / "lib").symlink_to(outside)
    assert place.remove()
    assert not place.environment.exists()
    assert (outside / "film.mp4").exists()
    assert not place.remove(), "twice is no error"


def test_a_link_in_our_place_is_left_alone(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    other.write_mark(Mark())
    place.root.mkdir(parents=True)
    place.environment.symlink_to(other.environment)
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    with pytest.raises(SetupError, match="move it away"):
        place.write_mark(Mark())
    assert other.mark() is not None


def test_a_removal_that_was_interrupted_is_ended(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_mark(Mark())
    (place.environment / "lib").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(
            shutil, "rmtree", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
        with pytest.raises(SetupError, match="cannot be removed wholly: Permission denied"):
            place.remove()
    assert not place.environment.exists(), "what is half gone is no engine"
    place.remove()
    assert not list(place.root.glob("venv-engine*"))


def test_too_little_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        places.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10, 12 * 10**6)
    )
    with pytest.raises(SetupError, match=r"2\.5 GB are needed, 12 MB are free"):
        places.check_room(place.root, 2500)
    places.check_room(place.root, 11)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SetupError, match=r"cannot be written to: .*Check its permissions"):
        places.check_writable(tmp_path / "file" / "engine")


def test_two_at_once(place: Place) -> None:
    with (
        places.alone(place.root),
        pytest.raises(SetupError, match="Another Blender"),
        places.alone(place.root),
    ):
        pytest.fail("two at once")
    with places.alone(place.root):
        pass


def test_an_environment_that_is_being_made_is_no_engine_yet(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSE3D_ENGINE_PYTHON", raising=False)
    monkeypatch.setattr("blender_pose3d.blender.engine_process.ROOT", place.root)
    place.write_mark(Mark(state="making"))
    place.python.parent.mkdir(parents=True)
    place.python.write_text("")
    with pytest.raises(MissingEngine, match="Set Up Engine"):
        find_engine_python(place.root)
    place.write_mark(Mark(state="ready"))
    assert find_engine_python(place.root) == place.python


def test_clearing_takes_only_what_comes_back(tmp_path: Path) -> None:
    fetched = next(row for row in kept.known_weights() if row.kind == "pypi")
    imported = next(row for row in kept.known_weights() if row.kind == "import")
    goes = ["tracks/ab.npz", "logs/engine-1.log", f"weights/{fetched.file}"]
    stays = [f"weights/{imported.file}", "weights/of-my-own.pth", "tracks/notes.txt", "holiday.mp4"]
    for name in goes + stays:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(1000))
    assert kept.size_mb(tmp_path) == pytest.approx(0.003)
    assert kept.clear(tmp_path) == (pytest.approx(0.003), [])
    assert not [name for name in goes if (tmp_path / name).exists()]
    assert not [name for name in stays if not (tmp_path / name).exists()]
    assert kept.clear(tmp_path / "never") == (0, [])


def test_every_weights_file_has_a_licence() -> None:
    assert kept.known_weights()
    assert all(row.licence and row.purpose for row in kept.known_weights())
    assert {"blazepose-full", "blazepose-heavy"} <= {row.name for row in kept.networks_2d()}
