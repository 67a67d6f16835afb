"""Film one performance by Cycles: for each frame the person, their shadow and what hides them, on nothing.

Each picture appears whole under its name, so a filming that was cut goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix, Vector

from .border import border, shrink
from .looks import paint
from .plan import Scene
from .sight import visible

_PURPOSE = 2
SAMPLES = 4  # their noise is a phone's noise; the denoiser would take twice as long as the picture


def film(scene: Scene, folder: Path) -> None:
    """Render what is missing of folder/frames from folder/body.npz; write folder/visible.npz."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with np.load(folder / "body.npz") as stored:
        body = {name: stored[name] for name in stored.files}
    rng = scene.rng(_PURPOSE)
    person = add_person(body, rng)
    camera = add_camera(scene, body)
    things = add_furniture(body, rng)
    add_light((body["backdrop"].mean(axis=(0, 1)) / 255) ** 2.2, rng)
    set_up_cycles(scene, shrink(body))
    frames = folder / "frames"
    frames.mkdir(exist_ok=True)
    sights = []
    for frame in range(len(body["vertices"])):
        show(person, body["vertices"][frame])
        point(camera, body["origin"], body["rotation"][frame])
        sights.append(visible(person, things, body, frame))
        target = frames / f"{frame:04d}.png"
        if not target.is_file():
            set_border(body, frame)
            render(target)
    part = folder / "visible.part.npz"
    np.savez(part, **{name: np.stack([s[name] for s in sights]) for name in sights[0]})
    part.replace(folder / "visible.npz")


def add_person(body: dict[str, np.ndarray], rng: np.random.Generator) -> bpy.types.Object:
    mesh = bpy.data.meshes.new("Person")
    mesh.from_pydata(body["vertices"][0].tolist(), [], body["faces"].tolist())
    for name, kind in (("rest", "FLOAT_VECTOR"), ("colour", "FLOAT_COLOR")):
        values = body[name]
        if name == "colour":
            values = np.concatenate([values, np.ones((len(values), 1), np.float32)], axis=1)
        field = "vector" if name == "rest" else "color"
        mesh.attributes.new(name, kind, "POINT").data.foreach_set(field, values.ravel())
    for material in paint(rng):
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", body["material"].astype(np.int32))
    mesh.shade_smooth()
    person = bpy.data.objects.new("Person", mesh)
    bpy.context.scene.collection.objects.link(person)
    return person


def show(person: bpy.types.Object, vertices: np.ndarray) -> None:
    person.data.vertices.foreach_set("co", vertices.ravel())
    person.data.update()


def add_camera(scene: Scene, body: dict[str, np.ndarray]) -> bpy.types.Object:
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit = "HORIZONTAL"
    data.angle_x = 2 * math.atan(scene.size[0] / 2 / body["intrinsics"][0])
    camera = bpy.data.objects.new("Camera", data)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    return camera


def point(camera: bpy.types.Object, origin: np.ndarray, rotation: np.ndarray) -> None:
    """rotation: (3, 3), rows right, down, forward; Blender's camera looks along its -z, y up."""
    axes = np.eye(4)
    axes[:3, :3] = (rotation * np.array([[1], [-1], [-1]])).T
    axes[:3, 3] = origin
    camera.matrix_world = Matrix(axes.tolist())
    bpy.context.view_layer.update()


def add_furniture(body: dict[str, np.ndarray], rng: np.random.Generator) -> list:
    if not len(body["boxes"]):
        return []
    material = bpy.data.materials.new("Furniture")
    material.use_nodes = True
    colour = (*(rng.uniform(0.05, 0.6) * rng.dirichlet([9, 6, 4]) * 2), 1)
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = colour
    made = []
    for box in body["boxes"]:
        bpy.ops.mesh.primitive_cube_add(size=1, location=box[:3], rotation=(0, 0, float(body["turn"])))
        bpy.context.active_object.scale = box[3:]
        bpy.context.active_object.data.materials.append(material)
        made.append(bpy.context.active_object)
    bpy.context.view_layer.update()
    return made


def add_light(backdrop: np.ndarray, rng: np.random.Generator) -> None:
    """backdrop: (3,) mean linear colour of the place, which lights the person."""
    world = bpy.data.worlds.new("Place")
    bpy.context.scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    tint = 0.5 + 0.5 * backdrop / max(float(backdrop.max()), 0.05)
    background.inputs["Color"].default_value = (*tint, 1)
    background.inputs["Strength"].default_value = rng.uniform(0.7, 1.2)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy = rng.choice([0.8, rng.uniform(1.2, 3.0)])
    sun.data.angle = rng.uniform(0.02, 0.5)
    sun.rotation_euler = (math.radians(rng.uniform(15, 60)), 0, rng.uniform(0, 2 * math.pi))
    bpy.context.scene.collection.objects.link(sun)
    bpy.ops.mesh.primitive_plane_add(size=40, location=(0, 0, -0.012))
    bpy.context.active_object.is_shadow_catcher = True


def set_up_cycles(scene: Scene, shrunk: int) -> None:
    settings = bpy.context.scene.render
    settings.engine = "CYCLES"
    cycles = bpy.context.scene.cycles
    cycles.device = "CPU"
    cycles.samples = SAMPLES * shrunk  # at half size a grain is twice as large
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.max_bounces = 0
    cycles.pixel_filter_type = "GAUSSIAN"
    cycles.seed = scene.seed % 1000
    settings.threads_mode = "FIXED"
    settings.threads = 1
    settings.use_persistent_data = True
    settings.film_transparent = True
    settings.resolution_x, settings.resolution_y = scene.size
    settings.resolution_percentage = 100 // shrunk
    settings.use_border = True
    settings.use_crop_to_border = True
    settings.image_settings.file_format = "PNG"
    settings.image_settings.color_mode = "RGBA"
    settings.image_settings.compression = 5
    bpy.context.scene.view_settings.view_transform = "Standard"


def set_border(body: dict[str, np.ndarray], frame: int) -> None:
    left, right, top, bottom = border(body, frame)
    width, height = body["size"]
    settings = bpy.context.scene.render
    # Blender cuts to whole px, downwards
    settings.border_min_x, settings.border_max_x = (left + 0.25) / width, (right + 0.25) / width
    settings.border_min_y, settings.border_max_y = 1 - (bottom - 0.25) / height, 1 - (top - 0.25) / height


def on_picture(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(N, 3) world to (N, 2) px by Blender's own projection, to check ours against."""
    scene = bpy.context.scene
    seen = np.array([world_to_camera_view(scene, scene.camera, Vector(p)) for p in points])
    return np.stack([seen[:, 0], 1 - seen[:, 1]], axis=1) * size


def render(target: Path) -> None:
    part = target.with_name(f".{target.stem}.part.png")
    bpy.context.scene.render.filepath = str(part)
    with _quiet():
        bpy.ops.render.render(write_still=True)
    part.replace(target)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Blender writes two lines a frame to the file descriptor itself."""
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
