"""Settings of a training run of a 2D network, read from TOML: one file a member of the family."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...pose2d.hrnet_graph import STRIDE
from ..config import read_toml, section

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class NetworkConfig:
    """As HRNet's parameters."""

    width: int = 32
    modules: tuple[int, ...] = (1, 4, 3)
    blocks: int = 4
    stem: int = 64
    planes: int = 64
    bottlenecks: int = 4


@dataclass(frozen=True)
class AugmentConfig:
    """How a person is shown. Chances are between 0 and 1.

    rotation: degrees at most, in `rotated` of all pictures. smallest, largest: scale of the person in the
    input. shift: of the person's box, at most, as a share of its size. half_body: chance of a crop round the
    upper or the lower body alone. paste: of something before the person. jpeg: of compression. colour, blur,
    noise: of changes made on the device.
    """

    rotation: float = 45.0
    rotated: float = 0.7
    smallest: float = 0.6
    largest: float = 1.6
    shift: float = 0.08
    half_body: float = 0.15
    paste: float = 0.4
    jpeg: float = 0.3
    colour: float = 0.8
    blur: float = 0.2
    noise: float = 0.3


@dataclass(frozen=True)
class TrainingConfig:
    """batch: people of a step. rate: AdamW's at its highest, after `warmup` steps; a cosine leads it down.
    averaging: decay of the moving average of weights that ships. sigma: of the targets' Gaussians, px of a
    heatmap 48 px wide. hidden: height of the target where a joint is known but not seen. peak, sharpness: as
    targets.Loss. distil: share of the loss that is the teacher's, where there is one. people: share of a
    batch that is rendered on the fly, where that is wanted. validation: people kept apart to measure on."""

    batch: int = 32
    steps: int = 20000
    rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 1e-2
    averaging: float = 0.999
    clip: float = 1.0
    sigma: float = 2.0
    hidden: float = 0.7
    peak: float = 0.0
    sharpness: float = 10.0
    distil: float = 0.5
    people: float = 0.0
    validation: int = 300
    seed: int = 1


@dataclass(frozen=True)
class Stage:
    """A part of the run with pictures of one size. until: share of the run at its end. input: (width, height)
    px. HRNet has only convolutions, so a run may begin with small pictures, which are quickly learnt from."""

    until: float = 1.0
    input: tuple[int, ...] = (192, 256)
    batch: int = 0


@dataclass(frozen=True)
class Config:
    """stages: in order, the last until 1. shares: by the name of a source of packs, how often somebody of it
    is shown beside somebody of a source that is not listed. name: of the settings' file."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    stages: tuple[Stage, ...] = (Stage(),)
    shares: dict[str, float] = field(default_factory=dict)
    name: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def stage(self, done: float) -> Stage:
        """The stage at a share of the run, 0 to 1."""
        return next((stage for stage in self.stages if done < stage.until), self.stages[-1])


def read_config(name: Path | str) -> Config:
    """A shipped config by its name, or a TOML file. Raises BadInput, with the line or key that is wrong."""
    named = CONFIGS / f"{name}.toml"
    path = named if named.is_file() else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.toml")))
        raise BadInput(f"There are no settings {name}.", f"Known: {known}, or a TOML file.")
    content = read_toml(path)
    sections = {"network": NetworkConfig, "augment": AugmentConfig, "training": TrainingConfig}
    parts = {key: section(path, key, kind, content.pop(key, {})) for key, kind in sections.items()}
    tables = content.pop("stages", [{}])
    if not isinstance(tables, list) or not tables:
        raise BadInput(f"{path}: stages are wanted as [[stages]].")
    stages = tuple(section(path, "stages", Stage, table) for table in tables)
    shares = content.pop("shares", {})
    if content:
        raise BadInput(f"{path} has a section that is not known: {next(iter(content))}.")
    config = Config(**parts, stages=stages, shares=shares, name=path.stem)
    if problem := _problem(config):
        raise BadInput(f"{path}: {problem}.")
    return config


def _problem(config: Config) -> str:
    """What cannot be, in a few words; empty where all can."""
    ends = [stage.until for stage in config.stages]
    sides = [side for stage in config.stages for side in stage.input]
    whole = [*config.network.modules, *sides]
    training, augment = config.training, config.augment
    wrong = {
        "stages must follow one another and end at 1": ends != sorted(ends) or ends[-1] != 1.0,
        "stages.input has two numbers, network.modules three": len(config.network.modules) != 3
        or any(len(stage.input) != 2 for stage in config.stages),
        "stages.input and network.modules are positive whole numbers": any(
            type(number) is not int or number < 1 for number in whole
        ),
        f"stages.input must be a multiple of {STRIDE} px": any(side % STRIDE for side in sides if side),
        "shares are numbers from 0": any(
            not isinstance(share, int | float) or share < 0 for share in config.shares.values()
        ),
        "training.batch, steps, validation and rate must be positive": training.rate <= 0
        or min(training.batch, training.steps, training.validation) < 1,
        "training.people and distil are shares: from 0, people below 1": not 0 <= training.people < 1
        or not 0 <= training.distil <= 1,
        "augment.smallest must be positive and not above augment.largest": not 0
        < augment.smallest
        <= augment.largest,
    }
    return next((problem for problem, is_so in wrong.items() if is_so), "")
