"""skillctl: the package manager for AI-agent skill packs.

This package imports nothing, so that `skillctl.core` can be the ground floor of the house.
"""
