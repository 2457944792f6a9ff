"""The use cases of the runtime: plans in, projects and their runs out."""
