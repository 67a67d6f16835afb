"""Setting the engine up without Blender, network and pip: what is decided, kept and refused."""

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

from blender_pose3d.blender.engine_process import find_engine_python
from blender_pose3d.blender.engine_setup import SetupJob
from blender_pose3d.blender.errors import MissingEngine
from blender_pose3d.engine_setup import kept, packages, pip_lines, resolved, verify
from blender_pose3d.engine_setup import place as places
from blender_pose3d.engine_setup.builds import BUILDS, choose
from blender_pose3d.engine_setup.children import Children
from blender_pose3d.engine_setup.errors import SetupCancelled, SetupError
from blender_pose3d.engine_setup.machine import Machine, has_rocm_gpu, look, read_nvidia
from blender_pose3d.engine_setup.making import Making
from blender_pose3d.engine_setup.place import Mark, Place
from blender_pose3d.engine_setup.python_check import problems_of

ROOT = Path(__file__).resolve().parents[1]
PLAIN = "blender_pose3d Größe 日本"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / PLAIN)


# --- what is fetched


def test_sizes_are_told_of_all_that_the_engine_needs() -> None:
    names = {packages.name_of(line) for line in packages.requirements()}
    assert names == {*packages.SIZES, "torch"}
    assert "tqdm" in names, "an included group counts"
    assert packages.torch_version().count(".") == 2


