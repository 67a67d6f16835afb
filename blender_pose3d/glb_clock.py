"""The clock of a GLB: Blender's exporter (4.2 to 5.0) counts 29.97 frames a second as 30.03.

Format: Khronos Group, "glTF 2.0 Specification", "Binary glTF Layout": a header of three 32-bit numbers,
then chunks of length, kind and bytes, the first of JSON, the second of binary data.
"""

from __future__ import annotations

import json
import struct

import numpy as np

_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<I4s")


def stretched(data: bytes, factor: float) -> bytes:
    """A GLB's bytes with all times of keys multiplied. Raises ValueError for what is no GLB of one buffer."""
    magic, version, _ = _HEADER.unpack_from(data)
    if magic != b"glTF":
        raise ValueError("not a GLB")
    size, kind = _CHUNK.unpack_from(data, _HEADER.size)
    start = _HEADER.size + _CHUNK.size
    told = json.loads(data[start : start + size])
    rest = bytearray(data[start + size :])
    inputs = {s["input"] for animation in told.get("animations", ()) for s in animation["samplers"]}
    for accessor in (told["accessors"][i] for i in sorted(inputs)):
        view = told["bufferViews"][accessor["bufferView"]]
        at = _CHUNK.size + view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        times = np.frombuffer(rest, "<f4", accessor["count"], at) * np.float32(factor)
        rest[at : at + times.nbytes] = times.tobytes()
        accessor["min"], accessor["max"] = [float(times.min())], [float(times.max())]
    text = json.dumps(told, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    whole = _HEADER.size + _CHUNK.size + len(text) + len(rest)
    return _HEADER.pack(magic, version, whole) + _CHUNK.pack(len(text), kind) + text + bytes(rest)
