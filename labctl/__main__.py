"""`python -m labctl`: the same as the console script."""

from labctl.cli import main

if __name__ == "__main__":
    main()
