"""`python -m coalsim.cli` as `coalsim`."""

from coalsim.cli import main

if __name__ == "__main__":
    main()
