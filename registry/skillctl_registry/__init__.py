"""Where packs come from and go to."""
