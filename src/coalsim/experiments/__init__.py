"""Repeats models: many runs on common random numbers, and what they show together."""
