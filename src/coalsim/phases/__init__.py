"""The acts of a month, one to a file, in the order of `coalsim.model.MONTH`."""
