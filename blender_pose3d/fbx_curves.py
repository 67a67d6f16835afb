"""The records of an FBX animation: a stack with one layer, curve nodes on properties, curves with keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .fbx_nodes import Node, node

# Ticks of FBX's clock in a second.
_TICKS = 46186158000
# Straight from key to key (4); for those who make curves of it: automatic tangents that do not overshoot.
_FLAGS = 4 | 1 << 8 | 1 << 13 | 1 << 14
# Tangents of a third of the way each, as two numbers of ten-thousandths in the place of one float.
_THIRDS = np.array([3333, 3333], "<i2").view("<f4")[0]
# A curve that changes by less, in degrees or centimetres or percent, is still.
_STILL = 5e-5


class Channel(NamedTuple):
    """A property over time. target: identifier of its object. label: what its curve node is called. items:
    names of its C components. values: (T, C). rest: (C,) its value outside the clip."""

    target: int
    name: str
    label: str
    items: tuple[str, ...]
    values: np.ndarray
    rest: np.ndarray


@dataclass
class _Keys:
    """Records that curves of one number of keys share."""

    version: Node
    times: Node
    attributes: list[Node]


class Curves:
    """Objects and connections of a clip, channel by channel.

    fps: frames a second; frames: their number T; first: all identifiers from here on are free.
    end: time of the last frame in ticks. counts: number of objects of each kind.
    """

    def __init__(self, name: str, fps: float, frames: int, first: int) -> None:
        times = np.rint(np.arange(frames) / fps * _TICKS).astype(np.int64)
        self.end = int(times[-1])
        self._next = first
        self._every, self._few = _keys(times), _keys(times[[0, -1]] if frames > 1 else times)
        self.objects: list[Node] = []
        self.connections: list[Node] = []
        self.counts = {"AnimationStack": 0, "AnimationLayer": 0, "AnimationCurveNode": 0, "AnimationCurve": 0}
        stop = np.int64(self.end)
        ends = [node("P", key, "KTime", "Time", "", stop) for key in ("LocalStop", "ReferenceStop")]
        stack = self._object(
            "AnimationStack", f"{name}\x00\x01AnimStack", [node("Properties70", children=ends)]
        )
        self._layer = self._object("AnimationLayer", f"{name}\x00\x01AnimLayer", [])
        self._connect(self._layer, stack)

    def add(self, channel: Channel) -> None:
        """Put a channel in: keys in every frame, two for a component that stays as it is."""
        rest = [
            node("P", item, "Number", "", "A", float(r))
            for item, r in zip(channel.items, channel.rest, strict=True)
        ]
        of_all = self._object(
            "AnimationCurveNode",
            f"{channel.label}\x00\x01AnimCurveNode",
            [node("Properties70", children=rest)],
        )
        self._connect(of_all, self._layer)
        self._connect(of_all, channel.target, channel.name)
        for c, item in enumerate(channel.items):
            values = channel.values[:, c]
            keys = self._every
            if np.ptp(values) < _STILL:
                keys, values = self._few, values[[0, -1]] if len(values) > 1 else values
            curve = self._object(
                "AnimationCurve",
                "\x00\x01AnimCurve",
                [
                    node("Default", float(channel.rest[c])),
                    keys.version,
                    keys.times,
                    node("KeyValueFloat", values.astype(np.float32)),
                    *keys.attributes,
                ],
            )
            self._connect(curve, of_all, item)

    def definitions(self) -> list[Node]:
        """What a file's Definitions say of these objects: how many, and their properties' usual values."""
        return [
            node(
                "ObjectType",
                kind,
                children=[node("Count", np.int32(number)), *_TEMPLATES.get(kind, [])],
            )
            for kind, number in self.counts.items()
        ]

    def _object(self, kind: str, name: str, children: list[Node]) -> int:
        made, self._next = self._next, self._next + 1
        # readers want the mark that ends children in stacks and layers even where there are none
        closed = kind in ("AnimationStack", "AnimationLayer")
        self.objects.append(node(kind, np.int64(made), name, "", children=children, closed=closed))
        self.counts[kind] += 1
        return made

    def _connect(self, source: int, target: int, name: str = "") -> None:
        ends = (np.int64(source), np.int64(target))
        self.connections.append(node("C", "OP", *ends, name) if name else node("C", "OO", *ends))


def _keys(times: np.ndarray) -> _Keys:
    return _Keys(
        node("KeyVer", np.int32(4008)),
        node("KeyTime", times),
        [
            node("KeyAttrFlags", np.array([_FLAGS], np.int32)),
            node("KeyAttrDataFloat", np.array([0, 0, _THIRDS, 0], np.float32)),
            node("KeyAttrRefCount", np.array([len(times)], np.int32)),
        ],
    )


def _template(kind: str, *properties: Node) -> list[Node]:
    return [node("PropertyTemplate", kind, children=[node("Properties70", children=list(properties))])]


def _time(name: str) -> Node:
    return node("P", name, "KTime", "Time", "", np.int64(0))


def _plain(name: str, kind: str) -> Node:
    return node("P", name, kind, "", "", np.int32(0))


_TEMPLATES = {
    "AnimationStack": _template(
        "FbxAnimStack",
        node("P", "Description", "KString", "", "", ""),
        *map(_time, ("LocalStart", "LocalStop", "ReferenceStart", "ReferenceStop")),
    ),
    "AnimationLayer": _template(
        "FbxAnimLayer",
        node("P", "Weight", "Number", "", "A", 100.0),
        *(_plain(name, "bool") for name in ("Mute", "Solo", "Lock")),
        node("P", "Color", "ColorRGB", "Color", "", 0.8, 0.8, 0.8),
        *(
            _plain(name, "enum")
            for name in ("BlendMode", "RotationAccumulationMode", "ScaleAccumulationMode")
        ),
        node("P", "BlendModeBypass", "ULongLong", "", "", np.int64(0)),
    ),
    "AnimationCurveNode": _template("FbxAnimCurveNode", node("P", "d", "Compound", "", "")),
}
