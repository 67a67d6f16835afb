"""The engine as a child process of a program that speaks the protocol, well or badly."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Seconds: a quiet machine needs one; a busy one is given more, far less than the step nobody may wait for.
SOON = 8
LONG = "25"
sys.path.insert(0, str(HERE))
import small_videos

from blender_pose3d.tracks import read_tracks
from engine.errors import BadArguments
from engine.protocol import ProtocolError, parse, track_request


class Engine:
    """A running engine, its messages read by a thread so that a test can wait with a limit."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "fake_engine.py"), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr.txt").open("wb"),
            env={**os.environ, "POSE3D_CACHE": str(folder / "cache"), **environment},
        )
        self.lines: queue.Queue[dict | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def send(self, *messages: dict) -> None:
        self.send_raw(b"".join(json.dumps(m).encode() + b"\n" for m in messages))

    def send_raw(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def next(self, *kinds: str, within: float = 30) -> dict:
        """The next message of these types; others are passed over."""
        end = time.monotonic() + within
        while True:
            message = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            assert message is not None, "the engine ended"
            if message["type"] in kinds:
                return message


@pytest.fixture
def start(tmp_path):
    engines = []

    def begin(**environment: str) -> Engine:
        engines.append(Engine(tmp_path, **environment))
        return engines[-1]

    yield begin
    for engine in engines:
        engine.process.kill()
        engine.process.wait()


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "block.mp4"
    return small_videos.write(path, (small_videos.block(i) for i in range(40)))


def job(video: Path, output: Path, identity: str | int = 1, **fields) -> dict:
    return {"id": identity, "command": "track", "video": str(video), "output": str(output), **fields}


def test_hello_track_result_shutdown(start, video, tmp_path):
    engine = start(CHATTY="1")
    hello = engine.next("hello")
    assert hello["protocol"] == 1
    assert hello["pid"] == engine.process.pid
    assert {"version", "python", "torch", "device", "log"} <= hello.keys()
    engine.send(job(video, tmp_path / "a.npz", "walk"))
    stages = []
    while (message := engine.next("progress", "result", "error"))["type"] == "progress":
        assert message["id"] == "walk"
        assert 0 <= message["done"] <= message["total"]
        stages.append(message["stage"])
    assert message["type"] == "result", message
    assert list(dict.fromkeys(stages)) == ["load", "follow", "lift"]
    assert (message["id"], message["frames"], message["people"], message["cached"]) == ("walk", 40, 1, False)
    assert read_tracks(tmp_path / "a.npz").present.all()
    engine.send(job(video, tmp_path / "b.npz", 2))
    assert engine.next("result")["cached"] is True
    engine.send({"command": "shutdown"})
    assert engine.process.wait(5) == 0


GARBAGE = [
    b"garbage\n", b"\xff\xfe\x00\n", b"[1, 2]\n", b'"track"\n', b"{}\n", b'{"command": "sing"}\n',
    b"9" * 70_000 + b"\n", b'{"id": [], "command": "track"}\n', b"[" * 60_000 + b"\n",
    b'{"id": NaN, "command": "cancel"}\n',
]  # fmt: skip


@pytest.mark.slow
def test_garbage_is_answered_and_survived(start, video, tmp_path):
    engine = start()
    for line in GARBAGE:
        engine.send_raw(line)
        error = engine.next("error", within=10)
        assert error["code"] == "bad_message", line[:40]
        assert "\n" not in error["message"]
    engine.send_raw(b"\n")
    engine.send({"id": 5, "command": "sing"})
    assert engine.next("error")["id"] == 5
    engine.send(job(video, tmp_path / "a.npz"))
    assert engine.next("result", "error")["type"] == "result"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"video": 3}, "bad_arguments"),
        ({"colour": "red"}, "bad_arguments"),
        ({"person": True}, "bad_arguments"),
        ({"people": "some"}, "bad_arguments"),
        ({"person": 1, "people": "all"}, "bad_arguments"),
        ({"start": 3, "end": 2}, "bad_arguments"),
        ({"fov": 190}, "bad_arguments"),
        ({"quality": "superb"}, "bad_arguments"),
        ({"quality": "fast", "pose2d": "blazepose-full"}, "bad_arguments"),
    ],
)
def test_bad_fields(fields, code):
    with pytest.raises(BadArguments) as caught:
        track_request({"video": "a.mp4", "output": "a.npz", **fields})
    assert caught.value.code == code


def test_parse_keeps_the_id_of_a_bad_command():
    with pytest.raises(ProtocolError) as caught:
        parse(b'{"id": "x", "command": "fly"}')
    assert caught.value.id == "x"


def test_quality_names_a_network():
    fields = {"video": "a.mp4", "output": "a.npz"}
    told = {q: track_request({**fields, "quality": q}).settings.pose2d for q in ("fast", "balanced", "best")}
    assert told["fast"] == "blazepose-full"
    assert told["balanced"] == "blazepose-heavy"
    assert told["best"] != "blazepose-full"
    settings = {q: track_request({**fields, "quality": q}).settings for q in ("fast", "best")}
    assert not settings["fast"].every_frame
    assert settings["best"].every_frame and settings["best"].flip


