"""The audit log: what skillctl was about to do, and how it went, so that nobody changes it later without being seen."""
