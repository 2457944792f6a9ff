"""Finds geographic datasets in folders and tells what can be known of them without arcpy.

One module per format turns bytes into `Dataset` values and raises `UnreadableError` for what is broken; `walk` finds
the files, `brief` and `matching` compare them with what a project needs, `report` writes it down.
"""

from __future__ import annotations
