"""Bring a weight file that a person has downloaded into the cache, once it is clear what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import weights
from .errors import BadInput
from .manifest import Entry, entries, entry
from .state_dict import read_state_dict

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Content:
    """What a state dict is. network: as in the manifest; joints: how many; summary: for people."""

    network: str
    joints: int
    summary: str


@dataclass(frozen=True)
class Imported:
    """path: in the cache. entry: the known weights it is, None for other weights of a known network."""

    path: Path
    entry: Entry | None
    summary: str


def import_file(path: Path | str, name: str = "") -> Imported:
    """Copy a weight file into the cache.

    A file with a known SHA-256 is taken as it is. Any other must load as an HRNet or hold a GAST-Net; it
    becomes the known weights that its file name, or `name`, says, where their hash is not known, else it
    keeps its own file name. Raises BadInput for what is neither, and for a file whose hash is not the one
    of its name; BadArguments for an unknown name.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    digest = weights.sha256(path)
    for known in entries().values():
        if known.kind != "shipped" and known.known_hash and known.matches(digest):
            summary = f"{known.name}: {known.purpose}"
            return Imported(weights.put_in_cache(path, known.file), known, summary)
    meant = entry(name) if name else _by_file_name(path.name)
    if meant is not None and (meant.known_hash or meant.kind == "shipped"):
        raise BadInput(
            f"{path} is not {meant.name}: its SHA-256 starts with {digest[:8]}, not {meant.known_hash[:8]}.",
            "Download it again, or rename it to import it as weights of your own.",
        )
    content = recognise(path)
    if meant is None:
        return Imported(weights.put_in_cache(path, path.name), None, content.summary)
    if content.network != meant.network or not meant.skeleton.endswith(f"-{content.joints}"):
        raise BadInput(f"{path} is not {meant.name}: it holds {content.summary}.")
    return Imported(weights.put_in_cache(path, meant.file), meant, f"{meant.name}: {content.summary}")


def _by_file_name(file: str) -> Entry | None:
    return next((known for known in entries().values() if known.file == file), None)


def recognise(path: Path) -> Content:
    """Which network a weights file is for. Raises BadInput for one the engine does not have."""
    from .pose2d.hrnet_weights import from_state_dict, is_hrnet

    state, _ = read_state_dict(path)
    if is_hrnet(state):
        network = from_state_dict(state, str(path))
        summary = f"an HRNet-W{network.width} for {network.keypoints} keypoints"
        return Content("hrnet", network.keypoints, summary)
    if "expand_conv.weight" in state and "shrink.weight" in state:
        return _gastnet(state, path)
    raise BadInput(
        f"{path} holds weights, but neither an HRNet's nor a GAST-Net's.",
        "BlazePose's files are fetched: `python -m engine weights fetch blazepose-full`.",
    )


def _gastnet(state: dict[str, Tensor], path: Path) -> Content:
    attention = "layers_graph_conv.0.global_graph_layer.attentions.0.C_k"
    if attention not in state:
        raise BadInput(f"{path} holds a temporal network for 3D poses, but not a GAST-Net.")
    frames = state["expand_conv.weight"].shape[2]
    level = 0
    # Convolutions over time alternate with ones over channels alone.
    while (over_time := f"layers_conv.{2 * level}.weight") in state:
        frames *= state[over_time].shape[2]
        level += 1
    joints = state[attention].shape[0]
    return Content("gastnet", joints, f"a GAST-Net for {joints} joints that sees {frames} frames")
