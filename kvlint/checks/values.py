"""Is this value a credential? The value grammar: pure functions on a name, its value and where they stand.

No function here returns a part of a value: a verdict says where in the value the credential is."""

import re
from collections.abc import Iterator
from functools import cache

from kvlint.finding import Confidence, Severity
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Place, Strength
from kvlint.record import NamedTuple

CREDENTIAL = "credential"
PLACEHOLDER = "placeholder"
REFERENCE = "reference"
NONE = "none"


class Verdict(NamedTuple):
    """What a value is: CREDENTIAL, PLACEHOLDER (somebody still has to fill it in), REFERENCE (a variable, a template, a
    path, a name, or an encrypted or injected value) or NONE.

    `start` and `end` enclose exactly the credential inside the value. `what` names its kind for messages ("password",
    "Ceph key")."""

    kind: str
    severity: Severity = Severity.INFO
    confidence: Confidence = Confidence.LOW
    start: int = 0
    end: int = 0
    what: str = ""


SILENT = Verdict(NONE)

_NAMING = frozenset(
    ("secret", "secrets", "tls", "cert", "certs", "creds", "credentials", "token", "key", "keys", "auth")
)
_DESCRIPTIONS = (
    ("id", "access key id"),
    ("passphrase", "passphrase"),
    ("token", "token"),
    ("string", "connection string"),
    ("key", "key"),
    ("password", "password"),
    ("passwd", "password"),
    ("pass", "password"),
    ("pwd", "password"),
    ("pw", "password"),
)


def classify(name: str, value: str, place: Place, *, paired: bool = False) -> Verdict:
    """The gravest verdict on the value of `name` in `place`.

    `paired` says that a secret stands beside: then an identifier of a place's table (akId) counts with it."""
    found = verdicts(name, value, place, paired=paired)
    return max(found, key=_gravity) if found else SILENT


def verdicts(name: str, value: str, place: Place, *, paired: bool = False) -> list[Verdict]:
    """All verdicts on the value of `name` in `place`; more than one where the value holds several credentials."""
    strength = keys.place_strength(name, place)
    if strength is Strength.IDENTITY:
        known = paired and name.lower() in place.identity
        return [_literal(name, value, strength, place)] if known else list(embedded(value, place))
    if strength is Strength.NONE:
        return list(embedded(value, place))
    text = value.strip()
    start = value.find(text) if text else 0
    if not text or text.lower() in keys.SWITCHES:
        return [SILENT]
    if _is_reference(text) and not _is_shape(text):
        return [Verdict(REFERENCE, start=start, end=start + len(text))]
    found = [verdict for verdict in embedded(value, place) if verdict.kind != NONE]
    if found:
        return found
    if _is_url(text) or _names_a_secret(name, text):
        return [Verdict(REFERENCE, start=start, end=start + len(text))]
    if keys.words(name)[-2:] == ("connection", "string"):
        return [SILENT]
    return [_literal(name, value, strength, place)]


def embedded(value: str, place: Place) -> Iterator[Verdict]:
    """The credentials that a text gives away whatever its name: in a URL's userinfo, in a connection string, as JSON
    pairs, or because they have the shape of a provider's key."""
    if not _suspect().search(value):
        return
    taken: list[tuple[int, int]] = []
    for verdict in _embedded(value, place):
        if not any(verdict.start < end and start < verdict.end for start, end in taken):
            taken.append((verdict.start, verdict.end))
            yield verdict


def judge(name: str, value: str, start: int, end: int, place: Place, strength: Strength, what: str = "") -> Verdict:
    """The verdict on one piece of a text that stands where a credential is expected; NONE for empty and public ones."""
    text = value[start:end]
    if not text.strip() or text.lower() in keys.SWITCHES:
        return SILENT
    if (_is_reference(text) or _has_variable(text) or _is_url(text)) and not _is_shape(text):
        return Verdict(REFERENCE, start=start, end=end)
    if is_placeholder(name, text):
        return Verdict(PLACEHOLDER, Severity.INFO, Confidence.MEDIUM, start, end, what or describe(name))
    if text.startswith(keys.PUBLIC):
        return SILENT
    return credential(start, end, place, strength, what or describe(name))


def credential(start: int, end: int, place: Place, strength: Strength, what: str) -> Verdict:
    """A CREDENTIAL with the severity and confidence that its name and place justify.

    A storage credential is an error of high confidence; any other a warning, in a storage place an error."""
    storage = strength is Strength.STORAGE or place.kind == keys.FILE
    severity = Severity.ERROR if storage or place.kind in (keys.STORAGE, keys.CLASS) else Severity.WARNING
    confidence = Confidence.HIGH if storage else Confidence.MEDIUM
    if strength is Strength.IDENTITY:
        severity, confidence = Severity.WARNING, Confidence.MEDIUM
    return Verdict(CREDENTIAL, severity, confidence, start, end, what)


