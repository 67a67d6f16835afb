"""Motion in the formats of others: read as tracks, written from a motion. Free of bpy: the engine uses it
too."""
