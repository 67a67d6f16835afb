"""Which clips a job asks for, with which settings; what counts as done; who is at it; what became of it."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from blender_pose3d.batch import claim as claim_module
from blender_pose3d.batch.claim import claim, holder
from blender_pose3d.batch.errors import BatchError, NoClips
from blender_pose3d.batch.inputs import find
from blender_pose3d.batch.options import Options, StrictParser
from blender_pose3d.batch.plan import from_message, part, plan, to_message
from blender_pose3d.batch.record import fingerprint, is_done, record_path, write_record
from blender_pose3d.batch.summary import (
    DONE,
    FAILED,
    LEFT,
    SOME,
    UP_TO_DATE,
    Outcome,
    exit_code,
    table,
    write_report,
)


def options() -> Options:
    """A few options of every kind."""
    parser = StrictParser(prog="convert")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--name")
    parser.add_argument("--character")
    parser.add_argument("--height", type=float)
    parser.add_argument("--smooth-part", action="append", default=[])
    parser.add_argument("--fbx", action="store_true")
    parser.add_argument("--report")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--person", type=int)
    who.add_argument("--people", choices=["all"])
    return Options(parser)


@pytest.fixture
def footage(tmp_path):
    for name in ("monday/walk.mp4", "monday/run.MOV", "tuesday/walk.mp4", "tuesday/dance.npz"):
        path = tmp_path / "takes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (tmp_path / "takes" / "notes.txt").write_text("not a video")
    (tmp_path / "takes" / ".walk.mp4").write_bytes(b"half copied")
    return tmp_path


def planned(footage, argv: list[str], *named: str):
    return plan([str(footage / name) for name in named], argv, options())


def job(footage, text: str) -> str:
    (footage / "night.toml").write_text(text)
    return "night.toml"


def test_a_folder_gives_its_videos_and_tracks_and_keeps_its_folders(footage):
    clips = planned(footage, [f"--out={footage / 'clips'}"], "takes")
    assert [clip.label for clip in clips] == [
        "monday/run",
        "monday/walk",
        "tuesday/dance",
        "tuesday/walk",
    ]
    assert clips[0].folder == footage / "clips" / "monday"


def test_a_pattern_and_a_file_named_twice_give_each_file_once(footage):
    clips = planned(footage, ["--out=clips"], "takes/*/walk.*", "takes/monday/walk.mp4")
    assert [clip.label for clip in clips] == [
        "monday/walk",
        "tuesday/walk",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("takes/gone.mp4", "No such file"),
        ("takes/*.mkv", "matches"),
        ("empty", "There is no video and no tracks file in"),
        ("gone.toml", "Cannot read the job file"),
    ],
)
def test_inputs_that_are_not_there_are_named(footage, name, words):
    (footage / "empty").mkdir()
    with pytest.raises(NoClips, match=words) as raised:
        planned(footage, ["--out=clips"], name)
    assert name.split("/")[-1] in str(raised.value)


def test_two_clips_of_one_name_are_refused_with_both(footage):
    with pytest.raises(BatchError, match=r"monday.walk.mp4 and .*tuesday.walk.mp4"):
        planned(footage, ["--out=clips"], "takes/monday/walk.mp4", "takes/tuesday/walk.mp4")
    (footage / "takes/monday/WALK.npz").write_bytes(b"")
    with pytest.raises(BatchError, match="would both write"):
        planned(footage, ["--out=clips"], "takes/monday")


def test_a_name_with_a_folder_in_it_is_refused(footage):
    with pytest.raises(BatchError, match="a name is that of a file"):
        planned(footage, ["--out=clips", "--name=../walk"], "takes/monday/walk.mp4")


JOB = """
out = "clips"
character = "hero.blend"
people = "all"
height = 1.7

[[folder]]
path = "takes/monday"
height = 1.8
smooth-part = ["hands=0.5", "feet=2"]

[[clip]]
input = "takes/monday/walk.mp4"
name = "hero_walk"
person = 2
fbx = true

