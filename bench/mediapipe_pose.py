"""mediapipe's own Python `Pose` over a video, as its examples use it; run by bench.engine in an environment
of its own.

``python bench/mediapipe_pose.py VIDEO --complexity 1 [--frames N]`` prints JSON. complexity: 1 full, 2 heavy.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import cv2
import mediapipe  # type: ignore[import-not-found]
from stage_clock import StageClock, peak_mb  # type: ignore[import-not-found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--complexity", type=int, choices=(1, 2), default=1)
    parser.add_argument("--frames", type=int, default=1 << 30)
    args = parser.parse_args()
    clock, frames, people = StageClock(), 0, 0
    with mediapipe.solutions.pose.Pose(model_complexity=args.complexity) as pose:
        reader = cv2.VideoCapture(str(args.video))
        with clock.whole():
            while frames < args.frames:
                with clock.stage("decode"):
                    going, frame = reader.read()
                if not going:
                    break
                with clock.stage("convert"):
                    image = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
                with clock.stage("pose"):
                    people += pose.process(image).pose_landmarks is not None
                frames += 1
    print(json.dumps({**clock.figures(frames), "people": people, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
