"""Kubernetes versions, and the versions and the date that the knowledge tables hold for."""

import re

from kvlint._generated import versions

Version = tuple[int, int]
"""Major and minor: `(1, 31)`. Versions compare as tuples; a patch release never changes what storage does."""

NEWEST: Version = versions.NEWEST
"""The newest Kubernetes minor the tables describe. A newer target is judged as this one."""

OLDEST: Version = versions.OLDEST
"""The oldest target that makes sense: CSI became generally available in it."""

NEWEST_SNAPSHOTTER: Version = versions.NEWEST_SNAPSHOTTER
"""The newest external-snapshotter release the tables describe; the CRDs of the snapshot groups follow it."""

AS_OF: str = versions.AS_OF
"""The day the tables hold for, "2026-11-23"."""

_VERSION = r"v?([1-9][0-9]{0,2})\.([0-9]{1,3})\+?(?:\.[0-9]+)?(?:[-+][0-9A-Za-z.+-]+)?"


def parse_version(text: str) -> Version:
    """The version that `text` names: "1.31", "v1.31.2", "v1.31.2-gke.1", "1.31+", "v1.31.2+k3s1".

    These are the forms of `kubectl version` on vanilla and vendor clusters. Raises ValueError for anything else."""
    match = re.fullmatch(_VERSION, text.strip())
    if match is None:
        raise ValueError(f"not a Kubernetes version: {text!r} (write it like 1.31 or v1.31.2)")
    return int(match[1]), int(match[2])


def format_version(version: Version) -> str:
    """The version as Kubernetes writes it: "1.31"."""
    return f"{version[0]}.{version[1]}"
