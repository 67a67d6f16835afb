"""Habits of Blender that everything of ours keeps: tooltips, names, undo, presets, settings in the file."""

import ast
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from blender_pose3d.blender.actions import curves_of
from blender_pose3d.tracks import write_tracks
from tests.blender.moving_rigs import mixamo
from tests.blender.registered import PACKAGE, ROOT, Layout, module
from tests.walker import camera_at, film, walk

TEXT_OF = {"label", "operator", "menu", "prop", "popover"}
PRESETS = sorted((ROOT / "presets" / "pose3d").rglob("*.py"))
pytestmark = pytest.mark.usefixtures("add_on")


def ours(kind: str) -> list[type]:
    """Classes of the add-on, of one kind: OT, PG, PT."""
    found = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith(f"POSE3D_{kind}_")]
    found += [cls for cls in bpy.types.PropertyGroup.__subclasses__() if kind == "PG"]
    return [cls for cls in dict.fromkeys(found) if cls.__module__.startswith(PACKAGE)]


def shown_properties(cls: type) -> list[bpy.types.Property]:
    """Those of our own that a person gets to see."""
    inherited = {
        *bpy.types.Operator.bl_rna.properties.keys(),
        *bpy.types.PropertyGroup.bl_rna.properties.keys(),
    }
    return [p for p in cls.bl_rna.properties if p.identifier not in inherited and not p.is_hidden]


def test_everything_has_a_tooltip_as_blender_s_are():
    wrong = []
    for cls in (*ours("OT"), *ours("PG")):
        texts = {cls.__name__: cls.bl_description} if "_OT_" in cls.__name__ else {}
        for prop in shown_properties(cls):
            texts[f"{cls.__name__}.{prop.identifier}"] = prop.description
            for item in getattr(prop, "enum_items", ()):
                texts[f"{cls.__name__}.{prop.identifier}.{item.identifier}"] = item.description
        wrong += [f"{name}: {text!r}" for name, text in texts.items() if not text or text.endswith(".")]
    assert not wrong
    assert len(ours("OT")) > 5 and len(ours("PG")) > 2, "classes are still found"


def test_search_finds_each_operator_by_a_name_of_its_own():
    labels = [cls.bl_label for cls in ours("OT") if "INTERNAL" not in cls.bl_options]
    assert len(labels) == len(set(labels))
    for label in labels:
        small = {"to", "of", "as", "from", "in", "and", "the", "a", "over", "at", "on", "for"}
        assert all(word[0].isupper() or word in small for word in label.split()), label
        assert label[0].isupper() and not label.endswith("."), label


def test_what_changes_the_file_can_be_undone():
    # these write files or show things, and change nothing that undo could bring back
    keeps = {"save_bone_map", "export_motion", "add_motion_preset", "add_bake_preset", "add_export_preset"}
    mine = {"load_bone_map", "forget_bone_map", "take_bone", "mirror_bone_map", "fit_tracks"}
    by_name = {cls.bl_idname.partition(".")[2]: cls for cls in ours("OT")}
    for name in mine:
        assert {"REGISTER", "UNDO"} <= by_name[name].bl_options, name
    assert keeps <= set(by_name)
    assert not [name for name in keeps if "UNDO" in by_name[name].bl_options]


def test_names_that_are_put_together_are_not_translated():
    """Blender would look up ``Animate Hero`` in its dictionaries, and never find it."""
    wrong = []
    for path in sorted([*(ROOT / "panels").glob("*.py"), *(ROOT / "operators").glob("*.py")]):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            composed = isinstance(given.get("text"), ast.JoinedStr)
            if call.func.attr in TEXT_OF and composed and "translate" not in given:
                wrong.append(f"{path.name}:{call.lineno}")
    assert not wrong


def test_messages_are_looked_up_before_values_are_put_into_them():
    """What is reported or wrapped goes through ``translated`` (wrapped does it itself), never ready-made."""
    wrong = []
    for path in sorted([*(ROOT / "panels").glob("*.py"), *(ROOT / "operators").glob("*.py")]):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name == "translated":
                assert isinstance(call.args[0], ast.Constant | ast.Name | ast.Call), (path.name, call.lineno)
            said = {"report": call.args[1:2], "wrapped": call.args[1:2], "_refuse": call.args[:1],
                    "refuse": call.args[:1]}.get(name, [])  # fmt: skip
            plain = name in {"report"} and any(isinstance(text, ast.Constant) for text in said)
            if plain or any(isinstance(text, ast.JoinedStr) and _has_words(text) for text in said):
                wrong.append(f"{path.name}:{call.lineno}")
    assert not wrong


def _has_words(text: ast.JoinedStr) -> bool:
    return any(
        isinstance(part, ast.Constant) and any(c.isalpha() for c in part.value) for part in text.values
    )


def test_a_dictionary_changes_the_panel(monkeypatch):
    words = {
        "Person {number}": "Figur {number}",
        "Choose a video first.": "Erst ein Video wählen.",
        "There is no person {person} in these tracks.": "Darin gibt es keine Figur {person}.",
    }
    shared = module("operators.shared")
    looked_up = SimpleNamespace(pgettext_rpt=lambda text: words.get(text, text))
    monkeypatch.setattr(shared, "bpy", SimpleNamespace(app=SimpleNamespace(translations=looked_up)))
    layout = Layout()
    module("panels.parts").wrapped(layout, "Choose a video first.", "INFO", 40)
    assert layout.texts == ["Erst ein Video wählen."]
    settings = bpy.context.scene.pose3d
    settings.tracks, settings.people, settings.person = "walk.npz", 1, 3
    settings.people = 1
    assert module("panels.bake").why_not(bpy.context) == "Darin gibt es keine Figur 3."
    assert shared.translated("{size} in {folder}", size="1 MB", folder="x") == "1 MB in x"


