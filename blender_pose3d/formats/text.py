"""Text files of others, read whole, if they are of a size that such a file can have."""

from __future__ import annotations

from pathlib import Path

from .points import LARGEST, FormatError


def read_text(path: Path) -> str:
    """The text of a file. Raises FormatError for one that is not there, empty, too large or no text."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise FormatError(
                f"{path.name} has {size / 1e9:.1f} GB, too much for one clip: cut it into shorter ones."
            )
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not data.strip():
        raise FormatError(f"{path.name} is empty.")
    if b"\0" in data[:4096]:
        raise FormatError(f"{path.name} is no text file, as its suffix says it should be.")
    return data.decode("utf-8-sig", errors="replace")
