"""A larger network whose heatmaps are learnt from besides the labels.

Zhang, Zhu, Ye: "Fast Human Pose Estimation", CVPR 2019, section 3.2: the error to the teacher's heatmaps
joins that to the labels'. It knows of joints that a source does not label.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from blender_pose3d.skeleton import COCO_17, HALPE_26

from ...errors import BadInput
from ...pose2d.hrnet_weights import load_hrnet
from .targets import Loss


class Teacher:
    """An HRNet of 26 keypoints, or of COCO's 17, which are HALPE_26's first."""

    def __init__(self, path: Path, device: str) -> None:
        """Raises BadInput for a file that is no such network."""
        network, _ = load_hrnet(path)
        if network.keypoints not in (len(COCO_17), len(HALPE_26)):
            raise BadInput(f"{path} has {network.keypoints} keypoints; 17 (COCO) or 26 (Halpe) are known.")
        self._network = network.to(device, memory_format=torch.channels_last).requires_grad_(False)
        self._keypoints = network.keypoints

    def loss(self, maps: Tensor, pictures: Tensor, loss: Loss) -> Tensor:
        """Mean over people and the joints that the teacher has. maps: (N, 26, h, w) of the network's own.

        pictures: (N, 3, H, W), normalised.
        """
        with torch.no_grad(), torch.autocast(pictures.device.type, torch.bfloat16, pictures.is_cuda):
            wanted = self._network(pictures).float()
        return loss(maps[:, : self._keypoints], wanted, wanted.new_ones(wanted.shape[:2]))
