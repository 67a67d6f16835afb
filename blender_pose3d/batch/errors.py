"""What can be wrong with a batch before its first clip; each message is one line for the user."""


class BatchError(ValueError):
    """A job that makes no sense: an unknown setting, two clips of one name."""


class NoClips(ValueError):
    """Inputs that are not there, or hold nothing to convert."""
