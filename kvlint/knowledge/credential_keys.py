"""What holds a credential, by name and place: environment variables, driver options, programs' arguments, files.

The facts are in `data/credential_keys.yaml`. Whether a value is a credential is decided in `kvlint.checks.values`.
"""

import enum
import re
from functools import cache, lru_cache

from kvlint._generated import credential_keys as _tables
from kvlint.record import NamedTuple


class Strength(enum.IntEnum):
    """What a name promises: nothing, the identifier half of a key pair, some credential, a storage credential."""

    NONE = 0
    IDENTITY = 1
    GENERIC = 2
    STORAGE = 3


ENV = "env"
FLAG = "flag"
STORAGE = "storage"
FILE = "file"
CLASS = "class"


class Place(NamedTuple):
    """A kind of place (ENV, FLAG, STORAGE, CLASS or FILE) and what is known of its keys, all in lower case.

    `literal` keys hold a credential, `identity` keys its identifier (which counts beside a literal), `reference` keys
    never hold one whatever they are called, `files` keys hold a whole configuration file."""

    kind: str
    literal: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()
    reference: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


class Grammar(NamedTuple):
    """The shape of a provider's credential; group 1 of the RE2 pattern is the credential where there is one."""

    what: str
    pattern: str
    storage: bool


class Positional(NamedTuple):
    """The `at`-th argument (1-based, options not counted) after the arguments `words` is a credential."""

    words: tuple[str, ...]
    at: int


class Program(NamedTuple):
    """Which arguments of a program are credentials.

    `attached` options carry the value in the same word, `separate` ones in the next or after `=`; `userpass` options
    take `user:password`, `options` a list of mount options, `passphrase` ones `pass:VALUE`. They count only after one
    of the arguments `after`, if it names any. `last`: the last argument is a credential. `storage`: it is about
    storage."""

    names: tuple[str, ...]
    storage: bool
    after: tuple[str, ...]
    attached: tuple[str, ...]
    separate: tuple[str, ...]
    userpass: tuple[str, ...]
    options: tuple[str, ...]
    passphrase: tuple[str, ...]
    positional: tuple[Positional, ...]
    last: bool


class File(NamedTuple):
    """A configuration file by the pattern of its name; `literal` names hold a credential besides the generic ones.

    `format` is `ini`, `json`, `yaml` or `passwd` (lines of ID:SECRET)."""

    match: str
    format: str
    literal: tuple[str, ...]


ENVIRONMENT = Place(ENV)
ARGUMENT = Place(FLAG)

INJECTED_PREFIX: str = _tables.INJECTED_PREFIX
MOUNT_TEXTS = frozenset(_tables.MOUNT_TEXTS)
MOUNT_SECRETS = frozenset(_tables.MOUNT_SECRETS)
STDIN_PROGRAMS = frozenset(_tables.STDIN_PROGRAMS)
STDIN_FILES: tuple[str, ...] = _tables.STDIN_FILES
CONTENT_MARKS: tuple[str, ...] = _tables.CONTENT_MARKS
VARIABLE_MARKS: tuple[str, ...] = _tables.VARIABLE_MARKS
MOUNT = Place(STORAGE, MOUNT_SECRETS)

(
    _PLACEHOLDER_WORDS,
    _FILLER_WORDS,
    _PLACEHOLDER_STARTS,
    _WEAK_DEFAULTS,
    _COMMON_WORDS,
    _SWITCHES,
    _PUBLISHED,
    INJECTORS,
    PUBLIC,
    PATH_ENDINGS,
) = _tables.VALUES
PLACEHOLDER_WORDS = frozenset(_PLACEHOLDER_WORDS)
FILLER_WORDS = frozenset(_FILLER_WORDS)
PLACEHOLDER_STARTS = frozenset(_PLACEHOLDER_STARTS)
WEAK_DEFAULTS = frozenset(_WEAK_DEFAULTS)
COMMON_WORDS = frozenset(_COMMON_WORDS)
SWITCHES = frozenset(_SWITCHES)
PUBLISHED = frozenset(_PUBLISHED)

GRAMMARS: tuple[Grammar, ...] = tuple(Grammar(*row) for row in _tables.GRAMMARS)
SHAPES: tuple[Grammar, ...] = tuple(Grammar(*row) for row in _tables.SHAPES)
FILES: tuple[File, ...] = tuple(File(*row) for row in _tables.FILES)

