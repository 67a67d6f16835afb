"""Damaged videos, protocol messages and command lines, made from a seed: what bench.fuzz feeds the engine."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# (file, encoder, options): three codecs in three containers, and a stream without a header
CLIPS = (
    ("h264.mp4", "libx264", {"bf": "2", "g": "8"}),
    ("mpeg4.avi", "mpeg4", {"g": "8"}),
    ("vp9.webm", "libvpx-vp9", {"g": "8"}),
    ("h264.ts", "libx264", {"bf": "2", "g": "8"}),
)
_HEADER = 1024  # bytes at either end, where containers keep what they hold
_EXTREME = (b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x01")
_ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2**31, 2**63, -(2**70), 1e308, -0.0, 0.5, float("nan"), float("inf"),
    "", " ", "0", "no such", "\x00", "\ud800", "名.mp4", "a" * 5000, "../..", "/", "/dev/zero", "/dev/full",
    "auto", "cuda", "all", "fast", [], {}, [[[]]], {"id": 1}, [1] * 1000,
)  # fmt: skip
_ODD_ARGUMENTS = (
    "", " ", "-", "--", "-1", "0", "1e308", "nan", "inf", "٣", "--no-such", "-o", "--people", "all", "cuda",
    "..", "/", "/dev/zero", "/dev/null", "/dev/full", "\udcff", "名.npz", "x" * 4000, "a\nb", "%s%n",
    "--person=99", "--fov=0", "--start=-5", "--end=1e-9", "--lifter=/dev/zero", "--pose2d=/dev/zero",
    "--help", "--version",
)  # fmt: skip


def damaged(data: bytes, dice: random.Random) -> tuple[str, bytes]:
    """Kind of damage, and a file's bytes with it."""
    kind = dice.choice(("bits", "bits", "cut", "header", "header", "header", "moved"))
    out = bytearray(data)
    if kind == "bits":
        for _ in range(dice.choice((1, 4, 16, 64, 256))):
            out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    elif kind == "cut":
        del out[dice.randrange(len(out)) :]
    elif kind == "header":
        for _ in range(dice.choice((1, 1, 2, 4))):
            at = dice.randrange(min(_HEADER, len(out)))
            at = at if dice.random() < 0.5 else max(0, len(out) - 1 - at)
            new = dice.choice((*_EXTREME, dice.randbytes(1), dice.randbytes(4)))
            out[at : at + len(new)] = new
    else:
        first, length = dice.randrange(len(out)), dice.randrange(1, 2000)
        part = bytes(out[first : first + length])
        if dice.random() < 0.5:
            del out[first : first + length]
        at = dice.randrange(len(out) + 1)
        out[at:at] = part
    return kind, bytes(out)


def messages(video: Path, folder: Path, dice: random.Random) -> Iterator[bytes]:
    """Lines of the protocol, each wrong in some way, or right."""
    good: list[dict[str, Any]] = [
        {
            "id": 1,
            "command": "track",
            "video": str(video),
            "output": str(folder / "a.npz"),
            "quality": "fast",
        },
        {"id": "b", "command": "track", "video": str(video), "output": str(folder / "b.npz"), "end": 0.2},
        {"id": 2, "command": "look", "video": str(video), "thumbnail": str(folder / "first.png")},
        {"id": 3, "command": "cancel"},
    ]
    optional = ("person", "people", "pose2d", "lifter", "device", "start", "end", "fov", "use_cache",
                "pictures", "thumbnail", "video", "output", "command", "id", "no such")  # fmt: skip
    while True:
        message = dict(dice.choice(good))
        for _ in range(dice.choice((0, 1, 1, 2, 3))):
            name = dice.choice((*message, *optional))
            if dice.random() < 0.25:
                message.pop(name, None)
            else:
                message[name] = dice.choice(_ODD_VALUES)
        yield _spoilt(json.dumps(message).encode("utf-8", "surrogatepass"), dice) + b"\n"


def _spoilt(line: bytes, dice: random.Random) -> bytes:
    chance = dice.random()
    if chance < 0.6:
        return line
    if chance < 0.7:
        return line[: dice.randrange(len(line) + 1)]
    if chance < 0.9:
        out = bytearray(line)
        for _ in range(dice.choice((1, 3, 10))):
            out[dice.randrange(len(out))] = dice.randrange(256)
        return bytes(out)
    return dice.choice(
        (b"[" * 5000, b"\x00" * 100, b"9" * 70_000, line + line, dice.randbytes(200), b'"', b"{}", b"null")
    )


def command_lines(video: Path, folder: Path, dice: random.Random) -> Iterator[list[str]]:
    """Arguments of ``python -m engine``, each wrong in some way, or right."""
    out, text = str(folder / "c.npz"), folder / "text.json"
    text.write_text("{}", encoding="utf-8")
    pipe = folder / "pipe"
    if hasattr(os, "mkfifo") and not pipe.exists():
        os.mkfifo(pipe)
    good = [
        ["track", str(video), "-o", out, "--pose2d", "blazepose-full", "--end", "0.2"],
        ["track", str(video), "-o", out, "--pose2d", "blazepose-full", "--no-cache", "--people", "all"],
        ["lift", str(text), "-o", out, "--size", "640x480", "--fps", "30"],
        ["import", str(text), "-o", out],
        ["export", str(text), "-o", str(folder / "c.c3d")],
        ["weights", "list", "blazepose-full"],
        ["weights", "verify", "gastnet-27f-19j"],
        ["weights", "import", str(text), "--as", "hrnet-w32-coco"],
        ["serve"],
        ["doctor"],
    ]
    odd = (*_ODD_ARGUMENTS, str(pipe), str(folder), str(text), str(video), str(folder / "none"))
    while True:
        line = list(dice.choice(good))
        for _ in range(dice.choice((1, 1, 2, 3))):
            at = dice.randrange(len(line) + 1)
            what = dice.choice(("put", "replace", "replace", "drop", "double", "letters"))
            if what == "put" or at == len(line):
                line.insert(at, dice.choice(odd))
            elif what == "replace":
                line[at] = dice.choice(odd)
            elif what == "drop":
                del line[at]
            elif what == "double":
                line.insert(at, line[at])
            elif line[at]:
                letters = list(line[at])
                letters[dice.randrange(len(letters))] = chr(dice.choice((32, 45, 47, 61, 0xE9, 0x1F600)))
                line[at] = "".join(letters)
            if not line:
                break
        yield line
