"""Values and rules: no operating system, clock, network or third-party input and output."""
