"""The module from which older programs import `logsumexp`. Next: `stats/`."""

from ..special import logsumexp

__all__ = ["logsumexp"]
