"""Hooks into the life of packs and plans. The room is empty so far; its issue fills it."""
