"""From pixels to joints: decode, find and follow people, 2D keypoints, 3D lift. Never imports bpy."""
