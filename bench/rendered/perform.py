"""Bodies in motion for Blender to film: ``python -m bench.rendered.perform``, in the engine's environment.

Writes OUT/NAME/body.npz for each scene (arrays of Performance): what is filmed, by which camera, and where
everything truly is. A scene that is there already is left alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from engine.errors import BadInput
from engine.train.people.anatomy import joint_centres, make_body, skin, surface_keypoints
from engine.train.people.dress import dress

from .backdrop import Backdrops
from .camera import place
from .furniture import corners, place_furniture
from .motion import bone_transforms
from .plan import SETS, Scene, scenes, shape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, required=True)
    parser.add_argument("--clips", type=int, required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--size", type=int, nargs=2)
    args = parser.parse_args()
    places = Backdrops(args.backgrounds, args.set)
    for scene in scenes(args.set, args.clips, args.frames, args.size and tuple(args.size)):
        target = args.out / scene.name / "body.npz"
        if not target.is_file():
            perform(scene, args.mocap, places.choose(scene), target)
            print(scene.name, file=sys.stderr)


def perform(scene: Scene, mocap: Path, backdrop: np.ndarray, target: Path) -> None:
    """Write one scene's body.npz. backdrop: (H, W, 3) uint8 RGB.

    Raises BadInput where the motion is not below the folder.
    """
    path = next(mocap.rglob(f"{scene.motion}.bvh"), None)
    if path is None:
        raise BadInput(f"{mocap} holds no {scene.motion}.bvh.", "It is part of the CMU motion capture clips.")
    rng = scene.rng(0)
    looks = shape(rng)
    body = make_body(looks)
    outfit = dress(body, rng, skirts=looks["gender"] < 0.5)
    transforms = bone_transforms(path, body, scene.start, scene.frames)
    bare = skin(body.vertices, body.weights, transforms)
    transforms[:, :, 2, 3] -= (floor := _floor(bare[:, np.unique(body.faces["skin"])]))
    bare[..., 2] -= floor
    keypoints = surface_keypoints(body, bare)
    joints = joint_centres(body, transforms, keypoints)
    camera = place(scene, joints, body.stature)
    vertices = skin(outfit.vertices, outfit.weights, transforms).astype(np.float32)
    boxes, turn = place_furniture(scene, vertices, camera.origin)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name("body.part.npz")
    np.savez(
        part,
        vertices=vertices,
        rest=outfit.vertices.astype(np.float32),
        faces=outfit.faces.astype(np.int32),
        material=outfit.material.astype(np.uint8),
        colour=outfit.colour.astype(np.float32),
        joints=joints,
        keypoints=keypoints,
        stature=body.stature,
        backdrop=backdrop,
        boxes=boxes,
        turn=turn,
        furniture=corners(boxes, turn),
        size=scene.size,
        intrinsics=camera.intrinsics,
        origin=camera.origin,
        rotation=camera.rotation,
    )
    part.replace(target)


def _floor(vertices: np.ndarray) -> float:
    """The height most steps stand at: who jumps or sinks in for a moment does not move the floor."""
    return float(np.quantile(vertices[..., 2].min(axis=1), 0.1))


if __name__ == "__main__":
    main()
