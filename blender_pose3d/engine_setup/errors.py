"""What can go wrong while the engine's environment is made."""

from __future__ import annotations


class SetupError(Exception):
    """One line for people: what is wrong and what to do."""


class SetupCancelled(Exception):
    """Somebody stopped it; what was fetched stays."""
