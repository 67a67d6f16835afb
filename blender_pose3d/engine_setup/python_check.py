"""Whether a Python can make environments, and whether one has what the engine needs."""

from __future__ import annotations

import re
from pathlib import Path

from .children import Children
from .errors import SetupError

OLDEST = (3, 11)
_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_PARTS = "import venv, ensurepip; ensurepip.version()"


def version_of(python: Path, children: Children) -> tuple[int, ...]:
    """Version of a Python. Raises SetupError if it is none or too old."""
    code, lines = children.run([python, "-I", "-c", _ASK])
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", lines[-1].strip()) if lines else None
    if code or not found:
        raise SetupError(f"{python} is no Python that works: choose another.")
    version = tuple(int(part) for part in found.groups())
    if version < OLDEST:
        raise SetupError(
            f"{python} is Python {found.group()}; the engine needs {'.'.join(map(str, OLDEST))} or newer."
        )
    return version


def check_makes_environments(python: Path, version: tuple[int, ...], children: Children) -> None:
    """Raises SetupError, with what to install, if a Python lacks venv or ensurepip, as Debian's does."""
    code, _ = children.run([python, "-I", "-c", _PARTS])
    if code:
        name = f"python{version[0]}.{version[1]}-venv"
        raise SetupError(
            f"{python} cannot make environments (it lacks ensurepip, as on Debian and Ubuntu): install the"
            f" package {name}, or choose another Python in the set-up's dialog."
        )


def problems_of(lines: list[str]) -> tuple[list[str], list[str]]:
    """What ``python -m engine doctor`` complains of: (what keeps the engine from working, the rest)."""
    told = [line.partition("PROBLEM: ")[2] for line in lines if line.startswith("PROBLEM: ")]
    fatal = [line for line in told if "cannot be loaded" in line or "are missing" in line]
    return fatal, [line for line in told if line not in fatal]


def check_engine(python: Path, root: Path, children: Children, more: dict[str, str]) -> list[str]:
    """Run the engine's doctor with a Python; returns warnings. Raises SetupError if the engine cannot work.

    root: the folder that holds ``engine``. more: variables such as POSE3D_CACHE.
    """
    code, lines = children.run([python, "-m", "engine", "doctor"], folder=root, more=more)
    fatal, rest = problems_of(lines)
    if fatal:
        raise SetupError(f"{fatal[0]} {_and_more(fatal)}".strip())
    if code and not rest:
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        raise SetupError(f"The engine does not start with {python}: {last}")
    return rest


def _and_more(problems: list[str]) -> str:
    return f"({len(problems) - 1} more in the log.)" if len(problems) > 1 else ""