def describe(name: str) -> str:
    """What a name calls its value, for messages: "password", "token", "key", else "secret"."""
    words = keys.words(name)
    if words[-3:] == ("secret", "access", "key"):
        return "secret access key"
    for word, said in _DESCRIPTIONS:
        if word in words[-2:]:
            return said
    return "secret"


def is_placeholder(name: str, text: str) -> bool:
    """True for a text that says that somebody still has to fill it in, and for keys that vendors publish."""
    text = text.strip()
    if text in keys.PUBLISHED or (text == name and text.isupper()) or text.endswith(("EXAMPLE", "EXAMPLEKEY")):
        return True
    if len(text) >= 3 and len(set(text)) == 1:
        return True
    if _masked().search(text) or (text[0] in "<[" and text[-1] in ">]"):
        return True
    lower = text.lower()
    words = keys.words(text)
    if not words:
        return True
    if text.isupper() and len(words) > 1 and (keys.strength(text) >= Strength.IDENTITY or words == keys.words(name)):
        return True
    if len(words) > 1 and words == keys.words(name) and not text.isalnum():
        return True
    if lower in keys.WEAK_DEFAULTS:
        return False
    if lower.startswith("your") or words[0] in keys.PLACEHOLDER_STARTS:
        return True
    own = "".join(keys.words(name))
    if text.isupper() and len(own) > 7 and own in "".join(words):
        return True
    stems = {word.rstrip("0123456789") for word in words} - {""}
    return not keys.PLACEHOLDER_WORDS.isdisjoint(stems) and stems <= keys.PLACEHOLDER_WORDS | keys.FILLER_WORDS


def _literal(name: str, value: str, strength: Strength, place: Place) -> Verdict:
    text = value.strip()
    start = value.find(text) if text else 0
    return judge(name, value, start, start + len(text), place, strength)


def _embedded(value: str, place: Place) -> Iterator[Verdict]:
    for grammar, pattern in _grammars():
        for found in pattern.finditer(value):
            strength = Strength.STORAGE if grammar.storage else Strength.GENERIC
            start, end = found.span(1)
            if grammar.what == "private key" and not re.search(r"[A-Za-z0-9+/]{40}", value[start + 27 : end]):
                yield Verdict(PLACEHOLDER, Severity.INFO, Confidence.MEDIUM, start, end, grammar.what)
                continue
            end = start + len(value[start:end].rstrip())
            made = judge("", value, start, end, place, strength, grammar.what)
            yield made._replace(confidence=Confidence.HIGH) if made.kind == CREDENTIAL else made
    for pattern in (_userinfo(), _data_source()):
        for found in pattern.finditer(value):
            verdict = judge("password", value, *found.span(2), place, Strength.GENERIC, "password in a URL")
            if verdict.kind == CREDENTIAL and _is_documentation(found[1], found[2], value[found.end() :]):
                verdict = verdict._replace(kind=PLACEHOLDER, severity=Severity.INFO)
            if not value.startswith("sha256:", found.end()):
                yield verdict
    for name, start, end in (
        *_assignments(value),
        *((found[1], *found.span(2)) for found in _json_pair().finditer(value)),
    ):
        strength = keys.strength(name, keys.FLAG)
        text = value[start:end]
        if strength >= Strength.GENERIC and not _names_a_secret(name, text):
            yield judge(name, value, start, end, place, strength)


def _assignments(value: str) -> Iterator[tuple[str, int, int]]:
    """The pairs name=value of connection strings, URL queries and property lists, the value without its quotes."""
    position = 0
    while found := _assignment().search(value, position):
        start, end = found.span(2)
        if keys.strength(found[1], keys.FLAG) < Strength.GENERIC:
            position = start
            continue
        position = end
        if value[start] in "\"'":
            yield found[1], start + 1, end - (value[end - 1] == value[start] and end - start > 1)
            continue
        following = re.search(r"^,|,[\w.-]+=", value[start:end])
        yield found[1], start, start + following.start() if following else end


def _is_documentation(user: str, password: str, rest: str) -> bool:
    """True for the shape that documentation uses: `user:password@host`, USER:PASS@HOST."""
    host = re.split(r"[:/,?]", rest, maxsplit=1)[0].lower()
    if host in ("host", "hostname", "server") or host.endswith(("example.com", "example.org")):
        return user.lower() in ("user", "username", "") and password.lower() in ("password", "pass", "pwd", "secret")
    return user.isupper() and password.isupper()


