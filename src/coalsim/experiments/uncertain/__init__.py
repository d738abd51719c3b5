"""Experiments with uncertain factors: what matters (sensitivity), and under which conditions something happens (discovery)."""
