"""The agents that skills are installed for, and where each one looks."""
