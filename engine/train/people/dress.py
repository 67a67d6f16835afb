"""Skin, clothes, shoes and hair on a body at rest, as one mesh that is skinned with it.

Clothes are MakeHuman's helper shells cut to size and puffed out, shoes and hair are the body's own faces
moved outwards. Cheap, and enough for a detector; cloth does not swing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import Body

MATERIALS = ("skin", "eyes", "shirt", "trousers", "shoes", "hair")
_SKINS = np.array(
    [[0.80, 0.58, 0.47], [0.72, 0.48, 0.36], [0.55, 0.34, 0.23], [0.36, 0.20, 0.13], [0.20, 0.11, 0.07]]
)
_HAIRS = np.array([[0.02, 0.015, 0.01], [0.08, 0.04, 0.02], [0.25, 0.13, 0.05], [0.5, 0.33, 0.13], [0.4] * 3])


@dataclass(frozen=True)
class Dressed:
    """vertices (V, 3) at rest, weights (V, B), faces (F, 4), material (F,) into MATERIALS, colour (V, 3).

    base: (V,) the body's vertex that each was made of and moves with.
    """

    vertices: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    material: np.ndarray
    colour: np.ndarray
    base: np.ndarray


def dress(body: Body, rng: np.random.Generator, *, skirts: bool) -> Dressed:
    """Somebody in random clothes. skirts: some wear one."""
    reach = _along_limbs(body)
    height = (body.vertices[:, 2] - body.heads[body.bone("LeftUpLeg"), 2]) / body.stature
    sleeve = rng.choice([0.05, 0.4, 0.55, 1.85], p=[0.1, 0.35, 0.15, 0.4])
    skirt = skirts and rng.random() < 0.5
    leg = 0.25 if skirt else rng.choice([0.45, 0.8, 1.9], p=[0.2, 0.1, 0.7])
    hem, waist = rng.uniform(-0.05, 0.03), 0.05
    outer = reach["arm"] + 10 * reach["hand"], reach["leg"] + 10 * reach["foot"]
    shirt = (height > hem) & (outer[0] < sleeve) & ~reach["neck"]
    trousers = (height < waist) & (outer[1] < leg) & (outer[0] <= 0)
    puff = body.vertices + _normals(body)["tights"] * _puff(body.vertices, rng, 0.006, 0.022)
    thin = body.vertices + _normals(body)["tights"] * _puff(body.vertices, rng, 0.004, 0.016)
    hidden = _kept(
        body.faces["skin"], shirt & (outer[0] < sleeve - 0.15) & (height > hem + 0.03), all_of=True
    )
    hidden |= _kept(body.faces["skin"], trousers & (outer[1] < leg - 0.15), all_of=True)
    parts = [
        (body.vertices, body.faces["skin"][~hidden], "skin"),
        (body.vertices, body.faces["eyes"], "eyes"),
        (puff, body.faces["tights"][_kept(body.faces["tights"], shirt)], "shirt"),
        (thin, body.faces["tights"][_kept(body.faces["tights"], trousers)], "trousers"),
        *_shoes(body, reach, rng),
        *_hair(body, rng),
    ]
    if skirt:
        length = rng.uniform(0.5, 1.0)
        low = body.vertices[:, 2] > np.quantile(body.vertices[body.faces["skirt"], 2], 1 - length)
        parts.append((body.vertices, body.faces["skirt"][_kept(body.faces["skirt"], low)], "trousers"))
    return _joined(body, parts, _colours(body, rng))


def _joined(body: Body, parts: list[tuple[np.ndarray, np.ndarray, str]], colour: np.ndarray) -> Dressed:
    vertices, weights, faces, material, colours, base = [], [], [], [], [], []
    count = 0
    for points, quads, name in parts:
        used, local = np.unique(quads, return_inverse=True)
        vertices.append(points[used])
        weights.append(body.weights[used])
        base.append(used)
        colours.append(colour[used])
        faces.append(local.reshape(quads.shape) + count)
        material.append(np.full(len(quads), MATERIALS.index(name)))
        count += len(used)
    joined = (np.concatenate(each) for each in (vertices, weights, faces, material, colours, base))
    return Dressed(*joined)


def _kept(faces: np.ndarray, mask: np.ndarray, *, all_of: bool = False) -> np.ndarray:
    return mask[faces].all(axis=1) if all_of else mask[faces].mean(axis=1) >= 0.5


def _along_limbs(body: Body) -> dict[str, np.ndarray]:
    """Per vertex: how far along the arm and the leg it lies (0 to 1 upper, 1 to 2 lower; 0 on the trunk)."""
    strongest = np.array(body.bones)[body.weights.argmax(axis=1)]
    kind = np.char.replace(np.char.replace(strongest, "Left", ""), "Right", "")
    reach: dict[str, np.ndarray] = {"arm": np.zeros(len(kind)), "leg": np.zeros(len(kind))}
    for limb, bones in (("arm", ("Arm", "ForeArm", "Hand")), ("leg", ("UpLeg", "Leg", "Foot"))):
        for number in range(2):
            for side in ("Left", "Right"):
                here = strongest == side + bones[number]
                a, b = (body.heads[body.bone(side + bones[n])] for n in (number, number + 1))
                share = (body.vertices[here] - a) @ (b - a) / ((b - a) @ (b - a))
                reach[limb][here] = number + np.clip(share, 0.01, 1)
    reach["hand"] = np.isin(kind, ["Hand", "FingerBase", "HandFinger1", "LThumb", "RThumb"]).astype(float)
    reach["foot"] = np.isin(kind, ["Foot", "ToeBase"]).astype(float)
    reach["neck"] = np.isin(kind, ["Neck1", "Head"])
    reach["head"] = kind == "Head"
    return reach


def _normals(body: Body) -> dict[str, np.ndarray]:
    made = {}
    for part in ("skin", "tights"):
        faces, normal = body.faces[part], np.zeros_like(body.vertices)
        corners = body.vertices[faces]
        across = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        np.add.at(normal, faces, across[:, None])
        made[part] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return made


def _puff(points: np.ndarray, rng: np.random.Generator, least: float, more: float) -> np.ndarray:
    """(V, 1) metres outwards: folds of a hand's breadth, deeper for loose clothes."""
    loose = rng.uniform(0.2, 1.0) * more
    waves = sum(np.sin(points @ rng.normal(0, 22, 3) + rng.uniform(0, 6.3)) for _ in range(4))
    return (least + loose * (0.4 + 0.15 * np.clip(waves, -2.5, 2.5)))[:, None]


