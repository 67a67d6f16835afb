"""Clips of dressed bodies in captured motion, filmed by Cycles, with everything about them known exactly."""
