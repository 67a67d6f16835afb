"""Setting the engine up: what is fetched, which build fits a machine, and what pip and the doctor say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from blender_pose3d.engine_setup import packages, pip_lines
from blender_pose3d.engine_setup.builds import BUILDS, choose
from blender_pose3d.engine_setup.errors import SetupError
from blender_pose3d.engine_setup.machine import Machine, has_rocm_gpu, look, read_nvidia
from blender_pose3d.engine_setup.python_check import problems_of


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
