"""The options of the command line are the settings of a job file: the same names, types and limits."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .errors import BatchError

Layer = dict[str, list[str]]
"""Options of one level of a job: name without dashes → the words that set it on a command line."""

# Files and folders that a job file names lie beside it.
PATHS = frozenset({"out", "character", "map", "report"})
HOW = frozenset({"jobs", "part", "again", "dry-run", "report"})
"""Options that say how the whole is run, not what becomes of a clip."""
_HIDDEN = frozenset({"help", "worker"})


def words_of(layer: Layer) -> tuple[str, ...]:
    """A layer as a command line has it."""
    return tuple(word for words in layer.values() for word in words)


class StrictParser(argparse.ArgumentParser):
    """Raises BatchError where others print and end the program."""

    def error(self, message: str) -> NoReturn:
        raise BatchError(message)


class Options:
    """The options of a parser, by the names that people type."""

    def __init__(self, parser: StrictParser) -> None:
        self._parser = parser
        self._actions: dict[str, argparse.Action] = {}
        for action in parser._actions:
            for word in action.option_strings:
                if word.startswith("--") and action.dest not in _HIDDEN:
                    self._actions[word.removeprefix("--")] = action
        groups = [[a.option_strings for a in g._group_actions] for g in parser._mutually_exclusive_groups]
        self._exclusive = [{w.removeprefix("--") for words in g for w in words} for g in groups]

    @property
    def names(self) -> list[str]:
        """All options, without dashes."""
        return list(self._actions)

    def typed(self, argv: list[str]) -> Layer:
        """What a command line sets itself, as a layer; what it leaves to the defaults is not in it."""
        marks = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
        for name, action in self._actions.items():
            kind: dict[str, Any] = {"action": "store_true"} if action.nargs == 0 else {"action": "append"}
            marks.add_argument(f"--{name}", dest=name, **kind)
        seen, _ = marks.parse_known_args(argv)
        return {
            name: [f"--{name}"] if value is True else [f"--{name}={one}" for one in value]
            for name, value in vars(seen).items()
        }

    def layer(
        self,
        table: Mapping[str, Any],
        where: str,
        folder: Path,
        *,
        whole: bool = False,
        beside: Sequence[str] = (),
    ) -> Layer:
        """A table of settings as words of a command line.

        where: what to call the table in a message. folder: relative paths lie in it. whole: it is that of
        the whole job. beside: what such a table may hold besides settings. Raises BatchError for an unknown
        setting, naming the nearest known one, and for a value of another type.
        """
        made: Layer = {}
        for key, value in table.items():
            name = key.replace("_", "-")
            if name not in self._actions:
                near = difflib.get_close_matches(name, [*beside, *self._actions], n=1, cutoff=0.5)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(self.names)}."
                raise BatchError(f"{where}: there is no setting {key}; {hint}")
            if name in HOW and not whole:
                raise BatchError(f"{where}: {name} is for the whole job: write it above all tables.")
            made[name] = self._words(name, value, where, folder)
        return made

    def _words(self, name: str, value: Any, where: str, folder: Path) -> list[str]:
        flag = self._actions[name].nargs == 0
        if isinstance(value, bool) != flag:
            wanted = "true or false" if flag else "a value, not true or false"
            raise BatchError(f"{where}: {name} takes {wanted}.")
        if flag:
            return [f"--{name}"] if value else []
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str | int | float) for one in values):
            raise BatchError(f"{where}: {name} takes a text or a number.")
        words = [str(folder / one) if name in PATHS else str(one) for one in values]
        return [f"--{name}={word}" for word in words]

    def merge(self, *layers: Layer) -> Layer:
        """Later layers win; setting one of options that exclude each other takes back the others."""
        merged: Layer = {}
        for layer in layers:
            for name in layer:
                for group in self._exclusive:
                    if name in group and layer[name]:
                        for other in group - {name}:
                            merged.pop(other, None)
            merged.update(layer)
        return merged

    def parse(self, inputs: list[str], layer: Layer, where: str) -> argparse.Namespace:
        """What the parser makes of a layer. Raises BatchError with the parser's reason."""
        try:
            return self.parse_words([*words_of(layer), "--", *inputs])
        except BatchError as error:
            raise BatchError(f"{where}: {error}" if where else str(error)) from None

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """What the parser makes of a command line. Raises BatchError with the parser's reason."""
        return self._parser.parse_args(list(words))
