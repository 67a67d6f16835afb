"""The weights store: fetched whole and checked, resumed, dropped when wrong, clear when offline."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from weights_fixtures import CONTENT, Server, entry, serve, use_manifest

from engine import manifest, weights
from engine.errors import BadArguments, BadInput, EngineError, MissingWeights

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, server: Server) -> Iterator[Path]:
    rows = [
        entry("net", kind="url", url=server.url),
        entry("prefix", kind="url", url=server.url, sha256="", sha256_prefix=manifest_hash()[:8]),
        entry("other", b"other", kind="url", url=server.url),
        entry("ours", b"ours", kind="shipped"),
        entry("growing", kind="shipped", sha256="", size=0),
        entry("theirs", kind="import", page="https://example.org/zoo"),
        entry("wheel-a", b"a" * 100, kind="pypi", package="fakepose", version="1.0", member="fakepose/a.bin"),
        entry("wheel-b", b"b" * 100, kind="pypi", package="fakepose", version="1.0", member="fakepose/b.bin"),
        entry("pack", b"c" * 100, kind="npm", package="@fake/pose", version="2.0", member="package/c.bin"),
    ]
    with use_manifest(tmp_path, rows) as folder:
        yield folder


def manifest_hash() -> str:
    return hashlib.sha256(CONTENT).hexdigest()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["net", "prefix"])
def test_fetch_brings_the_file_and_tells_how_far_it_is(cache: Path, name: str) -> None:
    seen: list[tuple[int, int]] = []
    path = weights.fetch(name, lambda done, total: seen.append((done, total)))
    assert path == cache / f"{name}.bin"
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert left_in(cache) == [f"{name}.bin"]
    assert weights.locate(name) == path == weights.locate(f"{name}.bin")


def test_fetch_asks_nothing_when_the_file_is_here(cache: Path, server: Server) -> None:
    weights.fetch("net")
    weights.fetch("net")
    assert weights.ensure("net") == cache / "net.bin"
    assert len(server.asked) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(cache: Path, server: Server) -> None:
    server.break_after = 300_000
    with pytest.raises(MissingWeights, match="goes on"):
        weights.fetch("net")
    assert left_in(cache) == ["net.bin.part"]
    kept = (cache / "net.bin.part").stat().st_size
    assert 0 < kept <= 300_000
    assert weights.fetch("net").read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={kept}-"]
    assert left_in(cache) == ["net.bin"]


def test_a_server_without_ranges_sends_it_all_again(cache: Path, server: Server) -> None:
    server.break_after, server.ranges = 300_000, False
    with pytest.raises(MissingWeights):
        weights.fetch("net")
    assert weights.fetch("net").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_needs_no_more(cache: Path, server: Server) -> None:
    weights.weights_dir()
    (cache / "net.bin.part").write_bytes(CONTENT)
    assert weights.fetch("net").read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]


def test_a_part_of_another_file_is_dropped_and_the_next_attempt_works(cache: Path) -> None:
    weights.weights_dir()
    (cache / "net.bin.part").write_bytes(b"x" * 1000)
    with pytest.raises(MissingWeights, match="dropped"):
        weights.fetch("net")
    assert left_in(cache) == []
    assert weights.fetch("net").read_bytes() == CONTENT


def test_what_a_killed_process_left_is_taken_over_once_it_is_old(cache: Path, server: Server) -> None:
    weights.weights_dir()
    abandoned = cache / "net.bin.0123.part"
    abandoned.write_bytes(CONTENT[:1000])
    weights.fetch("net")
    assert server.asked == [None], "it may still be in use"
    (cache / "net.bin").unlink()
    os.utime(abandoned, (time.time() - 1000,) * 2)
    weights.fetch("net")
    assert server.asked == [None, "bytes=1000-"]
    assert left_in(cache) == ["net.bin"]


def test_a_wrong_hash_drops_the_file(cache: Path) -> None:
    with pytest.raises(MissingWeights, match="SHA-256"):
        weights.fetch("other")
    assert left_in(cache) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses(cache: Path, server: Server, status: int) -> None:
    server.status = status
    with pytest.raises(MissingWeights, match=f"answered {status}"):
        weights.fetch("net")
    assert left_in(cache) == []


def test_offline_is_one_clear_line(cache: Path, server: Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(MissingWeights) as caught:
        weights.fetch("net")
    assert caught.value.exit_code == 4
    assert "no connection" in caught.value.message
    assert "\n" not in str(caught.value)


def test_two_at_once_both_get_it(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(weights.fetch, ["net"] * 8))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert left_in(cache) == ["net.bin"]


def test_a_damaged_file_is_not_used_and_is_fetched_again(cache: Path) -> None:
    path = weights.fetch("net")
    path.write_bytes(CONTENT[:-1] + b"!")
    assert weights.state(manifest.entry("net")) == "damaged"
    with pytest.raises(MissingWeights, match="damaged"):
        weights.locate("net")
    assert weights.fetch("net").read_bytes() == CONTENT


def test_locate_says_how_to_get_what_is_missing(cache: Path) -> None:
    for name, hint in (
        ("net", "python -m engine weights fetch net"),
        ("theirs", "https://example.org/zoo"),
        ("ours", "install"),
    ):
        with pytest.raises(MissingWeights) as caught:
            weights.locate(name)
        assert hint in caught.value.hint
    with pytest.raises(BadArguments, match="net, prefix"):
        weights.locate("nope")


@pytest.mark.parametrize("name", ["ours", "theirs"])
def test_what_has_no_link_cannot_be_fetched(cache: Path, name: str) -> None:
    with pytest.raises(MissingWeights):
        weights.fetch(name)


def test_shipped_weights_are_checked_once_their_hash_is_known(cache: Path) -> None:
    for name in ("ours", "growing"):
        (manifest.SHIPPED_DIR / f"{name}.bin").write_bytes(b"other bytes")
    assert weights.locate("growing").parent == manifest.SHIPPED_DIR
    with pytest.raises(MissingWeights, match="damaged"):
        weights.locate("ours")


def test_sha256_sees_a_changed_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"three"):
        path.write_bytes(content)
        assert weights.sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_cache_folder_that_cannot_be_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path / "a file"))
    with pytest.raises(EngineError, match="cannot be made"):
        weights.fetch("net")


def make_wheel(folder: Path, version: str = "1.0") -> None:
    info = f"fakepose-{version}.dist-info"
    with zipfile.ZipFile(folder / f"fakepose-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("fakepose/a.bin", b"a" * 100)
        wheel.writestr("fakepose/b.bin", b"b" * 100)
        wheel.writestr("fakepose/__init__.py", "raise SystemExit('never imported')")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: fakepose\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only source."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_files_of_one_wheel_are_taken_out_together(cache: Path, index: Path) -> None:
    make_wheel(index)
    assert weights.fetch("wheel-a").read_bytes() == b"a" * 100
    assert left_in(cache) == ["wheel-a.bin", "wheel-b.bin"]


def test_pip_without_a_connection_is_one_clear_line(cache: Path, index: Path) -> None:
    with pytest.raises(MissingWeights) as caught:
        weights.fetch("wheel-a")
    assert "fakepose==1.0" in caught.value.message
    assert "\n" not in str(caught.value)
    assert left_in(cache) == []


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    program = folder / "npm"
    program.write_text(f"#!{sys.executable}\nimport sys, io, tarfile\n" + textwrap.dedent(body))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.skipif(os.name == "nt", reason="a script with #! stands in for npm")
def test_npm(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
        assert sys.argv[1:3] == ["pack", "@fake/pose@2.0"], sys.argv
        folder = sys.argv[sys.argv.index("--pack-destination") + 1]
        with tarfile.open(folder + "/fake-pose-2.0.tgz", "w:gz") as pack:
            member = tarfile.TarInfo("package/c.bin")
            member.size = 100
            pack.addfile(member, io.BytesIO(b"c" * 100))
    """
    fake_npm(tmp_path, monkeypatch, body)
    assert weights.fetch("pack").read_bytes() == b"c" * 100
    assert left_in(cache) == ["pack.bin"]


