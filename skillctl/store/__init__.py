"""Unpacked packs by tree digest."""
