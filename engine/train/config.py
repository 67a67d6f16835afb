"""Settings of a training run, read from TOML: one file a model."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import BadInput

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class NetworkConfig:
    """kind: "gastnet" or "linear", which leaves filter_widths and causal alone."""

    kind: str = "gastnet"
    channels: int = 64
    filter_widths: tuple[int, ...] = (3, 3, 3)
    causal: bool = False
    dropout: float = 0.0


@dataclass(frozen=True)
class DataConfig:
    """As windows.Effects says."""

    proportions: float = 0.03
    surface: float = 1.0
    mixing: float = 0.35
    mutation: float = 0.25
    mutation_size: float = 0.35


@dataclass(frozen=True)
class TrainingConfig:
    """batch: windows of a step. outputs: of each window, which share work (GastNet.spacing). averaging: decay
    of the moving average of weights that ships. validation: windows of one output to measure on."""

    batch: int = 64
    outputs: int = 1
    steps: int = 40000
    rate: float = 2e-3
    warmup: int = 300
    weight_decay: float = 1e-4
    averaging: float = 0.999
    validation: int = 3072
    seed: int = 1


@dataclass(frozen=True)
class Config:
    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: DataConfig = field(default_factory=DataConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_config(path: Path | str) -> Config:
    """Raises BadInput, with the line or key that is wrong."""
    path = Path(path)
    content = read_toml(path)
    sections = {"network": NetworkConfig, "data": DataConfig, "training": TrainingConfig}
    parts = {name: section(path, name, kind, content.pop(name, {})) for name, kind in sections.items()}
    if content:
        raise BadInput(f"{path} has a section that is not known: {next(iter(content))}.")
    return Config(**parts)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file of settings. Raises BadInput for one that is missing or broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The settings {path} cannot be read: {error}.") from error


def section(path: Path, name: str, kind: type, values: Any) -> Any:
    """A dataclass `kind` from a table of settings; each field's default tells its type.

    Raises BadInput for what is no table, a key the dataclass lacks and a value of another type.
    """
    if not isinstance(values, dict):
        raise BadInput(f"{path}: {name} is {values!r}; a table is wanted.")
    known = {f.name: type(getattr(kind(), f.name)) for f in fields(kind)}
    result = {}
    for key, value in values.items():
        wanted = known.get(key)
        if wanted is None:
            raise BadInput(f"{path} has a setting that is not known: {name}.{key}.")
        kept = tuple(value) if wanted is tuple and isinstance(value, list) else value
        kept = float(kept) if wanted is float and type(kept) is int else kept
        if type(kept) is not wanted:
            raise BadInput(f"{path}: {name}.{key} is {value!r}; a {wanted.__name__} is wanted.")
        result[key] = kept
    return kind(**result)
