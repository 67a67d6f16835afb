"""Rendered clips: our projection is Blender's own, what is hidden is known, and the whole command runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from bench.rendered import film
from bench.rendered.border import border, shrink
from bench.rendered.camera import FilmCamera, place
from bench.rendered.plan import Scene, scenes
from bench.rendered.sight import visible
from blender_pose3d.skeleton import H36M_19

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path(os.environ.get("POSE3D_ENGINE_PYTHON", ROOT / ".venv-engine" / "bin" / "python"))
STANDING = {"Hip": (0, 0, 0.9), "Spine": (0, 0, 1.15), "Thorax": (0, 0, 1.4), "Head": (0, 0, 1.7)}


def walker(frames: int = 5) -> np.ndarray:
    """(T, 19, 3): a stick that goes along x."""
    joints = np.zeros((frames, 19, 3))
    for name in H36M_19.joints:
        joints[:, H36M_19.index(name)] = STANDING.get(name, (0.2, 0.1, 0.5))
    return joints + np.linspace(0, 0.8, frames)[:, None, None] * [1.0, 0.2, 0.0]


def a_body(scene: Scene, joints: np.ndarray) -> dict[str, np.ndarray]:
    camera = place(scene, joints, 1.7)
    return {
        "vertices": joints.astype(np.float32),
        "joints": joints,
        "keypoints": joints,
        "furniture": np.zeros((0, 3)),
        "boxes": np.zeros((0, 6)),
        "size": np.array(scene.size),
        "intrinsics": np.array(camera.intrinsics),
        "origin": camera.origin,
        "rotation": camera.rotation,
    }


@pytest.mark.parametrize("number", range(6))
def test_our_projection_is_blenders(number: int) -> None:
    scene = scenes("measure", 12, 5)[2 * number + number % 2]
    joints = walker()
    body = a_body(scene, joints)
    camera = film.add_camera(scene, body)
    film.set_up_cycles(scene, shrink(body))
    ours = FilmCamera(tuple(body["intrinsics"]), body["origin"], body["rotation"]).project(joints)
    for frame in (0, 4):
        film.point(camera, body["origin"], body["rotation"][frame])
        theirs = film.on_picture(joints[frame], scene.size)
        assert np.abs(ours[frame] - theirs).max() < 0.5
    assert np.isfinite(ours).all()


def test_somebody_behind_the_camera_is_nowhere() -> None:
    camera = FilmCamera((500.0, 500.0, 320.0, 240.0), np.zeros(3), np.eye(3)[None])
    made = camera.project(np.array([[[0.1, 0.2, 2.0], [0.1, 0.2, -2.0]]]))
    assert np.allclose(made[0, 0], [345, 290])
    assert np.isnan(made[0, 1]).all()


def test_what_stands_before_a_joint_hides_it() -> None:
    joints = walker(1)
    body = {"joints": joints, "keypoints": joints, "origin": np.array([0.0, -4.0, 1.2])}
    mesh = bpy.data.meshes.new("Person")
    mesh.from_pydata([(0, 5, 0), (0.1, 5, 0), (0, 5, 0.1)], [], [(0, 1, 2)])
    person = bpy.data.objects.new("Person", mesh)
    bpy.context.scene.collection.objects.link(person)
    bpy.ops.mesh.primitive_cube_add(size=1, location=(0, -1, 0.45))
    box = bpy.context.active_object
    box.scale = (2, 0.2, 1.1)
    bpy.context.view_layer.update()
    seen = visible(person, [box], body, 0)["joints"]
    at = {name: bool(seen[H36M_19.index(name)]) for name in STANDING}
    assert at == {"Hip": False, "Spine": True, "Thorax": True, "Head": True}
    assert visible(person, [], body, 0)["joints"].all()


def test_what_is_rendered_holds_the_person_and_fits_whole_pixels() -> None:
    scene = scenes("measure", 12, 5)[0]
    body = a_body(scene, walker())
    left, right, top, bottom = border(body, 2)
    assert all(edge % 2 == 0 for edge in (left, right, top, bottom))
    camera = FilmCamera(tuple(body["intrinsics"]), body["origin"], body["rotation"])
    x, y = camera.project(body["vertices"][:, ::7])[2].T
    inside = (x > 0) & (x < scene.size[0]) & (y > 0) & (y < scene.size[1])
    assert inside.any()
    assert (x[inside] > left).all() and (x[inside] < right).all()
    assert (y[inside] > top).all() and (y[inside] < bottom).all()


def test_a_set_is_the_same_every_time_and_sets_share_nobody() -> None:
    assert scenes("test", 4, 10) == scenes("test", 4, 10)
    subjects = [{s.motion.split("_")[0] for s in scenes(which, 99, 1)} for which in ("measure", "test")]
    assert not subjects[0] & subjects[1]
    assert subjects[1] <= {"05", "09", "14", "16", "49", "141", "martial"}


@pytest.mark.slow
def test_the_command_makes_videos_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    if not ENGINE.is_file():
        pytest.skip(f"the engine's environment is not there ({ENGINE}); `make test` makes it")
    if subprocess.run([str(ENGINE), "-c", "import anny"], capture_output=True, check=False).returncode:
        pytest.skip("anny is not in the engine's environment (group `train` of pyproject.toml)")
    sys.path.insert(0, str(ROOT / "tests" / "engine"))
    from mocap_files import write_bvh

    for scene in scenes("test", 2, 3):
        write_bvh(tmp_path / "mocap" / f"{scene.motion}.bvh", frames=20)
    out = tmp_path / "clips"
    command = [sys.executable, "-m", "bench.rendered_clips", "--mocap", str(tmp_path / "mocap")]
    command += ["--out", str(out), "--clips", "2", "--frames", "3", "--size", "96", "128"]
    run_well(command)
    made = sorted(p.name for p in out.iterdir())
    assert made == [scene.name for scene in scenes("test", 2, 3)]
    for name in made:
        with np.load(out / name / "truth.npz") as truth:
            assert truth["joints3d"].shape == (3, 19, 3)
            assert np.isfinite(truth["joints3d"]).all()
            inside = (truth["joints2d"] > 0) & (truth["joints2d"] < truth["size"])
            assert inside.all(axis=-1).mean() > 0.3
            assert truth["joints_visible"].any()
    (out / made[0] / "truth.npz").unlink()
    (out / made[0] / "frames" / "0001.png").unlink()
    kept = (out / made[0] / "frames" / "0000.png").stat().st_mtime_ns
    run_well(command)
    assert (out / made[0] / "truth.npz").is_file()
    assert (out / made[0] / "frames" / "0000.png").stat().st_mtime_ns == kept
    look = "import sys, cv2; v = cv2.VideoCapture(sys.argv[1]); print(int(v.get(7)), *v.read()[1].shape)"
    video = subprocess.run(
        [str(ENGINE), "-c", look, str(out / made[0] / "video.mp4")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert video.stdout.split() == ["3", "128", "96", "3"]


def run_well(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
