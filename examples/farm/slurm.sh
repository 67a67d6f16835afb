#!/bin/sh
# A night's footage as a Slurm array: sbatch --array=1-20 slurm.sh night.toml 20
# The last word says how many parts there are, so that single tasks can be sent again: --array=3,17.
# What a task leaves undone, the same command does when it is submitted again.
#SBATCH --job-name=pose3d
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --signal=TERM@60
set -eu
exec blender -b --command pose3d convert "$1" --part "$SLURM_ARRAY_TASK_ID/$2"
