"""Print the requirements of dependency groups of pyproject.toml, for a pip that cannot install groups itself."""

import sys
import tomllib
from pathlib import Path

GROUPS = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))

for name in sys.argv[1:]:
    print("\n".join(GROUPS["dependency-groups"][name]))
