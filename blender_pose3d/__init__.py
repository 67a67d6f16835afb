"""Joints in, animation out: the part of Pose3D that runs inside Blender.

Everything here but the sub-package ``blender`` is free of bpy and works on whole arrays of frames.
"""
