"""The benchmark: `make bench` prints what skillctl costs beside the bare tools, measured in one run."""
