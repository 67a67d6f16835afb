"""How much memory there is for us: of the computer, or of the share that a scheduler gave this job."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")
_ROUGHLY_FREE = 0.5  # of all memory, where a system does not say how much of it is in use


def free_memory() -> float | None:
    """Bytes that may still be taken; None where nothing tells."""
    if sys.platform == "win32":
        return _windows()
    try:
        known = [_available(), *_shares()]
    except OSError:
        return _part_of_all()
    return max(0.0, min(known))


def _available() -> float:
    lines = (_PROC / "meminfo").read_text(encoding="ascii").splitlines()
    found = [line.split() for line in lines if line.startswith("MemAvailable:")]
    if not found:
        raise OSError("no such line")
    return 1024 * float(found[0][1])


def _shares() -> Iterator[float]:
    """What control groups leave us: ours, and every one around it. Slurm, Docker and Kubernetes set these."""
    for line in (_PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines():
        _, kinds, name = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        files = ("memory.max", "memory.current") if not kinds else _FIRST_VERSION
        root = _GROUPS / kinds
        own = root / name.lstrip("/")
        for group in (own, *own.parents):
            if group.is_relative_to(root):
                yield from _left(group, *files)


_FIRST_VERSION = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def _left(group: Path, limit: str, used: str) -> Iterator[float]:
    try:
        most, now = ((group / name).read_text(encoding="ascii").strip() for name in (limit, used))
        kept = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return  # the upmost group has none
    if most != "max":
        # what files left in memory is given back when it is needed
        files = sum(int(row.split()[1]) for row in kept if row.split()[0] == "inactive_file")
        yield float(most) - float(now) + files


def _part_of_all() -> float | None:
    try:
        return _ROUGHLY_FREE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _windows() -> float | None:
    import ctypes

    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("all", "free", "p", "pf", "v", "vf", "ve")),
        )

    status = Status(length=ctypes.sizeof(Status))
    windows = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return float(status.free)
