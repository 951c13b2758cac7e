"""Names of findings that stay when lines move: made of names of objects and fields, never of a file's text."""

from collections.abc import Iterable, Iterator

from kvlint.digest import sha256
from kvlint.finding import Finding


def fingerprint(rule: str, identity: str, who: tuple[str, str, str], where: str) -> str:
    """The fingerprint of a finding: `identity` is the file's path in its repository, `who` kind, namespace and name of
    the object, `where` a field path without list indices."""
    return sha256("\0".join((rule, identity, *who, where)).encode("utf-8", "replace"))[:32]


def numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; those with equal fingerprints get a running number, in their order."""
    count: dict[str, int] = {}
    for finding in findings:
        number = count.get(finding.fingerprint, 0)
        count[finding.fingerprint] = number + 1
        yield finding._replace(fingerprint=f"{finding.fingerprint}-{number}") if number else finding
