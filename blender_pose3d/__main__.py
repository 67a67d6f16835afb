"""``python -m blender_pose3d convert ...``: the command line through the bpy module."""

import sys


def main() -> int:
    try:
        import bpy  # noqa: F401
    except ImportError:
        print(
            "error: This needs Blender: `pip install bpy`, or `blender -b --command pose3d`.", file=sys.stderr
        )
        return 1
    from .blender.cli import command

    return command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
