"""The cheap test "can this document matter?": without a check's tokens in its text, a document has no match of it.

It decides which checks run, and whether a document is composed at all, never what a check sees: a property test holds
that switching it off changes no finding. Tokens are plain text; what could hide one makes every check run.
"""

import re
from collections.abc import Callable, Iterable

Clause = str | tuple[str, str]

WORD = "kvlint"
"""What every ignore comment, ignore annotation and placeholder of a migration holds."""

HIDDEN = r"\\[xuU/\n\r\x85\u2028\u2029]|![!<]|%TAG"
"""Ways in which YAML can spell a token so that it does not occur in the text: escapes, tags such as `!!binary`."""

PARENTS = ("volumes", "ontainers")
"""Tokens after which their company must come: what a check looks for lies below a key of this name."""

STEMS = ("olume", "ontainers", "torageC", "storage.k8s.io/", "CSI", "kubernetes.io/")
"""Texts that several tokens hold: where one is absent, one search answers for all of them."""

_SCHEMA_START = (
    r"\ufeff?(?:[ \t]*(?:#[^\n]*)?\n)*"
    r"(?:apiVersion:[ ]apiextensions\.k8s\.io/v1(?:beta1)?\nkind:[ ]CustomResourceDefinition"
    r"|kind:[ ]CustomResourceDefinition\napiVersion:[ ]apiextensions\.k8s\.io/v1(?:beta1)?)\n"
)
_OTHER_ROOT_KEY = r"\n(?:kind|apiVersion|[^a-zA-Z \t\n#])"


def may_mention(file: str, data: bytes) -> bool:
    """Whether `kvlint.gather.mention_of` can find anything in a file of this name and content."""
    return (
        "values" in file
        or b"Application" in data
        or (b"elm" in data and any(map(data.__contains__, (b"HelmRelease", b"HelmChart", b"helmCharts"))))
        or (b"{" in data and b"{{" in data and b"StorageClass" in data)
    )


class _Search:
    """A search for tokens, each with the bits of its checks, by stems."""

    __slots__ = ("_stems",)

    def __init__(self, tokens: Iterable[tuple[Clause, int]]) -> None:
        alone: dict[str, int] = {}
        pairs: dict[str, dict[str, int]] = {}
        for clause, bit in tokens:
            if isinstance(clause, str):
                alone[clause] = alone.get(clause, 0) | bit
            else:
                company = pairs.setdefault(clause[0], {})
                company[clause[1]] = company.get(clause[1], 0) | bit
        stems: dict[str, list[tuple[str, int, tuple[tuple[str, int], ...]]]] = {}
        for token in {**alone, **pairs}:
            stem = next((stem for stem in STEMS if stem in token), token)
            stems.setdefault(stem, []).append((token, alone.get(token, 0), tuple(pairs.get(token, {}).items())))
        self._stems = tuple((stem, tuple(groups)) for stem, groups in stems.items())

    def __call__(self, text: str) -> int:
        """The bits of the clauses whose tokens all occur."""
        found = 0
        for stem, groups in self._stems:
            if stem in text:
                for token, bits, company in groups:
                    if token in text:
                        found |= bits
                        below = _below(token, text) if company else ""
                        for other, bit in company:
                            if bit & ~found and other in below:
                                found |= bit
        return found

    def first(self, text: str) -> int:
        """The bits of one clause whose tokens all occur; 0: of none."""
        for stem, groups in self._stems:
            if stem in text:
                for token, bits, company in groups:
                    if token in text:
                        if bits:
                            return bits
                        below = _below(token, text)
                        for other, bit in company:
                            if other in below:
                                return bit
        return 0


def _below(token: str, text: str) -> str:
    """Where in a text the company of a token can be. An anchor may bring what stands above."""
    return text[text.index(token) :] if token in PARENTS and "&" not in text else text


class Relevance:
    """The tokens of a run's checks, each check a bit of a number: which checks can match a text.

    `everything` is the number of the checks that have no tokens and so can match any text, `schemas` that of the checks
    which may look at a schema of custom resources, `credentials` that of the checks which match credentials alone:
    for these a text needs what `may_hold` tells, besides tokens."""

    __slots__ = ("_credentials", "_every", "_everything", "_may_hold", "_schemas", "_search")

    def __init__(
        self,
        tokens: Iterable[tuple[Iterable[Clause], int]],
        everything: int = 0,
        schemas: int = 0,
        credentials: int = 0,
        may_hold: Callable[[str], bool] = bool,
    ) -> None:
        each = [(clause, bit) for clauses, bit in tokens for clause in clauses]
        self._everything = self._every = everything
        for _, bit in each:
            self._every |= bit
        self._credentials = credentials
        self._may_hold = may_hold
        self._search = _Search(each)
        self._schemas = _Search((clause, bit) for clause, bit in each if bit & schemas)

    def of(self, text: str) -> int:
        """The checks that can match a document with this text, or a document of a file with this text; 0: none can."""
        if ("\\" in text or "!" in text or "%" in text) and re.search(HIDDEN, text):
            return self._every
        found = (self._schemas if _is_schema(text) else self._search)(text)
        if found & self._credentials and not self._may_hold(text):
            found &= ~self._credentials
        return found | self._everything

    def touches(self, text: str) -> bool:
        """Whether `of` gives anything for a text, told as early as possible."""
        if self._everything or (("\\" in text or "!" in text or "%" in text) and re.search(HIDDEN, text)):
            return True
        search = self._schemas if _is_schema(text) else self._search
        found = search.first(text)
        return found & ~self._credentials != 0 or (found != 0 and self.of(text) != 0)


def _is_schema(text: str) -> bool:
    """Whether a document, or a whole file, certainly is one CustomResourceDefinition and nothing else.

    Its first two lines say so, which nothing can forge, and no later line at the margin could say otherwise: a root
    key that is quoted, tagged, an alias, a merge or said twice, a second document."""
    if "CustomResourceDefinition" not in text[:4096]:
        return False
    start = re.match(_SCHEMA_START, text)
    if start is None or any(map(text.__contains__, "\r\x85\u2028\u2029")):
        return False
    return re.compile(_OTHER_ROOT_KEY).search(text, start.end() - 1) is None
