"""Shows what runs and comparisons found."""
