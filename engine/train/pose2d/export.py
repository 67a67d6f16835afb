"""Weights of a training run as a file that the engine loads."""

from __future__ import annotations

from pathlib import Path

from blender_pose3d.skeleton import HALPE_26

from ...errors import BadInput
from ...pose2d.hrnet import HRNet
from ...pose2d.hrnet_export import OUR_FORMAT
from ...state_dict import write_half

BEST = "best.safetensors"
_VERSION = 1


def write_weights(path: Path, network: HRNet, size: tuple[int, int], described: dict[str, str]) -> None:
    """Write safetensors in half precision. size: (width, height) of the input, which HRNetPose reads."""
    metadata = {
        "format": f"{OUR_FORMAT}{_VERSION}",
        "skeleton": HALPE_26.name,
        "input": f"{size[0]}x{size[1]}",
        "decoding": "dark",
        "width": str(network.width),
        **described,
    }
    write_half(path, network.state_dict(), metadata)


def export(run: Path, target: Path) -> str:
    """Copy the best weights of a run; says in a line what happened. Raises BadInput where there are none."""
    source = run / BEST
    if not source.exists():
        raise BadInput(f"{run} holds no finished weights yet.")
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent} to export to.")
    part = target.with_name(target.name + ".part")
    part.write_bytes(source.read_bytes())
    part.replace(target)
    return f"Wrote {target}."
