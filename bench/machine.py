"""Which processor a benchmark ran on; the standard library alone, so that measuring it loads nothing."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """Its name, and which fast instructions it has."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in lines.items()}
        name, flags = fields.get("model name", name), fields.get("flags", "").split()
        fast = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
        products = "bf16 instructions" if {"avx512_bf16", "amx_bf16"} & set(fast) else "no bf16 instructions"
        name = f"{name} ({', '.join(fast)}; {products})"
    return name