[[clip]]
input = "takes/tuesday/walk.mp4"
"""


def test_settings_come_down_from_job_to_folder_to_clip(footage):
    clips = planned(footage, [], job(footage, JOB))
    by_name = {clip.name: clip for clip in clips}
    assert set(by_name) == {"hero_walk", "walk", "run"}
    walk = by_name["hero_walk"].args
    assert (walk.height, walk.person, walk.people, walk.fbx) == (1.8, 2, None, True)
    assert walk.smooth_part == ["hands=0.5", "feet=2"]
    assert by_name["run"].args.people == "all" and by_name["run"].args.fbx is False
    assert by_name["walk"].args.height == 1.7
    assert walk.character == str(footage / "hero.blend")
    assert by_name["hero_walk"].folder == footage / "clips"


def test_a_folder_has_the_settings_of_the_folder_around_it(footage):
    text = 'out = "clips"\n' + "".join(
        f'[[folder]]\npath = "{path}"\n{setting}\n'
        for path, setting in (("takes/monday", "fbx = true"), ("takes", "height = 1.8\nperson = 2"))
    )
    clips = {clip.label: clip for clip in planned(footage, [], job(footage, text))}
    assert set(clips) == {"run", "walk", "tuesday/dance", "tuesday/walk"}
    assert {(c.args.height, c.args.person) for c in clips.values()} == {(1.8, 2)}
    assert [label for label, clip in clips.items() if clip.args.fbx] == ["run", "walk"]


def test_a_clip_can_be_told_to_another_process(footage):
    for clip in planned(footage, ["--fbx"], job(footage, JOB)):
        assert from_message(json.loads(json.dumps(to_message(clip))), options()) == clip


def test_the_command_line_counts_before_the_job(footage):
    clips = planned(footage, ["--height", "1.9", "--fbx"], job(footage, JOB))
    assert {clip.args.height for clip in clips} == {1.9}
    assert all(clip.args.fbx for clip in clips)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('hieght = 1.8\n[[clip]]\ninput = "takes"', "no setting hieght; did you mean height"),
        ('[[clip]]\ninput = "takes"\nqqq = 1', "clip 1: there is no setting qqq; known are"),
        ('fbx = "yes"\n[[clip]]\ninput = "takes"', "fbx takes true or false"),
        ('height = true\n[[clip]]\ninput = "takes"', "height takes a value"),
        ('height = "tall"\n[[clip]]\ninput = "takes/monday/walk.mp4"', "clip 1: .*height"),
        ("[[clip]]\nname = 'x'", "clip 1: input is missing"),
        ("[[clip]]\ninptu = 'x'", "clip 1: there is no setting inptu; did you mean input"),
        ("[[clips]]\ninput = 'x'", "no setting clips; did you mean clip"),
        ("[[clip]]\ninput = 'takes'\nreport = 'r.json'", "clip 1: report is for the whole job"),
        ('[[folder]]\npath = "takes"\n' * 2, "folder 2: .*takes stands in night.toml twice"),
        ("[clip]\ninput = 'x'", "double brackets"),
        ("height = = 2", "is no job file"),
        ("out = { a = 1 }\n[[clip]]\ninput = 'takes'", "out takes a text or a number"),
    ],
)
def test_a_job_that_makes_no_sense_is_told_where(footage, text, words):
    with pytest.raises(BatchError, match=words):
        planned(footage, ["--out=clips"], job(footage, text))


def test_a_folder_of_a_job_that_is_not_there_is_told(footage):
    with pytest.raises(NoClips, match=r"night.toml, folder 1: there is no folder .*wednesday"):
        planned(footage, ["--out=c"], job(footage, '[[folder]]\npath = "takes/wednesday"'))


def test_a_job_without_clips_is_told(footage):
    with pytest.raises(NoClips, match=r"no \[\[clip\]\]"):
        planned(footage, [], job(footage, 'out = "clips"'))


def test_one_input_serves_several_characters(footage):
    text = 'out = "c"\n' + "".join(
        f'[[clip]]\ninput = "takes/monday/walk.mp4"\nname = "{name}"\ncharacter = "{name}.blend"\n'
        for name in ("hero", "villain")
    )
    hero, villain = planned(footage, [], job(footage, text))
    assert hero.path == villain.path and hero.args.character != villain.args.character


def test_parts_share_out_all_clips(footage):
    clips = planned(footage, ["--out=clips"], "takes")
    shares = [part(clips, number, 3) for number in (1, 2, 3)]
    assert sorted(c.label for share in shares for c in share) == sorted(c.label for c in clips)
    with pytest.raises(BatchError, match="counted from 1"):
        part(clips, 4, 3)


# --- what is done


def done_clip(footage):
    clip = planned(footage, [f"--out={footage}", "--height=1.8"], "takes/monday/walk.mp4")[0]
    result = footage / "walk.fbx"
    result.write_bytes(b"motion")
    mark = fingerprint(clip, "Blender 4.5")
    write_record(clip, mark, [result], {"frames": 30})
    return clip, result, mark


def test_a_clip_is_done_while_its_results_are_as_they_were(footage):
    clip, result, mark = done_clip(footage)
    assert is_done(clip, mark)
    result.write_bytes(b"cut")
    assert not is_done(clip, mark)
    result.unlink()
    assert not is_done(clip, mark)


def test_another_input_setting_or_program_is_another_result(footage):
    clip, _, mark = done_clip(footage)
    taller = planned(footage, [f"--out={footage}", "--height=1.9"], "takes/monday/walk.mp4")[0]
    assert fingerprint(taller, "Blender 4.5") != mark
    assert fingerprint(clip, "Blender 5.0") != mark
    elsewhere = planned(footage, [f"--out={footage / 'b'}", "--height=1.8"], "takes/monday/walk.mp4")[0]
    assert fingerprint(elsewhere, "Blender 4.5") == mark
    clip.path.write_bytes(b"a new take")
    assert fingerprint(clip, "Blender 4.5") != mark


@pytest.mark.parametrize("content", ["", "{", "[]", '{"made_from": 1}', '{"made_from": "x", "files": 3}'])
def test_a_broken_record_means_not_done(footage, content):
    clip, _, mark = done_clip(footage)
    record_path(clip).write_text(content)
    assert not is_done(clip, mark)


# --- claims


def test_only_one_of_many_gets_a_claim(tmp_path):
    path, got = tmp_path / "walk.claim", []
    begin = threading.Barrier(8)

    def take():
        begin.wait()
        got.append(claim(path))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (mine,) = [c for c in got if c is not None]
    assert holder(path) == socket.gethostname()
    mine.release()
    assert list(tmp_path.iterdir()) == []


def test_the_claim_of_a_dead_process_is_taken_over(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "walk.claim"
    path.write_text(json.dumps({"host": socket.gethostname(), "pid": ended.pid}))
    mine = claim(path)
    assert mine is not None
    mine.release()


def test_a_claim_of_another_computer_is_taken_over_when_it_shows_no_life(tmp_path):
    path = tmp_path / "walk.claim"
    path.write_text(json.dumps({"host": "another computer", "pid": 1}))
    assert claim(path) is None
    os.utime(path, (0, path.stat().st_mtime - 2 * claim_module.STALE))
    with claim(path):
        assert holder(path) == socket.gethostname()


# --- what became of it


def test_the_exit_code_says_all_some_or_none():
    done, fresh = Outcome("a", DONE), Outcome("b", UP_TO_DATE)
    bad, other = Outcome("c", FAILED, 3, "broken"), Outcome("d", FAILED, 4, "no weights")
    assert exit_code([done, fresh]) == 0
    assert exit_code([done, bad]) == SOME
    assert exit_code([bad, Outcome("e", FAILED, 3)]) == 3
    assert exit_code([bad, other]) == 1
    assert exit_code([bad, Outcome("f", LEFT)]) == 3


def test_table_and_report_name_every_clip(tmp_path):
    outcomes = [
        Outcome("a", DONE, seconds=1.2, facts={"frames": 40}),
        Outcome("bb", FAILED, 3, "It is broken."),
    ]
    told = table(outcomes)
    assert "40" in told and "It is broken." in told and "2 clips: 1 done, 1 failed." in told
    report = json.loads(write_report(tmp_path / "sub" / "r.json", outcomes).read_text())
    assert report["exit_code"] == SOME
    assert [clip["status"] for clip in report["clips"]] == ["done", "failed"]
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["r.json"]


def test_a_file_named_itself_is_taken_whatever_it_is_called(tmp_path):
    odd = tmp_path / "clip.bin"
    odd.write_bytes(b"x")
    assert [one.path for one in find([odd])] == [odd]
