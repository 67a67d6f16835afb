"""python -m engine COMMAND ...: the engine's command line.

Exit codes: 0 done, 2 bad arguments, 3 bad input, 4 missing weights, 5 cancelled, 1 anything else.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import logging
import signal
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType

from .errors import Cancelled, EngineError
from .version import version

log = logging.getLogger(__name__)

# Each module has add_arguments(subparsers), which adds the parser of this name, and run(args) -> exit code.
COMMANDS = {
    "track": "engine.commands.track",
    "serve": "engine.commands.serve",
    "weights": "engine.commands.weights",
    "train": "engine.commands.train",
    "evaluate": "engine.commands.evaluate",
    "doctor": "engine.commands.doctor",
    "lift": "engine.commands.lift",
    "import": "engine.commands.import_tracks",
    "export": "engine.commands.export_motion",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is told in one line on standard error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        modules = _modules(given)
        parser = _parser(modules)
        args = parser.parse_args(given)
        command = modules[args.command]
        if command is None:
            parser.error(f"the command {args.command} comes first, its options after it")
        return int(command.run(args))
    except EngineError as error:
        _tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _tell(str(Cancelled()))
        return Cancelled.exit_code
    except BrokenPipeError:
        # whoever read our output has gone; there is nobody left to tell
        return 1
    except Exception as error:
        log.error("Unexpected error", exc_info=error)
        where = _log_file()
        _tell(
            f"Something unexpected went wrong ({type(error).__name__}: {_one_line(error)}). "
            + (f"Details are in {where}." if where else "No log could be written.")
        )
        return 1


def _modules(given: Sequence[str]) -> dict[str, ModuleType | None]:
    """The module of the command asked for; all that are there for the help; else names alone: a slip of the
    finger is told without loading what nobody asked for."""
    there = {name: path for name, path in COMMANDS.items() if importlib.util.find_spec(path) is not None}
    if given and given[0] in there:
        return {given[0]: importlib.import_module(there[given[0]])}
    if given and given[0] in ("-h", "--help"):
        return {name: importlib.import_module(path) for name, path in there.items()}
    return dict.fromkeys(there)


def _parser(modules: dict[str, ModuleType | None]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engine",
        description="Pose3D's engine: from a video of people to the motion of their joints.",
    )
    parser.add_argument("--version", action="version", version=f"Pose3D engine {version()}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in modules.items():
        if module is None:
            subparsers.add_parser(name)
        else:
            module.add_arguments(subparsers)
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    print(f"error: {_one_line(line)}", file=sys.stderr, flush=True)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _log_file() -> str:
    handlers = [h for h in logging.getLogger().handlers if isinstance(h, logging.FileHandler)]
    return handlers[0].baseFilename if handlers else ""


if __name__ == "__main__":
    sys.exit(main())
