"""Making the engine's environment, without network: a pip that only pretends, and the processes around it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from blender_pose3d.blender.engine_setup import SetupJob
from blender_pose3d.engine_setup import packages, resolved, verify
from blender_pose3d.engine_setup import place as places
from blender_pose3d.engine_setup.builds import BUILDS
from blender_pose3d.engine_setup.children import Children
from blender_pose3d.engine_setup.errors import SetupCancelled, SetupError
from blender_pose3d.engine_setup.making import Making
from blender_pose3d.engine_setup.place import Mark, Place

PLAIN = "blender_pose3d Größe 日本"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / PLAIN)


DECIDED = (("torch", "2.13.0+cpu", "aa"), ("tqdm", "4.70", "bb"), ("numpy", "2.4", "cc"))
REPORT = {
    "install": [
        {
            "metadata": {"name": name, "version": version},
            "download_info": {
                "url": f"https://files.example/{name}-{version.replace('+', '%2B')}-py3-none-any.whl",
                "archive_info": {"hashes": {"sha256": digest}},
            },
        }
        for name, version, digest in DECIDED
    ]
}


def test_what_was_decided_is_kept(tmp_path: Path) -> None:
    found = resolved.from_report(REPORT, "key", "https://index")
    assert found.wheels[0].file == "torch-2.13.0+cpu-py3-none-any.whl"
    assert found.wheels[0].pinned == "torch==2.13.0+cpu --hash=sha256:aa"
    resolved.write(tmp_path, found)
    assert resolved.read(tmp_path, "key") == found
    assert resolved.read(tmp_path, "another question") is None
    (tmp_path / resolved.FILE).write_text('{"key": "key"')
    assert resolved.read(tmp_path, "key") is None
    grouped = resolved.groups(found.wheels, {"numpy"})
    assert [[wheel.name for wheel in group] for group in grouped] == [["tqdm"], ["torch"], ["numpy"]]


def test_packages_that_are_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(name: str, recorded: str) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"{recorded}\n")

    digest = "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"  # of "abc"
    for name in ("whole", "short", "gone", "changed"):
        installed(f"pose3d-{name}", f"pose3d-{name}.py,{digest},3")
    for name, text in (("whole", "abc"), ("short", "ab"), ("changed", "xyz")):
        (tmp_path / f"pose3d-{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    wanted = {f"pose3d-{name}": "1.0" for name in ("whole", "short", "gone", "changed", "never")}
    assert verify.broken(wanted, deep=False) == ["pose3d-short", "pose3d-gone", "pose3d-never"]
    assert verify.broken(wanted, deep=True) == [
        "pose3d-short",
        "pose3d-gone",
        "pose3d-changed",
        "pose3d-never",
    ]
    assert verify.broken({"pose3d-whole": "2.0"}, deep=False) == ["pose3d-whole"]


class PretendedPip:
    """In place of Children: does to the disk what Python and pip would, and notes what it was asked."""

    def __init__(self, place: Place, fetched: Callable[[str], None] = lambda name: None) -> None:
        self.place, self.fetched = place, fetched
        self.asked: list[str] = []
        self.installed: set[str] = set()
        self.doctor: tuple[int, list[str]] = (0, ["No problem found."])
        self.missing_from: set[str] = set()

    def run(
        self, command: Iterable, *, given=None, tell=None, folder=None, more=None
    ) -> tuple[int, list[str]]:
        words = [str(word) for word in command]
        line = " ".join(words)
        if "sys.version_info" in line:
            return 0, ["3.11.9"]
        if "-m venv" in line:
            self.asked.append("venv")
            self.place.python.parent.mkdir(parents=True)
            self.place.python.write_text("")
        elif "--dry-run" in words:
            return self._resolve(words)
        elif "download" in words:
            for row in Path(words[words.index("--requirement") + 1]).read_text().splitlines():
                name = row.split("==")[0]
                self.fetched(name)
                self.asked.append(f"fetch {name}")
                file = next(wheel.file for wheel in REPORTED.wheels if wheel.name == name)
                (self.place.wheels / file).write_text(name)
        elif "--no-index" in words:
            files = [Path(word) for word in words if word.endswith(".whl")]
            assert all(file.is_file() for file in files)
            self.installed |= {file.name.split("-")[0] for file in files}
            self.asked.append("install " + " ".join(file.name.split("-")[0] for file in files))
        elif "verify.py" in line:
            return 0, [json.dumps([name for name in json.loads(given) if name not in self.installed])]
        elif "doctor" in words:
            return self.doctor
        return 0, []

    def _resolve(self, words: list[str]) -> tuple[int, list[str]]:
        index = words[words.index("--extra-index-url") + 1] if "--extra-index-url" in words else "own"
        self.asked.append(f"resolve {index}")
        if index in self.missing_from:
            return 1, ["ERROR: No matching distribution found for torch"]
        Path(words[words.index("--report") + 1]).write_text(json.dumps(REPORT_HASHED))
        return 0, []


def hashed(report: dict) -> dict:
    """The report with the hashes of what PretendedPip writes: each file holds its package's name."""
    from hashlib import sha256

    copy = json.loads(json.dumps(report))
    for item in copy["install"]:
        digest = sha256(item["metadata"]["name"].encode()).hexdigest()
        item["download_info"]["archive_info"]["hashes"]["sha256"] = digest
    return copy


