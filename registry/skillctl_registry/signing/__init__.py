"""Keeping a signed registry: founding it, signing what is published, changing keys, tidying, checking all of it."""
