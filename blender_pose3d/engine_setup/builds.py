"""Which build of torch a machine is best served with, where it is to be had, and how large it is.

NVIDIA's release notes of CUDA say which driver a CUDA needs: 13.0 the 580 series, any 12 on Linux 525.60 and
on Windows 528.33. CUDA 13 has left out cards before Turing (compute capability 7.5).
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import SetupError
from .machine import Machine

_TORCH_INDEX = "https://download.pytorch.org/whl/"


@dataclass(frozen=True)
class Build:
    """One build of torch.

    suffixes: of torch's version, tried in this order: "" is the one without. Each but "" is looked for in the
    user's own index, then in torch's of that name. fetched, installed: MB, about, with what only this build
    needs (NVIDIA's libraries).
    """

    name: str
    label: str
    suffixes: tuple[str, ...]
    fetched: float
    installed: float
    systems: tuple[tuple[str, str], ...]

    def torch(self, version: str, suffix: str | None = None) -> str:
        """The requirement for torch, with a suffix or such that the CPU's build cannot be taken for it."""
        chosen = self.suffixes[0] if suffix is None else suffix
        if chosen:
            return f"torch=={version}+{chosen}"
        # an index of one's own may hold the CPU's build, whose version sorts after the plain one
        return f"torch=={version},!={version}+cpu" if self.name.startswith("CUDA") else f"torch=={version}"

    def sources(self) -> list[tuple[str, str]]:
        """(suffix, further index) to try, in this order; "" is the user's own index alone."""
        tries: list[tuple[str, str]] = []
        for suffix in self.suffixes:
            tries += [(suffix, "")] + ([(suffix, _TORCH_INDEX + suffix)] if suffix else [])
        return tries

    def runs_on(self, machine: Machine) -> bool:
        """Whether there is such a build for the machine's system; says nothing of its cards."""
        return (machine.system, machine.processor) in self.systems


_LINUX, _WINDOWS, _MAC, _ARM = ("linux", "x64"), ("windows", "x64"), ("macos", "arm64"), ("linux", "arm64")

# Sizes: torch 2.13.0's wheels for Python 3.11 and NVIDIA's of CUDA 13.0; those marked ~ were not measured.
BUILDS = {
    build.name: build
    for build in (
        Build("CPU", "CPU", ("cpu",), 192, 698, (_LINUX, _ARM)),
        Build("CPU_WINDOWS", "CPU", ("",), 122, 480, (_WINDOWS,)),  # installed: ~
        Build("APPLE", "Apple", ("",), 111, 440, (_MAC,)),  # installed: ~
        Build("CUDA", "CUDA 13", ("",), 2900, 5600, (_LINUX,)),  # installed: ~
        Build("CUDA_12", "CUDA 12", ("cu126",), 2600, 5200, (_LINUX,)),  # ~
        Build("CUDA_WINDOWS", "CUDA 13", ("cu130",), 2000, 4200, (_WINDOWS,)),  # ~
        Build("CUDA_12_WINDOWS", "CUDA 12", ("cu126",), 2600, 4600, (_WINDOWS,)),  # ~
        Build("ROCM", "ROCm", ("rocm7.2", "rocm7.1", "rocm7.0"), 4500, 15000, (_LINUX,)),  # ~
    )
}

_CUDA_13_DRIVER = {"linux": (580, 65), "windows": (580, 0)}
_CUDA_12_DRIVER = {"linux": (525, 60), "windows": (528, 33)}
_CUDA_13_CAPABILITY = (7, 5)


@dataclass(frozen=True)
class Choice:
    """A build and, for people, why it."""

    build: Build
    reason: str


def possible(machine: Machine) -> list[Build]:
    """The builds there are for this system, the plain one first. Raises SetupError where there is none."""
    found = [build for build in BUILDS.values() if build.runs_on(machine)]
    if not found:
        raise SetupError(_why_none(machine))
    return found


def choose(machine: Machine) -> Choice:
    """The best build for a machine. Raises SetupError where there is none."""
    plain, *rest = possible(machine)
    if machine.system == "macos":
        return Choice(plain, "Apple's processor: torch comes in one build.")
    if machine.cards and rest:
        return _nvidia(machine, plain, rest)
    if machine.rocm and any(build.name == "ROCM" for build in rest):
        return Choice(BUILDS["ROCM"], "ROCm names an AMD card here.")
    return Choice(plain, "No NVIDIA driver and no ROCm answers here, so the processor computes.")


def _nvidia(machine: Machine, plain: Build, rest: list[Build]) -> Choice:
    card, driver = machine.cards[0], ".".join(map(str, machine.driver))
    newer, older = (next(b for b in rest if b.label == label) for label in ("CUDA 13", "CUDA 12"))
    if machine.driver < _CUDA_12_DRIVER[machine.system]:
        return Choice(plain, f"{card}: driver {driver} is too old for CUDA 12. Update it to use the card.")
    if machine.capability and machine.capability < _CUDA_13_CAPABILITY:
        return Choice(older, f"{card} is older than what CUDA 13 supports.")
    if machine.driver < _CUDA_13_DRIVER[machine.system]:
        return Choice(older, f"{card}, driver {driver}: CUDA 13 needs driver 580.")
    return Choice(newer, f"{card}, driver {driver}.")


def _why_none(machine: Machine) -> str:
    if (machine.system, machine.processor) == ("macos", "x64"):
        return (
            "There is no torch of today for Macs with Intel's processor, so the engine cannot run here:"
            " capture on another machine. Tracks files work."
        )
    return (
        f"There is no torch for {machine.system} on {machine.processor}, so the engine cannot run here:"
        " capture on another machine. Tracks files work."
    )
