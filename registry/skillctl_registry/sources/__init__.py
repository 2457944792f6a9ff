"""Places that releases come from, behind one Protocol."""
