"""A GPU that cannot be used gives the CPU, and says why."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
import torch

from engine import device
from engine.errors import BadArguments


@pytest.fixture(autouse=True)
def asked_anew():
    device.unusable.cache_clear()
    yield
    device.unusable.cache_clear()


def built_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(device, "library_version", lambda _: "2.13.0+cu130")
    monkeypatch.setattr(device, "_LINUX", (__file__,))
    monkeypatch.setattr(device.sys, "platform", "linux")


def test_words() -> None:
    assert device.resolve("cpu") == "cpu"
    with pytest.raises(BadArguments, match="abacus"):
        device.resolve("abacus")


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_without_a_driver_torch_is_not_asked(
    platform: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(device, "unusable", lambda kind: asked.append(kind) or "no")
    monkeypatch.setattr(device, "library_version", lambda _: "2.13.0")
    monkeypatch.setattr(device, "_LINUX", (str(tmp_path / "System32" / "nvcuda.dll"),))
    monkeypatch.setattr(device.sys, "platform", platform)
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert device.resolve("auto") == "cpu"
    assert not asked
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32" / "nvcuda.dll").touch()
    assert device.resolve("auto") == "cpu"
    assert asked == ([] if platform == "darwin" else ["cuda"])


def test_a_torch_for_the_cpu_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    assert device.resolve("cuda") == "cpu"
    assert "built for the CPU alone" in caplog.text


@pytest.mark.parametrize("choice", ["cuda", "auto"])
def test_a_driver_too_old_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, choice: str
) -> None:
    def available() -> bool:
        warnings.warn(
            "CUDA initialization: The NVIDIA driver on your system is too old (found 11040)", stacklevel=1
        )
        return False

    built_for_cuda(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", available)
    with warnings.catch_warnings(), caplog.at_level(logging.INFO):
        warnings.simplefilter("error")
        assert device.resolve(choice) == "cpu"
    (line,) = caplog.records
    assert "driver is too old" in line.getMessage()
    assert line.levelno == (logging.WARNING if choice == "cuda" else logging.INFO)


def test_a_missing_driver_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    built_for_cuda(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.resolve("cuda") == "cpu"
    assert [line.getMessage() for line in caplog.records] == [
        "No CUDA device answers: no graphics card of that kind, or its driver is missing."
        " The networks run on the CPU."
    ]


def test_a_card_that_this_torch_was_not_built_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_kernel(*_: object, **__: object) -> None:
        raise RuntimeError(
            "CUDA error: no kernel image is available for execution on the device\nCompile with"
        )

    built_for_cuda(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", no_kernel)
    assert device.resolve("cuda") == "cpu"
    assert "no kernel image" in caplog.text
    assert "Compile with" not in caplog.text


def test_a_card_that_works_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    built_for_cuda(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(device, "_tried", lambda _: "")
    assert device.resolve("auto") == "cuda"
