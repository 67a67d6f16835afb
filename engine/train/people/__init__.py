"""Endless labelled people: rendered bodies over photographs, to train 2D networks on."""
