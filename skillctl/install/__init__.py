"""From a solved lock to skills on disk: plan, generations, apply."""
