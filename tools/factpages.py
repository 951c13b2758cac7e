"""Pages of facts that users look up: what migrations may need, and which classes a platform brings."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tables import DATA, load

INPUTS = Path("docs/inputs.md")
PLATFORMS = Path("docs/platforms.md")

INPUTS_TEXT = """\
# Migration inputs

Generated from `kvlint/knowledge/data/inputs.yaml`. A manifest does not say everything that its CSI replacement needs.
What is missing is named in the finding and stands in the new objects as a placeholder, `<kvlint:…>`, which kvlint
itself reports as [`unresolved-input`](rules/unresolved-input.md). Say it once, below `migrate:` in the
[configuration](configuration.md):

```yaml title=".kvlint.yaml"
migrate:
  ceph:
    cluster-id: b9127830-b0cc-4e34-aa47-9d1a2e9949a8
    user-secret: {admin: ceph-admin, default: ceph-user}
  capacity: 20Gi
```

*One value* serves the whole run. *A map* gives a value for each key; its key `default` serves the rest.
An optional input is never missing: it changes what kvlint does without it.

"""

PLATFORMS_TEXT = """\
# Platforms

Generated from `kvlint/knowledge/data/platform_classes.yaml`, as of {as_of}. These classes exist without being in
anybody's manifests. Name your platform and its add-ons, in the [configuration](configuration.md) or with `--platform`,
and kvlint knows them:

```yaml title=".kvlint.yaml"
platforms: [eks, rook]
```

**Bold** is the default class of a new cluster. A class made by your own cluster administrators belongs into
`known-storage-classes`.

"""


def inputs(root: Path) -> str:
    """The table of migration inputs."""
    rows = []
    for row in load(root, DATA / "inputs.yaml")["inputs"]:
        by = row.get("key", "volume")
        said = {"all": "one value", "each": f"a map by {by}", "either": f"one value, or a map by {by}"}[row["scope"]]
        optional = ", optional" if row.get("optional") else ""
        rows.append((f"`{row['name']}`", said + optional, row["description"].strip().replace("<", "&lt;")))
    return INPUTS_TEXT + table(("input", "given as", "meaning"), rows)


def platforms(root: Path) -> str:
    """The table of platforms and their classes."""
    data = load(root, DATA / "platform_classes.yaml")
    as_of = load(root, DATA / "versions.yaml")["as_of"]
    rows = []
    for platform in data["platforms"]:
        classes = [row for row in data["classes"] if row["platform"] == platform["name"]]
        shown = [f"{shown_name(row)} ({row['provisioner']})" for row in classes]
        shown += [f"those of `{name}`" for name in platform.get("variants", ())]
        title = platform["title"] + (" (add-on)" if platform.get("addon") else "")
        rows.append((f"`{platform['name']}`", title, "<br>".join(shown) or "none"))
    return PLATFORMS_TEXT.format(as_of=as_of) + table(("name", "platform", "classes and their provisioners"), rows)


def shown_name(row: dict[str, Any]) -> str:
    """The name of a class as the table shows it."""
    return f"**`{row['name']}`**" if row.get("default") else f"`{row['name']}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
