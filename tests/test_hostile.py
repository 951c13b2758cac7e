"""Hostile input ends in a clear error within seconds and a gigabyte: each case runs alone, in a limited process."""

import subprocess
import sys

import pytest

pytest.importorskip("resource")

SECONDS = 10
BYTES = 1 << 30

CHILD = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({BYTES}, {BYTES}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from kvlint import yamltree
from kvlint.source import Source
import yaml._yaml
if sys.argv[2:] == ["pure"]:
    from kvlint import events
    events.CParser = None

def read(step):
    try:
        return step()
    except yamltree.YamlError as error:
        assert 0 <= error.index <= len(source.text), error.index
        assert "\\n" not in error.message and len(error.message) < 120, error.message
        source.index_to_position(error.index), source.index_to_byte(error.index)
        print(step.__name__, error.kind)

source = Source("hostile.yaml", eval(sys.argv[1]))
for document in yamltree.documents(source):
    read(document.validate)
    root = read(document.compose)
    if root is not None:
        print("compose ok", root.kind)
        root.get("kind"), root.duplicates(), root.string(), root.scalar_text(), root.start, root.end
        read(root.entries)
        read(root.plain)
        yamltree.comments(document, [root], "kvlint")
"""


def run(expression: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, expression, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


CASES = {
    "alias bomb": (
        r"b'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'"
        r" + b''.join(b'a%d: &a%d [%s]\n' % (n, n, b', '.join([b'*a%d' % (n - 1)] * 10)) for n in range(1, 60))",
        "compose limit",
    ),
    "merge bomb": (
        r"b'a0: &a0 {x: 1}\n'"
        r" + b''.join(b'a%d: &a%d {<<: [%s]}\n' % (n, n, b', '.join([b'*a%d' % (n - 1)] * 10)) for n in range(1, 60))",
        "compose limit",
    ),
    "alias chain": (
        r"b'a0: &a0 [x]\n' + b''.join(b'a%d: &a%d [*a%d]\n' % (n, n, n - 1) for n in range(1, 5000))",
        "compose limit",
    ),
    "alias to itself": (r"b'a: &a [1, {b: *a}]'", "compose syntax"),
    "block sequences": (r"b'- ' * 100000", "compose limit"),
    "block mappings": (r"b'\n'.join(b' ' * n + b'a:' for n in range(2000))", "compose limit"),
    "explicit keys": (r"b'? ' * 100000", "compose syntax"),
    "explicit values": (r"b'\n'.join(b' ' * n + b'? a\n' + b' ' * n + b': ' for n in range(2000))", "compose limit"),
    "flow sequences": (r"b'[' * 100000", "compose limit"),
    "flow sequences, closed": (r"b'[' * 100000 + b']' * 100000", "compose limit"),
    "flow mappings": (r"b'{a: ' * 100000", "compose limit"),
    "flow keys": (r"b'{' * 100000", None),
    "flow just below the guard": (r"b'[' * 4999", "compose limit"),
    "many small collections": (r"b'a:\n' + b'- {b: [c]}\n' * 150000", "compose limit"),
    "a million keys": (r"b''.join(b'key%d: 1\n' % n for n in range(1000000))", "compose limit"),
    "keys up to 4 MiB": (r"b''.join(b'a%x:\n' % n for n in range(500000))", "compose limit"),
    "50 MB scalar": (r"b'a: ' + b'x' * 50000000", "compose limit"),
    "50 MB quoted": (r"b'a: \"' + b'x ' * 25000000 + b'\"'", "compose limit"),
    "50 MB line after a separator": (r"b'a: 1\n---' + b' ' * 50000000", "compose ok mapping"),
    "JSON stream": (r"b'{\"a\": \"}{\"}' * 30000", "compose ok mapping"),
    "unclosed JSON string": (r"b'{\"a\": {}{ \"' + b'\\\\x' * 500000", "compose syntax"),
    "4 MB number": (r"b'9' * 4000000", "compose ok scalar"),
    "4 MB octal": (r"b'0' + b'7' * 4000000", "compose ok scalar"),
    "4 MB fraction": (r"b'.' + b'5' * 4000000", "compose ok scalar"),
    "4 MB of one line": (r"b'- ' + b'- a: #' * 600000 + b'kvlint'", None),
    "many comments": (r"b'a: 1\n' + b'# # # # kvlint\n' * 100000", "compose ok mapping"),
    "NUL": (r"b'a: \x00b\n'", "compose syntax"),
    "control character": (r"b'a: \x07b\n'", "compose syntax"),
    "invalid UTF-8": (r"b'a: \xff\xfe\xfd\n'", "compose syntax"),
    "truncated UTF-8": (r"b'a: \xf0\x9f\x98'", "compose syntax"),
    "surrogates in UTF-8": (r"b'a: \xed\xa0\x80'", "compose syntax"),
    "escaped surrogate": (r"b'a: \"\\ud800\"'", "compose syntax"),
    "UTF-16": (r"'\ufeffa: \U0001f600\n'.encode('utf-16-le')", "compose ok mapping"),
    "UTF-16, big": (r"'\ufeffa: \u00e9\n'.encode('utf-16-be')", "compose ok mapping"),
    "UTF-16 with a lone surrogate": (r"b'\xff\xfea\0:\0 \0\0\xd8'", "compose syntax"),
    "UTF-16 of odd length": (r"b'\xff\xfea\0:\0 \0b'", "compose syntax"),
    "UTF-32": (r"'\ufeffa: b'.encode('utf-32-le')", "compose syntax"),
    "language tags": (
        r"b'a: !!python/object/apply:os.system [\"exit 3\"]\nb: !!js/function x\nc: !ruby/object:Gem {}\n'",
        "compose ok mapping",
    ),
    "half a multi-document file": (r"b'a: [\n---\nb: 1\n---\nc: }\n'", None),
    "only separators": (r"b'---\n' * 300000", None),
    "random bytes": (r"__import__('random').Random(1).randbytes(1000000)", None),
}


@pytest.mark.parametrize(("expression", "composed"), CASES.values(), ids=CASES)
def test_hostile_input_ends_in_an_error_or_a_value(expression: str, composed: str | None) -> None:
    lines = run(expression)
    if composed is not None:
        assert next(line for line in lines if line.startswith("compose")) == composed


@pytest.mark.parametrize("name", ["alias bomb", "block sequences", "flow sequences", "NUL", "UTF-16", "language tags"])
def test_the_pure_reader_has_the_same_limits(name: str) -> None:
    expression, composed = CASES[name]
    assert composed in run(expression, "pure")
