"""A page that tells an animator how good a motion is: one HTML file, nothing else needed to look at it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .moments import Moment, worst_moments
from .quality import Quality
from .quality_scale import BY_KEY, FAIR, GOOD, POOR, UNKNOWN, Measure
from .report_chart import timeline
from .report_style import STYLE

_KEY = "".join(
    f'<span class="key {kind}"></span> {text} &ensp; '
    for kind, text in (
        ("after", "the motion"),
        ("raw", "as captured"),
        ("limit good", "good below"),
        ("limit poor", "poor above"),
    )
)


@dataclass(frozen=True)
class Person:
    """title: who it is. notes: sentences on how the motion was made. start: the animation's first frame."""

    title: str
    quality: Quality
    notes: Sequence[str]
    start: int = 1


def write_quality(path: Path, people: Sequence[Person]) -> Path:
    """All numbers as JSON, with those along time. Raises OSError; nothing half-written stays."""
    content = {"people": [{"person": p.title, **p.quality.to_dict()} for p in people]}
    return _write(path, json.dumps(content, allow_nan=False) + "\n")


def write_report(path: Path, name: str, people: Sequence[Person]) -> Path:
    """The page of a clip. Raises OSError; nothing half-written stays."""
    return _write(path, page(name, people))


def _write(path: Path, text: str) -> Path:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return path


def page(name: str, people: Sequence[Person]) -> str:
    """The page as text."""
    sections = "\n".join(_section(person) for person in people)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}: quality</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(name)}</h1>\n{sections}\n</body>\n</html>\n"
    )


def _section(person: Person) -> str:
    quality, moments = person.quality, worst_moments(person.quality)
    frames = len(quality.time)
    length = f"{frames} {'frame' if frames == 1 else 'frames'} at {quality.fps:.5g} a second"
    start = f"from frame {quality.frame[0]} of the video" if frames else "of nothing"
    notes = "".join(f"<li>{escape(note)}</li>" for note in person.notes)
    return "\n".join(
        (
            f"<section>\n<h2>{escape(person.title)}</h2>",
            f'<p class="quiet">{length}, {start}.</p>',
            f'<p class="verdict">{escape(verdict(quality))}</p>',
            _table(quality),
            "<h3>Along time</h3>",
            f'<p class="quiet">{_KEY}numbers: the worst moments</p>',
            timeline(quality, moments, person.start),
            "<h3>The worst moments</h3>",
            _moments(quality, moments, person.start),
            f"<h3>How it was made</h3>\n<ul>{notes}</ul>" if notes else "",
            "</section>",
        )
    )


def verdict(quality: Quality) -> str:
    """One or two sentences for an animator."""
    graded = [(BY_KEY[key], BY_KEY[key].grade(curve.total)) for key, curve in quality.after.items()]
    poor = [measure.title.lower() for measure, grade in graded if grade == POOR]
    fair = [measure.title.lower() for measure, grade in graded if grade == FAIR]
    if not poor and not fair:
        text = "All that can be measured is good."
    else:
        worst = f"Needs work: {_listed(poor)}." if poor else "Nothing is poor."
        text = worst + (f" Worth a look: {_listed(fair)}." if fair else "")
    if quality.after["skate"].total is None:
        text += " No foot was seen to stand, so nothing is said of feet on the floor."
    return text


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _table(quality: Quality) -> str:
    rows = "\n".join(
        _table_row(BY_KEY[key], quality.raw[key].total, curve.total, curve.worst)
        for key, curve in quality.after.items()
    )
    titles = ("What", "As captured", "Now", "At worst", "", "Good up to", "Poor above")
    return f"<table>\n<tr>{_head(titles)}</tr>\n{rows}\n</table>"


def _table_row(measure: Measure, raw: float | None, after: float | None, worst: float | None) -> str:
    grade = measure.grade(after)
    scale = ["" if limit is None else f"{limit:g}" for limit in (measure.good, measure.poor)]
    mark = {GOOD: "●", FAIR: "▲", POOR: "■", UNKNOWN: ""}[grade]
    word = grade if grade != UNKNOWN else "" if after is not None else "cannot be told"
    return (
        f'<tr><td><b>{escape(measure.title)}</b><br><span class="quiet">{escape(measure.means)}</span></td>'
        f"<td>{_amount(measure, raw)}</td><td><b>{_amount(measure, after)}</b></td>"
        f'<td>{_amount(measure, worst)}</td><td class="grade {grade}">{mark} {word}</td>'
        f'<td class="quiet">{scale[0]}</td><td class="quiet">{scale[1]}</td></tr>'
    )


def _amount(measure: Measure, value: float | None) -> str:
    return "–" if value is None else f"{value:.{measure.digits}f}&nbsp;{escape(measure.unit)}"


def _moments(quality: Quality, moments: list[Moment], start: int) -> str:
    if not moments:
        return "<p>None stands out.</p>"
    rows = "\n".join(
        f"<tr><td>{number}</td><td>{m.peak / quality.fps:.2f}&nbsp;s</td><td>{start + m.peak}</td>"
        f"<td>{start + m.first}{f' to {start + m.last}' if m.last > m.first else ''}</td>"
        f"<td>{escape(m.measure.title)}</td><td>{escape(m.place)}</td>"
        f'<td>{_amount(m.measure, m.value)}</td><td class="grade {m.grade}">{m.grade}</td></tr>'
        for number, m in enumerate(moments, start=1)
    )
    titles = ("", "Time", "Frame", "From, to", "What", "Where", "How much", "")
    return f"<table>\n<tr>{_head(titles)}</tr>\n{rows}\n</table>"


def _head(titles: Sequence[str]) -> str:
    return "".join(f"<th>{title}</th>" for title in titles)