def test_what_is_fetched_follows_the_project(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[dependency-groups]\na = ["x==1"]\nengine = [{include-group = "a"}, "Y_z>=2"]\n')
    assert packages.requirements(project) == ["x==1", "Y_z>=2"]
    assert packages.name_of("Y_z>=2") == "y-z"
    project.write_text('[dependency-groups]\nengine = [{include-group = "engine"}]\n')
    with pytest.raises(SetupError, match="install Pose3D again"):
        packages.requirements(project)


def test_torch_is_asked_for_by_its_build() -> None:
    version = packages.torch_version()
    assert packages.requirements_for(BUILDS["CPU"])[0] == f"torch=={version}+cpu"
    assert packages.requirements_for(BUILDS["CUDA"])[0] == f"torch=={version},!={version}+cpu"
    assert packages.requirements_for(BUILDS["APPLE"])[0] == f"torch=={version}"
    assert BUILDS["CPU"].sources() == [("cpu", ""), ("cpu", "https://download.pytorch.org/whl/cpu")]
    assert [index[-7:] for _, index in BUILDS["ROCM"].sources() if index] == ["rocm7.2", "rocm7.1", "rocm7.0"]


def test_the_largest_comes_first_and_all_is_counted() -> None:
    for build in BUILDS.values():
        rows = packages.described(build)
        assert rows[0][0].startswith("torch ")
        assert sum(size for _, size in rows) == pytest.approx(packages.total(build).fetched)
        assert packages.needed_mb(build) > packages.total(build).installed + packages.total(build).fetched


# --- which build


@pytest.mark.parametrize(
    ("machine", "name", "reason"),
    [
        (Machine("linux", "x64"), "CPU", "processor"),
        (Machine("linux", "arm64"), "CPU", "processor"),
        (Machine("windows", "x64"), "CPU_WINDOWS", "processor"),
        (Machine("macos", "arm64"), "APPLE", "Apple"),
        (Machine("linux", "x64", (580, 95, 5), (8, 9), ("RTX 4090",)), "CUDA", "RTX 4090"),
        (Machine("linux", "x64", (580, 95, 5), (), ("Some Card",)), "CUDA", "580.95.5"),
        (Machine("linux", "x64", (550, 54), (8, 6), ("RTX 3060",)), "CUDA_12", "driver 580"),
        (Machine("linux", "x64", (590, 1), (6, 1), ("GTX 1080",)), "CUDA_12", "older"),
        (Machine("linux", "x64", (470, 82), (8, 6), ("RTX 3060",)), "CPU", "too old"),
        (Machine("windows", "x64", (581, 15), (12, 0), ("RTX 5090",)), "CUDA_WINDOWS", "RTX 5090"),
        (Machine("windows", "x64", (546, 1), (8, 6), ("RTX 3060",)), "CUDA_12_WINDOWS", "driver 580"),
        (Machine("windows", "x64", (526, 1), (8, 6), ("RTX 3060",)), "CPU_WINDOWS", "too old"),
        (Machine("linux", "x64", rocm=True), "ROCM", "AMD"),
        (Machine("linux", "arm64", (580, 95), (9, 0), ("GH200",)), "CPU", "processor"),
    ],
)
def test_the_build_fits_the_machine(machine: Machine, name: str, reason: str) -> None:
    choice = choose(machine)
    assert choice.build.name == name
    assert reason in choice.reason


@pytest.mark.parametrize("machine", [Machine("macos", "x64"), Machine("freebsd", "x64")])
def test_a_machine_without_torch_is_told_so(machine: Machine) -> None:
    with pytest.raises(SetupError, match="Tracks files work"):
        choose(machine)


def test_what_the_driver_s_tool_prints() -> None:
    text = "580.95.05, 8.9, NVIDIA GeForce RTX 4090\n580.95.05, 6.1, NVIDIA GeForce GTX 1080, Ti\n"
    assert read_nvidia(text) == (
        (580, 95, 5),
        (6, 1),
        ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce GTX 1080, Ti"),
    )
    assert read_nvidia("460.1, [N/A], Tesla\n") == ((460, 1), (), ("Tesla",))
    assert read_nvidia("NVIDIA-SMI has failed because it couldn't communicate, at all, ever") == ((), (), ())
    assert has_rocm_gpu("Agent 2\n  Name:                    gfx1100\n")
    assert not has_rocm_gpu("Agent 1\n  Name:     AMD Ryzen 9\n  Name: gfx\n")


def test_a_look_asks_and_survives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    asked = []

    def silent(command: list[str]) -> str:
        asked.append(command[0])
        return ""

    assert look(silent).driver == ()
    assert asked == ["nvidia-smi", "rocminfo"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert look(lambda command: pytest.fail("nothing to ask on a Mac")).system == "macos"


# --- what pip says


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: [Errno 30] Read-only file system: '/x'", "cannot be written"),
        ("WARNING: NewConnectionError\nERROR: No matching distribution found for x", "cannot be reached"),
        ("ERROR: No matching distribution found for torch==9.9+cpu", "has no torch==9.9+cpu"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "dropped"),
        ("ERROR: ProxyError('Cannot connect to proxy')", "proxy"),
        ("SSLError(SSLCertVerificationError)", "certificate"),
        ("Collecting x\nERROR: Something odd\nmore", "Something odd. See the log"),
        ("", "it said nothing"),
    ],
)  # fmt: skip
def test_pip_s_troubles_in_words(line: str, said: str) -> None:
    told = pip_lines.trouble(line.splitlines())
    assert said in told
    assert "\n" not in told


def test_pip_s_progress() -> None:
    assert pip_lines.progress("Progress 1048576 of 191794682") == (1048576, 191794682)
    assert pip_lines.progress("Downloading torch (191.8 MB)") is None


def test_the_doctor_s_complaints_are_told_apart() -> None:
    lines = ["x 1", "PROBLEM: torch cannot be loaded (no).", "PROBLEM: Only 5 MB are free on the disk."]
    assert problems_of(lines) == (
        ["torch cannot be loaded (no)."],
        ["Only 5 MB are free on the disk."],
    )


# --- the place on the disk