def _names_a_secret(name: str, text: str) -> bool:
    """True where a name that ends in `secret` or `credentials` is followed by the name of a Kubernetes Secret."""
    if keys.words(name)[-1:] not in (("secret",), ("credentials",)):
        return False
    parts = re.split(r"[-.]", text)
    return len(parts) > 1 and all(re.fullmatch(r"[a-z0-9]+", part) for part in parts) and not _NAMING.isdisjoint(parts)


def _is_reference(text: str) -> bool:
    """True for a whole text that is a variable, a template, a path, or that an injector or decryption replaces."""
    if _variable().match(text) or _path().match(text):
        return True
    if text.startswith(keys.INJECTORS) or "@azurekeyvault" in text:
        return True
    return text.endswith(keys.PATH_ENDINGS) and re.fullmatch(r"[\w.@-]+(/[\w.@-]+)*", text) is not None


def _is_url(text: str) -> bool:
    return "://" in text and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def _has_variable(text: str) -> bool:
    return any(mark in text for mark in ("$", "{", "<%")) and ("{{" in text or _template().search(text) is not None)


def _is_shape(text: str) -> bool:
    """A provider's key may begin like a path: `/` is a base64 character. No path is so mixed."""
    mixed = any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))
    return text[0] == "/" and mixed and any(pattern.fullmatch(text) for pattern in _shapes())


def _gravity(verdict: Verdict) -> tuple[int, int, int]:
    order = (NONE, REFERENCE, PLACEHOLDER, CREDENTIAL).index(verdict.kind)
    return order, verdict.severity, verdict.confidence


@cache
def _suspect() -> re.Pattern[str]:
    """A cheap test that every text with an embedded credential passes."""
    return re.compile(
        r"//[^\s/]*:[^\s/]*@|-----BEGIN|AQ[A-Za-z0-9+/]{36}|[?&;]sig=|\bgh[pousr]_|github_pat_|glpat-|@(?:tcp|unix)\("
        r"|(?i:pass|pwd|pw|secret|token|key|masterauth|string)[\w-]*['\"]?\s*[=:]"
    )


@cache
def _grammars() -> list[tuple[keys.Grammar, re.Pattern[str]]]:
    return [(grammar, re.compile(grammar.pattern)) for grammar in keys.GRAMMARS]


@cache
def _shapes() -> list[re.Pattern[str]]:
    return [re.compile(grammar.pattern) for grammar in keys.SHAPES]


@cache
def _userinfo() -> re.Pattern[str]:
    """user:password@ after `scheme://`, or after `//` alone, as SMB shares are written."""
    return re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:|^|[\s\"'=,])//([^\s/?#\"'<>,;@:]*):([^\s/?\"'<>]*)@")


@cache
def _data_source() -> re.Pattern[str]:
    """user:password@tcp(host:port)/database, as Go's MySQL driver reads it."""
    return re.compile(r"(?:^|[\s=\"'])([^\s:@/=\"']+):([^\s@\"']+)@(?:tcp|unix)\(")


@cache
def _assignment() -> re.Pattern[str]:
    """name=value in connection strings, URL queries and property lists."""
    return re.compile(r"(?:^|[\s;&?,\"'])(?:-D|--?)?([A-Za-z_][\w.-]*)[ \t]?=[ \t]?(\"[^\"]*\"|'[^']*'|[^\s;&\"']+)")


@cache
def _json_pair() -> re.Pattern[str]:
    return re.compile(r"\"([\w.-]+)\"\s*:\s*\"((?:[^\"\\]|\\.)*)\"")


@cache
def _variable() -> re.Pattern[str]:
    return re.compile(
        r"(?s:\$\(.+\)|\$\{.+\}|\$\$?[A-Za-z_]\w*|%\(?\w*\)?[sqvd]|@@.+@@|%[A-Z_]+%|__\w+__|#\{.+\}#?|`.*`|\{\{.*\}\}"
        r"|<%.*%>|\[\[.*\]\]|\{[A-Za-z_][\w.\[\]'\"]*\})$"
    )


@cache
def _template() -> re.Pattern[str]:
    return re.compile(r"(?s:\{\{.*\}\}|\$\([A-Za-z_][\w.-]*\)|\$\{[^}]+\}|<%.*%>|^[a-z./:-]*\{[a-z_.]+\}[a-z./:-]*$)")


@cache
def _path() -> re.Pattern[str]:
    return re.compile(r"(?:/|~/|\.{1,2}/|file:|[A-Za-z]:\\)\S*$")


@cache
def _masked() -> re.Pattern[str]:
    """Xed-out, starred-out or dotted values: `***`, `...`, XXXX-XXXX."""
    return re.compile(r"\*{3,}|\.{3,}|x{4,}|X{4,}|^[xX*.#?_-]{3,}$|…|^<|^\[.*\]$")
