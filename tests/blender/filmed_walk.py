"""A mannequin that walks, filmed by Blender itself: footage whose every joint is known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from blender_pose3d.blender.armature import create_armature, rest_pose
from blender_pose3d.blender.bake import bake
from blender_pose3d.camera import Camera
from blender_pose3d.fit import ROLES, fit
from tests.synthetic_motion import motion_of
from tests.walker import camera_at, walk

SIZE = (480, 360)
FPS = 25
# bone of the generated armature whose head is the joint
BONE_OF = {
    "RHip": "thigh.R", "RKnee": "shin.R", "RAnkle": "foot.R", "LHip": "thigh.L", "LKnee": "shin.L",
    "LAnkle": "foot.L", "LShoulder": "upper_arm.L", "LElbow": "forearm.L", "LWrist": "hand.L",
    "RShoulder": "upper_arm.R", "RElbow": "forearm.R", "RWrist": "hand.R",
}  # fmt: skip


@dataclass(frozen=True)
class FilmedWalk:
    """video: the file. joints: (T, 12, 3) true places in the world, metres, named by ``names``; camera."""

    video: Path
    joints: np.ndarray
    names: tuple[str, ...]
    camera: Camera


def film_walk(folder: Path, seconds: float) -> FilmedWalk:
    """Render somebody who walks past a level camera, to the right and away, into folder/walk.mp4."""
    motion = motion_of(walk(seconds, FPS, heading=30.0, start=(-0.6, -0.4)), fps=FPS)
    armature = create_armature("Walker")
    armature.location = (motion.joints[0, 0, 0], motion.joints[0, 0, 1], 0)
    bpy.context.view_layer.update()
    mapping = {role: role for role in ROLES if role in armature.data.bones}
    animation = fit(motion, rest_pose(armature), mapping)
    bake(armature, animation, name="walk", start=1)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, motion.frames
    scene.render.fps = FPS
    fx = 1.1 * SIZE[0]
    level = camera_at(origin=(0.0, -4.6, 1.1))
    camera = Camera(fx, fx, SIZE[0] / 2, SIZE[1] / 2, *SIZE, level.rotation, level.origin)
    _stage(scene, camera)
    truth = np.stack([_joints(scene, armature, frame) for frame in range(1, motion.frames + 1)])
    return FilmedWalk(_render(scene, folder / "walk.mp4"), truth, tuple(BONE_OF), camera)


def _joints(scene: bpy.types.Scene, armature: bpy.types.Object, frame: int) -> np.ndarray:
    scene.frame_set(frame)
    return np.array([armature.matrix_world @ armature.pose.bones[bone].head for bone in BONE_OF.values()])


def _stage(scene: bpy.types.Scene, camera: Camera) -> None:
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit = "HORIZONTAL"
    data.angle_x = 2 * math.atan(camera.width / (2 * camera.fx))
    film_camera = bpy.data.objects.new("Camera", data)
    film_camera.matrix_world = Matrix(camera.matrix.tolist())
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy = 3
    sun.rotation_euler = (math.radians(50), 0, math.radians(30))
    for thing in (film_camera, sun):
        scene.collection.objects.link(thing)
    scene.camera = film_camera
    bpy.ops.mesh.primitive_plane_add(size=60)
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.25, 0.4, 0.3, 1)


def _render(scene: bpy.types.Scene, video: Path) -> Path:
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 6
    scene.cycles.max_bounces = 1
    scene.cycles.use_denoising = False
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format = "MPEG4"
    scene.render.ffmpeg.codec = "H264"
    scene.render.ffmpeg.constant_rate_factor = "HIGH"
    scene.render.filepath = str(video)
    scene.render.use_file_extension = False
    bpy.ops.render.render(animation=True)
    return video
