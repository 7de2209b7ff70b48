"""Where older programs look for `logsumexp`. Next: `stats/`."""

from ..special import logsumexp

__all__ = ["logsumexp"]