def test_only_ours_is_removed(place: Place) -> None:
    place.environment.mkdir(parents=True)
    (place.environment / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    with pytest.raises(SetupError, match="Pose3D did not make it"):
        place.write_mark(Mark())
    (place.environment / places.MARK).write_text('{"whose": "somebody"}')
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    assert (place.environment / "thesis.txt").read_text() == "mine"


def test_ours_is_removed_and_what_links_point_to_stays(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.mp4").write_text("dear")
    place.write_mark(Mark())
    (place.environment / "lib").symlink_to(outside)
    assert place.remove()
    assert not place.environment.exists()
    assert (outside / "film.mp4").exists()
    assert not place.remove(), "twice is no error"


def test_a_link_in_our_place_is_left_alone(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    other.write_mark(Mark())
    place.root.mkdir(parents=True)
    place.environment.symlink_to(other.environment)
    with pytest.raises(SetupError, match="was not made by Pose3D"):
        place.remove()
    with pytest.raises(SetupError, match="move it away"):
        place.write_mark(Mark())
    assert other.mark() is not None


def test_a_removal_that_was_interrupted_is_ended(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write_mark(Mark())
    (place.environment / "lib").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(
            shutil, "rmtree", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
        with pytest.raises(SetupError, match="cannot be removed wholly: Permission denied"):
            place.remove()
    assert not place.environment.exists(), "what is half gone is no engine"
    place.remove()
    assert not list(place.root.glob("venv-engine*"))


def test_too_little_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        places.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10, 12 * 10**6)
    )
    with pytest.raises(SetupError, match=r"2\.5 GB are needed, 12 MB are free"):
        places.check_room(place.root, 2500)
    places.check_room(place.root, 11)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SetupError, match=r"cannot be written to: .*Check its permissions"):
        places.check_writable(tmp_path / "file" / "engine")


def test_two_at_once(place: Place) -> None:
    with (
        places.alone(place.root),
        pytest.raises(SetupError, match="Another Blender"),
        places.alone(place.root),
    ):
        pytest.fail("two at once")
    with places.alone(place.root):
        pass


def test_an_environment_that_is_being_made_is_no_engine_yet(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSE3D_ENGINE_PYTHON", raising=False)
    monkeypatch.setattr("blender_pose3d.blender.engine_process.ROOT", place.root)
    place.write_mark(Mark(state="making"))
    place.python.parent.mkdir(parents=True)
    place.python.write_text("")
    with pytest.raises(MissingEngine, match="Set Up Engine"):
        find_engine_python(place.root)
    place.write_mark(Mark(state="ready"))
    assert find_engine_python(place.root) == place.python


# --- what pip decided


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


# --- the way as a whole, with a pip that only pretends


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


# --- processes


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
    state = subprocess.run(["ps", "-o", "stat=", "-p", lines[0]], capture_output=True, text=True, check=False)
    assert state.stdout.strip() in ("", "Z"), "its child is gone, too"
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


# --- the cache


def test_clearing_takes_only_what_comes_back(tmp_path: Path) -> None:
    fetched = next(row for row in kept.known_weights() if row.kind == "pypi")
    imported = next(row for row in kept.known_weights() if row.kind == "import")
    goes = ["tracks/ab.npz", "logs/engine-1.log", f"weights/{fetched.file}"]
    stays = [f"weights/{imported.file}", "weights/of-my-own.pth", "tracks/notes.txt", "holiday.mp4"]
    for name in goes + stays:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(1000))
    assert kept.size_mb(tmp_path) == pytest.approx(0.003)
    assert kept.clear(tmp_path) == (pytest.approx(0.003), [])
    assert not [name for name in goes if (tmp_path / name).exists()]
    assert not [name for name in stays if not (tmp_path / name).exists()]
    assert kept.clear(tmp_path / "never") == (0, [])


def test_every_weights_file_has_a_licence() -> None:
    assert kept.known_weights()
    assert all(row.licence and row.purpose for row in kept.known_weights())
    assert {"blazepose-full", "blazepose-heavy"} <= {row.name for row in kept.networks_2d()}


# --- for real, with small packages


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
