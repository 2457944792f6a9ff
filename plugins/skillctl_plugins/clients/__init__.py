"""Agents' own clients that ask skillctl: their hooks, what they say and what they understand."""
