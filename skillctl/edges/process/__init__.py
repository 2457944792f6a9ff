"""Other programs: started here alone, never with our stdin, never left behind.

`run` waits for a short one and gives what it said. `streaming` lets a long one speak while it runs, within bounds, and
`family` sees all that it started.
"""

from __future__ import annotations

from skillctl.edges.process.once import Finished, run

__all__ = ["Finished", "run"]
