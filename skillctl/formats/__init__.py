"""Text to values and back: strict JSON, SKILL.md front matter, JSON Schemas, checks with line and path."""
