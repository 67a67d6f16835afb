"""Run inside Blender with a window: the whole way of a capture in the sidebar, with a stop for each picture.

    window_capture.py -- FOLDER VIDEO

Writes FOLDER/picture-NAME and waits until it is taken away; FOLDER/report.json in the end. The steps are a
generator: Blender's main loop runs between them.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.pose3d"
FOLDER, VIDEO = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :][:2])
desk = importlib.import_module(f"{MODULE}.blender_pose3d.blender.capture_desk").DESK
report = {"slowest_draw": {}}


def timed(name):
    """Note how long a panel's slowest draw takes, by the processor's clock."""
    panel = getattr(bpy.types, name)
    draw = panel.draw

    def noted(self, context):
        before = time.thread_time()
        draw(self, context)
        took = 1000 * (time.thread_time() - before)
        slowest = report["slowest_draw"]
        slowest[name] = round(max(slowest.get(name, 0.0), took), 2)

    panel.draw = noted


def window_of():
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return {"window": window, "area": area, "region": region}


def open_sidebar():
    place = window_of()
    place["area"].spaces.active.show_region_ui = True
    yield
    for region in place["area"].regions:
        if region.type == "UI":
            region.active_panel_category = "Pose3D"
    place["area"].tag_redraw()
    yield


def picture(name):
    (FOLDER / f"picture-{name}").touch()
    while (FOLDER / f"picture-{name}").exists():
        yield


def until(what, seconds=420):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, (desk.message, desk.job and desk.job.state)
        yield


def capture():
    with bpy.context.temp_override(**window_of()):
        assert bpy.ops.pose3d.capture("INVOKE_DEFAULT") == {"RUNNING_MODAL"}


def steps():
    yield from open_sidebar()
    yield from picture("1-empty")
    with bpy.context.temp_override(**window_of()):
        bpy.ops.pose3d.choose_video("EXEC_DEFAULT", filepath=str(VIDEO))
    yield from until(lambda: desk.look is not None and desk.look.over)
    settings = bpy.context.scene.pose3d_capture
    settings.use_range, settings.start, settings.end, settings.quality = True, 1.0, 2.0, "fast"
    yield
    yield from picture("2-video")
    capture()
    yield from until(lambda: not desk.busy or desk.job.progress.done > 8)
    with bpy.context.temp_override(**window_of()):
        bpy.ops.mesh.primitive_cube_add()
        bpy.ops.ed.undo_push(message="cube")
        bpy.ops.ed.undo()
    report["busy_after_undo"] = desk.busy
    yield from picture("3-capturing")
    yield from until(lambda: not desk.busy)
    for _ in range(30):
        yield
    report["message"] = desk.message
    report["tracks"] = bpy.context.scene.pose3d.tracks
    report["tracks_info"] = bpy.context.scene.pose3d.tracks_info
    report["captures"] = [item.length for item in bpy.context.window_manager.pose3d_captures]
    report["people_pictures"] = len(list(Path(report["tracks"]).parent.glob("person-*.png")))
    yield from picture("4-captured")
    report["slowest_tick"] = round(1000 * desk.slowest, 2)


def crank():
    try:
        next(run)
        return 0.1
    except StopIteration:
        report["done"] = True
    except Exception:
        report["error"] = traceback.format_exc()
    (FOLDER / "report.part").write_text(json.dumps(report))
    (FOLDER / "report.part").rename(FOLDER / "report.json")
    bpy.ops.wm.quit_blender()
    return None


run = steps()
for part in ("video", "capture", "captures", "motion", "character", "bake"):
    timed(f"POSE3D_PT_{part}")
bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(crank, first_interval=2.0)
