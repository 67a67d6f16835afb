"""`make demo`: real footage in, an animated character, FBX, BVH and a preview out."""
