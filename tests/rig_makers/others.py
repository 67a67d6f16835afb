"""What is no humanoid: each as a rest pose."""

from __future__ import annotations

import itertools

import numpy as np

from blender_pose3d.retarget import RestPose
from tests.rig_makers.build import Bone, assembled

Chains = list[tuple[str, str, list[tuple[float, float, float]]]]


def cubes() -> RestPose:
    """A chain of six cubes."""
    return _of([("cube", "", [(0, 0, 0.5 * i) for i in range(7)])])


def spider() -> RestPose:
    """Eight legs of three bones on one body, jaws in front."""
    chains: Chains = [
        ("body", "", [(0, 0, 1), (0, -0.5, 1)]),
        ("tail", "body0", [(0, 0.2, 1), (0, 1.2, 1.3)]),
    ]
    for x in (-1, 1):
        chains.append(
            (f"jaw{x}", "body0", [(0.1 * x, -0.5, 0.9), (0.1 * x, -0.7, 0.8), (0.1 * x, -0.8, 0.7)])
        )
        for n in range(4):
            y = 0.3 * n - 0.5
            way = [(0.2 * x, y, 1), (0.8 * x, 1.5 * y, 1.5), (1.5 * x, 2 * y, 0.8), (1.9 * x, 2.2 * y, 0)]
            chains.append((f"leg{n}{x}", "body0", way))
    return _of(chains)


def insect() -> RestPose:
    """Six legs, a pair on each part of a body, a head with feelers."""
    chains: Chains = [("body", "", [(0, 0.4 - 0.3 * i, 0.5) for i in range(5)])]
    for x in (-1, 1):
        chains.append(
            (f"feeler{x}", "body3", [(0.1 * x, -0.9, 0.6), (0.2 * x, -1.3, 0.9), (0.3 * x, -1.6, 1)])
        )
        for n in range(3):
            y = 0.4 - 0.3 * n
            way = [(0.1 * x, y, 0.5), (0.5 * x, y, 0.8), (0.9 * x, y, 0.3), (1.1 * x, y, 0)]
            chains.append((f"leg{n}{x}", f"body{n}", way))
    return _of(chains)


def hand() -> RestPose:
    """An arm that ends in a hand of five fingers."""
    chains: Chains = [("arm", "", [(0, 0, 0), (0.25, 0, 0), (0.5, 0, 0), (0.6, 0, 0)])]
    for n in range(5):
        y, length = 0.02 * n - 0.04, (0.05, 0.08, 0.09, 0.08, 0.06)[n]
        way = [(0.6 + length * part, y * (1 + part), -0.01 * part) for part in (0, 0.45, 0.75, 1)]
        chains.append((f"finger{n}", "arm2", way))
    return _of(chains)


def car() -> RestPose:
    """A body with four sprung wheels, doors and a steering wheel."""
    chains: Chains = [
        ("body", "", [(0, 0, 0.3), (0, 0, 0.8)]),
        ("steering", "body0", [(0.3, -0.5, 0.9), (0.3, -0.4, 1)]),
    ]
    for x in (-1, 1):
        chains.append((f"door{x}", "body0", [(0.8 * x, -0.4, 0.6), (0.8 * x, 0.5, 0.6)]))
        for y in (-1, 1):
            way = [
                (0.4 * x, 1.3 * y, 0.35),
                (0.7 * x, 1.3 * y, 0.3),
                (0.8 * x, 1.3 * y, 0.3),
                (0.9 * x, 1.3 * y, 0.3),
            ]
            chains.append((f"wheel{x}{y}", "body0", way))
    return _of(chains)


def dog() -> RestPose:
    """A dog: back and neck level, four legs down, a tail."""
    chains: Chains = [
        ("back", "", [(0, 0.4 - 0.2 * i, 0.6) for i in range(5)]),
        ("neck", "back3", [(0, -0.4, 0.6), (0, -0.55, 0.75), (0, -0.7, 0.8)]),
        ("tail", "back0", [(0, 0.4, 0.6), (0, 0.6, 0.65), (0, 0.8, 0.6)]),
    ]
    for x in (-1, 1):
        hind = [(0.1 * x, 0.35, 0.55), (0.1 * x, 0.3, 0.3), (0.1 * x, 0.45, 0.1), (0.1 * x, 0.38, 0.02)]
        fore = [(0.1 * x, -0.3, 0.5), (0.1 * x, -0.25, 0.28), (0.1 * x, -0.28, 0.06), (0.1 * x, -0.34, 0.0)]
        chains += [(f"hind{x}", "back0", hind), (f"fore{x}", "back3", fore)]
    return _of(chains)


def table() -> RestPose:
    """Four like legs of two bones under a plate."""
    chains: Chains = [("plate", "", [(0, 0, 0.8), (0, 0, 0.9)])]
    for x in (-1, 1):
        for y in (-1, 1):
            chains.append((f"leg{x}{y}", "plate0", [(x, y, 0.8), (x, y, 0.4), (x, y, 0)]))
    return _of(chains)


def _of(chains: Chains) -> RestPose:
    bones = []
    for name, parent, points in chains:
        above = parent
        for n, (head, tail) in enumerate(itertools.pairwise(points)):
            bones.append(Bone(f"{name}{n}", above, np.array(head, float), np.array(tail, float)))
            above = f"{name}{n}"
    return assembled(bones, np.eye(4))


ALL = {make.__name__: make for make in (cubes, spider, insect, hand, car, dog, table)}
