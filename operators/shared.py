"""What properties and operators of several modules have in common."""

from __future__ import annotations

import bpy

# Blender 4.5 and later offer a path relative to the .blend only to properties that say they can take one.
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


NO_MOTION = "Capture a video, or open a file of motion under Motion, first."


def translated(text: str, **values: object) -> str:
    """A text in the language of Blender's interface, with values put into its braces.

    The text itself is what dictionaries know (``bpy.app.translations``); what has been put together is not.
    """
    words = str(bpy.app.translations.pgettext_rpt(text))
    return words.format(**values) if values else words


def missing_package(error: ImportError) -> str:
    return translated(
        "Python package {name} is missing from this Blender: install it there.", name=error.name
    )
