"""Bone names without what varies from file to file: prefixes, namespaces, spellings of sides, numbering."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

# Words of a name: runs of capitals, capitalised or plain words, numbers; other scripts stay whole.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SIDES = {"l": "L", "left": "L", "lft": "L", "r": "R", "right": "R", "rgt": "R", "左": "L", "右": "R"}
_GLUED = re.compile(r"^(left|right|左|右)(?=.)|(?<=.)(left|right)$")
_KNOWN_PREFIX = re.compile(r"^(?:mixamorig\d*[_ ]?|(?:valvebiped|bip\d+|def)[^A-Za-z]+)+", re.IGNORECASE)
_COPY = re.compile(r"\.\d{3}$")
_COUNTED = re.compile(r"[_ ]\d+$")
# Bones that only help a segment: they take part in its twist or correct its shape, or drive it.
_HELPERS = {
    "twist", "twst", "roll", "helper", "corrective", "correctiveroot", "share", "sharebone", "ik", "pole",
    "target", "vb", "mch", "org", "tweak", "ctrl", "control", "driver", "drv", "jiggle", "bulge", "fan",
    "dummy", "nub", "end", "ribstwist", "socket", "attach", "weapon", "捩", "先",
}  # fmt: skip
_PREFIXES = ("mix", "val", "bip", "def")

Key = tuple[str, str]


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[tuple[str, ...], str]:
    """(words in lower case, side) of a name without its namespace; side is "L", "R" or ""."""
    own = name.replace("|", ":").rpartition(":")[2] or name
    if own[:3].lower() in _PREFIXES:
        own = _KNOWN_PREFIX.sub("", own) or own
    side, found = "", []
    for word in _WORD.findall(own):
        word = word.lower()  # noqa: PLW2901
        if word in _SIDES and not side:
            side = _SIDES[word]
            continue
        glued = None if side or len(word) < 2 or word in _SIDES else _GLUED.search(word)
        if glued:
            side = _SIDES[glued.group()]
            word = word[: glued.start()] + word[glued.end() :]  # noqa: PLW2901
        found.append(word.lstrip("0") or "0" if word[0] == "0" else word)
    return tuple(found), side


def normalised(name: str) -> Key:
    """(side, core) of a bone's name: ``mixamorig:LeftUpLeg`` → ("L", "upleg"), ``arm_l`` → ("L", "arm").

    side: "L", "R" or "". Namespaces before ``:`` or ``|`` and the prefixes of Mixamo and Biped go; numbers
    lose leading zeros.
    """
    found, side = words(name)
    return side, "".join(found)


def is_helper(name: str) -> bool:
    """Whether a name says that the bone twists, corrects or controls instead of being a joint of its own."""
    found, _ = words(name)
    joined = "".join(found)
    return any(word in _HELPERS for word in found) or "twist" in joined or "捩" in joined


class NameTable:
    """Names of one armature, to be looked up by what they mean.

    What most of the names begin with (``Hero_``, ``CC_Base_``) or end with (``.001`` of a copy, a running
    number of every bone) goes first.
    A letter l or r is also taken for a side where the same name exists with the other letter
    (``lthigh`` and ``rthigh``). Where two bones have one meaning, the first keeps it.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        plain = _without_numbering(names)
        split = [words(name) for name in plain]
        shared = _shared_prefix([parts for parts, _ in split])
        # a copy's spine.001 is the original's spine, and its spine.001.001 the original's spine.001
        self._exact = dict(zip(reversed(plain), reversed(names), strict=True))
        self._whole: dict[Key, str] = {}
        self._short: dict[Key, str] = {}
        for name, (parts, side) in zip(names, split, strict=True):
            self._whole.setdefault((side, "".join(parts)), name)
            for size in range(1, len(shared) + 1):
                if len(parts) > size and parts[:size] == shared[:size]:
                    self._short.setdefault((side, "".join(parts[size:])), name)
        self._add_glued_letters()

    def find(self, alias: str) -> str | None:
        """The bone that a rig's name for it means here; None where there is none."""
        if alias in self._exact:
            return self._exact[alias]
        key = normalised(alias)
        return self._whole.get(key) or self._short.get(key)

    def _add_glued_letters(self) -> None:
        for table in (self._whole, self._short):
            unsided = [core for side, core in table if not side and core[:1] in "lr" and len(core) > 3]
            bare = set(unsided)
            for core in unsided:
                other = "r" if core[0] == "l" else "l"
                if other + core[1:] in bare:
                    table.setdefault((core[0].upper(), core[1:]), table[("", core)])


def _without_numbering(names: Sequence[str]) -> list[str]:
    """Names without the ending of a copy (``.001``), and without a number that counts all bones (``_57``)."""
    if sum(bool(_COPY.search(name)) for name in names) > 0.6 * len(names):
        names = [_COPY.sub("", name) for name in names]
    numbers = [match.group() for name in names if (match := _COUNTED.search(name))]
    if len(numbers) > 0.8 * len(names) and len(set(numbers)) > 0.95 * len(numbers):
        names = [_COUNTED.sub("", name) for name in names]
    return list(names)


def _shared_prefix(split: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The words that more than half of the names begin with."""
    shared: tuple[str, ...] = ()
    while True:
        size = len(shared)
        nexts = Counter(parts[size] for parts in split if len(parts) > size + 1 and parts[:size] == shared)
        if not nexts:
            return shared
        word, count = nexts.most_common(1)[0]
        if count <= 0.5 * len(split):
            return shared
        shared = (*shared, word)
