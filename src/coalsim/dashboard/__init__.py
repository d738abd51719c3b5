"""The web page: choose a place and its options, move levers, watch what happens; see `serve`."""