_COMPOUNDS: dict[str, str] = dict(_tables.COMPOUNDS)
_SWITCH_WORDS = frozenset(_tables.SWITCH_WORDS)
_TRAILING = frozenset(_tables.TRAILING_WORDS)


@cache
def programs() -> dict[str, Program]:
    """All programs whose arguments may be credentials, by name."""
    found: dict[str, Program] = {}
    for row in _tables.PROGRAMS:
        program = Program(*row)._replace(positional=tuple(Positional(*item) for item in row[8]))
        found.update(dict.fromkeys(program.names, program))
    return found


@lru_cache(256)
def flexvolume(driver: str) -> Place:
    """What is known about the option keys of a FlexVolume driver; drivers compare them without case."""
    return _place(_tables.PLACES[0], driver, STORAGE)


@lru_cache(256)
def csi(driver: str) -> Place:
    """What is known about the `volumeAttributes` of a CSI driver."""
    return _place(_tables.PLACES[1], driver, STORAGE)


@lru_cache(256)
def storage_class(provisioner: str) -> Place:
    """What is known about the parameters of a StorageClass with this provisioner."""
    return _place(_tables.PLACES[2], provisioner, CLASS)


@lru_cache(4096)
def words(name: str) -> tuple[str, ...]:
    """The lower-case words of a name in any of the usual spellings; one-word compounds are taken apart.

    >>> words("AWSSecretAccessKey")
    ('aws', 'secret', 'access', 'key')
    >>> words("PGPASSWORD")
    ('pg', 'password')
    """
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", spaced)
    found: list[str] = []
    for word in re.split(r"[^a-z0-9]+", spaced.lower()):
        found.extend(_COMPOUNDS.get(word, word).split() if word in _COMPOUNDS else _tail(word))
    return tuple(found)


@lru_cache(4096)
def strength(name: str, kind: str = ENV) -> Strength:
    """What a name promises in a kind of place, by its words alone.

    A bare `secret` is a credential in the environment only: elsewhere it names a Secret."""
    found = list(words(name))
    while len(found) > 1 and (found[-1] in _TRAILING or found[-1].isdigit()):
        found.pop()
    joined = " ".join(found)
    if joined == "pwd" or _ends(joined, _tables.EXEMPT_NAMES) or not _SWITCH_WORDS.isdisjoint(found):
        return Strength.NONE
    if _ends(joined, _tables.STORAGE_NAMES):
        return Strength.STORAGE
    if joined.startswith("rclone config ") and len(found) > 3 and _ends(joined, _tables.RCLONE_NAMES):
        return Strength.STORAGE
    if _ends(joined, _tables.IDENTITY_NAMES):
        return Strength.IDENTITY
    if _ends(joined, ("secret key",)) and len(found) > 2 and found[-3] in _tables.KEY_NAME_STEMS:
        return Strength.NONE
    if found and found[-1] == "secret" and (kind in (STORAGE, CLASS) or (kind == FLAG and joined == "secret")):
        return Strength.NONE
    return Strength.GENERIC if _ends(joined, _tables.GENERIC_NAMES) else Strength.NONE


def place_strength(name: str, place: Place) -> Strength:
    """What a key promises in a place: what is known of the place's keys comes before the name's words."""
    key = name.lower()
    if key in place.literal or key.startswith(INJECTED_PREFIX):
        return Strength.STORAGE
    if key in place.identity:
        return Strength.IDENTITY
    if key in place.reference:
        return Strength.NONE
    return strength(name, place.kind)


def _ends(joined: str, endings: tuple[str, ...]) -> bool:
    return any(joined.endswith(ending) and joined.removesuffix(ending)[-1:] in ("", " ") for ending in endings)


def _tail(word: str) -> list[str]:
    """`pgpassword` as `pg password`; digits after a password word are a word of their own."""
    stem = word.rstrip("0123456789")
    for tail in _tables.PASSWORD_TAILS:
        if stem.endswith(tail):
            head = stem.removesuffix(tail)
            return [part for part in (head, tail, word.removeprefix(stem)) if part]
    return [word] if word else []


def _place(rows: tuple[tuple[tuple[str, ...], ...], ...], name: str, kind: str) -> Place:
    for names, *keys in rows:
        if name in names:
            return Place(kind, *(frozenset(key.lower() for key in group) for group in keys))
    return Place(kind)
