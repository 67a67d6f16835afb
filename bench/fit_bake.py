"""How long fit and bake take beside the usual way, and how much memory: one run shows both.

The usual way is an empty for each joint with keys in every frame, constraints from bones to empties, and
Blender's own ``bpy_extras.anim_utils.bake_action``, which evaluates the scene frame by frame.

    .venv/bin/python -m bench.fit_bake [--frames 10000] [--memory-frames 100000]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from blender_pose3d.camera import Camera, rotation_for_up
from blender_pose3d.motion import Motion
from blender_pose3d.skeleton import H36M_19

from .fit_bake_memory import line, measured

FPS = 60.0
BONES = 60


def main() -> None:
    """Run the benchmark; results as a table, and as JSON if asked for."""
    parser = argparse.ArgumentParser(prog="bench.fit_bake", description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=10_000, metavar="N")
    parser.add_argument(
        "--usual-frames", type=int, default=2_000, metavar="N", help="of the usual way, per frame"
    )
    parser.add_argument("--memory-frames", type=int, default=100_000, metavar="N", help="0: leave it out")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="the fastest of so many counts")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    found = _beside_each_other(asked.frames, min(asked.usual_frames, asked.frames), asked.repeat)
    if asked.memory_frames:
        found["memory"] = measured(asked.memory_frames)
    _print(found)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # bpy as a module may hang when it ends


def _beside_each_other(frames: int, usual_frames: int, repeat: int) -> dict[str, object]:
    from blender_pose3d.blender.armature import rest_pose

    motion = walking(frames)
    armature = sixty_bones()
    fit_time, bake_time = min(
        (_ours(armature, motion) for _ in range(repeat)), key=lambda both: sum(both).wall
    )
    ours = fit_time + bake_time
    usual = _usual(armature, walking(usual_frames)).times(frames / usual_frames)
    return {
        "frames": frames,
        "bones": len(rest_pose(armature).names),
        "vertices": sum(len(child.data.vertices) for child in armature.children),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "fit_s": fit_time.wall,
        "bake_s": bake_time.wall,
        "ours_s": ours.wall,
        "usual_s": usual.wall,
        "fit_cpu_s": fit_time.cpu,
        "bake_cpu_s": bake_time.cpu,
        "ours_cpu_s": ours.cpu,
        "usual_cpu_s": usual.cpu,
        "usual_measured_frames": usual_frames,
        "ratio": usual.wall / ours.wall,
        "ratio_cpu": usual.cpu / ours.cpu,
    }


class Took(NamedTuple):
    """Seconds by the clock, and of processor by all threads: on a machine that does other things, too, only
    the second tells."""

    wall: float
    cpu: float

    def __add__(self, other: Took) -> Took:
        return Took(self.wall + other.wall, self.cpu + other.cpu)

    def __radd__(self, _: int) -> Took:
        return self

    def times(self, factor: float) -> Took:
        """For so many times the work."""
        return Took(self.wall * factor, self.cpu * factor)


class Watch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> Took:
        """Seconds so far."""
        return Took(time.perf_counter() - self._wall, time.process_time() - self._cpu)


def _ours(armature: object, motion: Motion) -> tuple[Took, Took]:
    """Seconds of fit (detection of the bones included) and of bake."""
    from blender_pose3d.blender.armature import rest_pose
    from blender_pose3d.blender.bake import bake
    from blender_pose3d.fit import fit
    from blender_pose3d.rig_maps import detect

    watch = Watch()
    rest = rest_pose(armature)
    animation = fit(motion, rest, detect(rest, "bench").mapping)
    fitted, watch = watch.read(), Watch()
    bake(armature, animation, name="Bench")
    return fitted, watch.read()


def _usual(armature: object, motion: Motion) -> Took:
    """Seconds of the usual way: empties, constraints, bake_action."""
    import bpy
    from bpy_extras import anim_utils

    from blender_pose3d.blender.actions import new_action, set_keys
    from blender_pose3d.key_reduction import every_frame

    armature.animation_data_clear()
    watch = Watch()
    empties = {}
    for index, joint in enumerate(H36M_19.joints):
        empty = bpy.data.objects.new(joint, None)
        bpy.context.collection.objects.link(empty)
        _, make = new_action(empty, joint)
        keys = every_frame(motion.joints[:, index])
        for axis in range(3):
            set_keys(make("location", axis, "location"), keys, axis, 1)
        empties[joint] = empty
    bones = armature.pose.bones
    follow = bones["hips"].constraints.new("COPY_LOCATION")
    follow.target = empties["Hip"]
    for bone, joint in _AIMS.items():
        aim = bones[bone].constraints.new("DAMPED_TRACK")
        aim.target, aim.track_axis = empties[joint], "TRACK_Y"
    done = ("do_pose", "do_visual_keying", "do_constraint_clear", "do_location", "do_rotation")
    not_done = (
        "only_selected", "do_object", "do_parents_clear", "do_clean", "do_scale", "do_bbone",
        "do_custom_props",
    )  # fmt: skip
    options: dict[str, Any] = {**dict.fromkeys(done, True), **dict.fromkeys(not_done, False)}
    anim_utils.bake_action(
        armature,
        action=None,
        frames=range(1, motion.frames + 1),
        bake_options=anim_utils.BakeOptions(**options),
    )
    took = watch.read()
    for empty in empties.values():
        bpy.data.objects.remove(empty)
    return took


_AIMS = {
    "spine": "Spine", "chest": "Thorax", "neck": "Neck", "head": "Head",
    **{f"{bone}.{side}": side + joint for side in "LR" for bone, joint in (
        ("shoulder", "Shoulder"), ("upper_arm", "Elbow"), ("forearm", "Wrist"),
        ("thigh", "Knee"), ("shin", "Ankle"), ("foot", "Toe"))},
}  # fmt: skip


def sixty_bones() -> object:
    """The tool's humanoid with its mesh, and fingers and twist bones up to sixty bones."""
    from blender_pose3d.blender.armature import create_armature, editing

    armature = create_armature("Bench")
    with editing(armature):
        bones = armature.data.edit_bones
        parents = [b.name for b in bones if b.name.startswith("hand")]
        parents += [b.name for b in bones if not b.name.startswith("hand")]
        number = 0
        while len(bones) < BONES:
            parent = bones[parents[number % 2 if number < 30 else number % len(parents)]]
            extra = bones.new(f"extra_{number}")
            extra.head, extra.tail = parent.tail, parent.tail + (parent.tail - parent.head) * 0.2
            extra.parent = parent
            number += 1
    return armature


