"""Clips in GLB files against those that Blender's exporter writes.

Not in each Blender: that of 4.2 leaves a frame out of the second file of a session.
"""

import pytest

from blender_pose3d.blender import export_glb as exporting
from blender_pose3d.blender.export import export_glb
from blender_pose3d.glb_file import GlbError
from tests.blender.exported_rigs import animated, check
from tests.blender.readers import read_glb


@pytest.mark.slow
@pytest.mark.parametrize("rig", ["generated", "mixamo"])
def test_same_motion_as_by_blender_s_exporter_in_less_space(rig, tmp_path, monkeypatch, caplog):
    def refused(*_):
        raise GlbError("this Blender writes other files")

    armature, expected = animated(rig)
    own = export_glb(armature, tmp_path / "own.glb")
    assert "writes the animation" not in caplog.text
    monkeypatch.setattr(exporting, "with_clip", refused)
    theirs = export_glb(armature, tmp_path / "theirs.glb")
    assert "Blender's exporter writes the animation" in caplog.text
    assert own.stat().st_size < theirs.stat().st_size
    for path in (own, theirs):
        read = read_glb(path)
        check(read, expected)
        assert read.clip == path.stem
