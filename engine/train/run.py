"""A training run on disk: what a killed run needs to go on, its curves, its best weights."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput
from ..lift.checkpoint import load_network, save_network
from ..state_dict import read_state_dict
from .config import NetworkConfig
from .networks import Network
from .validation import Validation

_STATE = "state.pt"
_CURVES = "curves.csv"
BEST = "best.safetensors"


class StateFolder:
    """state.pt (everything to resume) and curves.csv, of any network."""

    def __init__(self, path: Path | str) -> None:
        """Raises BadInput where no folder can be made."""
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{path} cannot be the folder of a run: {error.strerror}.") from error

    def state(self) -> dict[str, Any] | None:
        """The saved state, on the CPU; None where there is none. Raises BadInput for a broken one."""
        path = self.path / _STATE
        if not path.exists():
            return None
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise BadInput(f"{path} is broken.", "Start in another folder with --run.") from error

    def check(self, same: bool) -> None:
        """Raises BadInput unless the saved state is of the same architecture as the run's."""
        if not same:
            raise BadInput(
                f"{self.path / _STATE} belongs to another architecture.",
                "Start in another folder with --run, or delete it.",
            )

    def save(self, state: dict[str, Any]) -> None:
        part = self.path / (_STATE + ".part")
        torch.save(state, part)
        part.replace(self.path / _STATE)

    def note(self, row: dict[str, float]) -> None:
        """Append a line to the curves."""
        path = self.path / _CURVES
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)


class RunFolder(StateFolder):
    """A lifter's: besides, best.safetensors (lowest validation error so far)."""

    def load(self, network: NetworkConfig) -> dict[str, Any] | None:
        """The saved state, None where there is none. Raises BadInput for one broken or of another network."""
        state = self.state()
        if state is not None:
            self.check(_described(state) == asdict(network))
        return state

    def best(self) -> Network | None:
        """The best weights so far, in eval mode on the CPU."""
        path = self.path / BEST
        return load_network(path)[0] if path.exists() else None

    def save_best(self, network: Network, metadata: dict[str, str]) -> None:
        save_network(self.path / BEST, network, metadata)


def _described(state: dict[str, Any]) -> dict[str, Any]:
    """The network of a state; what its version of the settings did not know yet has its default."""
    return asdict(NetworkConfig()) | state.get("config", {}).get("network", {})


def export(folder: RunFolder, target: Path, validation: Validation | None = None) -> str:
    """Copy the best weights to a file unless that one is better; says in a line what happened.

    Figures on other validation windows cannot be compared: then both files are measured on those given.
    Raises BadInput where the run has no weights yet, and for a target that cannot be compared.
    """
    source = folder.path / BEST
    if not source.exists():
        raise BadInput(f"{folder.path} holds no finished weights yet.")
    if target.exists():
        ours, theirs = _figures(source, target, validation)
        if theirs <= ours:
            return f"{target} is better ({theirs:.1f} mm, this run {ours:.1f} mm) and stays."
    part = target.with_name(target.name + ".part")
    part.write_bytes(source.read_bytes())
    part.replace(target)
    return f"Wrote {target} ({_metadata(target).get('validation_mm')} mm)."


def check_target(target: Path, network: Network) -> None:
    """Raises BadInput for a file to export to that this network's weights could not be compared with."""
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent} to export to.")
    if target.exists() and _form(load_network(target)[0]) != _form(network):
        raise BadInput(
            f"{target} holds another kind of network, which cannot be compared.",
            "Export to another file, or move that one away.",
        )


def _figures(source: Path, target: Path, validation: Validation | None) -> tuple[float, float]:
    """Millimetres of both files on the same windows."""
    ours, theirs = _metadata(source), _metadata(target)
    if "validation" in ours and ours["validation"] == theirs.get("validation"):
        return float(ours["validation_mm"]), float(theirs["validation_mm"])
    if validation is None:
        raise BadInput(
            f"{target} was measured on other windows than {source}; the figures cannot be compared.",
            "Export with the run's own command, which measures both, or move that file away.",
        )
    check_target(target, load_network(source)[0])
    return (
        1000 * validation.measure(load_network(source)[0]),
        1000 * validation.measure(load_network(target)[0]),
    )


def _form(network: Network) -> tuple[type, int, int]:
    """Networks of the same form can be measured on the same windows."""
    return type(network), network.receptive_field, network.frames_before


def _metadata(path: Path) -> dict[str, str]:
    return read_state_dict(path)[1]
