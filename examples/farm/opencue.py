"""A night's footage as an OpenCue job: python opencue.py night.toml 20. Needs OpenCue's package pyoutline."""

import sys

import outline
import outline.cuerun
from outline.modules.shell import Shell

job, parts = sys.argv[1], int(sys.argv[2])
night = outline.Outline("pose3d", shot="night", show="testing")
# #IFRAME# is OpenCue's name for the number of the frame, here of the part
command = ["blender", "-b", "--command", "pose3d", "convert", job, "--part", f"#IFRAME#/{parts}"]
night.add_layer(Shell("convert", command=command, range=f"1-{parts}", threads=2, memory="4g"))
outline.cuerun.launch(night, use_pycuerun=False)