def _smooth(points: np.ndarray, faces: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        total, count = np.zeros_like(points), np.zeros((len(points), 1))
        np.add.at(total, faces, points[np.roll(faces, 1, axis=1)] + points[np.roll(faces, -1, axis=1)])
        np.add.at(count, faces, 2.0)
        points = np.where(count > 0, total / np.maximum(count, 1), points)
    return points


def _shoes(body: Body, reach: dict[str, np.ndarray], rng: np.random.Generator) -> list:
    if rng.random() < 0.1:
        return []
    faces = body.faces["skin"]
    faces = faces[_kept(faces, reach["foot"] > 0)]
    points = _smooth(body.vertices, faces, 6)
    return [(points + 0.012 * _normals(body)["skin"], faces, "shoes")]


def _hair(body: Body, rng: np.random.Generator) -> list:
    if rng.random() < 0.08:
        return []
    eyes = body.vertices[np.unique(body.faces["eyes"])].mean(axis=0)
    tall = body.vertices[np.unique(body.faces["skin"]), 2].max() - eyes[2]
    back = (body.vertices[:, 1] - eyes[1]) / tall
    line = eyes[2] + tall * np.interp(back, [0.0, 0.7, 1.3], [0.62, 0.35, -0.7])
    strongest = body.weights.argmax(axis=1) == body.bone("Head")
    faces = body.faces["skin"]
    faces = faces[_kept(faces, strongest & (body.vertices[:, 2] > line))]
    thick = rng.uniform(0.006, 0.03)
    points = _smooth(body.vertices, faces, 2)
    parts = [(points + _normals(body)["skin"] * thick, faces, "hair")]
    if rng.random() < 0.35:
        parts.append((body.vertices, body.faces["long hair"], "hair"))
    return parts


def _colours(body: Body, rng: np.random.Generator) -> np.ndarray:
    """(V, 3) linear RGB of skin and eyes: brows, lips and irises are what a detector finds a face by."""
    tone = _SKINS[rng.integers(len(_SKINS))] * rng.uniform(0.85, 1.15)
    colour = np.tile(tone, (len(body.vertices), 1))
    points, eye = body.vertices, body.vertices[np.unique(body.faces["eyes"])]
    scale = np.ptp(points[np.unique(body.faces["skin"]), 2]) / 1.68
    front = points[:, 1] < eye[:, 1].mean() + 0.01 * scale
    rows = np.array([body.keypoints.index("nose")])
    nose = (body.regressor[rows] @ points)[0]
    for side in (eye[eye[:, 0] > 0], eye[eye[:, 0] <= 0]):
        away = (points - side.mean(axis=0)) / scale
        brow = front & (np.abs(away[:, 0]) < 0.024) & (away[:, 2] > 0.014) & (away[:, 2] < 0.026)
        colour[brow] = 0.25 * tone * rng.uniform(0.6, 1.2)
        around = front & (np.abs(away[:, 0]) < 0.02) & (np.abs(away[:, 2]) < 0.011)
        colour[around] = 0.55 * tone
    away = (points - nose) / scale
    lips = front & (np.abs(away[:, 0]) < 0.026) & (away[:, 2] < -0.026) & (away[:, 2] > -0.046)
    colour[lips] = tone * [0.75, 0.4, 0.42]
    for side in (eye[:, 0] > 0, eye[:, 0] <= 0):
        which = np.unique(body.faces["eyes"])[side]
        depth = points[which, 1]
        iris = depth < depth.min() + 0.2 * np.ptp(depth)
        colour[which] = np.where(iris[:, None], rng.uniform(0.01, 0.12, 3), 0.8)
    return colour
