"""Which packages of an environment are whole: run by that environment's own Python, as a script.

    python verify.py [--deep] < JSON of {name: version}

prints a JSON list of the names that are missing, of another version, or lack a file of theirs; with --deep
also of those with a file whose hash is wrong (RECORD, PEP 376).
"""

from __future__ import annotations

import base64
import csv
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
        # read here, not by ``files``: from Python 3.12 on that leaves out what is missing
        rows = list(csv.reader((found.read_text("RECORD") or "").splitlines()))
        if found.version != version or not rows:
            return False
        kept = [row for row in rows if len(row) == 3 and "__pycache__" not in row[0]]
        return all(_intact(Path(str(found.locate_file(row[0]))), row[1], row[2], deep) for row in kept)
    except (OSError, ValueError, metadata.PackageNotFoundError):
        return False


def _intact(path: Path, stated: str, size: str, deep: bool) -> bool:
    if size and path.stat().st_size != int(size):
        return False
    if not stated or not deep:
        return path.exists()
    method, _, value = stated.partition("=")
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, method).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == value


if __name__ == "__main__":
    json.dump(broken(json.load(sys.stdin), "--deep" in sys.argv), sys.stdout)
