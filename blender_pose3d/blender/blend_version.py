"""Which Blender saved a file, and whether this one can be trusted with it.

A file opens in every later Blender. Blender promises the other way only within a major version, and for the
last one before a new major version, which reads the new one's files.
"""

from __future__ import annotations

import re
from pathlib import Path

_LAST_OF_4 = (4, 5)
# before 5.0: BLENDER, pointer size, byte order, three digits of version. Since: BLENDER, header size,
# pointer size, file format, byte order, four digits.
_HEADER = re.compile(rb"BLENDER(?:[_-][vV](\d)(\d\d)|\d\d-\d\dv(\d\d)(\d\d))")

Version = tuple[int, int]


def version_in(path: Path) -> Version | None:
    """(major, minor) of the Blender that saved a file, by its first bytes; None where these do not say, as in
    compressed files."""
    try:
        with path.open("rb") as file:
            found = _HEADER.match(file.read(17))
    except OSError:
        return None
    if found is None:
        return None
    major, minor = (int(part) for part in found.groups() if part is not None)
    return major, minor


def can_read(saved: Version, own: Version) -> bool:
    """Whether a Blender of version ``own`` reads what ``saved`` wrote, if with losses."""
    return saved[0] <= own[0] or (own >= _LAST_OF_4 and saved[0] == own[0] + 1)


def refusal(path: str, saved: Version, own: Version) -> str:
    """One line on a file that is too new."""
    return (
        f"Cannot open {path}: Blender {_told(saved)} saved it, and this is {_told(own)}."
        f" Convert with Blender {_told(saved)} or newer."
    )


def warning(path: str, saved: Version, own: Version) -> str:
    """One line on a file that is newer and can be read."""
    return (
        f"{path} was saved by Blender {_told(saved)}, newer than this {_told(own)}: what only that one knows"
        " is lost."
    )


def _told(version: Version) -> str:
    return ".".join(map(str, version))
