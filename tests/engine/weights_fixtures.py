"""A manifest of its own in a temporary folder, and a web server on this machine that can be told to fail."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import manifest

CONTENT = bytes(range(256)) * 4096  # 1 MiB


def entry(name: str, content: bytes = CONTENT, **fields: object) -> dict[str, object]:
    """A row for `use_manifest`, with the hash of the content."""
    given = {
        "name": name, "file": f"{name}.bin", "purpose": "A test.", "licence": "none",
        "sha256": hashlib.sha256(content).hexdigest(), "size": len(content),
    }  # fmt: skip
    return {key: value for key, value in {**given, **fields}.items() if value}


@contextmanager
def use_manifest(folder: Path, rows: list[dict[str, object]]) -> Iterator[Path]:
    """Make the engine read these rows as its manifest, with its cache in the folder too."""
    shipped = folder / "shipped"
    shipped.mkdir()
    lines = [
        line
        for row in rows
        for line in ("[[weights]]", *(f"{key} = {value!r}" for key, value in row.items()))
    ]
    (shipped / "manifest.toml").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "SHIPPED_DIR", shipped)
        patch.setenv("POSE3D_CACHE", str(folder / "cache"))
        manifest.entries.cache_clear()
        yield folder / "cache" / "weights"
    manifest.entries.cache_clear()


class Server(ThreadingHTTPServer):
    """Serves one file. break_after: close the connection after that many bytes, once. ranges: whether it
    knows HTTP Range. asked: the Range header of each request, None where it had none."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.break_after, self.ranges, self.status = CONTENT, 0, True, 200
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights.bin"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.server.status >= 400:
            self.send_error(self.server.status)
            return
        first = int(re.match(r"bytes=(\d+)-$", asked)[1]) if asked and self.server.ranges else 0
        body = self.server.content[first:]
        if first and not body:
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(body)))
        if first:
            last = len(self.server.content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{last + 1}")
        self.end_headers()
        cut, self.server.break_after = self.server.break_after, 0
        self.wfile.write(body[: cut or None])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serve() -> Iterator[Server]:
    """A running Server on a free port of 127.0.0.1."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