REPORT_HASHED = hashed(REPORT)
REPORTED = resolved.from_report(REPORT_HASHED, "", "")


def making(place: Place, children: PretendedPip, build: str = "CPU", **more) -> Making:
    shown = []
    made = Making(
        place, Path(sys.executable), BUILDS[build], children, lambda *step: shown.append(step), **more
    )
    made.shown = shown
    return made


def test_from_nothing_to_an_engine(place: Place) -> None:
    children = PretendedPip(place)
    made = making(place, children)
    assert made.run() == []
    assert children.asked == [
        "venv", "resolve own", "fetch tqdm", "fetch torch", "fetch numpy",
        "install tqdm", "install torch", "install numpy",
    ]  # fmt: skip
    mark = place.mark()
    assert (mark.state, mark.build, mark.torch, mark.python) == ("ready", "CPU", "2.13.0+cpu", "3.11.9")
    assert not place.wheels.exists(), "files fetched are not kept twice"
    fractions = [fraction for _, fraction, _ in made.shown]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] < 1


def test_it_goes_on_where_it_was_stopped(place: Place) -> None:
    def stop_at_numpy(name: str) -> None:
        if name == "numpy":
            raise SetupCancelled

    with pytest.raises(SetupCancelled):
        making(place, PretendedPip(place, stop_at_numpy)).run()
    assert place.mark().state == "making"
    second = PretendedPip(place)
    making(place, second).run()
    assert second.asked[0] == "fetch numpy", "no new environment, no new question, nothing fetched twice"
    assert place.mark().state == "ready"


def test_a_file_cut_short_is_fetched_again(place: Place) -> None:
    def stop(name: str) -> None:
        if name == "numpy":
            (place.wheels / REPORTED.wheels[0].file).write_text("half of tor")
            raise SetupCancelled

    with pytest.raises(SetupCancelled):
        making(place, PretendedPip(place, stop)).run()
    second = PretendedPip(place)
    making(place, second).run()
    assert second.asked[:2] == ["fetch torch", "fetch numpy"]


def test_a_repair_fetches_only_what_is_damaged(place: Place) -> None:
    children = PretendedPip(place)
    making(place, children).run()
    children.asked.clear()
    children.installed.discard("numpy")
    making(place, children, deep=True).run()
    assert children.asked == ["fetch numpy", "install numpy"]


def test_another_build_starts_anew(place: Place) -> None:
    children = PretendedPip(place)
    making(place, children).run()
    children.asked.clear()
    making(place, children, "CUDA").run()
    assert children.asked[:2] == ["venv", "resolve own"]
    assert place.mark().build == "CUDA"


