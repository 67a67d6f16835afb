"""``python -m blender_pose3d convert ...``: the command line through the bpy module."""

import os
import shutil
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        import bpy
    except ImportError:
        print(
            "error: This needs Blender: `pip install bpy`, or `blender -b --command pose3d`.", file=sys.stderr
        )
        return 1
    from .blender.cli import command

    code = command(sys.argv[1:])
    # The bpy module may crash (4.2) or hang (4.5) when Python tears it down, with all work done.
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