@pytest.mark.skipif(os.name == "nt", reason="a script with #! stands in for npm")
def test_npm_that_fails(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path, monkeypatch, "sys.exit('npm error code ENOTFOUND')")
    with pytest.raises(MissingWeights, match="ENOTFOUND"):
        weights.fetch("pack")
    assert left_in(cache) == []


def test_no_npm(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingWeights, match="npm is not installed"):
        weights.fetch("pack")


@pytest.mark.network
def test_the_default_network_comes_from_pypi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSE3D_CACHE", str(tmp_path))
    assert weights.fetch("blazepose-full").stat().st_size == 6440512
    assert weights.locate("blazepose-detector").is_file()


def test_our_manifest_is_whole() -> None:
    rows = manifest.read_manifest(ROOT / "weights" / "manifest.toml")
    assert len({row.file for row in rows.values()}) == len(rows)
    for row in rows.values():
        assert row.licence
        assert row.purpose
        assert len(row.sha256) in (0, 64)
        if row.kind == "url" and row.sha256_prefix:
            assert f"-{row.sha256_prefix}" in row.file
        if row.kind == "shipped" and row.sha256:
            assert weights.sha256(ROOT / "weights" / row.file) == row.sha256


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "url", "url": "http://x", "sha256": ""},
        {"kind": "pypi"},
        {"kind": "telepathy"},
        {"kind": "shipped", "file": "../evil.bin"},
        {"kind": "shipped", "colour": "red"},
    ],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, row: dict) -> None:
    with use_manifest(tmp_path, [entry("net", **row)]), pytest.raises(BadInput, match="manifest"):
        weights.locate("net")


def test_a_download_stopped_by_the_person_can_go_on(cache: Path, server: Server) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch("net", stop)
    assert left_in(cache) == ["net.bin.part"]
    weights.fetch("net")
    assert server.asked[1] is not None


def test_weights_are_found_without_loading_torch() -> None:
    code = "import sys, engine.weights, engine.commands.weights; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
