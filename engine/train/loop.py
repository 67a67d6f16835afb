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

from blender_pose3d.skeleton import H36M_19

from ..errors import EngineError
from .config import Config
from .mocap import Clip
from .networks import build_network
from .run import RunFolder
from .splits import split
from .windows import Effects, Windows

_VALIDATION_SEED = 20_201
_HIP = H36M_19.index("Hip")


@dataclass(frozen=True)
class Pace:
    """minutes: planned length of the run, else the steps of the configuration count. Seconds between the
    validations; device and autocast to bfloat16. workers: threads that share each batch; on a processor whole
    workers side by side are twice as fast as torch's own threads inside these small operations."""

    minutes: float | None = None
    validate_every: float = 240.0
    device: str = "cpu"
    bf16: bool = False
    workers: int = 1


def error(prediction: Tensor, target: Tensor) -> Tensor:
    """(..., J) metres between poses (..., J, 3), hip on hip."""
    return (prediction - prediction[..., _HIP : _HIP + 1, :] - target).norm(dim=-1)


class Trainer:
    """Owns the network, its moving average, the optimiser and the clock of one run."""

    def __init__(self, clips: list[Clip], config: Config, folder: RunFolder, pace: Pace) -> None:
        self.config, self.folder, self.pace = config, folder, pace
        settings = config.training
        torch.manual_seed(settings.seed)
        self.network = build_network(config.network).to(pace.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay, fused=True
        )
        # A worker has its own generator and batch-norm statistics, and the one set of parameters.
        parameters = {id(p): p for p in self.network.parameters()}
        copies = [copy.deepcopy(self.network, dict(parameters)) for _ in range(1, pace.workers)]
        self.replicas = [self.network, *copies]
        self.generators = [
            torch.Generator().manual_seed(settings.seed + 1000 * k) for k in range(pace.workers)
        ]
        self._pool = ThreadPoolExecutor(pace.workers)
        self._share = max(settings.batch // pace.workers, 1)
        self.step, self.seen, self.elapsed, self.best = 0, 0, 0.0, math.inf
        effects = Effects(**asdict(config.data))
        train, held_out, _ = split(clips)
        if not train or not held_out:
            raise EngineError("The clips leave nothing to train on or nothing held out to measure on.")
        frames, before = self.network.receptive_field, self.network.frames_before
        shared = {"outputs": settings.outputs, "spacing": self.network.spacing}
        self.windows = Windows(train, frames, before, effects, **shared)
        judge = torch.Generator().manual_seed(_VALIDATION_SEED)
        measured = Windows(held_out, frames, before, replace(effects, mixing=0.0, mutation=0.0))
        self.validation = measured.draw(settings.validation, judge)
        self._resume()

    def _resume(self) -> None:
        state = self.folder.load(self.config.to_dict())
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        for generator, saved in zip(self.generators, state["generators"], strict=False):
            generator.set_state(saved)
        self.step, self.seen = state["step"], state["seen"]
        self.elapsed, self.best = state["elapsed"], state["best"]
        print(f"Going on at step {self.step}, best so far {self.best * 1000:.1f} mm.", file=sys.stderr)

    def save(self) -> None:
        self.folder.save(
            {
                "config": self.config.to_dict(),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "generators": [generator.get_state() for generator in self.generators],
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
        results = list(self._pool.map(self._gradients, range(self.pace.workers)))
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
        self.seen += self._share * self.pace.workers * self.config.training.outputs
        self._update_average()
        return value

    def _gradients(self, worker: int) -> tuple[float, tuple[Tensor, ...]]:
        """Loss and gradients of one worker's share of the batch."""
        features, target = self.windows.draw(self._share, self.generators[worker])
        features, target = features.to(self.pace.device), target.to(self.pace.device)
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

    @torch.inference_mode()
    def validate(self) -> float:
        """Mean error in metres of the averaged weights on held-out subjects, with noise."""
        features, target = self.validation
        errors = [
            error(self.average(f.to(self.pace.device), strided=True), t.to(self.pace.device)).mean(dim=(1, 2))
            for f, t in zip(features.split(128), target.split(128), strict=True)
        ]
        return float(torch.cat(errors).mean())

    def _report(self, losses: list[float]) -> None:
        measured = self.validate()
        if measured < self.best:
            self.best = measured
            described = {"validation_mm": f"{measured * 1000:.2f}", "step": str(self.step)}
            self.folder.save_best(self.average, described)
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
