"""The real Blender for tests: Debian trixie's 4.3.2 in a folder of its own, made once and kept.

debootstrap and chroot need root, and the first time a network; ``ensure`` says in one line what is missing.
Nothing is mounted into the folder: files are copied in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

# numpy: Debian's Blender does without, an official one has it, and its FBX and glTF exporters ask for it.
PACKAGES = ("blender", "libgl1-mesa-dri", "libegl1", "python3-venv", "python3-numpy")
SUITE = "trixie"
_MARK = "pose3d-packages"  # in the folder's root: what is installed, written last
_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class NoRealBlender(Exception):
    """The real Blender cannot be had here; the message says why."""


@dataclass(frozen=True)
class RealBlender:
    """A folder with Blender in it. Each test works in a directory of its own under ``/tmp`` in there."""

    root: Path
    work: str

    def copy_in(self, path: Path) -> str:
        """Copy a file into the work directory; its path as Blender sees it."""
        shutil.copy2(path, self.root / self.work.lstrip("/") / path.name)
        return f"{self.work}/{path.name}"

    def run(self, arguments: Sequence[str], timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run ``blender ARGUMENTS`` there with user settings of its own; output as text, errors merged in."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": self.work,
            "BLENDER_USER_RESOURCES": f"{self.work}/user",
            "LANG": "C.UTF-8",
        }
        return subprocess.run(
            ["chroot", str(self.root), "blender", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )


@contextmanager
def real_blender() -> Iterator[RealBlender]:
    """The real Blender with a fresh work directory, removed at the end. Raises NoRealBlender."""
    root = ensure()
    work = f"/tmp/pose3d-{uuid4().hex}"  # noqa: S108, a directory inside the folder, not the host's
    (root / work.lstrip("/") / "user").mkdir(parents=True)
    try:
        yield RealBlender(root, work)
    finally:
        shutil.rmtree(root / work.lstrip("/"), ignore_errors=True)


def ensure() -> Path:
    """Folder with Debian's Blender, made the first time (a few minutes). Raises NoRealBlender."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("chroot") is None:
        raise NoRealBlender("the real Blender needs root on Linux (debootstrap and chroot)")
    import fcntl  # not on Windows

    cache = Path(os.environ.get("POSE3D_CACHE") or Path.home() / ".cache" / "pose3d")
    cache.mkdir(parents=True, exist_ok=True)
    root, wanted = cache / f"blender-{SUITE}", " ".join(PACKAGES)
    with (cache / f"blender-{SUITE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _bootstrap(root)
        mark = root / _MARK
        if not mark.exists() or mark.read_text() != wanted:
            _install(root)
            mark.write_text(wanted)
    return root


def _bootstrap(root: Path) -> None:
    """A minimal Debian with Blender under a temporary name, renamed when it is whole."""
    if shutil.which("debootstrap") is None:
        if shutil.which("apt-get") is None:
            raise NoRealBlender("debootstrap is not installed and there is no apt-get to install it with")
        _step(["apt-get", "update", "-qq"])
        _step(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"])
    for left in root.parent.glob(f"{root.name}.part*"):
        _remove(left)
    partial = root.with_name(f"{root.name}.part")
    try:
        _step(["debootstrap", "--variant=minbase", SUITE, str(partial)])
        _install(partial)
        partial.rename(root)
    finally:
        _remove(partial)


def _install(root: Path) -> None:
    """Packages, and how this machine reaches the network: the CA bundle and pip's settings."""
    _step(["chroot", str(root), "apt-get", "update", "-qq"])
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    _step(["chroot", str(root), *install])
    own = Path.home() / ".config/pip/pip.conf"
    for source, target in (
        (_CA_BUNDLE, _CA_BUNDLE),
        ("/etc/pip.conf", "/etc/pip.conf"),
        (own, "root/.config/pip/pip.conf"),
    ):
        if Path(source).is_file():
            place = root / str(target).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)


def _step(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=1800, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRealBlender(f"{command[0]} did not run: {error}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise NoRealBlender(f"{' '.join(command[:3])} ... failed (offline?): {last[-1]}")


def _remove(folder: Path) -> None:
    # a debootstrap that was killed leaves these mounted, and what is mounted must not be deleted through
    for mounted in ("proc", "sys"):
        if (folder / mounted).is_mount():
            subprocess.run(["umount", str(folder / mounted)], check=False)
            if (folder / mounted).is_mount():
                raise NoRealBlender(f"{folder / mounted} is mounted: unmount it")
    shutil.rmtree(folder, ignore_errors=True)
