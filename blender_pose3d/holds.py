"""How firmly contacts hold over time, and offsets that go to where they hold and back without a pop."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import distance_transform_edt

from .banded import difference_penalty

_HOLD = 1e7  # weight of a contact, beside 1 for the motion as it was captured
_RETURN, _EASE = 0.2, 0.1  # seconds in which an offset goes back to nothing, and changes its speed
_TAKES_HOLD = 0.1  # seconds in which the weight of a contact grows to its full
_LET_GO = 0.12  # seconds in which the stiff foot stops turning about the end that stood


def grip_weight(contacts: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) weights of contacts (T, F), 0 beside them: a foot takes hold and lets go within a moment."""
    # What lies beyond the clip goes on as it is at its ends.
    beyond = round(_TAKES_HOLD * fps) + 1
    longer = np.pad(np.pad(contacts, ((beyond, beyond), (0, 0)), mode="edge"), ((1, 1), (0, 0)))
    inside = np.stack([distance_transform_edt(c)[beyond + 1 : -beyond - 1] for c in longer.T], axis=1)
    share = np.clip(inside / max(_TAKES_HOLD * fps, 1.0), 0.0, 1.0)
    return contacts * _HOLD**share


def ease_off(contacts: np.ndarray, fps: float) -> np.ndarray:
    """(T, F) 1 during contacts (T, F), easing to 0 beside them."""
    if not contacts.any():
        return np.zeros(contacts.shape)
    away = np.stack(
        [distance_transform_edt(~c) if c.any() else np.full(len(c), np.inf) for c in contacts.T], axis=1
    )
    left = np.clip(1.0 - away / (fps * _LET_GO), 0.0, 1.0)
    return left * left * (3.0 - 2.0 * left)


def offset(wanted: np.ndarray, weight: np.ndarray, fps: float) -> np.ndarray:
    """(T, D) smooth offsets that are ``wanted`` (T, D) where weight (T,) is high, and go back to 0 elsewhere.

    Least squares of the offset, its speed and its acceleration. The speed's share makes it a spline under
    tension: it does not swing beyond what holds it.
    """
    bands = (_EASE * fps) ** 4 * difference_penalty(len(wanted), 2)
    slow = (_RETURN * fps) ** 2 * difference_penalty(len(wanted), 1)
    bands[: len(slow)] += slow
    bands[0] += 1.0 + weight
    return solveh_banded(bands, weight[:, None] * wanted, lower=True)
