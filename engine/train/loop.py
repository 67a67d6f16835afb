"""Train a lifter on windows made on the fly."""

from __future__ import annotations

import copy
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ..errors import BadInput, EngineError
from .batches import Batches
from .config import Config
from .mocap import Clip
from .networks import Network, build_network
from .run import RunFolder
from .splits import VALIDATION, split
from .start import Start
from .validation import Validation, error
from .windows import Effects, Windows


@dataclass(frozen=True)
class Pace:
    """minutes: planned length of the run, else the steps of the configuration count. Seconds between the
    validations; device and autocast to bfloat16. workers: threads that share each batch; on a processor whole
    workers side by side are twice as fast as torch's own threads inside these small operations. On a GPU they
    draw the batches to come."""

    minutes: float | None = None
    validate_every: float = 240.0
    device: str = "cpu"
    bf16: bool = False
    workers: int = 1


class Trainer:
    """Owns the network, its moving average, the optimiser and the clock of one run."""

    def __init__(
        self, clips: list[Clip], config: Config, folder: RunFolder, pace: Pace, start: Start | None = None
    ) -> None:
        """start: weights to begin with, unless the folder holds a run to go on with.

        Raises BadInput where the clips leave nothing to train or to measure on, for a broken state and for
        weights of another architecture.
        """
        self.config, self.folder, self.pace = config, folder, pace
        settings = config.training
        torch.manual_seed(settings.seed)
        self.network = build_network(config.network).to(pace.device)
        self.origin = "" if start is None else start.into(self.network)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay, fused=True
        )
        learners = pace.workers if pace.device == "cpu" else 1
        # A worker has its own batch-norm statistics, and the one set of parameters.
        parameters = {id(p): p for p in self.network.parameters()}
        copies = [copy.deepcopy(self.network, dict(parameters)) for _ in range(1, learners)]
        self.replicas = [self.network, *copies]
        self._pool = ThreadPoolExecutor(learners)
        self._share = max(settings.batch // learners, 1)
        self.step, self.seen, self.elapsed, self.best = 0, 0, 0.0, math.inf
        self._prepare(clips)
        self._resume()

    def _prepare(self, clips: list[Clip]) -> None:
        settings, pace = self.config.training, self.pace
        train, held_out, _ = split(clips)
        if not train or not held_out:
            raise BadInput(
                "The clips leave nothing to train on or nothing to choose checkpoints with.",
                f"Of the latter, there must be at least one of subjects {', '.join(VALIDATION)}.",
            )
        effects = Effects(**asdict(self.config.data))
        frames, before = self.network.receptive_field, self.network.frames_before
        shared = {"outputs": settings.outputs, "spacing": self.network.spacing}
        windows = Windows(train, frames, before, effects, **shared)
        ahead = 0 if pace.device == "cpu" else pace.workers
        self._batches = Batches(windows, self._share, settings.seed, pace.device, ahead)
        measured = Windows(held_out, frames, before, replace(effects, mixing=0.0, mutation=0.0))
        self.validation = Validation(measured, settings.validation)

    def _resume(self) -> None:
        state = self.folder.load(self.config.network)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seen = state["step"], state["seen"]
        self.elapsed, self.best = state["elapsed"], state["best"]
        self.origin = state.get("origin", "")
        if state.get("validation") != self.validation.identity:
            # Another measure: what the best of the past is by this one.
            best = self.folder.best()
            self.best = math.inf if best is None else self.validation.measure(best.to(self.pace.device))
            if best is not None:
                self._save_best(best)
        print(f"Going on at step {self.step}, best so far {self.best * 1000:.1f} mm.", file=sys.stderr)

    def save(self) -> None:
        self.folder.save(
            {
                "config": self.config.to_dict(),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "validation": self.validation.identity,
                "origin": self.origin,
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
        """Train to the end; returns the best validation error in metres. Saves its state when interrupted."""
        try:
            return self._run()
        except KeyboardInterrupt:
            self.save()
            raise

    def _run(self) -> float:
        started, since_save, losses = time.monotonic() - self.elapsed, time.monotonic(), []
        while self.share_done() < 1.0:
            losses.append(self._learn())
            self.elapsed = time.monotonic() - started
            if time.monotonic() - since_save > self.pace.validate_every:
                self._report(losses)
                since_save, losses = time.monotonic(), []
        self._report(losses)
        return self.best

    def _rate(self) -> float:
        settings = self.config.training
        warm = min((self.step + 1) / settings.warmup, 1.0) if settings.warmup else 1.0
        return settings.rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * self.share_done())) / 2)

    def _learn(self) -> float:
        results = list(self._pool.map(self._gradients, range(len(self.replicas))))
        value = sum(loss for loss, _ in results) / len(results)
        if not math.isfinite(value):
            raise EngineError(
                f"The loss is not a number any more (step {self.step}); the last saved state is kept.",
                "Lower training.rate and start again in the same folder.",
            )
        parameters = list(self.network.parameters())
        for parameter, *gradients in zip(parameters, *(g for _, g in results), strict=True):
            parameter.grad = sum(gradients) / len(gradients)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.step()
        self.step += 1
        self.seen += self._share * len(self.replicas) * self.config.training.outputs
        self._update_average()
        return value

    def _gradients(self, worker: int) -> tuple[float, tuple[Tensor, ...]]:
        """Loss and gradients of one worker's share of the batch."""
        features, target = self._batches.draw(self.step, worker)
        network = self.replicas[worker].train()
        with torch.autocast(self.pace.device, torch.bfloat16, enabled=self.pace.bf16):
            prediction = network(features, strided=True)
        loss = error(prediction.float(), target).mean()
        return float(loss.detach()), torch.autograd.grad(loss, list(network.parameters()))

    @torch.no_grad()
    def _update_average(self) -> None:
        # A young average follows closely, else it would drag the first random weights along.
        decay = min(self.config.training.averaging, (1 + self.step) / (10 + self.step))
        ours, theirs = self.average.state_dict(), self.network.state_dict()
        floating = [k for k, v in ours.items() if v.is_floating_point()]
        torch._foreach_lerp_([ours[k] for k in floating], [theirs[k] for k in floating], 1 - decay)

    def validate(self) -> float:
        """Mean error in metres of the averaged weights on held-out subjects, with noise."""
        return self.validation.measure(self.average)

    def _save_best(self, network: Network) -> None:
        described = {
            "validation_mm": f"{self.best * 1000:.2f}",
            "validation": self.validation.identity,
            "step": str(self.step),
            "windows": str(self.seen),
        }
        self.folder.save_best(network, described | ({"started_from": self.origin} if self.origin else {}))

    def _report(self, losses: list[float]) -> None:
        measured = self.validate()
        if measured < self.best:
            self.best = measured
            self._save_best(self.average)
        self.save()
        done = self.share_done()
        row: dict[str, Any] = {
            "step": self.step,
            "minutes": round(self.elapsed / 60, 2),
            "windows": self.seen,
            "train_mm": round(1000 * sum(losses) / max(len(losses), 1), 2),
            "held_out_mm": round(1000 * measured, 2),
            "rate": round(self._rate(), 7),
        }
        self.folder.note(row)
        left = self.elapsed * (1 - done) / max(done, 1e-9) / 60
        print(
            f"step {self.step}  train {row['train_mm']:.1f} mm  held out {row['held_out_mm']:.1f} mm  "
            f"best {1000 * self.best:.1f} mm  {100 * done:.0f} %  {left:.0f} min left",
            file=sys.stderr,
            flush=True,
        )
