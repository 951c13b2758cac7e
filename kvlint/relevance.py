"""The cheap test "can this document matter?": without a check's tokens in its text, a document has no match of it.

It decides which checks run, and whether a document is composed at all, never what a check sees: a property test holds
that switching it off changes no finding. Tokens are plain text; what could hide one makes every check run.
"""

import re
from collections.abc import Iterable

Clause = str | tuple[str, str]

WORD = "kvlint"
"""What every ignore comment, ignore annotation and placeholder of a migration holds."""

HIDING = (
    *("\\x", "\\u", "\\U", "\\/", "\\\n", "\\\r", "\\\x85", "\\\u2028", "\\\u2029"),
    *("!!", "!<", "%TAG"),
)
"""Ways in which YAML can spell a token so that it does not occur in the text: escapes, tags such as `!!binary`."""

_SCHEMA = "CustomResourceDefinition"
_SCHEMA_START = (
    r"\ufeff?(?:[ \t]*(?:#[^\n]*)?\n)*"
    r"(?:apiVersion:[ ]apiextensions\.k8s\.io/v1(?:beta1)?\nkind:[ ]CustomResourceDefinition"
    r"|kind:[ ]CustomResourceDefinition\napiVersion:[ ]apiextensions\.k8s\.io/v1(?:beta1)?)\n"
)
_OTHER_ROOT_KEY = r"\n(?:kind|apiVersion|[^a-zA-Z \t\n#])"


_MENTIONING = (b"HelmRelease", b"HelmChart", b"Application", b"helmCharts")


def may_mention(file: str, data: bytes) -> bool:
    """Whether `kvlint.gather.mention_of` can find anything in a file of this name and content."""
    return "values" in file or any(map(data.__contains__, _MENTIONING)) or (b"{{" in data and b"StorageClass" in data)


class Relevance:
    """The tokens of a run's checks, each check a bit of a number: which checks can match a text.

    `everything` is the number of the checks that have no tokens and so can match any text, `schemas` that of the checks
    which may look at a schema of custom resources."""

    __slots__ = ("_all", "_bytes", "_groups", "_schemas", "everything")

    def __init__(self, tokens: Iterable[tuple[Iterable[Clause], int]], everything: int = 0, schemas: int = 0) -> None:
        alone: dict[str, int] = {}
        pairs: dict[str, dict[str, int]] = {}
        self.everything = self._all = everything
        for clauses, bit in tokens:
            self._all |= bit
            for clause in clauses:
                if isinstance(clause, str):
                    alone[clause] = alone.get(clause, 0) | bit
                else:
                    company = pairs.setdefault(clause[0], {})
                    company[clause[1]] = company.get(clause[1], 0) | bit
        alone |= dict.fromkeys(HIDING, self._all)
        self._schemas = schemas
        self._groups = tuple(
            (token, alone.get(token, 0), tuple(pairs.get(token, {}).items())) for token in {**alone, **pairs}
        )
        self._bytes = tuple(
            (token.encode(), () if bit else tuple(other.encode() for other, _ in company))
            for token, bit, company in self._groups
        )

    def of_data(self, data: bytes) -> bool:
        """Whether any document of these bytes can matter. UTF-16 hides every token, so it always can."""
        if self.everything or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return True
        has = data.__contains__
        return any(token in data and (not company or any(map(has, company))) for token, company in self._bytes)

    def of_text(self, text: str) -> int:
        """The checks that can match the document with this text; 0: it cannot matter."""
        found = self.everything
        for token, bits, company in self._groups:
            if token in text:
                found |= bits
                for other, bit in company:
                    if bit & ~found and other in text:
                        found |= bit
        return found & (self._schemas | self.everything) if found and _is_schema(text) else found


def _is_schema(text: str) -> bool:
    """Whether a document certainly is a CustomResourceDefinition and nothing else. In doubt it is not.

    Its first two lines say so, which nothing can forge, and no later line at the margin could say otherwise: a root
    key that is quoted, tagged, an alias, a merge or said twice, a second document."""
    if _SCHEMA not in text or any(map(text.__contains__, "\r\x85\u2028\u2029")):
        return False
    start = re.match(_SCHEMA_START, text)
    return start is not None and re.compile(_OTHER_ROOT_KEY).search(text, start.end() - 1) is None
