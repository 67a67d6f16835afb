"""Bring a weight file that a person has downloaded into the cache, once it is clear what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import weights
from .errors import BadInput
from .manifest import Entry, entries, entry
from .state_dict import read_state_dict


@dataclass(frozen=True)
class Content:
    """What a weights file holds. network: as in the manifest; joints: how many; size: an HRNet's width, a
    GAST-Net's frames; summary: for people."""

    network: str
    joints: int
    size: int
    summary: str

    def can_be(self, known: Entry) -> bool:
        """Whether it has the network, the joints and the size of these known weights."""
        size = (
            f"-w{self.size}-" in known.name
            if self.network == "hrnet"
            else known.input == f"{self.size} frames"
        )
        return size and self.network == known.network and known.skeleton.endswith(f"-{self.joints}")


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
    if meant is not None and meant.kind == "shipped":
        raise BadInput(f"{path} has the name of weights that ship with Pose3D.", "Rename it to import it.")
    if meant is not None and meant.known_hash:
        raise BadInput(
            f"{path} is not {meant.name}: its SHA-256 starts with {digest[:8]}, not {meant.known_hash[:8]}.",
            "Download it again, or rename it to import it as weights of your own.",
        )
    content = recognise(path)
    if meant is None:
        return Imported(weights.put_in_cache(path, path.name), None, content.summary)
    if not content.can_be(meant):
        raise BadInput(f"{path} is not {meant.name}: it holds {content.summary}.")
    return Imported(weights.put_in_cache(path, meant.file), meant, f"{meant.name}: {content.summary}")


def _by_file_name(file: str) -> Entry | None:
    return next((known for known in entries().values() if known.file == file), None)


def recognise(path: Path) -> Content:
    """Which network a weights file is for. Raises BadInput for one the engine does not have."""
    from .lift.checkpoint import load_network
    from .pose2d.hrnet_weights import from_state_dict, is_hrnet

    state, _ = read_state_dict(path)
    if is_hrnet(state):
        network = from_state_dict(state, str(path))
        summary = f"an HRNet-W{network.width} for {network.keypoints} keypoints"
        return Content("hrnet", network.keypoints, network.width, summary)
    if "expand_conv.weight" in state:
        lifter, _ = load_network(path)
        joints = len(lifter.skeleton)
        causal = ", without looking ahead" if lifter.causal else ""
        summary = f"a GAST-Net for {joints} joints that sees {lifter.receptive_field} frames{causal}"
        return Content("gastnet", joints, lifter.receptive_field, summary)
    raise BadInput(
        f"{path} holds weights, but neither an HRNet's nor a GAST-Net's.",
        "BlazePose's files are fetched: `python -m engine weights fetch blazepose-full`.",
    )
