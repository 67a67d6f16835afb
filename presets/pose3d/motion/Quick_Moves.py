import bpy

settings = bpy.context.scene.pose3d

settings.smoothing = 0.3
settings.smoothing_filter = "one-euro"
settings.smooth_torso = 1.0
settings.smooth_head = 1.0
settings.smooth_arms = 1.0
settings.smooth_hands = 0.5
settings.smooth_legs = 1.0
settings.smooth_feet = 0.7
settings.fit_picture = True
settings.fix_swaps = True
settings.left_foot = "auto"
settings.right_foot = "auto"
settings.ground_jumps = False
settings.hold_hands = False
