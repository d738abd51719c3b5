"""When does a place tip, when does it not, and why: thresholds, jumps, basins, size, warning signs and mechanisms."""
