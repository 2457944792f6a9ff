"""A pack as one file: a deterministic writer and a bounded, strict reader."""
