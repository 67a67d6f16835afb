"""Motion of other programs through the one command: in as TRC, out again, refused in one line."""

import numpy as np
import pytest

from blender_pose3d.blender.cli import command
from blender_pose3d.formats.trc import read_trc, trc_text
from blender_pose3d.skeleton import H36M_19
from tests.blender.readers import read_pybvh
from tests.walker import walk


@pytest.mark.slow
def test_convert_takes_and_writes_trc(tmp_path, capsys):
    joints, path, out = walk(0.5), tmp_path / "walk.trc", tmp_path / "out"
    path.write_text(trc_text(H36M_19.joints, joints, 30.0, name="walk.trc"))
    (tmp_path / "bad.trc").write_text(path.read_text()[:900])
    exact = ["--filter", "none", "--left-foot", "never", "--right-foot", "never"]
    assert (
        command(["convert", str(tmp_path), "--out", str(out), "--bvh", "--trc", "--csv", "--json", *exact])
        == 6
    )
    told = capsys.readouterr().err
    assert "bad.trc" in told and "Traceback" not in told
    assert read_pybvh(out / "walk.bvh").frames == len(joints)
    written = read_trc(out / "walk.trc").positions[..., [0, 2, 1]] * (1, -1, 1)
    moved = written - joints
    # bones of one length are what is left of cleaning
    assert np.abs(moved - moved[0, 0]).max() < 0.005
    rows = (out / "walk.csv").read_text().splitlines()
    assert len(rows) == 1 + len(joints)
    assert command(["convert", str(out / "walk.json"), "--out", str(tmp_path / "again"), "--trc"]) == 0
    assert command(["convert", str(tmp_path / "bad.trc"), "--out", str(out), "--bvh"]) == 3
