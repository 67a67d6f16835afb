"""Run inside Blender with a window: from a video to an exported character, with a stop for each picture.

    window_whole_way.py -- FOLDER VIDEO ENGINE_PYTHON

Writes FOLDER/picture-NAME for a picture and FOLDER/keys-NAME for keys and clicks (a line for each xdotool
command), and waits until they are taken away; FOLDER/report.json in the end. The steps are a generator:
Blender's main loop runs between them.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.pose3d"
FOLDER, VIDEO, ENGINE = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :][:3])
PARTS = ("engine", "video", "capture", "captures", "motion", "look", "character", "bake", "export")
desk = importlib.import_module(f"{MODULE}.blender_pose3d.blender.capture_desk").DESK
live = importlib.import_module(f"{MODULE}.operators.live_state")
report = {"slowest_draw": {}, "said": {}}


def timed(name):
    """Note how long a panel's slowest draw takes, the first too, by the processor's clock."""
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


def middle_of(kind):
    """Where xdotool finds the middle of a region: it counts from the top."""
    place = window_of()
    region = next(region for region in place["area"].regions if region.type == kind)
    return region.x + region.width // 2, place["window"].height - (region.y + region.height // 2)


def open_sidebar():
    place = window_of()
    place["area"].spaces.active.show_region_ui = True
    yield
    for region in place["area"].regions:
        if region.type == "UI":
            region.active_panel_category = "Pose3D"
    place["area"].tag_redraw()
    yield


def asked(kind, name, text=""):
    path = FOLDER / f"{kind}-{name}"
    path.with_suffix(".part").write_text(text)
    path.with_suffix(".part").rename(path)
    while path.exists():
        yield


def picture(name):
    for area in window_of()["window"].screen.areas:
        area.tag_redraw()
    yield
    yield from asked("picture", name)


def keys(name, *lines):
    yield from asked("keys", name, "\n".join(lines))


def until(what, seconds=420):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, (desk.message, desk.job and desk.job.state, live.state.message)
        yield


def call(operator, *arguments, **properties):
    with bpy.context.temp_override(**window_of()):
        return operator(*arguments, **properties)


def set_up():
    """No engine yet: what the panel offers, by Blender's search; then one of our own in the preferences."""
    yield from picture("01-no-engine")
    call(bpy.ops.wm.search_operator, "INVOKE_DEFAULT")
    yield
    yield from keys("search", "type Set Up Engine", "sleep 1", "key Return", "sleep 1")
    yield from picture("02-set-up")
    yield from keys("escape", "key Escape")
    chosen = bpy.context.preferences.addons[MODULE].preferences
    report["why_not_without"] = bpy.types.POSE3D_OT_capture.poll(bpy.context)
    chosen.engine_python = str(ENGINE)
    call(bpy.ops.preferences.addon_show, module=MODULE)
    yield from picture("03-preferences")
    other = [w for w in bpy.context.window_manager.windows if w.parent]
    for window in other:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()
    yield


def choose():
    call(bpy.ops.pose3d.choose_video, "EXEC_DEFAULT", filepath=str(VIDEO))
    yield from until(lambda: desk.look is not None and desk.look.over)
    bpy.context.scene.pose3d_capture.quality = "fast"
    yield
    yield from picture("04-video")


