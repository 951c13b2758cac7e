"""When versions of storage APIs are deprecated and no longer served.

Built-in groups follow the generated `prerelease-lifecycle` of kubernetes/api; the snapshot groups are custom resources
and follow the CRDs of external-snapshotter, whatever the Kubernetes version.
"""

from functools import cache

from kvlint.knowledge.version import Version
from kvlint.record import NamedTuple

KUBERNETES = "kubernetes"
CRD = "crd"


class Api(NamedTuple):
    """One kind in one version of an API group that is deprecated or gone.

    `scheme` is KUBERNETES (`introduced`, `deprecated` and `removed` are Kubernetes minors; `removed` is the first one
    that does not serve it) or CRD (`deprecated_release` and `removed_release` name the project's release in words, ""
    for not yet). Write `replacement` instead, with `replacement_kind` where the kind is called otherwise now.
    `drop_in`: nothing else changes; otherwise `breaking_changes` says what does, one sentence each."""

    api_version: str
    kind: str
    scheme: str
    introduced: Version | None
    deprecated: Version | None
    removed: Version | None
    deprecated_release: str
    removed_release: str
    replacement: str
    replacement_kind: str
    drop_in: bool
    breaking_changes: tuple[str, ...]
    references: tuple[str, ...]


@cache
def _rows() -> dict[tuple[str, str], Api]:
    from kvlint._generated.api_lifecycle import ROWS

    return {(row[0], row[1]): Api(*row) for row in ROWS}


def find(api_version: str, kind: str) -> Api | None:
    """What is known of `kind` in `api_version`; None for versions that are neither deprecated nor gone."""
    return _rows().get((api_version, kind))


def kinds() -> tuple[tuple[str, str], ...]:
    """Every apiVersion and kind that `find` knows."""
    return tuple(_rows())
