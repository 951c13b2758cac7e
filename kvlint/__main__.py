"""`python -m kvlint`."""

import sys

from kvlint.cli import main

if __name__ == "__main__":
    sys.exit(main())
