"""The program's own name and version, in one place that costs nothing to import."""

__version__ = "0.1.0"

DISTRIBUTION = "skillctl-toolkit"
"""The distribution's name; `skillctl` on PyPI belongs to somebody else's program."""