@pytest.mark.slow
def test_look_tells_what_a_video_holds_while_a_job_runs(start, video, tmp_path):
    engine = start(SLOW="0.2")
    picture = tmp_path / "first.png"
    engine.send(job(video, tmp_path / "a.npz", pictures=str(tmp_path)))
    engine.send({"id": 2, "command": "look", "video": str(video), "thumbnail": str(picture)})
    engine.send({"id": 3, "command": "look", "video": str(tmp_path / "none.mp4")})
    answers = [engine.next("result", "error") for _ in range(3)]
    looked, missing, tracked = sorted(answers, key=lambda m: {2: 0, 3: 1, 1: 2}[m["id"]])
    assert looked["type"] == "result" and looked["fps"] == 30 and looked["width"] == 320
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert missing["code"] == "bad_input"
    assert tracked["pictures"] == ["person-1.png"] and (tmp_path / "person-1.png").is_file()


@pytest.mark.slow
def test_errors_of_a_job_leave_the_engine_ready(start, video, tmp_path):
    engine = start()
    expected = [
        (job(tmp_path / "none.mp4", tmp_path / "a.npz"), "bad_input", 3),
        (job(video, tmp_path / "nowhere" / "a.npz"), "bad_arguments", 2),
        (job(video, tmp_path / "a.npz", person=4), "bad_arguments", 2),
        ({"id": 1, "command": "track"}, "bad_arguments", 2),
    ]
    for message, code, exit_code in expected:
        engine.send(message)
        error = engine.next("error", "result")
        assert (error.get("code"), error.get("exit_code"), error["id"]) == (code, exit_code, 1)
    assert not list(tmp_path.glob("*.npz"))
    engine.send(job(video, tmp_path / "a.npz"))
    assert engine.next("result", "error")["type"] == "result"


def test_a_bug_is_told_with_the_log(start, video, tmp_path):
    engine = start(CRASH="1")
    engine.send(job(video, tmp_path / "a.npz"))
    error = engine.next("error")
    assert error["code"] == "failed"
    assert "the roof is on fire" in error["message"]
    assert any("Traceback" in line for line in error["log"])


@pytest.mark.slow
@pytest.mark.parametrize("slow", ["0.2", LONG])
def test_cancel_in_mid_job(start, video, tmp_path, slow):
    """Also in the middle of a step that cannot be interrupted, here far longer than the wait."""
    engine = start(SLOW=slow)
    engine.send(job(video, tmp_path / "a.npz"))
    while engine.next("progress")["stage"] != "follow":
        pass
    time.sleep(0.3)
    asked = time.monotonic()
    engine.send({"command": "cancel"})
    error = engine.next("error", "result")
    assert time.monotonic() - asked < SOON
    assert (error["id"], error["code"], error["exit_code"]) == (1, "cancelled", 5)
    assert not list(tmp_path.glob("*.npz*"))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_only_one_job_at_a_time(start, video, tmp_path):
    engine = start(SLOW="0.1")
    engine.send(job(video, tmp_path / "a.npz", 1), job(video, tmp_path / "b.npz", 2))
    error = engine.next("error")
    assert (error["id"], error["code"]) == (2, "busy")
    assert engine.next("result", "error")["id"] == 1


@pytest.mark.slow
def test_ends_when_its_input_closes_in_mid_job(start, video, tmp_path):
    engine = start(SLOW=LONG)
    engine.send(job(video, tmp_path / "a.npz"))
    while engine.next("progress")["stage"] != "follow":
        pass
    engine.process.stdin.close()
    engine.process.wait(SOON)
    assert not list(tmp_path.glob("*.npz*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there the closed pipe is the only sign")
def test_ends_when_its_parent_is_killed_though_the_pipe_stays_open(video, tmp_path):
    """The write end of the pipe is kept open by this test, so only the parent's death can be the sign."""
    read_end, write_end = os.pipe()
    command = [sys.executable, str(HERE / "fake_engine.py"), "serve"]
    middle = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            f"child = subprocess.Popen({command!r}, stdin={read_end}, stderr=subprocess.DEVNULL)\n"
            "print(child.pid, file=sys.stderr, flush=True); time.sleep(60)",
        ],
        pass_fds=[read_end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "POSE3D_CACHE": str(tmp_path / "cache"), "SLOW": LONG},
    )
    try:
        child = int(middle.stderr.readline())
        os.write(write_end, json.dumps(job(video, tmp_path / "a.npz")).encode() + b"\n")
        while json.loads(middle.stdout.readline()).get("stage") != "follow":
            pass
        middle.kill()
        middle.wait()
        end = time.monotonic() + SOON
        while _alive(child) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _alive(child)
    finally:
        middle.kill()
        os.close(read_end)
        os.close(write_end)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    # an orphan that nobody has reaped yet has ended all the same
    return not state.is_file() or state.read_text().rpartition(")")[2].split()[0] != "Z"
