"""The footage as the background of a camera that stands where it was filmed from, in step with the timeline.

Camera, image and collection are the user's own, made new, and marked, so that the same toggle removes them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from ..footage import SENSOR, cameras, frames_of, lens, wrong_video, zooms
from ..key_reduction import Keys
from ..motion import Motion
from ..tracks import Tracks
from .actions import new_action, set_keys
from .errors import BadInput

_MARK = "pose3d_footage"
_COLLECTION = "Pose3D"
_BEFORE = "pose3d_camera_before"
_CONSTANT = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["CONSTANT"].value


def add_footage(
    scene: bpy.types.Scene, video: Path, motion: Motion, tracks: Tracks, start: int
) -> bpy.types.Object:
    """Make the camera with the footage behind it, and the scene's camera of it; a former one goes.

    start: the scene's frame that is the motion's first. Raises BadInput, and then nothing has changed.
    """
    image = _image(video, tracks)
    remove_footage(scene)
    data = bpy.data.cameras.new(f"{video.stem} camera")
    camera = bpy.data.objects.new(data.name, data)
    camera[_MARK] = data[_MARK] = True
    _collection(scene).objects.link(camera)
    background = data.background_images.new()
    background.source, background.image = "IMAGE", image
    background.frame_method, background.alpha = "FIT", 1.0
    data.show_background_images = True
    data.display_size = 0.3
    if scene.camera is not None:
        camera[_BEFORE] = scene.camera
    scene.camera = camera
    place_camera(scene, motion, tracks, start)
    return camera


def place_camera(scene: bpy.types.Scene, motion: Motion, tracks: Tracks, start: int) -> None:
    """Have our camera, if there is one, see a motion as the footage's did, and show the footage with it."""
    camera = footage_camera(scene)
    if camera is None:
        return
    _forget_keys(camera, camera.data)
    places = cameras(motion)
    camera.rotation_mode = "QUATERNION"
    camera.matrix_world = Matrix(places[0].tolist())
    if len(places) > 1:
        _turn(camera, places, start)
    _focus(scene, camera.data, motion, tracks, start)


def remove_footage(scene: bpy.types.Scene) -> bool:
    """Take camera, image and keys of ours away, the collection if it is empty; whether there were any."""
    camera = footage_camera(scene)
    if camera is None:
        return False
    before, data = camera.get(_BEFORE), camera.data
    if scene.camera == camera:
        there = isinstance(before, bpy.types.Object) and scene.objects.get(before.name) == before
        scene.camera = before if there else None
    _forget_keys(camera, data)
    images = {slot.image for slot in data.background_images if slot.image and slot.image.get(_MARK)}
    bpy.data.objects.remove(camera)
    if not data.users:
        bpy.data.cameras.remove(data)
    for image in images:
        if not image.users:
            bpy.data.images.remove(image)
    ours = bpy.data.collections.get(_COLLECTION)
    if ours is not None and ours.get(_MARK) and not ours.all_objects and not ours.children:
        bpy.data.collections.remove(ours)
    return True


def footage_camera(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """Our camera in a scene."""
    return next((item for item in scene.objects if item.type == "CAMERA" and item.get(_MARK)), None)


def frame_aspect(scene: bpy.types.Scene) -> float:
    """How many times as wide as high the scene's pictures are."""
    render = scene.render
    across = render.resolution_x * render.pixel_aspect_x
    return float(across / (render.resolution_y * render.pixel_aspect_y))


def _image(video: Path, tracks: Tracks) -> bpy.types.Image:
    if not video.is_file():
        raise BadInput(f"No such video: {video}")
    try:
        image = bpy.data.images.load(str(video))
    except RuntimeError as error:
        raise BadInput(f"Blender cannot read {video.name}: {error}") from error
    wrong = wrong_video(tuple(image.size), tracks.meta.get("video") or {})
    if wrong:
        bpy.data.images.remove(image)
        raise BadInput(wrong)
    image[_MARK] = True
    return image


def _collection(scene: bpy.types.Scene) -> bpy.types.Collection:
    found = bpy.data.collections.get(_COLLECTION)
    if found is None:
        found = bpy.data.collections.new(_COLLECTION)
        found[_MARK] = True
    if found not in scene.collection.children_recursive:
        scene.collection.children.link(found)
    return found


def _turn(camera: bpy.types.Object, places: np.ndarray, start: int) -> None:
    turns = [Matrix(place.tolist()).to_quaternion() for place in places]
    for before, after in pairwise(turns):
        after.make_compatible(before)
    keys = Keys(np.arange(len(turns)), np.array(turns), None)
    _, make = new_action(camera, f"{camera.name} turns")
    for axis in range(4):
        set_keys(make("rotation_quaternion", axis, "Rotation"), keys, axis, start)


def _focus(
    scene: bpy.types.Scene, data: bpy.types.Camera, motion: Motion, tracks: Tracks, start: int
) -> None:
    """Lens, and which frame of the footage is behind it."""
    fitting = lens(motion.camera, frame_aspect(scene))
    data.type, data.lens_unit = "PERSP", "MILLIMETERS"
    data.sensor_fit = fitting.fit
    data.sensor_width = data.sensor_height = SENSOR
    data.lens = fitting.focal
    data.shift_x, data.shift_y = fitting.shift
    away = float(np.linalg.norm(motion.joints.mean(axis=(0, 1)) - motion.camera.origin))
    data.clip_start, data.clip_end = min(0.1, 0.1 * away), max(100.0, 20 * away)
    frames, zoom = frames_of(motion, tracks), zooms(motion, tracks)
    user = data.background_images[0].image_user
    user.frame_start, user.frame_duration = start, motion.frames
    user.use_cyclic, user.use_auto_refresh = False, True
    offset = frames - np.arange(motion.frames)
    user.frame_offset = int(offset[0])
    steps = np.flatnonzero(np.diff(offset, prepend=offset[0] - 1))
    if len(steps) < 2 and len(zoom) < 2:
        return
    _, make = new_action(data, f"{data.name} in step")
    if len(steps) > 1:
        path = "background_images[0].image_user.frame_offset"
        curve = make(path, 0, "Footage")
        set_keys(curve, Keys(steps, offset[steps, None].astype(float), None), 0, start)
        curve.keyframe_points.foreach_set("interpolation", np.full(len(steps), _CONSTANT, dtype=np.uint8))
        curve.update()
    if len(zoom) > 1:
        keys = Keys(np.arange(len(zoom)), fitting.focal * zoom[:, None], None)
        set_keys(make("lens", 0, "Lens"), keys, 0, start)


def _forget_keys(*owners: Any) -> None:
    for owner in owners:
        animation = owner.animation_data
        if animation is not None and animation.action is not None:
            action = animation.action
            animation.action = None
            if not action.users:
                bpy.data.actions.remove(action)
