"""Render the animated character of a .blend, from the side the footage was filmed from, following it.

Runs in Blender's environment: ``python -m demo.render BLEND FRAMES_DIR``. Cycles on the CPU, since that
needs no display and no graphics card. A picture that is already there is not rendered again, so a run
that was cut goes on where it stopped; pictures of another motion are thrown away first.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from scipy.ndimage import gaussian_filter1d
from tqdm import tqdm

SIZE = (400, 400)
SAMPLES = 4
# metres from the character, and above the point that the camera follows
DISTANCE, ABOVE = 5.0, 0.35
FOLLOW_SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("blend", type=Path)
    parser.add_argument("frames", type=Path)
    args = parser.parse_args()
    bpy.ops.wm.open_mainfile(filepath=str(args.blend))
    scene = bpy.context.scene
    figures = sorted((o for o in scene.objects if o.type == "ARMATURE"), key=lambda o: o.name)
    poses = evaluated_poses(scene, figures)
    camera = add_camera(scene)
    add_stage(scene)
    set_up_cycles(scene)
    forget_other_motion(args.frames, motion_key(poses))
    render_missing(scene, camera, camera_path(scene, poses[0]), args.frames)


def evaluated_poses(scene: bpy.types.Scene, figures: list[bpy.types.Object]) -> list[np.ndarray]:
    """For each armature (frames, bones, 4, 4): its bones in the world as Blender evaluates them."""
    poses: list[list[np.ndarray]] = [[] for _ in figures]
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
        for figure, pose in zip(figures, poses, strict=True):
            bones = np.array([bone.matrix for bone in figure.pose.bones])
            pose.append(np.array(figure.matrix_world) @ bones)
    return [np.stack(pose) for pose in poses]


def camera_path(scene: bpy.types.Scene, pose: np.ndarray) -> np.ndarray:
    """(frames, 3): where the camera stands to keep the first armature in view without shaking with it."""
    middle = pose[:, :, :3, 3].mean(axis=1)
    rate = scene.render.fps / scene.render.fps_base
    followed = gaussian_filter1d(middle, FOLLOW_SECONDS * rate, axis=0, mode="nearest")
    return followed + np.array((0.0, -DISTANCE, ABOVE))


def add_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    data = bpy.data.cameras.new("Preview camera")
    data.angle = math.radians(32)
    camera = bpy.data.objects.new("Preview camera", data)
    camera.rotation_euler = (math.pi / 2 - math.atan(ABOVE / DISTANCE), 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def add_stage(scene: bpy.types.Scene) -> None:
    """A floor with a metre grid to judge feet by, a key light, a soft sky."""
    bpy.ops.mesh.primitive_plane_add(size=200)
    floor = bpy.context.active_object
    material = bpy.data.materials.new("Floor")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    checker = nodes.new("ShaderNodeTexChecker")
    checker.inputs["Scale"].default_value = 1.0
    checker.inputs["Color1"].default_value = (0.30, 0.32, 0.35, 1)
    checker.inputs["Color2"].default_value = (0.22, 0.24, 0.27, 1)
    place = nodes.new("ShaderNodeNewGeometry")
    links.new(place.outputs["Position"], checker.inputs["Vector"])
    links.new(checker.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    nodes["Principled BSDF"].inputs["Roughness"].default_value = 0.9
    floor.data.materials.append(material)
    # a hair below zero, so that a sole that is exactly on the floor is not half hidden by it
    floor.location.z = -0.002
    sun = bpy.data.objects.new("Key", bpy.data.lights.new("Key", "SUN"))
    sun.data.energy, sun.data.angle = 3.0, 0.2
    sun.rotation_euler = (math.radians(50), 0, math.radians(-35))
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.62, 0.72, 1)


def set_up_cycles(scene: bpy.types.Scene) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 1
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "Standard"


def motion_key(poses: list[np.ndarray]) -> str:
    """A hash of all that the pictures depend on: every pose of every armature, the bodies, the settings."""
    digest = hashlib.sha256(json.dumps([SIZE, SAMPLES, DISTANCE, ABOVE, bpy.app.version_string]).encode())
    for pose in poses:
        digest.update(pose.astype(np.float32).round(4).tobytes())
    for mesh in bpy.data.meshes:
        digest.update(f"{mesh.name} {len(mesh.vertices)}".encode())
    return digest.hexdigest()


def forget_other_motion(folder: Path, key: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "motion.sha256"
    if not stamp.is_file() or stamp.read_text() != key:
        for old in folder.glob("*.png"):
            old.unlink()
        stamp.write_text(key)


def render_missing(scene: bpy.types.Scene, camera: bpy.types.Object, path: np.ndarray, folder: Path) -> None:
    frames = range(scene.frame_start, scene.frame_end + 1)
    missing = [frame for frame in frames if not (folder / f"{frame:06d}.png").is_file()]
    for frame in tqdm(missing, desc="render", unit="frame", disable=not missing):
        scene.frame_set(frame)
        camera.location = path[frame - scene.frame_start]
        temporary = folder / f".{frame:06d}.part.png"
        scene.render.filepath = str(temporary)
        with _quiet():
            bpy.ops.render.render(write_still=True)
        temporary.replace(folder / f"{frame:06d}.png")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Blender writes to the file descriptor itself; a line a frame would tear the progress bar apart."""
    sys.stdout.flush()
    kept = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    # the bpy module may hang when Python tears it down, with all pictures written
    os._exit(0)
