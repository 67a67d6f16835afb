"""For every test run."""

from __future__ import annotations

import os
import shutil
import sys

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once where bpy was loaded: the module may crash (4.2) or hang (4.5) when Python ends it."""
    bpy = sys.modules.get("bpy")
    if bpy is None or _STATUS not in config.stash:
        return
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(config.stash[_STATUS])


_STATUS = pytest.StashKey[int]()
