"""`python -m engine weights`: list, fetch, verify and import weight files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import weights
from ..download import Progress
from ..errors import MissingWeights
from ..manifest import Entry, entries, entry


def add_arguments(subparsers: argparse._SubParsersAction) -> None:
    """Add the sub-command to the engine's parser."""
    parser = subparsers.add_parser("weights", help="list, fetch, verify and import weight files")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="every weight file Pose3D knows, and which are here")
    show.add_argument("names", nargs="*", metavar="NAME", help="tell everything about these")
    fetch = actions.add_parser("fetch", help="download weights into the cache")
    fetch.add_argument("names", nargs="+", metavar="NAME")
    verify = actions.add_parser("verify", help="check the files that are here by their SHA-256")
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: all that are here")
    bring = actions.add_parser("import", help="copy a downloaded weight file into the cache")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--as", dest="name", default="", metavar="NAME", help="the known weights that it is")


def run(args: argparse.Namespace) -> int:
    """Do what the parsed arguments say; returns the exit code. Raises the engine's errors."""
    action = {"list": _list, "fetch": _fetch, "verify": _verify, "import": _import}[args.action]
    return action(args)


def _list(args: argparse.Namespace) -> int:
    for known in [entry(name) for name in args.names]:
        _print_details(known)
    if args.names:
        return 0
    head = ("name", "state", "size", "from", "skeleton", "input", "licence", "purpose")
    rows = [head, *(_row(known) for known in entries().values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"\nCache: {weights.weights_dir()}. More about one: `python -m engine weights list NAME`.")
    return 0


def _row(known: Entry) -> tuple[str, ...]:
    licence = known.licence.partition(";")[0]
    state = weights.state(known)
    return known.name, state, _size(known), known.kind, known.skeleton, known.input, licence, known.purpose


def _size(known: Entry) -> str:
    return f"{known.size / 1e6:.1f} MB" if known.size else ""


def _print_details(known: Entry) -> None:
    source = {
        "shipped": "ships with Pose3D",
        "pypi": f"{known.member} of {known.package}=={known.version} on PyPI",
        "npm": f"{known.member} of {known.package}@{known.version} on npm",
        "url": known.url,
        "import": f"{known.page}, then `weights import FILE`",
    }[known.kind]
    details = {
        "purpose": known.purpose,
        "state": weights.state(known),
        "file": weights.path_of(known),
        "from": source,
        "licence": known.licence,
        "SHA-256": known.sha256 or (f"starts with {known.sha256_prefix}" if known.sha256_prefix else ""),
        "size": _size(known),
        "skeleton": known.skeleton,
        "input": known.input,
    }
    print(known.name)
    for title, value in details.items():
        if value:
            print(f"  {title + ':':<10}{value}")


def _fetch(args: argparse.Namespace) -> int:
    for known in [entry(name) for name in args.names]:
        with _bar(known.name) as progress:
            path = weights.fetch(known.name, progress)
        print(f"{known.name}: {path}")
    return 0


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield progress


def _verify(args: argparse.Namespace) -> int:
    chosen = [entry(name) for name in args.names] or list(entries().values())
    states = {known.name: weights.state(known) for known in chosen}
    shown = states if args.names else {n: state for n, state in states.items() if state != "missing"}
    for name, state in shown.items():
        print(f"{name}: {state}")
    if not shown:
        print("No weights are here.")
    bad = [name for name, state in shown.items() if state in ("damaged", "missing")]
    if bad:
        raise MissingWeights(
            f"Not whole or not here: {', '.join(bad)}.", weights.how_to_get(entries()[bad[0]])
        )
    return 0


def _import(args: argparse.Namespace) -> int:
    from ..importing import import_file

    imported = import_file(args.file, args.name)
    print(f"Imported {imported.summary}\n{imported.path}")
    if imported.entry is None:
        option = "--lifter" if "GAST-Net" in imported.summary else "--pose2d"
        print(f"Use it by its path: {option} {imported.path}")
    return 0
