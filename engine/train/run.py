"""A training run on disk: what a killed run needs to go on, its curves, its best weights."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput
from ..lift.checkpoint import save_network
from .networks import Network

_STATE = "state.pt"
_CURVES = "curves.csv"
BEST = "best.safetensors"


class RunFolder:
    """state.pt (everything to resume), curves.csv, best.safetensors (lowest validation error so far)."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def load(self, config: dict[str, Any]) -> dict[str, Any] | None:
        """The saved state, None where there is none. Raises BadInput for a broken one or other settings."""
        path = self.path / _STATE
        if not path.exists():
            return None
        try:
            state = torch.load(path, weights_only=True)
        except Exception as error:
            raise BadInput(f"{path} is broken.", "Start in another folder with --run.") from error
        if state.get("config", {}).get("network") != config["network"]:
            raise BadInput(
                f"{path} belongs to another architecture.",
                "Start in another folder with --run, or delete it.",
            )
        return state

    def save(self, state: dict[str, Any]) -> None:
        part = self.path / (_STATE + ".part")
        torch.save(state, part)
        part.replace(self.path / _STATE)

    def save_best(self, network: Network, metadata: dict[str, str]) -> None:
        save_network(self.path / BEST, network, metadata)

    def note(self, row: dict[str, float]) -> None:
        """Append a line to the curves."""
        path = self.path / _CURVES
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)


def export(folder: RunFolder, target: Path) -> str:
    """Copy the best weights to a file unless that one is better; says in a line what happened."""
    from safetensors import safe_open

    def measured(path: Path) -> float:
        with safe_open(path, framework="pt") as file:
            return float((file.metadata() or {}).get("validation_mm", "inf"))

    source = folder.path / BEST
    if not source.exists():
        raise BadInput(f"{folder.path} holds no finished weights yet.")
    if target.exists() and measured(target) <= measured(source):
        return f"{target} is better ({measured(target):.1f} mm) and stays."
    part = target.with_name(target.name + ".part")
    part.write_bytes(source.read_bytes())
    part.replace(target)
    return f"Wrote {target} ({measured(target):.1f} mm)."