def walking(frames: int) -> Motion:
    """Somebody who walks on and on, with arms that swing and a body that sways."""
    seconds = np.arange(frames) / FPS
    stride = 2 * np.pi * seconds
    joints = np.zeros((frames, len(H36M_19), 3))

    def put(name: str, x: np.ndarray | float, y: np.ndarray | float, z: np.ndarray | float) -> None:
        joints[:, H36M_19.index(name)] = np.stack(np.broadcast_arrays(x, y, z), axis=-1)

    ahead = -1.1 * seconds
    up = 0.88 + 0.02 * np.cos(2 * stride)
    sway = 0.02 * np.sin(stride)
    put("Hip", sway, ahead, up)
    for name, height in (("Spine", 0.24), ("Thorax", 0.48), ("Neck", 0.66), ("Head", 0.82)):
        put(name, sway * (1 - height), ahead - 0.03 * height, up + height)
    for side, sign in (("L", 1.0), ("R", -1.0)):
        swing = 0.45 * sign * np.sin(stride)
        bend = 0.25 + 0.25 * sign * np.cos(stride)
        put(f"{side}Hip", sway + 0.09 * sign, ahead, up)
        knee = up - 0.42 * np.cos(swing)
        put(f"{side}Knee", sway + 0.09 * sign, ahead - 0.42 * np.sin(swing), knee)
        ankle = ahead - 0.42 * np.sin(swing) - 0.42 * np.sin(swing - bend)
        put(f"{side}Ankle", sway + 0.09 * sign, ankle, knee - 0.42 * np.cos(swing - bend))
        put(f"{side}Toe", sway + 0.1 * sign, ankle - 0.17, knee - 0.42 * np.cos(swing - bend) - 0.05)
        put(f"{side}Shoulder", sway + 0.18 * sign, ahead, up + 0.48)
        put(f"{side}Elbow", sway + 0.2 * sign, ahead + 0.28 * np.sin(swing), up + 0.48 - 0.28 * np.cos(swing))
        put(
            f"{side}Wrist",
            sway + 0.2 * sign,
            ahead + 0.28 * np.sin(swing) - 0.25 * np.sin(0.5 - swing),
            up + 0.48 - 0.28 * np.cos(swing) - 0.25 * np.cos(0.5 - swing),
        )
    camera = Camera(
        1000.0, 1000.0, 640.0, 360.0, 1280, 720, rotation_for_up(np.array([0.0, -1.0, 0.0])), np.zeros(3)
    )
    heights = joints[:, [H36M_19.index(f"{side}Ankle") for side in "LR"], 2]
    down = heights < heights.min() + 0.05
    return Motion(
        fps=FPS,
        start_frame=0,
        time=seconds,
        joints=joints,
        score=np.ones(joints.shape[:2]),
        skeleton=H36M_19,
        camera=camera,
        filled=np.zeros(joints.shape[:2], dtype=bool),
        raw=np.zeros((0, len(H36M_19), 3)),
        contacts=np.repeat(down, 2, axis=1),
    )


def _print(found: dict) -> None:
    print("{frames} frames, {bones} bones, {vertices} vertices, {cores} cores".format(**found))
    print(f"{'seconds':12} {'clock':>8} {'processor':>10}")
    for name in ("fit", "bake", "ours", "usual"):
        print(f"{name:12} {found[name + '_s']:8.2f} {found[name + '_cpu_s']:10.2f}")
    print(f"{'ratio':12} {found['ratio']:8.1f} {found['ratio_cpu']:10.1f}")
    print("the usual way from {usual_measured_frames} frames; load before: {load_before}".format(**found))
    for row in found.get("memory", ()):
        print(line(row))


if __name__ == "__main__":
    main()
