"""serve: work for another program, which speaks docs/protocol.md over standard input and output."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from .. import log as log_module
from .. import output, parent, pictures
from ..errors import Cancelled, EngineError
from ..pipeline import choose, track
from ..progress import Meter
from ..protocol import (
    LONGEST_LINE,
    VERSION,
    Busy,
    ProtocolError,
    Request,
    TrackRequest,
    Writer,
    look_request,
    parse,
    track_request,
)
from ..version import library_version, version

log = logging.getLogger(__name__)

_ANSWER_WITHIN = 0.8  # seconds after a cancel
_TIDY_WITHIN = 1.0  # seconds for a job to end by itself when the parent is gone
_WRITE_WITHIN = 10.0  # seconds for a file that is just being written


def add_arguments(subparsers: Any) -> None:
    """Add this command's parser."""
    parser = subparsers.add_parser("serve", help="work for another program, over standard input and output")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder for weights, tracks and logs")
    parser.add_argument("--verbose", action="store_true", help="log to standard error too")


def run(args: argparse.Namespace) -> int:
    """Answer messages until told to stop or until the parent is gone."""
    if args.cache is not None:
        os.environ["POSE3D_CACHE"] = str(args.cache.absolute())
    stream = _claim_stdout()
    path = log_module.start(verbose=args.verbose)
    server = Server(Writer(stream), path)
    parent.watch(server.leave)
    server.hello()
    server.read(sys.stdin.buffer)
    server.leave()
    return 0


def _claim_stdout() -> BinaryIO:
    """The real standard output, for the protocol alone: whatever else prints goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return stream


class Job:
    """One track command. It is answered once: by its result, its error, or a cancel that would not wait."""

    def __init__(self, request: Request, writer: Writer, log_path: Path | None) -> None:
        self.id = request.id
        self.asked: TrackRequest = track_request(request.fields)
        self.stop = threading.Event()
        self.lock = threading.Lock()  # held while the file is written, so that an answer tells the truth
        self.thread = threading.Thread(target=self._run, name="job", daemon=True)
        self._writer = writer
        self._log_path = log_path
        self._answered = False
        self.over = False  # its work has ended; a job answered early by a cancel may still be at it

    def cancel(self) -> None:
        """Stop; answered by the job itself at its next frame, or without it if that takes too long."""
        self.stop.set()
        timer = threading.Timer(_ANSWER_WITHIN, self._fail, [Cancelled()])
        timer.daemon = True
        timer.start()

    def _run(self) -> None:
        try:
            self._track()
        except EngineError as error:
            self.over = True
            self._fail(error)
        except Exception as error:
            self.over = True
            self._fail(_unexpected(error), log_module.last_lines(self._log_path))

    def _track(self) -> None:
        asked = self.asked
        output.check(asked.output)
        meter = Meter(lambda step: None if self.stop.is_set() else self._writer.progress(self.id, step))
        everybody = track(
            asked.video,
            asked.settings,
            progress=meter,
            cancelled=self.stop.is_set,
            continued=lambda frame: self._writer.send("continued", self.id, frame=frame),
        )
        written = everybody if asked.everybody else choose(everybody, asked.person)
        taken: dict[str, Any] = {}
        if asked.pictures is not None:
            taken["pictures"] = pictures.people_pictures(asked.video, written, asked.pictures)
        with self.lock:
            if self.stop.is_set() or self._answered:
                raise Cancelled
            output.write(asked.output, written)
            self._answered = self.over = True
            self._writer.send(
                "result",
                self.id,
                output=str(asked.output),
                people=written.people,
                people_found=everybody.people,
                frames=len(written.time),
                cached="follow" not in meter.stages,
                stages=meter.summary(),
                **taken,
            )

    def _fail(self, error: EngineError, lines: list[str] | None = None) -> None:
        with self.lock:
            if not self._answered:
                self._answered = True
                self._writer.error(self.id, error, lines)


def _unexpected(error: Exception) -> EngineError:
    log.error("Unexpected error", exc_info=error)
    return EngineError(f"Something unexpected went wrong ({type(error).__name__}: {error}).", "See the log.")


def _look(request: Request, writer: Writer, log_path: Path | None) -> None:
    """Answer a look command."""
    from ..video import probe

    try:
        asked = look_request(request.fields)
        info = probe(asked.video)
        if asked.thumbnail is not None:
            pictures.thumbnail(asked.video, asked.thumbnail)
    except EngineError as error:
        writer.error(request.id, error)
    except Exception as error:
        writer.error(request.id, _unexpected(error), log_module.last_lines(log_path))
    else:
        shown = {name: getattr(info, name) for name in ("sha256", "width", "height", "frames")}
        seconds = {name: round(getattr(info, name), 4) for name in ("fps", "duration")}
        writer.send("result", request.id, video=str(asked.video), **shown, **seconds)


class Server:
    """Reads messages, runs at most one job at a time in a thread of its own."""

    def __init__(self, writer: Writer, log_path: Path | None) -> None:
        self.writer = writer
        self.log_path = log_path
        self.job: Job | None = None
        self._leaving = threading.Lock()

    def hello(self) -> None:
        """Say who speaks."""
        from ..device import resolve

        self.writer.send(
            "hello",
            protocol=VERSION,
            version=version(),
            python=platform.python_version(),
            torch=library_version("torch"),
            device=resolve("auto"),
            pid=os.getpid(),
            log=str(self.log_path or ""),
        )

    def read(self, stream: BinaryIO) -> None:
        """Answer line after line until a shutdown, the end of the input, or a parent that reads no more."""
        while line := stream.readline(LONGEST_LINE + 1):
            whole = line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE + 1)
            if not whole.strip():
                continue
            try:
                request = parse(whole)
                if request.command == "shutdown":
                    return
                self._do(request)
            except ProtocolError as error:
                self.writer.error(error.id, error)
            if self.writer.gone:
                return

    def _do(self, request: Request) -> None:
        running = self.job if self.job is not None and not self.job.over else None
        if request.command == "cancel":
            # without a job there is nothing to cancel: it may have ended while the message was on its way
            if running is not None:
                running.cancel()
            return
        if request.command == "look":
            # quick, and wanted while a job runs: the next video is chosen meanwhile
            given = (request, self.writer, self.log_path)
            threading.Thread(target=_look, args=given, name="look", daemon=True).start()
            return
        try:
            if running is not None:
                raise Busy("A job is still running.", "Cancel it, or wait for its result.")
            self.job = Job(request, self.writer, self.log_path)
            self.job.thread.start()
        except EngineError as error:
            self.writer.error(request.id, error)

    def leave(self) -> None:
        """End the process: a running job is told to stop, given a moment, then left behind."""
        with self._leaving:
            job = self.job
            if job is not None and job.thread.is_alive():
                job.stop.set()
                job.thread.join(_TIDY_WITHIN)
                # a rename that is under way is let through: half a file would stay otherwise
                job.lock.acquire(timeout=_WRITE_WITHIN)
            logging.shutdown()
            # threads in native code cannot be ended otherwise
            os._exit(0)
