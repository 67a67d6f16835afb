"""Spans of work: own time, threads, the file for Chrome's viewer."""

import json
import threading
import time

import pytest

from engine import trace
from engine.errors import BadInput


def test_off_unless_asked():
    with trace.span("nobody looks"):
        pass
    assert list(trace.over("nobody looks", [1, 2])) == [1, 2]


def test_a_span_does_not_count_what_is_within_it(tmp_path):
    with trace.tracing() as tracer, trace.span("outer"), trace.span("inner"):
        time.sleep(0.02)
    tracer.write(tmp_path / "t.json")
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    whole = {event["name"]: event["dur"] / 1e6 for event in events}
    assert whole["outer"] >= whole["inner"] >= 0.02
    assert tracer.totals["outer"].seconds == pytest.approx(whole["outer"] - whole["inner"], abs=1e-6)


def test_each_item_is_timed_and_the_end_is_no_item():
    with trace.tracing() as tracer:
        assert list(trace.over("get", iter("abc"))) == ["a", "b", "c"]
    assert tracer.totals["get"].calls == 4  # the last one learns that there is no more


def test_threads_do_not_count_within_each_other():
    with trace.tracing() as tracer, trace.span("main"):
        other = threading.Thread(target=lambda: list(trace.over("other", [0])))
        other.start()
        other.join()
        time.sleep(0.01)
    assert tracer.totals["main"].seconds >= 0.01


def test_the_file_is_what_viewers_read(tmp_path):
    with trace.tracing() as tracer, trace.span("work"):
        pass
    tracer.write(tmp_path / "trace.json")
    (event,) = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert event["name"] == "work" and event["ph"] == "X" and event["dur"] >= 0
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]
    assert "work" in tracer.table()


def test_a_folder_that_is_not_there_is_told_in_a_line(tmp_path):
    with pytest.raises(BadInput, match="Cannot write the trace"):
        trace.Trace().write(tmp_path / "gone" / "trace.json")
