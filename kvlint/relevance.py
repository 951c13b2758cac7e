"""The cheap test "can this document matter?": without the tokens of some rule in its text, a document has no finding.

It decides only whether a document is composed, never what a rule sees: a property test holds that switching it off
changes no finding. Tokens are plain text; what could hide one from a search makes a document matter."""

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


class _Search:
    """Clauses of tokens, so that a text is searched for each token once."""

    __slots__ = ("_bytes", "_groups")

    def __init__(self, tokens: Iterable[Clause]) -> None:
        tokens = tuple(tokens)
        alone = {clause for clause in tokens if isinstance(clause, str)}
        groups: dict[str, dict[str, None]] = {}
        for token in sorted(alone):
            if not any(other in token for other in alone if other != token):
                groups[token] = {}
        for clause in tokens:
            if isinstance(clause, tuple) and not any(token in part for part in clause for token in alone):
                groups.setdefault(clause[0], {})[clause[1]] = None
        self._groups = tuple((token, tuple(company)) for token, company in groups.items())
        self._bytes = tuple((token.encode(), tuple(map(str.encode, company))) for token, company in self._groups)

    def text(self, text: str) -> bool:
        """Whether all tokens of a clause occur."""
        return any(
            token in text and (not company or any(map(text.__contains__, company))) for token, company in self._groups
        )

    def data(self, data: bytes) -> bool:
        """The same, of UTF-8."""
        return any(
            token in data and (not company or any(map(data.__contains__, company))) for token, company in self._bytes
        )


class Relevance:
    """The tokens of all checks of a run: `own` those of built-in checks, which never look at a schema of custom
    resources, `other` those of all other checks. `everything`: some check has none, so each document can matter."""

    __slots__ = ("_other", "_own", "everything")

    def __init__(self, own: Iterable[Clause], other: Iterable[Clause] = (), *, everything: bool = False) -> None:
        self._own = _Search(own)
        self._other = _Search((*other, *HIDING))
        self.everything = everything

    def of_data(self, data: bytes) -> bool:
        """Whether any document of these bytes can matter. UTF-16 hides every token, so it always can."""
        if self.everything or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return True
        return self._own.data(data) or self._other.data(data)

    def of_text(self, text: str) -> bool:
        """Whether the document with this text can matter."""
        if self.everything or self._other.text(text):
            return True
        return self._own.text(text) and not _is_schema(text)


def _is_schema(text: str) -> bool:
    """Whether a document certainly is a CustomResourceDefinition and nothing else. In doubt it is not.

    Its first two lines say so, which nothing can forge, and no later line at the margin could say otherwise: a root
    key that is quoted, tagged, an alias, a merge or said twice, a second document."""
    if _SCHEMA not in text or any(map(text.__contains__, "\r\x85\u2028\u2029")):
        return False
    start = re.match(_SCHEMA_START, text)
    return start is not None and re.compile(_OTHER_ROOT_KEY).search(text, start.end() - 1) is None
