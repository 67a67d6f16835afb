"""Which packages of an environment are whole: run by that environment's own Python, as a script.

    python verify.py [--deep] < JSON of {name: version}

prints a JSON list of the names that are missing, of another version, or lack a file of theirs; with --deep
also of those with a file whose hash is wrong (RECORD, PEP 376).
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from importlib import metadata
from pathlib import Path


def broken(wanted: dict[str, str], deep: bool) -> list[str]:
    """Names of wanted packages, by version, that are not whole."""
    return [name for name, version in wanted.items() if not _whole(name, version, deep)]


def _whole(name: str, version: str, deep: bool) -> bool:
    try:
        found = metadata.distribution(name)
        if found.version != version or not found.files:
            return False
        return all(_intact(file, deep) for file in found.files if "__pycache__" not in file.parts)
    except (OSError, metadata.PackageNotFoundError):
        return False


def _intact(file: metadata.PackagePath, deep: bool) -> bool:
    path = Path(str(file.locate()))
    if file.size is not None and path.stat().st_size != file.size:
        return False
    if file.hash is None:
        return path.exists()
    if not deep:
        return path.exists()
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, file.hash.mode).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value


if __name__ == "__main__":
    json.dump(broken(json.load(sys.stdin), "--deep" in sys.argv), sys.stdout)
