"""Materials of a dressed person: colours and patterns drawn at random."""

from __future__ import annotations

import colorsys

import bpy
import numpy as np

from engine.train.people.dress import MATERIALS

_ROUGH = {"skin": 0.55, "eyes": 0.2, "shirt": 0.9, "trousers": 0.9, "shoes": 0.6, "hair": 0.7}
_HAIRS = ((0.02, 0.015, 0.01), (0.05, 0.025, 0.012), (0.14, 0.07, 0.03), (0.4, 0.25, 0.1), (0.35, 0.35, 0.36))


def paint(rng: np.random.Generator) -> list[bpy.types.Material]:
    """One material for each of dress.MATERIALS."""
    return [_material(name, rng) for name in MATERIALS]


def _material(name: str, rng: np.random.Generator) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Roughness"].default_value = _ROUGH[name]
    if name in ("skin", "eyes"):
        colour = nodes.new("ShaderNodeAttribute")
        colour.attribute_name = "colour"
        links.new(colour.outputs["Color"], surface.inputs["Base Color"])
    elif name == "hair":
        _mottle(material, _HAIRS[rng.integers(len(_HAIRS))], 0.5, (90, 90, 12))
    elif name == "shoes":
        _mottle(material, cloth_colour(rng), 0.8, (60, 60, 60))
    else:
        _pattern(material, rng)
    return material


def cloth_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    value = rng.choice([rng.uniform(0.01, 0.08), rng.uniform(0.08, 0.8)], p=[0.3, 0.7])
    return colorsys.hsv_to_rgb(rng.random(), rng.choice([0.1, rng.uniform(0.2, 0.9)]), value)


def _pattern(material: bpy.types.Material, rng: np.random.Generator) -> None:
    kind = rng.choice(["plain", "stripes", "checks", "blots"], p=[0.45, 0.2, 0.15, 0.2])
    one, other = cloth_colour(rng), cloth_colour(rng)
    if kind == "plain":
        _mottle(material, one, 0.75, (25, 25, 25))
        return
    nodes, links = material.node_tree.nodes, material.node_tree.links
    if kind == "stripes":
        texture = nodes.new("ShaderNodeTexWave")
        texture.bands_direction = str(rng.choice(["X", "Z"]))
        texture.inputs["Scale"].default_value = rng.uniform(4, 14)
    elif kind == "checks":
        texture = nodes.new("ShaderNodeTexChecker")
        texture.inputs["Scale"].default_value = rng.uniform(10, 40)
    else:
        texture = nodes.new("ShaderNodeTexNoise")
        texture.inputs["Scale"].default_value = rng.uniform(4, 18)
    links.new(_rest(material, (1, 1, 1)), texture.inputs["Vector"])
    _blend(material, texture.outputs["Color" if kind == "checks" else 0], one, other)


def _mottle(
    material: bpy.types.Material,
    colour: tuple[float, ...],
    dark: float,
    scale: tuple[float, float, float],
) -> None:
    texture = material.node_tree.nodes.new("ShaderNodeTexNoise")
    texture.inputs["Scale"].default_value = 1.0
    material.node_tree.links.new(_rest(material, scale), texture.inputs["Vector"])
    darker = tuple(dark * c for c in colour)
    _blend(material, texture.outputs[0], darker, tuple(c * (2 - dark) for c in colour))


def _rest(material: bpy.types.Material, scale: tuple[float, float, float]) -> bpy.types.NodeSocket:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    place = nodes.new("ShaderNodeAttribute")
    place.attribute_name = "rest"
    multiply = nodes.new("ShaderNodeVectorMath")
    multiply.operation = "MULTIPLY"
    multiply.inputs[1].default_value = scale
    links.new(place.outputs["Vector"], multiply.inputs[0])
    return multiply.outputs[0]


def _blend(
    material: bpy.types.Material,
    amount: bpy.types.NodeSocket,
    one: tuple[float, ...],
    other: tuple[float, ...],
) -> None:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color = (*one, 1)
    ramp.color_ramp.elements[1].color = (*other, 1)
    ramp.color_ramp.elements[0].position = 0.42
    ramp.color_ramp.elements[1].position = 0.58
    links.new(amount, ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