def capture():
    """Cancelled by Esc over the sidebar, begun again, undone beside it, done."""
    call(bpy.ops.ed.undo_push, message="Before")
    x, y = middle_of("UI")
    yield from keys("there", f"mousemove {x} {y}")
    assert call(bpy.ops.pose3d.capture, "INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    yield from until(lambda: not desk.busy or desk.job.progress.stage in {"load", "follow"})
    yield from keys("cancel", "key Escape")
    yield from until(lambda: not desk.busy)
    report["said"]["cancelled"] = desk.message
    yield from picture("05-cancelled")
    assert call(bpy.ops.pose3d.capture, "INVOKE_DEFAULT") == {"RUNNING_MODAL"}
    yield from until(lambda: not desk.busy or desk.job.progress.done > 0)
    call(bpy.ops.mesh.primitive_cube_add)
    call(bpy.ops.ed.undo_push, message="cube")
    call(bpy.ops.ed.undo)
    report["busy_after_undo"] = desk.busy
    yield from picture("06-capturing")
    yield from until(lambda: not desk.busy)
    for _ in range(30):
        yield
    scene = bpy.context.scene
    report["said"]["captured"] = desk.message
    report["continued"] = round(desk.job.continued, 2)
    report["video"], report["tracks"] = scene.pose3d_capture.video, scene.pose3d.tracks
    report["tracks_info"] = scene.pose3d.tracks_info
    report["people_pictures"] = len(list(Path(scene.pose3d.tracks).parent.glob("person-*.png")))
    yield from picture("07-captured")


def clear_of_defaults():
    for item in list(bpy.data.objects):
        bpy.data.objects.remove(item)


def look():
    clear_of_defaults()
    bpy.context.scene.pose3d_look.skeleton = True
    yield from until(lambda: live.state.answer is not None and live.state.answer.quality is not None)
    bpy.context.scene.frame_set(bpy.context.scene.frame_start + 12)
    yield from picture("08-skeleton")
    begin = time.monotonic()
    answer = live.state.answer
    bpy.context.scene.pose3d.smoothing = 0.8
    yield from until(lambda: live.state.answer is not answer)
    report["refit_seconds"] = round(time.monotonic() - begin, 2)
    bpy.context.scene.pose3d.smoothing = 0.5
    assert call(bpy.ops.pose3d.show_footage) == {"FINISHED"}
    assert call(bpy.ops.pose3d.mark_worst) == {"FINISHED"}
    yield from picture("09-footage")
    assert call(bpy.ops.pose3d.show_footage) == {"FINISHED"}


def bake():
    settings = bpy.context.scene.pose3d
    call(bpy.ops.ed.undo_push, message="Before")
    done = call(bpy.ops.pose3d.fit_tracks, "EXEC_DEFAULT", True, filepath=settings.tracks, new_armature=True)
    assert done == {"FINISHED"}
    bpy.context.scene.frame_set(bpy.context.scene.frame_start + 12)
    call(bpy.ops.view3d.view_all)
    yield from picture("10-animated")
    x, y = middle_of("WINDOW")
    yield from keys("undo", f"mousemove {x} {y}", "key ctrl+z", "sleep 0.5")
    yield from until(lambda: not [o for o in bpy.data.objects if o.type == "ARMATURE"], 30)
    yield from keys("redo", f"mousemove {x} {y}", "key ctrl+shift+z", "sleep 0.5")
    yield from until(lambda: [o for o in bpy.data.objects if o.type == "ARMATURE"], 30)


def export():
    settings = bpy.context.scene.pose3d_export
    settings.folder = str(FOLDER / "out")
    armature = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    bpy.context.scene.pose3d.armature = armature
    values = {name: getattr(settings, name) for name in ("preset", "folder", "file_name")}
    assert call(bpy.ops.pose3d.export_motion, "EXEC_DEFAULT", **values) == {"FINISHED"}
    bpy.context.scene.pose3d_look.skeleton = False
    report["exported"] = sorted(path.name for path in (FOLDER / "out").iterdir())
    yield
    x, y = middle_of("UI")
    yield from keys("scroll", f"mousemove {x} {y}", "click --repeat 30 --delay 30 5", "sleep 0.5")
    yield from picture("11-exported")


def translate():
    """A dictionary of a few words, as a translator would bring it."""
    words = {
        "Preview": "Vorschau",
        "There is no person {person} in these tracks.": "Hier ist niemand: {person}.",
    }
    bpy.app.translations.register(__name__, {"de_DE": {("*", text): word for text, word in words.items()}})
    view = bpy.context.preferences.view
    report["international"] = bpy.app.build_options.international
    if report["international"]:
        view.language, view.use_translate_interface = "de_DE", True
        view.use_translate_reports = True
        bpy.context.scene.pose3d.person = 7
        yield from picture("12-translated")
        report["said"]["translated"] = importlib.import_module(f"{MODULE}.panels.bake").why_not(bpy.context)
    bpy.app.translations.unregister(__name__)
    yield


def steps():
    yield from open_sidebar()
    for part in (set_up, choose, capture, look, bake, export, translate):
        report["at"] = part.__name__
        yield from part()
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
for part in PARTS:
    timed(f"POSE3D_PT_{part}")
bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(crank, first_interval=2.0)
