"""What can hold a credential: every text in which one is found, and no text that only names and refers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.checks.masks import Part, secrets_of
from kvlint.checks.suspicion import in_one_pass, may_hold_credential
from kvlint.node import Node
from kvlint.source import Source
from kvlint.yamltree import YamlError, documents

ONE_PASS = in_one_pass()

ENV = """containers:
  - name: token-server
    image: registry.example.com/auth:1.2
    args:
      - --leader-election
      - "--auth-mode=none"
    env:
      - name: TOKENS_SIZE
        value: "512"
      - name: PASSWORD
        valueFrom:
          secretKeyRef:
            key: password
            name: db-secret
    volumeMounts:
      - name: secret-files
        mountPath: /etc/secret/key
volumes:
  - name: secret-files
    secret:
      secretName: db-secret
tolerations:
  - key: node-role.kubernetes.io/master
    operator: Exists
imagePullSecrets:
  - name: registry-token
"""


def test_names_and_references_are_not_suspicious() -> None:
    assert not may_hold_credential(ENV)
    assert not may_hold_credential("# Copyright The Kubernetes Authors\nkind: Pod\nmetadata:\n  name: login\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value: "512"', 'value: "512"\n      - name: PASSWORD\n        value: hunter2'),
        ("TOKENS_SIZE", "ACCESS_TOKEN"),
        ('"--auth-mode=none"', "--token=none"),
        ('"--auth-mode=none"', "--password\n      - hunter2"),
        ("    args:", "    command: [mysql, -phunter2]\n    args:"),
        ("secretName: db-secret", "secretName: db-secret\n      password: hunter2"),
        ("mountPath: /etc/secret/key", "mountPath: //u:p@h/secret"),
        ("name: registry-token", "name: registry-token\n    value: hunter2"),
        ("  - name: registry-token", "  - value: hunter2\n    name: registry-token"),
        ("  - name: registry-token", '  - "value": hunter2\n    name: registry-token'),
        ("key: node-role.kubernetes.io/master", "key: token\n      = hunter2"),
        ("volumes:\n", "# password: hunter2\nvolumes:\n"),
    ],
)
def test_what_could_be_one_is(old: str, new: str) -> None:
    assert old in ENV
    assert may_hold_credential(ENV.replace(old, new, 1))


def test_what_looks_like_an_item_may_be_more_of_a_value() -> None:
    assert may_hold_credential("key: mysql\n      - -phunter2\n")
    assert not may_hold_credential("- key: mysql\n- name: mysql\n")


def test_a_list_of_words_is_no_list_of_references() -> None:
    assert may_hold_credential("secret:\n  - hunter2\n")
    assert not may_hold_credential("imagePullSecrets:\n  - name: registry\n")


def test_a_name_ends_with_its_line() -> None:
    text = "key: db-secret\nkey: hunter2\n"
    assert not secrets_of(text, [Part(0, len(text), [])]).spans
    assert not may_hold_credential(text)


NAMES = st.sampled_from(["PASSWORD", "API_TOKEN", "SIZE", "AUTH_SIZE", "db-secret", "login", "key", "tokens", "mysql"])
KEYS = st.sampled_from(
    [
        *("name", "value", "key", "secret", "secretName", "password", "image", "path", "args", "secretKeyRef"),
        *("valueFrom", "metadata", "env", "parameters", "options", "kind", "data"),
    ]
)
VALUES = st.sampled_from(
    [
        *("", "hunter2", '"hunter2"', "'s3cr3t'", "/etc/token", "a=b", "token=hunter2", "|", "mysql -phunter2"),
        *("--password", "[mysql, -phunter2]", "{name: PASSWORD, value: hunter2}", "db:5432", "Secret", "*a", "&a x"),
        *("# token", "x # y"),
    ]
)
LINES = st.lists(st.tuples(st.integers(0, 4), st.booleans(), KEYS, st.one_of(VALUES, NAMES)), max_size=9)


@settings(max_examples=600, deadline=None)
@given(LINES, st.lists(st.sampled_from(["- -phunter2", "- hunter2", "- --password", "- mysql", "hunter2", "# x"])))
def test_every_credential_passes(lines: list[tuple[int, bool, str, str]], items: list[str]) -> None:
    made = [f"{'  ' * level}{'- ' if item else ''}{key}: {value}".rstrip() for level, item, key, value in lines]
    text = "\n".join([*made, *(f"      {item}" for item in items)]) + "\n"
    source = Source("a.yaml", text.encode())
    roots: list[Node | None] = []
    for document in documents(source):
        try:
            roots.append(document.compose())
        except YamlError:
            continue
    assert may_hold_credential(text) == ONE_PASS(text)
    if secrets_of(text, [Part(0, len(text), roots)]).spans:
        assert may_hold_credential(text)


@pytest.mark.parametrize("filler", ["\n" * 20_000, " " * 20_000, "a" * 20_000, "- " * 10_000, "a/" * 10_000])
def test_no_text_takes_long(filler: str) -> None:
    text = "".join(f"key: token{filler[:50]}\n" for _ in range(2_000)) + f"name: token{filler}!\n"
    assert may_hold_credential(text) == ONE_PASS(text)
