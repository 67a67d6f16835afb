"""From an empty folder, or from whatever an earlier try left, to an environment in which the engine works.

Set-up, resuming and repair are one way: each step looks at what is there and does what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import packages, pip_lines, resolved
from .builds import Build
from .children import Children
from .errors import SetupError
from .place import Mark, Place, check_room, check_writable, in_words, size_mb, writing
from .python_check import check_engine, check_makes_environments, version_of
from .resolved import Resolved, Wheel

ROOT = Path(__file__).resolve().parents[2]
_VERIFY = Path(__file__).with_name("verify.py")
_PIP = "pip>=25.1"  # from here on it tells its progress in numbers and picks up broken downloads
_SHARES = {"start": 0.0, "environment": 0.01, "resolve": 0.04, "fetch": 0.08, "install": 0.7, "check": 0.93}
_DEFAULT_WEIGHTS = ("blazepose-detector", "blazepose-full")


@dataclass
class Making:
    """One set-up. say(stage, fraction, text): how far it is; fraction from 0 to 1."""

    place: Place
    base: Path
    build: Build
    children: Children
    say: Callable[[str, float, str], None]
    deep: bool = False
    fresh: bool = False
    cache: dict[str, str] = field(default_factory=dict)
    weights: bool = True

    def run(self) -> list[str]:
        """Make it; returns warnings. Raises SetupError or SetupCancelled: the next run goes on from there."""
        place = self.place
        self.say("start", 0.0, "Looking at what is here")
        check_writable(place.root)
        version = version_of(self.base, self.children)
        wanted = packages.requirements_for(self.build)
        key = _key(wanted, self.build, version)
        self._keep_or_remove(key)
        check_room(place.root, self._still_needed())
        mark = Mark(build=self.build.name, key=key, python=".".join(map(str, version)))
        place.write_mark(mark)
        place.write_mark(Mark(key=key), place.wheels)
        self._environment(version)
        chosen = resolved.read(place.wheels, key) or resolved.read(place.environment, key)
        chosen = chosen or self._resolve(wanted, key)
        for folder in (place.wheels, place.environment):
            with writing(folder):
                resolved.write(folder, chosen)
        self._fill(chosen)
        warnings = self._check()
        torch = chosen.version("torch")
        done = {"state": "ready", "torch": torch, "made": time.strftime("%Y-%m-%d")}
        place.write_mark(Mark(**{**vars(mark), **done}))
        place.remove(place.wheels)
        return warnings

    def _keep_or_remove(self, key: str) -> None:
        """Keep what an earlier try left if it was for the same, else remove it: files fetched stay."""
        old = self.place.mark()
        if old is None:
            return
        works = self.place.python.exists() and not self._pythonless()
        if self.fresh or old.key != key or not works:
            self.say("start", 0.0, "Removing the earlier environment")
            self.place.remove()

    def _pythonless(self) -> bool:
        """Whether the environment has lost the Python it was made with, as after an update of Blender."""
        try:
            code, _ = self.children.run([self.place.python, "-I", "-c", "import pip"])
        except SetupError:
            return True
        return bool(code)

    def _still_needed(self) -> float:
        """MB that must be free: less what earlier tries brought."""
        there = size_mb(self.place.environment) + size_mb(self.place.wheels)
        return max(packages.needed_mb(self.build) - there, 100.0)

    def _environment(self, version: tuple[int, ...]) -> None:
        self.say("environment", _SHARES["environment"], "Making the environment")
        if not self.place.python.exists():
            check_makes_environments(self.base, version, self.children)
            code, lines = self.children.run([self.base, "-I", "-m", "venv", self.place.environment])
            if code:
                raise SetupError(
                    pip_lines.trouble(lines).replace("pip failed", "No environment could be made")
                )
        ask = "import pip,sys; sys.exit(tuple(map(int, pip.__version__.split('.')[:2])) < (25, 1))"
        if self.children.run([self.place.python, "-I", "-c", ask])[0]:
            self._pip("install", "--quiet", "--upgrade", _PIP)

    def _resolve(self, wanted: list[str], key: str) -> Resolved:
        """Which packages those are, asking the user's own index first and then the build's."""
        self.say("resolve", _SHARES["resolve"], "Asking which versions fit together")
        report = self.place.wheels / "report.json"
        names = [line for line in wanted if packages.name_of(line) != "torch"]
        tries = self.build.sources()
        for number, (suffix, index) in enumerate(tries):
            torch = self.build.torch(packages.torch_version(), suffix)
            command = ["install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet"]
            command += ["--report", str(report), *_further(index), torch, *names]
            code, lines = self._try_pip(*command)
            if code == 0:
                try:
                    return resolved.from_report(json.loads(report.read_text("utf-8")), key, index)
                except (OSError, ValueError, KeyError) as error:
                    raise SetupError("pip's answer cannot be read: choose another Python.") from error
                finally:
                    report.unlink(missing_ok=True)
            if not pip_lines.is_missing(lines) or number == len(tries) - 1:
                raise SetupError(pip_lines.trouble(lines))
        raise AssertionError("every build has a source")

    def _fill(self, chosen: Resolved) -> None:
        """Fetch and install what is missing or damaged."""
        damaged = self._damaged(chosen)
        if not damaged:
            return
        large = {name for name, size in packages.SIZES.items() if size.fetched >= packages.LARGE}
        parts = resolved.groups(damaged, large)
        meter = _Meter(self, damaged)
        for part in parts:
            missing = [wheel for wheel in part if not wheel.is_here(self.place.wheels)]
            if missing:
                self._fetch(missing, chosen.index, meter)
            meter.over(part)
        for number, part in enumerate(parts):
            at = _between("install", "check", number / len(parts))
            self.say("install", at, f"Installing {_named(part)}")
            files = [str(self.place.wheels / wheel.file) for wheel in part]
            self._pip(
                "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", "--no-compile", *files
            )
        damaged = self._damaged(chosen)
        if damaged:
            raise SetupError(f"{_named(damaged)} could not be installed wholly: press Repair.")

    def _fetch(self, wheels: list[Wheel], index: str, meter: _Meter) -> None:
        listed = self.place.wheels / "fetch.txt"
        with writing(self.place.wheels):
            listed.write_text("".join(f"{wheel.pinned}\n" for wheel in wheels), "utf-8")
        meter.begin(wheels)
        command = ["download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--progress-bar=raw"]
        command += [*_further(index), "--dest", str(self.place.wheels), "--requirement", str(listed)]
        code, lines = self._try_pip(*command, tell=meter.line)
        listed.unlink(missing_ok=True)
        if code:
            raise SetupError(pip_lines.trouble(lines))

    def _damaged(self, chosen: Resolved) -> list[Wheel]:
        command = [str(self.place.python), "-I", "-B", str(_VERIFY), *(["--deep"] if self.deep else [])]
        code, lines = self.children.run(command, given=json.dumps(chosen.versions), tell=None)
        try:
            names = set(json.loads(lines[-1])) if code == 0 and lines else set(chosen.versions)
        except ValueError:
            names = set(chosen.versions)
        return [wheel for wheel in chosen.wheels if wheel.name in names]

    def _check(self) -> list[str]:
        self.say("check", _SHARES["check"], "Trying the engine out")
        warnings = check_engine(self.place.python, ROOT, self.children, self.cache)
        if self.weights:
            self.say("check", 0.97, "Fetching the 2D network")
            command = [str(self.place.python), "-m", "engine", "weights", "fetch", *_DEFAULT_WEIGHTS]
            code, lines = self.children.run(command, folder=ROOT, more=self.cache)
            if code:
                said = next((line for line in reversed(lines) if line.strip()), "")
                warnings.append(
                    f"The 2D network could not be fetched yet; the first capture will. {said}".strip()
                )
        return warnings

    def _pip(self, *arguments: str) -> None:
        code, lines = self._try_pip(*arguments)
        if code:
            raise SetupError(pip_lines.trouble(lines))

    def _try_pip(self, *arguments: str, tell: Callable[[str], bool] | None = None) -> tuple[int, list[str]]:
        settings = ["--disable-pip-version-check", "--no-input", "--require-virtualenv"]
        command = [str(self.place.python), "-I", "-m", "pip", *arguments, *settings]
        # pip's own temporary files lie where there was room, not on a small /tmp
        temporary = self.place.wheels / "tmp"
        with writing(temporary):
            temporary.mkdir(parents=True, exist_ok=True)
        return self.children.run(
            command, tell=tell, more={name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
        )


class _Meter:
    """How far fetching is, from pip's lines; sizes are the table's until pip says better."""

    def __init__(self, making: Making, wheels: list[Wheel]) -> None:
        self._making = making
        self._expected = {wheel.name: _about(wheel, making.build) for wheel in wheels}
        self._done = 0.0
        self._now: list[Wheel] = []

    def begin(self, wheels: list[Wheel]) -> None:
        self._now = wheels
        self._show(0.0, _named(wheels))

    def line(self, text: str) -> bool:
        found = pip_lines.progress(text)
        if found is None:
            return False
        done, total = (part / 1e6 for part in found)
        named = _named(self._now)
        if len(self._now) == 1:
            self._expected[self._now[0].name] = total
            self._show(done, f"{named}: {in_words(done)} of {in_words(total)}")
        return True

    def over(self, wheels: list[Wheel]) -> None:
        self._done += sum(self._expected[wheel.name] for wheel in wheels)

    def _show(self, more: float, text: str) -> None:
        whole = sum(self._expected.values()) or 1.0
        share = min((self._done + more) / whole, 1.0)
        self._making.say("fetch", _between("fetch", "install", share), f"Fetching {text}")


def _about(wheel: Wheel, build: Build) -> float:
    name = packages.name_of(wheel.name)
    if name == "torch":
        return 600.0 if build.fetched > 1000 else build.fetched
    if name in packages.SIZES:
        return packages.SIZES[name].fetched
    return 200.0 if name.startswith(("nvidia-", "triton")) else 1.0


def _between(stage: str, following: str, share: float) -> float:
    return _SHARES[stage] + share * (_SHARES[following] - _SHARES[stage])


def _named(wheels: list[Wheel]) -> str:
    if len(wheels) == 1:
        return f"{wheels[0].name} {wheels[0].version}"
    return f"{len(wheels)} packages"


def _further(index: str) -> list[str]:
    return ["--extra-index-url", index] if index else []


def _key(wanted: list[str], build: Build, version: tuple[int, ...]) -> str:
    text = json.dumps([wanted, build.name, version[:2], sys.platform, os.name])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