@pytest.mark.slow
@pytest.mark.each_blender
def test_settings_are_saved_in_the_file(tmp_path):
    looked_up = {"tracks", "armature", "video"}  # what is chosen there is looked at, and must be there
    said = {}
    for group in ("pose3d", "pose3d_export"):
        settings = getattr(bpy.context.scene, group)
        for prop in shown_properties(type(settings)):
            if prop.identifier not in looked_up and prop.type in {
                "BOOLEAN",
                "INT",
                "FLOAT",
                "ENUM",
                "STRING",
            }:
                setattr(settings, prop.identifier, another(prop, getattr(settings, prop.identifier)))
                said[group, prop.identifier] = getattr(settings, prop.identifier)
    path = str(tmp_path / "settings.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    read = {key: getattr(getattr(bpy.context.scene, key[0]), key[1]) for key in said}
    assert read == said
    assert len(said) > 30


def another(prop: bpy.types.Property, value: object) -> object:
    """A value that a property does not have yet."""
    if prop.type == "BOOLEAN":
        return not value
    if prop.type == "ENUM":
        return next(item.identifier for item in prop.enum_items if item.identifier != value)
    if prop.type == "STRING":
        return f"{value} und mehr"
    return prop.hard_min if value != prop.hard_min else prop.hard_min + 1


@pytest.mark.slow
@pytest.mark.each_blender
@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_that_ship_say_all_that_a_preset_says(path):
    operator = getattr(bpy.types, f"POSE3D_OT_add_{path.parent.name}_preset")
    lines = path.read_text("utf-8").splitlines()
    set_in_it = {line.partition(" =")[0] for line in lines if line.startswith("settings.")}
    assert set_in_it == set(operator.preset_values)
    assert path.parent in [Path(folder) for folder in bpy.utils.preset_paths(operator.preset_subdir)]
    done = bpy.ops.script.execute_preset(filepath=str(path), menu_idname=operator.preset_menu)
    assert done == {"FINISHED"}
    shown = getattr(bpy.types, operator.preset_menu)
    assert shown.bl_label == path.stem.replace("_", " ")


@pytest.mark.slow
@pytest.mark.each_blender
def test_a_preset_of_one_s_own_is_kept_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(bpy.utils, "user_resource", lambda kind, path, create: _made(tmp_path / path))
    settings = bpy.context.scene.pose3d
    settings.root_motion, settings.reduce_keys = "ROOT_BONE", True
    assert bpy.ops.pose3d.add_bake_preset(name="My Game") == {"FINISHED"}
    (kept,) = tmp_path.rglob("*.py")
    assert kept.parts[-4:] == ("presets", "pose3d", "bake", "My_Game.py")
    settings.root_motion, settings.reduce_keys = "HIPS", False
    bpy.ops.script.execute_preset(filepath=str(kept), menu_idname="POSE3D_PT_bake_presets")
    assert (settings.root_motion, settings.reduce_keys) == ("ROOT_BONE", True)
    assert bpy.ops.pose3d.add_bake_preset(name="Game Engine", remove_name=True) == {"CANCELLED"}
    assert (ROOT / "presets/pose3d/bake/Game_Engine.py").is_file(), "it comes with the add-on"


def _made(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


@pytest.mark.slow
@pytest.mark.each_blender
def test_an_action_gets_its_name_and_can_be_an_asset(tmp_path):
    path, armature = tmp_path / "walk.npz", mixamo()
    write_tracks(path, film(walk(0.5), camera_at()).tracks)
    said = {"filepath": str(path), "armature": armature.name}
    bpy.ops.pose3d.fit_tracks(**said)
    assert armature.animation_data.action.name == "walk"
    assert armature.animation_data.action.asset_data is None
    bpy.ops.pose3d.fit_tracks(**said, action_name="Hero Walks", mark_asset=True)
    action = armature.animation_data.action
    assert action.name == "Hero Walks" and curves_of(action, armature)
    assert "walk.npz" in action.asset_data.description
    assert [tag.name for tag in action.asset_data.tags] == ["Pose3D"]
    assert bpy.data.actions["walk"].asset_data is None, "what was there before is left as it was"


@pytest.mark.slow
def test_the_reason_is_named_where_bones_are_not_told_apart():
    settings = bpy.context.scene.pose3d
    settings.tracks, settings.armature = "walk.npz", mixamo()
    why_not = module("panels.bake").why_not
    assert not why_not(bpy.context)
    bpy.context.scene.pose3d_character.roles["hips"].bone = ""
    assert "under Character" in why_not(bpy.context)


@pytest.mark.slow
@pytest.mark.each_blender
def test_undo_and_redo_take_one_step():
    armature, settings = mixamo(), bpy.context.scene.pose3d
    settings.armature, name = armature, armature.name

    def head() -> tuple[str, bool]:
        rows = bpy.context.scene.pose3d_character.roles
        return rows["head"].bone, "pose3d_bone_map" in bpy.data.objects[name]

    armature.data.bones.active = armature.data.bones["mixamorig:Neck"]
    bpy.ops.ed.undo_push(message="Before")
    before = head()
    assert bpy.ops.pose3d.take_bone("EXEC_DEFAULT", True, role="head") == {"FINISHED"}
    after = head()
    assert (before, after) == (("mixamorig:Head", False), ("mixamorig:Neck", True))
    bpy.ops.ed.undo()
    assert head() == before
    bpy.ops.ed.redo()
    assert head() == after
