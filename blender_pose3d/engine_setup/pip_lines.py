"""What pip prints, and what it means to people."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PROGRESS = re.compile(r"^Progress (\d+) of (\d+)$")

# In this order: a package "cannot be found" as well where the index is out of reach.
_TROUBLES = (
    (
        r"No space left on device|not enough space on the disk|Disk quota exceeded",
        "The disk is full. Make room and press Set Up again: what was fetched is kept.",
    ),
    (
        r"Read-only file system|Permission denied|Access is denied",
        "The folder of the engine cannot be written to. Check its permissions and press Set Up again.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "What came is not the file the package index names, so it was dropped. Press Set Up again.",
    ),
    (
        r"ProxyError|407 Proxy",
        "The proxy lets nothing through. Check the proxy settings of pip and of the system.",
    ),
    (
        r"SSLError|CERTIFICATE_VERIFY_FAILED",
        "The package index cannot be trusted (SSL certificate). Check the clock and pip's settings.",
    ),
    (
        r"NewConnectionError|NameResolutionError|Name or service not known|Temporary failure in name"
        r"|getaddrinfo failed|Network is unreachable|Connection refused|ConnectTimeout|ReadTimeout|timed out"
        r"|RemoteDisconnected|Connection reset|IncompleteRead|ConnectionError",
        "The package index cannot be reached. Check the connection and press Set Up again: what was fetched"
        " is kept.",
    ),
)
_NOT_FOUND = re.compile(r"No matching distribution found for ([^\s;(]+)")


def progress(line: str) -> tuple[int, int] | None:
    """(done, total) bytes of a file, from a line of ``--progress-bar raw``; None of any other line."""
    found = _PROGRESS.match(line)
    return (int(found.group(1)), int(found.group(2))) if found else None


def trouble(lines: Iterable[str]) -> str:
    """What went wrong, as one line that also says what to do."""
    text = "\n".join(lines)
    for pattern, said in _TROUBLES:
        if re.search(pattern, text):
            return said
    missing = _NOT_FOUND.search(text)
    if missing:
        return (
            f"The package index has no {missing.group(1)} for this Python and system. Choose another build,"
            " or name another Python."
        )
    errors = [line for line in text.splitlines() if re.match(r"\s*(ERROR|Error|.*Error):", line)]
    last = (errors or [line for line in text.splitlines() if line.strip()] or ["it said nothing"])[-1]
    return f"pip failed: {last.strip().removeprefix('ERROR: ')}. See the log."


def is_missing(lines: Iterable[str]) -> bool:
    """Whether pip says that there is no such version, rather than that something is broken."""
    return any("No matching distribution found" in line for line in lines)
