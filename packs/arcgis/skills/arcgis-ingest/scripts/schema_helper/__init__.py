"""From a CSV or GPX file to a schema that ArcGIS takes: names, types, lengths, nulls, dates, coordinates, open
questions.

`delimited` reads text tables (a copy of the module of the same name beside the scanner of `/arcgis-discover`;
commands are installed one by one, so each carries its own), `waypoints` turns GPX into a table, `naming` makes names
legal, `schema` decides, `loader` writes the script that creates and loads.
"""

from __future__ import annotations
