"""Train a 2D network on packs of people, and on people rendered on the fly."""

from __future__ import annotations

import math
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from blender_pose3d.skeleton import HALPE_26

from ...errors import Cancelled, EngineError
from ...pose2d.hrnet import HRNet
from ..run import StateFolder
from .colour import as_floats, normalised, recoloured
from .config import Config, NetworkConfig, Stage
from .data import Batch, Drawn, People, batches
from .ema import Average
from .export import BEST, write_weights
from .initial import begun
from .live import Live, joined
from .targets import Loss, gaussians
from .teacher import Teacher
from .validation import Measured, Validation

_CHECK_EVERY = 20  # steps between looks at the loss; on a GPU each look waits for it


@dataclass(frozen=True)
class Pace:
    """minutes: planned length of the run, else the steps of the configuration count. Seconds between
    validations and between savings of the state. workers: processes that prepare batches."""

    minutes: float | None = None
    validate_every: float = 300.0
    save_every: float = 120.0
    device: str = "cpu"
    bf16: bool = False
    workers: int = 1


class Trainer:
    """Owns the network, its moving average, the optimiser and the clock of one run."""

    def __init__(
        self,
        people: tuple[People, People],
        config: Config,
        folder: StateFolder,
        pace: Pace,
        *,
        teacher: Path | None = None,
        live: Live | None = None,
    ) -> None:
        """people: to learn from and to measure on (data.read_people). teacher: weights of an HRNet to learn
        from besides. live: renders part of each batch. Raises BadInput for a broken state or one of another
        architecture."""
        self.config, self.folder, self.pace = config, folder, pace
        self.people, held_out = people
        settings = config.training
        torch.manual_seed(settings.seed)
        network = begun(HRNet(**asdict(config.network), keypoints=len(HALPE_26)))
        self.network = network.to(pace.device, memory_format=torch.channels_last)
        self.average = Average(self.network, settings.averaging)
        self.optimiser = torch.optim.AdamW(
            _groups(self.network, settings.weight_decay), lr=settings.rate, fused=True
        )
        self.loss = Loss(settings.sigma, settings.peak, settings.sharpness)
        self.validation = Validation(held_out, settings.validation)
        self.teacher = Teacher(teacher, pace.device) if teacher else None
        self.live = live
        self.step, self.seen, self.elapsed, self.best = 0, 0, 0.0, -1.0
        self._stopped, self._input = False, config.stages[0].input
        self._losses: list[Tensor] = []
        self._resume()

    def _resume(self) -> None:
        state = self.folder.state()
        if state is None:
            return
        self.folder.check(_network_of(state) == asdict(self.config.network))
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seen = state["step"], state["seen"]
        self.elapsed = state["elapsed"]
        # The best of pictures of another size is not what the run is about any more.
        self._input = self.config.stage(self.share_done()).input
        same = tuple(state.get("input", ())) == self._input
        self.best = state["best"] if same else -1.0
        self._say(f"Going on at step {self.step}, after {self.elapsed / 60:.0f} minutes.")
        now = self.people.described()
        if state["people"] != now:
            self._say(f"The packs have changed: people of {state['people']} before, {now} now.")

    def save(self) -> None:
        self._check()
        self.folder.save(
            {
                "config": self.config.to_dict(),
                "people": self.people.described(),
                "input": list(self._input),
                "network": self.network.state_dict(),
                "average": self.average.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seen": self.seen,
                "elapsed": self.elapsed,
                "best": self.best,
            }
        )

    def share_done(self) -> float:
        """0 at the start of the run, 1 at its end: by the clock when there is a planned length."""
        if self.pace.minutes is not None:
            return min(self.elapsed / (60 * self.pace.minutes), 1.0)
        return min(self.step / self.config.training.steps, 1.0)

    def run(self) -> float:
        """Train to the end; returns the best PCK. SIGTERM or Ctrl+C: saves its state and raises Cancelled."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return self.best

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def _run(self) -> None:
        started = saved = validated = time.monotonic()
        started -= self.elapsed
        stage = self.config.stage(self.share_done())
        source = self._enter(stage)
        while (done := self.share_done()) < 1.0 and not self._stopped:
            if self.config.stage(done) != stage:
                # the best so far saw pictures of another size, and is no longer what the run is about
                stage, self.best = self.config.stage(done), -1.0
                source = self._enter(stage)
            self._learn(next(source), stage)
            now = time.monotonic()
            self.elapsed = now - started
            if now - validated > self.pace.validate_every:
                self._report(stage)
                saved = validated = time.monotonic()
            elif now - saved > self.pace.save_every:
                self.save()
                saved = time.monotonic()
        if self._stopped:
            self.save()
            raise Cancelled("Stopped; the state is saved.", "The same command goes on from there.")
        self._report(stage)

    def _enter(self, stage: Stage) -> Iterator[Batch]:
        """Batches of a stage from the current step on."""
        self._input = stage.input
        self._say(f"Pictures of {stage.input[0]}x{stage.input[1]} px, {self._count(stage)} a step.")
        count = self._count(stage) - (self.live.count(self._count(stage)) if self.live else 0)
        drawn = Drawn(self.people, _size(stage), count, self.config)
        return batches(drawn, self.step, self.pace.workers, pinned=self.pace.device == "cuda")

    def _count(self, stage: Stage) -> int:
        return stage.batch or self.config.training.batch

    def _rate(self) -> float:
        settings = self.config.training
        warm = min((self.step + 1) / settings.warmup, 1.0) if settings.warmup else 1.0
        return settings.rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * self.share_done())) / 2)

    def _learn(self, batch: Batch, stage: Stage) -> None:
        loss = self._loss(batch, stage)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.training.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.step()
        self.step += 1
        self.seen += self._count(stage)
        self.average.update(self.network, self.step)
        self._losses.append(loss.detach())
        if self.step % _CHECK_EVERY == 0:
            self._check()

    def _loss(self, batch: Batch, stage: Stage) -> Tensor:
        settings, device = self.config.training, self.pace.device
        if self.live and self.live.count(self._count(stage)):
            batch = joined(batch, self.live.draw(self.step, self._count(stage), _size(stage)))
        batch = {key: value.to(device, non_blocking=True) for key, value in batch.items()}
        generator = torch.Generator(device).manual_seed(settings.seed * 1_000_003 + self.step)
        pictures = recoloured(as_floats(batch["pictures"]), self.config.augment, generator)
        pictures = normalised(pictures).contiguous(memory_format=torch.channels_last)
        target = gaussians(
            batch["joints"], torch.where(batch["visible"], 1.0, settings.hidden), _size(stage), settings.sigma
        )
        self.network.train()
        with torch.autocast(device, torch.bfloat16, enabled=self.pace.bf16):
            maps = self.network(pictures)
        loss = self.loss(maps.float(), target, batch["weight"])
        if self.teacher is None:
            return loss
        return (1 - settings.distil) * loss + settings.distil * self.teacher.loss(
            maps.float(), pictures, self.loss
        )

    def _check(self) -> None:
        """Raises EngineError when the last losses are no numbers."""
        recent = self._losses[-_CHECK_EVERY:]
        if recent and not bool(torch.isfinite(torch.stack(recent)).all()):
            raise EngineError(
                f"The loss is not a number any more (before step {self.step}); the last saved state is kept.",
                "Lower training.rate and start again in the same folder.",
            )

    def _report(self, stage: Stage) -> None:
        self._check()
        size = _size(stage)
        measured = self.validation.measure(self.average.network, size, self.loss, self.config.training.hidden)
        if measured.pck > self.best:
            self.best = measured.pck
            self._write(self.folder.path / BEST, size, measured)
        self.save()
        train = float(torch.stack(self._losses).mean()) if self._losses else math.nan
        self._losses = []
        row: dict[str, Any] = {
            "step": self.step,
            "minutes": round(self.elapsed / 60, 2),
            "people": self.seen,
            "width": size[0],
            "height": size[1],
            "train": round(train, 4),
            "held_out": round(measured.loss, 4),
            "pck": round(100 * measured.pck, 2),
            "rate": round(self._rate(), 7),
        }
        self.folder.note(row)
        sources = "  ".join(f"{name} {100 * pck:.1f}" for name, pck in measured.by_source.items())
        self._say(
            f"step {self.step}  people {self.seen}  loss {train:.3f}, held out {measured.loss:.3f}  "
            f"PCK {row['pck']:.1f} ({sources})  best {100 * self.best:.1f}  "
            f"{100 * self.share_done():.0f} % after {self.elapsed / 60:.0f} min"
        )

    def _write(self, path: Path, size: tuple[int, int], measured: Measured) -> None:
        described = {
            "config": self.config.name,
            "validation_pck": f"{100 * measured.pck:.2f}",
            "step": str(self.step),
            "people": str(self.seen),
            "sources": ", ".join(f"{name} {count}" for name, count in self.people.described().items()),
        }
        write_weights(path, self.average.network, size, described)

    @staticmethod
    def _say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def _size(stage: Stage) -> tuple[int, int]:
    return stage.input[0], stage.input[1]


def _network_of(state: dict[str, Any]) -> dict[str, Any]:
    """What the version of the settings that wrote the state did not know yet has its default."""
    return asdict(NetworkConfig()) | state.get("config", {}).get("network", {})


def _groups(network: HRNet, decay: float) -> list[dict[str, Any]]:
    """Weight decay for convolutions alone: batch norm's scales and all biases keep their size."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
