"""The cheap test "can this document matter?": without a check's tokens in its text, a document has no match of it.

It decides which checks run, and whether a document is composed at all, never what a check sees: a property test holds
that switching it off changes no finding. Tokens are plain text; what could hide one makes every check run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import TypeAlias

    from kvlint.automaton import Find

    _Answer: TypeAlias = tuple[int, tuple[tuple[str, str, int], ...]]

Clause = str | tuple[str, str]

WORD = "kvlint"
"""What every ignore comment, ignore annotation and placeholder of a migration holds."""

ESCAPED = r"\\[xuU/\n\r\x85\u2028\u2029]"
"""Escapes, with which YAML can spell a token so that it does not occur in the text."""

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


MENTION = ("Application", "HelmRelease", "HelmChart", "helmCharts", ("StorageClass", "{{"))
"""Tokens of the files, besides chart values, in which `kvlint.gather.mention_of` can find anything."""

MOST = 1 << 20
"""Code points of a text of which all places of all tokens are worth their memory."""

MAX_KNOWN = 1000
"""So many sets of tokens are remembered with what they stand for; then it starts anew."""

SEVERAL, MENTIONS, FIRST_CHECK = 2, 4, 8
"""What `Relevance.seen` tells besides the checks, and the bit from which on theirs begin."""

NAMED = 1
"""The bit of a plan for texts that hold WORD, or of one that gathers for all that matter."""


class _Tokens:
    """Tokens with the bits of their checks: those that count alone, and those that need company."""

    __slots__ = ("alone", "company")

    def __init__(self, tokens: Iterable[tuple[Clause, int]]) -> None:
        self.alone: dict[str, int] = {}
        self.company: dict[str, dict[str, int]] = {}
        for clause, bit in tokens:
            if isinstance(clause, str):
                self.alone[clause] = self.alone.get(clause, 0) | bit
            else:
                company = self.company.setdefault(clause[0], {})
                company[clause[1]] = company.get(clause[1], 0) | bit

    def words(self) -> list[str]:
        """All tokens, each once."""
        company = (other for others in self.company.values() for other in others)
        return list(dict.fromkeys((*self.alone, *self.company, *company)))


class _Search:
    """A search for tokens, one after the other, by stems."""

    __slots__ = ("_stems", "tokens")

    def __init__(self, tokens: _Tokens) -> None:
        self.tokens = tokens
        stems: dict[str, list[tuple[str, int, tuple[tuple[str, int], ...]]]] = {}
        for token in {**tokens.alone, **tokens.company}:
            stem = next((stem for stem in STEMS if stem in token), token)
            company = tuple(tokens.company.get(token, {}).items())
            stems.setdefault(stem, []).append((token, tokens.alone.get(token, 0), company))
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


class _OnePass(_Search):
    """The same search, all tokens in one pass over the text."""

    __slots__ = ("_find", "_known", "_rows")

    def __init__(self, tokens: _Tokens, find: Find) -> None:
        super().__init__(tokens)
        self._find = find
        self._rows = [(word, tokens.alone.get(word, 0), tokens.company.get(word)) for word in tokens.words()]
        self._known: dict[frozenset[int], _Answer] = {}

    def __call__(self, text: str) -> int:
        """As in `_Search`."""
        if len(text) > MOST:
            return super().__call__(text)
        try:
            places = self._find(text)
        except UnicodeError:
            return super().__call__(text)
        numbers = frozenset([number for number, _, _ in places])
        found, pairs = self._known.get(numbers) or self._answer(numbers)
        for head, word, bit in pairs:
            if bit & ~found and ("&" in text or text.find(word, text.index(head)) >= 0):
                found |= bit
        return found

    def _answer(self, numbers: frozenset[int]) -> _Answer:
        """The bits that these tokens stand for, and those that some of them do if the one comes after the other. Most
        texts of a run hold a set of tokens that others held before."""
        rows = [self._rows[number] for number in numbers]
        found = 0
        for _, bits, _ in rows:
            found |= bits
        pairs: list[tuple[str, str, int]] = []
        for head, _, company in rows:
            for word, _, _ in rows if company else ():
                bit = company.get(word, 0) if company else 0
                if head not in PARENTS:
                    found |= bit
                elif bit:
                    pairs.append((head, word, bit))
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        answer = self._known[numbers] = found, tuple(pairs)
        return answer


def _below(token: str, text: str) -> str:
    """Where in a text the company of a token can be. An anchor may bring what stands above."""
    return text[text.index(token) :] if token in PARENTS and "&" not in text else text


class Relevance:
    """The tokens of a run's checks, each check a bit of a number: which checks can match a text.

    `everything` is the number of the checks that have no tokens and so can match any text, `schemas` that of the checks
    which may look at a schema of custom resources, `credentials` that of the checks which match credentials alone:
    for these a text needs what `may_hold` tells, besides tokens."""

    __slots__ = ("_credentials", "_every", "_everything", "_schemas", "_search", "may_hold")

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
        self.may_hold = may_hold
        of_files: list[tuple[Clause, int]] = [("\n---", SEVERAL), *((clause, MENTIONS) for clause in MENTION)]
        self._search = _Search(_Tokens((*each, *of_files)))
        self._schemas = _Search(_Tokens((*(one for one in each if one[1] & schemas), *of_files)))

    def in_one_pass(self, may_hold: Callable[[str], bool]) -> Relevance:
        """The same, for many texts: it takes longer to make, and is faster where the library for it is there."""
        made = Relevance((), self._everything, credentials=self._credentials, may_hold=may_hold)
        made._every = self._every
        made._search, made._schemas = _swift(self._search), _swift(self._schemas)
        return made

    def seen(self, text: str) -> int:
        """What the text of a whole file holds: tokens of checks, SEVERAL documents, what may be MENTIONS."""
        if _may_hide(text):
            return self._every | MENTIONS | (SEVERAL if "\n---" in text else 0)
        return (self._schemas if _is_schema(text) else self._search)(text) | self._everything

    def of(self, text: str, seen: int | None = None) -> int:
        """The checks that can match a document with this text; 0: none can. `seen` is what the text holds, if known."""
        if seen is None:
            seen = self.seen(text)
        found = seen & self._every
        if found & self._credentials and found != self._every and not self.may_hold(text):
            return found & ~self._credentials | self._everything
        return found


def _may_hide(text: str) -> bool:
    """Whether YAML can spell a token in this text so that it does not occur: by escapes, or tags such as `!!binary`."""
    return (
        ("\\" in text and re.search(ESCAPED, text) is not None)
        or ("!" in text and ("!!" in text or "!<" in text))
        or ("%" in text and "%TAG" in text)
    )


def _swift(search: _Search) -> _Search:
    from kvlint.automaton import automaton

    find = automaton(search.tokens.words())
    return search if find is None else _OnePass(search.tokens, find)


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
