"""The cheap test "can this document matter?": without a token of some rule in its text, a document has no finding.

It decides only whether a document is composed, never what a rule sees; a property test holds that switching it off
changes no result."""

from collections.abc import Iterable

HIDING = ("\\x", "\\u", "\\U", "\\\n", "\\\r", "!!", "!<", "%TAG")
"""Ways in which YAML can spell a token so that it does not occur in the text: escapes, tags such as `!!binary`."""


class Relevance:
    """The tokens of all active rules; `everything` when some rule has none, or the test is switched off."""

    __slots__ = ("_bytes", "_tokens", "everything")

    def __init__(self, tokens: Iterable[str], *, everything: bool = False) -> None:
        unique = sorted({*tokens, *HIDING}, key=lambda token: (len(token), token))
        kept: list[str] = []
        for token in unique:
            if not any(shorter in token for shorter in kept):
                kept.append(token)
        self._tokens = tuple(kept)
        self._bytes = tuple(token.encode() for token in kept)
        self.everything = everything

    def of_data(self, data: bytes) -> bool:
        """Whether any document of these bytes can matter. UTF-16 hides every token, so it always can."""
        return self.everything or data[:2] in (b"\xff\xfe", b"\xfe\xff") or any(map(data.__contains__, self._bytes))

    def of_text(self, text: str) -> bool:
        """Whether the document with this text can matter."""
        return self.everything or any(map(text.__contains__, self._tokens))
