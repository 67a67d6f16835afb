"""The add-on registered as Blender would, and stand-ins for what a panel draws on."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import bpy

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pose3d_registered"


@contextmanager
def registered() -> Iterator[ModuleType]:
    """The repository's root as a package: inside the add-on, imports are relative."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)
    package.register()
    try:
        yield package
    finally:
        package.unregister()
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


def module(name: str) -> ModuleType:
    """A module of the registered add-on, by its path from the root."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def a_context(**others) -> SimpleNamespace:
    """As much of a context as panels ask for where there is no window."""
    real = bpy.context
    return SimpleNamespace(
        scene=real.scene,
        view_layer=real.view_layer,
        mode=real.mode,
        region=SimpleNamespace(width=280),
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1.0)),
        **others,
    )


def drawn(panel: str, context: SimpleNamespace | None = None) -> Layout:
    """What a panel draws, by its name; properties and operators must exist."""
    layout = Layout()
    cls = getattr(bpy.types, panel)
    cls.draw(SimpleNamespace(layout=layout), context or a_context())
    return layout


class Layout:
    """Notes what is drawn: properties, texts, operators with what they are given."""

    def __init__(self, parent: Layout | None = None) -> None:
        self.seen = parent.seen if parent else []
        self.texts = parent.texts if parent else []
        self.buttons = parent.buttons if parent else []
        self.alerts = parent.alerts if parent else []
        self.alert, self.enabled = bool(parent and parent.alert), True

    def column(self, **_):
        return Layout(self)

    row = split = box = grid_flow = column

    def panel(self, name, **_):
        return Layout(self), Layout(self)

    def progress(self, *, factor, text):
        assert 0 <= factor <= 1
        self.texts.append(text)

    def template_icon(self, *, icon_value, **_):
        assert icon_value

    def template_list(self, kind, name, data, items, *active, **_):
        assert hasattr(bpy.types, kind) and hasattr(data, items) and hasattr(*active)

    def prop(self, owner, name, **_):
        assert name in owner.bl_rna.properties
        self.seen.append(name)

    def prop_search(self, owner, name, collection, items, **_):
        assert name in owner.bl_rna.properties
        assert items in collection.bl_rna.properties
        self.seen.append(getattr(owner, "name", "") or name)
        if self.alert:
            self.alerts.append(owner.name)

    def label(self, *, text="", **_):
        self.texts.append(text)
        if self.alert:
            self.alerts.append(text)

    def operator(self, name, **_):
        kind, _, own = name.partition(".")
        assert own in dir(getattr(bpy.ops, kind))
        given = SimpleNamespace(bl_idname=name)
        self.buttons.append(given)
        return given

    def menu(self, name, **_):
        assert hasattr(bpy.types, name)

    popover = menu

    def separator(self, **_):
        """Nothing to note."""
