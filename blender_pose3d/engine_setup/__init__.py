"""Making, repairing and removing the engine's environment: no bpy, and nothing but the standard library.

``worker`` runs as a process of its own, with whatever Python makes the environment.
"""
