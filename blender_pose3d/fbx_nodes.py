"""Binary FBX as a tree of nodes: read without touching what is inside them, changed, and written again.

The layout is the one the Blender Foundation has described ("FBX binary file format specification", 2013): a
header, nested records that each say where they end, and a footer. Values of nodes stay as they are encoded,
so meshes and pictures go through at no cost and unchanged.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
# From this version on places in the file have 64 bits.
_WIDE = 7500
# What follows the last node: an identifier with a gap, then padding, then version, zeros and a mark.
_FOOT, _TAIL = 20, 140
# Shorter arrays are not worth compressing.
_SMALL = 128
_SCALARS = {"Y": "<h", "C": "<B", "B": "<B", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
_ARRAYS = {"f": "<f4", "d": "<f8", "l": "<i8", "i": "<i4", "b": "u1", "c": "u1"}


class FbxError(ValueError):
    """This is no FBX file, or not one of the kind that is understood here; the message says which."""


@dataclass(slots=True)
class Node:
    """A record: its name, how many values it has and these as the file has them, and the records inside.

    closed: a mark ends the children, as it must where there are some.
    """

    name: bytes
    count: int = 0
    encoded: bytes = b""
    children: list[Node] = field(default_factory=list)
    closed: bool = False

    def child(self, name: bytes) -> Node:
        """The first child of a name. Raises FbxError."""
        for one in self.children:
            if one.name == name:
                return one
        raise FbxError(f"there is no {name.decode()} in {self.name.decode() or 'the file'}")

    @property
    def values(self) -> list[Any]:
        """int, float, bytes and (for arrays) ndarray. Raises FbxError for a type that FBX does not have."""
        return _decoded(self.encoded, self.count)


@dataclass(slots=True)
class FbxFile:
    """version: 7400 means FBX 7.4. root: a node without a name that holds the file's."""

    version: int
    root: Node
    foot: bytes
    tail: bytes


def node(name: str, *values: Any, children: list[Node] | None = None, closed: bool = False) -> Node:
    """A node with encoded values: bytes or str (text), float, numpy integers (int32, int64) by their size,
    and 1-D arrays of float32, float64, int32 or int64."""
    encoded = b"".join(map(_encoded, values))
    return Node(name.encode(), len(values), encoded, children or [], closed or bool(children))


def read_fbx(data: bytes) -> FbxFile:
    """The tree of a binary FBX file. Raises FbxError."""
    start = len(_MAGIC) + 4
    if data[: len(_MAGIC)] != _MAGIC or len(data) < start + _FOOT + _TAIL:
        raise FbxError("this is no binary FBX file")
    (version,) = struct.unpack_from("<I", data, len(_MAGIC))
    head = _head(version)
    root = Node(b"", closed=True)
    try:
        end = _read(data, start, len(data), head, root)
    except (struct.error, IndexError) as error:
        raise FbxError("the file ends too early") from error
    return FbxFile(version, root, data[end : end + _FOOT], data[-_TAIL:])


def written(file: FbxFile) -> bytes:
    """The bytes of a file. Raises FbxError for one of over 4 GB below version 7.5."""
    head = _head(file.version)
    start = _MAGIC + struct.pack("<I", file.version)
    out = [start]
    at = len(start)
    try:
        for one in file.root.children:
            at = _write(one, out, at, head)
    except struct.error as error:
        raise FbxError("the file is too large for its version of FBX") from error
    out.append(bytes(head.size + 1) + file.foot)
    at += head.size + 1 + len(file.foot)
    # up to a multiple of sixteen, and never nothing
    out.append(bytes(16 - at % 16) + file.tail)
    return b"".join(out)


def _head(version: int) -> struct.Struct:
    """Where a record ends, how many values it has and their size in bytes."""
    return struct.Struct("<3Q" if version >= _WIDE else "<3I")


def _read(data: bytes, at: int, end: int, head: struct.Struct, into: Node) -> int:
    """Read records until the mark that closes them, or ``end``; returns where it stopped."""
    while at < end:
        stop, count, size = head.unpack_from(data, at)
        at += head.size
        length = data[at]
        if stop == 0:
            into.closed = True
            return at + 1
        name = data[at + 1 : at + 1 + length]
        at += 1 + length
        if not at + size <= stop <= end:
            raise FbxError("a record reaches beyond the one it is in")
        made = Node(name, count, data[at : at + size])
        if at + size < stop:
            _read(data, at + size, stop, head, made)
        into.children.append(made)
        at = stop
    return at


def _write(one: Node, out: list[bytes], at: int, head: struct.Struct) -> int:
    """Append a record that starts at ``at``; returns where it ends."""
    own = len(out)
    out += [b"", one.encoded]
    at += head.size + 1 + len(one.name) + len(one.encoded)
    for inner in one.children:
        at = _write(inner, out, at, head)
    if one.closed or one.children:
        out.append(bytes(head.size + 1))
        at += head.size + 1
    out[own] = head.pack(at, one.count, len(one.encoded)) + bytes([len(one.name)]) + one.name
    return at


def _encoded(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        kind = next(k for k, form in _ARRAYS.items() if value.dtype == form)
        raw = np.ascontiguousarray(value, _ARRAYS[kind]).tobytes()
        packed = zlib.compress(raw, 1) if len(raw) > _SMALL else raw
        return struct.pack("<c3I", kind.encode(), value.size, len(raw) > _SMALL, len(packed)) + packed
    if isinstance(value, np.int32):
        return struct.pack("<ci", b"I", value)
    if isinstance(value, np.int64):
        return struct.pack("<cq", b"L", value)
    if isinstance(value, float):
        return struct.pack("<cd", b"D", value)
    text = value.encode() if isinstance(value, str) else value
    return struct.pack("<cI", b"S", len(text)) + text


def _decoded(encoded: bytes, count: int) -> list[Any]:
    found: list[Any] = []
    at = 0
    try:
        for _ in range(count):
            value, at = _value(encoded, chr(encoded[at]), at + 1)
            found.append(value)
    except (struct.error, KeyError, IndexError, ValueError, zlib.error) as error:
        raise FbxError("a record's values are broken") from error
    return found


def _value(encoded: bytes, kind: str, at: int) -> tuple[Any, int]:
    """A value and where it ends."""
    if kind in "SR":
        (length,) = struct.unpack_from("<I", encoded, at)
        return encoded[at + 4 : at + 4 + length], at + 4 + length
    if kind in _ARRAYS:
        size, packed, length = struct.unpack_from("<3I", encoded, at)
        raw = encoded[at + 12 : at + 12 + length]
        return np.frombuffer(zlib.decompress(raw) if packed else raw, _ARRAYS[kind], size), at + 12 + length
    form = _SCALARS[kind]
    return struct.unpack_from(form, encoded, at)[0], at + struct.calcsize(form)
