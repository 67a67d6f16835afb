"""The page an animator reads: whole, well-formed, honest about the worst moments, never a trace."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from blender_pose3d.moments import plain, worst_moments
from blender_pose3d.motion import motion_from_tracks
from blender_pose3d.quality import quality
from blender_pose3d.report import Person, page, verdict, write_quality, write_report
from blender_pose3d.skeleton import H36M_19
from tests.synthetic_motion import motion_of
from tests.test_quality import standing
from tests.walker import camera_at, film, walk

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Tags must close in order; collects the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        assert not any(key in {"src", "href"} for key, _ in attrs), "the page needs nothing from elsewhere"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    assert not reader.open and "nan" not in html.lower().replace("scanning", "")
    return reader.text


@pytest.fixture(scope="module")
def walked():
    shot = film(walk(3.0), camera_at((0.0, -6.0, 1.2)), noise=0.01, pixels=2.0)
    motion = motion_from_tracks(shot.tracks)
    return motion, quality(motion, shot.tracks)


def test_the_page_says_what_was_measured(walked, tmp_path):
    motion, found = walked
    people = [Person("Person 1", found, motion.notes), Person("Person 2", found, [], start=40)]
    html = write_report(tmp_path / "a.html", "my <clip> & more", people).read_text("utf-8")
    text = read(html)
    assert "my <clip> & more" in text and "90 frames at 30 a second" in text
    assert all(note in text for note in motion.notes)
    for title in ("Jitter", "Foot skate", "Off the picture", "Feet on the floor", "The worst moments"):
        assert title in text
    assert html.count("<svg") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html"]


def test_the_numbers_as_json(walked, tmp_path):
    path = write_quality(tmp_path / "a.json", [Person("Person 1", walked[1], [])])
    (person,) = json.loads(path.read_text("utf-8"))["people"]
    assert person["person"] == "Person 1" and person["units"]["skate"] == "cm"
    assert len(person["after"]["jitter"]["along"]) == len(person["time"]) == len(person["frame"]) == 90
    jitter = person["after"]["jitter"]
    assert jitter["along"][0] is None and jitter["places"][jitter["where"][40]] in H36M_19.joints


def test_the_worst_moment_is_found_where_it_is():
    motion = standing(90)
    joints = motion.joints.copy()
    joints[40:44, :, 0] += np.array([0.05, 0.1, 0.1, 0.05])[:, None]
    found = quality(replace(motion, joints=joints))
    worst = worst_moments(found)
    assert {moment.measure.key for moment in worst} >= {"skate", "slip"}
    assert all(38 <= moment.first <= moment.peak <= moment.last <= 46 for moment in worst), worst
    assert worst[0].severity == max(moment.severity for moment in worst) and worst[0].grade == "poor"
    skate = next(moment for moment in worst if moment.measure.key == "skate")
    assert skate.value == pytest.approx(10.0) and skate.place in {"left heel", "left toes"}
    assert f"{1 + skate.peak}" in read(page("a", [Person("Person 1", found, [])]))
    assert len(worst_moments(found, count=1)) == 1


def test_moments_near_each_other_are_one_and_others_are_not():
    motion = standing(120)
    joints = motion.joints.copy()
    joints[[20, 24, 80], :, 2] -= 0.1
    found = worst_moments(quality(replace(motion, joints=joints)))
    sunk = [moment for moment in found if moment.measure.key == "penetration"]
    assert sorted((moment.first, moment.last) for moment in sunk) == [(20, 24), (80, 80)]


def test_the_verdict_in_words():
    motion = standing()
    assert verdict(quality(motion)) == "All that can be measured is good."
    sunk = quality(replace(motion, joints=motion.joints - (0, 0, 0.1)))
    assert verdict(sunk).startswith("Needs work: feet in the floor")
    flying = replace(motion, contacts=np.zeros((60, 4), bool))
    assert "No foot" in verdict(quality(flying))


def test_nothing_is_no_trace(walked):
    motion = standing()
    blind = replace(motion, raw=np.full_like(motion.raw, np.nan), contacts=np.zeros((60, 4), bool))
    one = replace(
        standing(1),
        contacts=np.zeros((1, 4), bool),
        raw=np.full((1, 19, 3), np.nan),
        filled=np.ones((1, 19), bool),
    )
    for broken in (blind, one):
        found = quality(broken)
        text = read(page("a", [Person("Person 1", found, [])]))
        assert "cannot be told" in text


def test_long_clips_make_small_pages():
    found = quality(motion_of(np.concatenate([walk(5.0)] * 20)))
    html = page("a", [Person("Person 1", found, [])])
    assert read(html) and len(html) < 500_000


def test_joints_in_plain_words():
    names = ("LAnkle", "RToe", "Hip", "LHeel", "Thorax", "Head")
    assert [plain(name) for name in names] == [
        "left ankle",
        "right toes",
        "hip",
        "left heel",
        "chest",
        "head",
    ]
