"""A trained small HRNet inside a large one: the small one's poses at the large one's price.

Random weights show nobody, and an engine that follows people has nothing to do. Here the small network's
weights fill the first channels of the large one, whose other channels stay 0; blocks and modules that the
small one lacks add 0 to what passes through them. So the large network computes exactly what the small one
does.

``.venv-engine/bin/python -m bench.embedded_hrnet W32.safetensors [--width 32] [--input 192x256]``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from engine import weights
from engine.pose2d.hrnet import HRNet
from engine.pose2d.hrnet_weights import load_hrnet, shape_of

SMALL = "hrnet-w16-halpe26"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--width", type=int, default=32, help="48 for W48")
    parser.add_argument("--input", default="192x256", help="width x height px")
    args = parser.parse_args()
    write(args.output, args.width, args.input)


def write(path: Path, width: int = 32, size: str = "192x256") -> Path:
    """Our shipped network inside an HRNet of that width, as a weights file. size: of its input."""
    small, metadata = load_hrnet(weights.locate(SMALL))
    state = embedded(small, HRNet(width, small.keypoints)).state_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, path, {**metadata, "input": size, "width": str(width)})
    return path


@torch.no_grad()
def embedded(small: HRNet, large: HRNet) -> HRNet:
    """The large network, in place, with the small one's function. Raises ValueError where it is not
    larger."""
    theirs, ours = small.state_dict(), large.state_dict()
    for name, value in ours.items():
        # a variance of 1 and all else 0: what the small one lacks gives 0
        value.fill_(1 if name.endswith("running_var") else 0)
    last = (shape_of(theirs)["modules"][2] - 1, shape_of(ours)["modules"][2] - 1)
    for name, value in theirs.items():
        _put(value, ours[_place(name, *last)])
    return large.eval()


def _place(name: str, small: int, large: int) -> str:
    """The last module of stage 4 is of another form than the others, so that it stays the last."""
    return name.replace(f"stage4.{small}.", f"stage4.{large}.", 1)


def _put(value: Tensor, into: Tensor) -> None:
    if any(a > b for a, b in zip(value.shape, into.shape, strict=True)):
        raise ValueError("the large network is not larger everywhere")
    into[tuple(slice(side) for side in value.shape)] = value


if __name__ == "__main__":
    main()
