import bpy

settings = bpy.context.scene.pose3d

settings.root_motion = "HIPS"
settings.root_turns = False
settings.frame_rate = "SCENE"
settings.layer = "NEW"
settings.reduce_keys = False
settings.reduce_angle = 0.008726646
settings.reduce_distance = 0.001
settings.curve = "BEZIER"
settings.limbs = "FK"
settings.mute_constraints = False
settings.refine = True
settings.mark_asset = False
