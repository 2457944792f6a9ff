"""From a plan to a running program. The room is empty so far; its issue fills it."""
