"""Decoding by a video chip, where somebody asks for it: $POSE3D_HWACCEL names FFmpeg's device.

That is cuda (NVIDIA), qsv (Intel), vaapi (Linux), d3d11va or dxva2 (Windows), videotoolbox (macOS), or auto
for the first that works. Pictures come back to the processor's memory, so that threads are often as fast:
hence by choice only. A chip that is not there or does not know the codec leaves the decoding to threads, with
a line in the log.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from av.container import InputContainer

log = logging.getLogger(__name__)

VARIABLE = "POSE3D_HWACCEL"


def open_by_chip(file: BinaryIO, **settings: Any) -> InputContainer | None:
    """The container, decoded by a chip; None where none was asked for or none can, the file at its beginning.

    settings: of av.open.
    """
    import av
    from av.codec.hwaccel import HWAccel

    for kind in _asked():
        try:
            # the fallback is for sound tracks, which no chip decodes, and for what a chip refuses on the way
            container = av.open(file, hwaccel=HWAccel(kind, allow_software_fallback=True), **settings)
        except (av.error.FFmpegError, ValueError) as error:
            reason = str(error) or type(error).__name__
        else:
            if _decodes(container):
                return container
            container.close()
            reason = "not in this FFmpeg, or not for this codec"
        log.info("No video chip decodes by %s (%s).", kind, reason)
        file.seek(0)
    return None


def _decodes(container: InputContainer) -> bool:
    """Whether a chip is to decode the pictures: FFmpeg takes over silently where it is not."""
    contexts = [stream.codec_context for stream in container.streams.video]
    return any(context is not None and context.is_hwaccel for context in contexts)


def _asked() -> list[str]:
    from av.codec.hwaccel import hwdevices_available

    asked = os.environ.get(VARIABLE, "").strip().lower()
    return list(hwdevices_available()) if asked == "auto" else [asked] if asked else []
