"""Which views of a picture are shown to the detector, and when."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frame import ImageFrame
from engine.pose2d.views import Kind, views
from engine.search import LOOK_EVERY, Glimpse, Mood, Search

WIDTH, HEIGHT = 640, 360
NOBODY_THERE = np.zeros((0, 4))
SOMEBODY = np.array([[100.0, 100.0, 180.0, 330.0]])


def glimpse(*marks: tuple[int, int, int, int], brighter: int = 0) -> Glimpse:
    """Of a picture with a slope of brightness and bright boxes x0 y0 x1 y1."""
    image = np.tile(np.linspace(40, 120, WIDTH)[None, :, None], (HEIGHT, 1, 3))
    for x0, y0, x1, y1 in marks:
        image[y0:y1, x0:x1] = 200
    return Glimpse.of(ImageFrame(0, 0.0, (image + brighter).astype(np.uint8)))


def shown(first: Glimpse, time: float = 0.0) -> Search:
    """After everything was shown at that time."""
    search = Search.fresh((WIDTH, HEIGHT), views(HEIGHT, WIDTH), first)
    return search.after(time, first, search.views)


def due(
    search: Search, time: float, now: Glimpse, mood: Mood = Mood.CALM, *, fine: bool = False
) -> list[int]:
    return sorted(search.views.index(view) for view in search.due(time, now, mood, fine=fine))


def test_at_first_everything_is_due_in_two_steps():
    search = Search.fresh((WIDTH, HEIGHT), views(HEIGHT, WIDTH), glimpse())
    kinds = {view.kind for view in search.due(0.0, glimpse(), Mood.NOBODY)}
    assert kinds == {Kind.WHOLE, Kind.TILE}
    assert len(search.due(0.0, glimpse(), Mood.NOBODY, fine=True)) == 8


def test_a_still_picture_is_shown_seldom_and_a_stir_at_once():
    search = shown(glimpse())
    assert due(search, LOOK_EVERY, glimpse()) == []
    assert due(search, 1.5, glimpse()) == []
    assert due(search, 2.0, glimpse()) == [0, 1]
    assert due(search, LOOK_EVERY, glimpse((600, 200, 620, 260))) == [0, 2]  # nothing in the tile on the left


@pytest.mark.parametrize("brighter", [-30, 40])
def test_clouds_and_exposure_are_nobody(brighter):
    assert due(shown(glimpse()), LOOK_EVERY, glimpse(brighter=brighter)) == []


def test_noise_does_not_stir():
    random = np.random.default_rng(0)
    noisy = [random.normal(90, 8, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8) for _ in range(2)]
    first, second = (Glimpse.of(ImageFrame(0, 0.0, image)) for image in noisy)
    assert due(shown(first), LOOK_EVERY, second) == []


def test_somebody_followed_does_not_stir_but_may_hide_another():
    one = glimpse((120, 110, 160, 320)).covered(SOMEBODY, (WIDTH, HEIGHT))
    other = glimpse((130, 110, 170, 320)).covered(np.add(SOMEBODY, [10, 0, 10, 0]), (WIDTH, HEIGHT))
    search = shown(one)
    assert due(search, LOOK_EVERY, other) == []
    assert due(search, 1.0, other) == [0]
    assert due(search, 2.0, other) == [0, 1]
    assert due(search, LOOK_EVERY, glimpse((500, 110, 540, 320)).covered(SOMEBODY, (WIDTH, HEIGHT))) == [0, 2]


def test_what_stirs_all_the_time_is_shown_less_often_until_it_rests():
    pictures = [glimpse((600, 100, 630, 200)), glimpse((600, 150, 630, 250))]
    search, times = shown(pictures[0]), []
    for step in range(1, 17):
        now, time = pictures[step % 2], step * LOOK_EVERY
        some = search.due(time, now, Mood.CALM)
        times += [time for view in some if view.kind == Kind.WHOLE]
        search = search.after(time, now, some)
    assert times[:3] == [0.5, 1.0, 1.5]
    assert (np.diff(times[2:]) >= 1.0).all()


def test_work_is_spread_and_nothing_starves():
    """All of the picture changes all the time, as a moving camera makes it."""
    random = np.random.default_rng(1)
    still, when = glimpse(), {}
    search = shown(still)
    for step in range(1, 40):
        now = Glimpse(random.integers(0, 256, still.cells.shape).astype(np.int16))
        some = search.due(step * LOOK_EVERY, now, Mood.CALM)
        assert len(some) <= 2
        for view in some:
            when.setdefault(view, [0.0]).append(step * LOOK_EVERY)
        search = search.after(step * LOOK_EVERY, now, some)
    assert {view.kind for view in when} == {Kind.WHOLE, Kind.TILE}
    assert max(np.diff(times).max() for times in when.values()) <= 2.0


def test_who_is_lost_is_looked_for_at_once_and_small_people_where_nobody_is():
    search = shown(glimpse())
    assert due(search, 0.2, glimpse(), Mood.LOST) == [0]
    assert due(search, 0.4, glimpse(), Mood.LOST) == [0, 1, 2]
    assert not Mood.LOST.nobody_seen and Mood.GONE.nobody_seen
    stirring = glimpse((300, 100, 340, 200))
    assert 0 in due(search, 0.2, stirring, Mood.NOBODY)
    assert len(due(search, 0.4, stirring, Mood.NOBODY, fine=True)) >= 4
    assert due(search, 0.4, glimpse(), Mood.NOBODY, fine=True) == []


@pytest.mark.slow
def test_an_empty_minute_costs_less_than_four_views_a_second():
    still, views_shown = glimpse(), 0
    search = shown(still)
    for step in range(1, 301):
        for fine in (False, True):
            some = search.due(0.2 * step, still, Mood.NOBODY, fine=fine)
            search = search.after(0.2 * step, still, some)
            views_shown += len(some)
    assert views_shown < 4 * 60


def test_what_moves_is_told_from_what_stands():
    search = shown(glimpse((100, 100, 160, 260)))
    moved = glimpse((130, 100, 190, 260))
    boxes = np.array([[90.0, 90, 200, 270], [400, 90, 500, 270], [-50, -50, 20, 20], [630, 350, 900, 900]])
    assert search.stirs(boxes, moved).tolist() == [True, False, False, False]
    assert search.stirs(np.zeros((0, 4)), moved).shape == (0,)
    assert not search.stirs(boxes, glimpse((100, 100, 160, 260))).any()
