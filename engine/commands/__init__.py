"""Sub-commands of `python -m engine`, one a module: add_arguments(subparsers) and run(args)."""
