"""Motion in the formats of others: read as tracks, written from a motion. numpy alone, so the engine may use it."""
