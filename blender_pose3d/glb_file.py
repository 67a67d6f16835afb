"""GLB: a header of three 32-bit numbers, then chunks of length, kind and bytes: JSON first, then binary data.

Format: Khronos Group, "glTF 2.0 Specification", "Binary glTF Layout".
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")
_FLOAT = 5126
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}


class GlbError(ValueError):
    """This is no GLB, or not one of the kind that is understood here; the message says which."""


@dataclass
class Glb:
    """told: the JSON. binary: the bytes of its one buffer."""

    told: dict[str, Any]
    binary: bytearray

    def add(self, arrays: list[np.ndarray]) -> list[int]:
        """Put arrays (N,) or (N, 3) or (N, 4) in as float32; the numbers of their accessors."""
        self.binary += bytes(-len(self.binary) % 4)
        start = len(self.binary)
        accessors, views = self.told.setdefault("accessors", []), self.told.setdefault("bufferViews", [])
        first = len(accessors)
        for array in arrays:
            values = np.ascontiguousarray(array, "<f4")
            width = values.shape[1] if values.ndim > 1 else 1
            accessors.append(
                {
                    "bufferView": len(views),
                    "byteOffset": len(self.binary) - start,
                    "componentType": _FLOAT,
                    "count": len(values),
                    "type": _TYPES[width],
                }
            )
            if width == 1:
                accessors[-1] |= {"min": [float(values.min())], "max": [float(values.max())]}
            self.binary += values.tobytes()
        views.append({"buffer": 0, "byteOffset": start, "byteLength": len(self.binary) - start})
        return list(range(first, len(accessors)))


def read_glb(data: bytes) -> Glb:
    """A GLB's parts. Raises GlbError for what is none, or has several buffers."""
    try:
        magic, _, _ = _HEADER.unpack_from(data)
        if magic != b"glTF":
            raise GlbError("this is no GLB")
        size, _ = _CHUNK.unpack_from(data, _HEADER.size)
        start = _HEADER.size + _CHUNK.size
        told = json.loads(data[start : start + size])
        at = start + size
        binary = bytearray()
        if at < len(data):
            size, _ = _CHUNK.unpack_from(data, at)
            binary = bytearray(data[at + _CHUNK.size :][:size])
    except (struct.error, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise GlbError("this is no whole GLB") from error
    if len(told.get("buffers", ())) > 1:
        raise GlbError("the GLB has several buffers")
    return Glb(told, binary)


def written(glb: Glb) -> bytes:
    """The bytes of a GLB."""
    if glb.binary:
        glb.told["buffers"] = [{"byteLength": len(glb.binary)}]
    text = json.dumps(glb.told, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    chunks = _CHUNK.pack(len(text), b"JSON") + text
    if glb.binary:
        binary = bytes(glb.binary) + bytes(-len(glb.binary) % 4)
        chunks += _CHUNK.pack(len(binary), b"BIN\0") + binary
    return _HEADER.pack(b"glTF", 2, _HEADER.size + len(chunks)) + chunks