def test_further_indexes_are_tried_in_order(place: Place) -> None:
    children = PretendedPip(place)
    torch = "https://download.pytorch.org/whl/"
    children.missing_from = {"own", f"{torch}rocm7.2"}
    making(place, children, "ROCM").run()
    tried = [line for line in children.asked if line.startswith("resolve")]
    assert tried == ["resolve own", f"resolve {torch}rocm7.2", "resolve own", f"resolve {torch}rocm7.1"]
    children.missing_from |= {f"{torch}rocm7.1", f"{torch}rocm7.0"}
    place.remove()
    with pytest.raises(SetupError, match="Choose another build"):
        making(place, children, "ROCM").run()


def test_an_engine_that_does_not_work_is_not_ready(place: Place) -> None:
    children = PretendedPip(place)
    children.doctor = 1, ["PROBLEM: av cannot be loaded (broken)."]
    with pytest.raises(SetupError, match="av cannot be loaded"):
        making(place, children).run()
    assert place.mark().state == "making"
    children.doctor = 1, ["PROBLEM: Only 5 MB are free on the disk of the cache."]
    assert making(place, children).run() == ["Only 5 MB are free on the disk of the cache."]


def test_a_folder_of_somebody_else_is_not_touched(place: Place) -> None:
    place.environment.mkdir(parents=True)
    (place.environment / "mine").write_text("")
    with pytest.raises(SetupError, match="move it away"):
        making(place, PretendedPip(place)).run()
    assert [path.name for path in place.environment.iterdir()] == ["mine"]


def state_of(process: str) -> str:
    command = ["ps", "-o", "stat=", "-p", process]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="asks for signals")
def test_a_program_is_ended_with_all_it_started(tmp_path: Path) -> None:
    grown = (
        "import subprocess,sys,time; c=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)'])"
    )
    lines: list[str] = []
    children = Children(lines.append, {})

    def stop_when_there() -> None:
        while not lines:
            time.sleep(0.01)
        children.stop()

    threading.Thread(target=stop_when_there, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(SetupCancelled):
        children.run([sys.executable, "-I", "-S", "-c", f"{grown}; print(c.pid, flush=True); c.wait()"])
    assert time.monotonic() - started < 30
    while state_of(lines[0]) not in ("", "Z"):  # the signal was sent; a busy machine takes a while over it
        assert time.monotonic() - started < 50, "its child lives on"
        time.sleep(0.05)
    with pytest.raises(SetupCancelled):
        children.run([sys.executable, "-c", ""])


def test_the_worker_removes_and_tells(place: Place) -> None:
    place.write_mark(Mark())
    (place.environment / "library").write_bytes(bytes(3 * 10**6))
    job = SetupJob("remove").start({"do": "remove", "root": str(place.root)})
    ended(job)
    assert (job.state, job.text) == ("done", "The engine was removed: 3 MB are free again.")
    assert not place.environment.exists()


def ended(job: SetupJob, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while job.running and time.monotonic() < until:
        job.poll()
        time.sleep(0.01)
    assert not job.running


def test_a_python_that_is_none(place: Place) -> None:
    job = SetupJob("make").start({"do": "remove", "root": str(place.root)}, python=Path("/no/such/python"))
    assert job.state == "failed"
    assert "does not start" in job.text
    job.poll(), job.cancel(), job.close()


@pytest.mark.slow
@pytest.mark.network
def test_a_real_environment_with_real_pip(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "requirements_for", lambda build: ["tqdm>=4.66", "platformdirs>=4.3"])
    monkeypatch.setattr("blender_pose3d.engine_setup.making.check_engine", lambda *_: [])
    lines: list[str] = []
    base = Path(getattr(sys, "_base_executable", sys.executable))

    def run(**more) -> None:
        children = Children(lines.append, {**places.os.environ})
        Making(place, base, BUILDS["CPU"], children, lambda *_: None, weights=False, **more).run()

    run()
    asked = [place.python, "-I", "-c", "import tqdm, platformdirs; print(tqdm.__file__)"]
    file = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    assert file.is_relative_to(place.environment)
    file.write_text("broken by somebody")
    run(deep=True)
    assert "broken" not in file.read_text()
    shutil.rmtree(file.parent)
    run()
    assert file.is_file()
    assert place.remove()
    assert sorted(path.name for path in place.root.iterdir()) == []
