"""Where chart values and releases mention names, and that no credential comes to light by it."""

from pathlib import Path

import pytest

from kvlint.cli import main
from kvlint.facts import Mention
from kvlint.gather import mention_of
from kvlint.mentions import words_in
from kvlint.source import Source

CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  storageClassName: fast
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
"""
RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"


def words(text: str, *names: str) -> dict[str, tuple[bool, tuple[int, int, int, int]]]:
    return dict(words_in(lambda file: Source(file, text.encode()))("values.yaml", names))


def test_a_word_is_found_where_it_ends_a_line() -> None:
    text = 'a:\r\n  storageClass: fast\r\n  other: {"class": "slow"} # x\n  name: "near" # y\n- fast-er\n'
    assert words(text, "fast", "slow", "near", "fast-er", "x", "class") == {
        "fast": (False, (2, 17, 2, 21)),
        "slow": (False, (3, 21, 3, 25)),
        "near": (True, (4, 10, 4, 14)),
        "fast-er": (False, (5, 3, 5, 10)),
    }


def test_where_it_is_a_name_counts_most() -> None:
    assert words("class: fast\nname: fast\nclass: fast\n", "fast") == {"fast": (True, (2, 7, 2, 11))}


@pytest.mark.parametrize(
    "text",
    [
        "auth:\n  password: sunflowers\n",
        "auth:\n  rootPassword: 'sunflowers' # change me\n",
        "env:\n- name: DB_PASSWORD\n  value: sunflowers\n",
        "args:\n- --password\n- sunflowers\n",
        "extra:\n- apiVersion: v1\n  kind: Secret\n  stringData:\n    any: sunflowers\n",
    ],
)
def test_a_credential_is_no_word(text: str) -> None:
    assert not words(text, "sunflowers")
    assert words(f"{text}class: fast\n", "sunflowers", "fast").keys() == {"fast"}


def test_a_file_that_is_gone_mentions_nothing() -> None:
    assert not words_in(lambda _: None)("values.yaml", ["fast"])


def test_a_release_stays_one_where_a_template_names_its_parts() -> None:
    text = f'{RELEASE}spec:\n  values:\n    secret-namespace: "{{{{ .Release.Namespace }}}}"\n'
    mention = mention_of("release.yaml", text)
    assert mention is not None
    assert mention.place.kind == "HelmRelease"
    assert len(Mention._fields) == 1


@pytest.mark.parametrize("output", ["full", "json", "sarif", "concise"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "password: sunflowers\nclass: fast\n"),
        ("values.yaml", "class: fast # password=sunflowers\n"),
        ("templates/class.yaml", "password: sunflowers\nkind: StorageClass\nmetadata: {name: {{ .Values.x }}}\n"),
        (
            "release.yaml",
            f"password: sunflowers\n{RELEASE}spec: {{values: {{class: fast}}}}\n",
        ),
    ],
)
def test_what_is_shown_of_a_mention_hides_its_credentials(
    output: str,
    name: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "claim.yaml").write_text(CLAIM)
    main(["check", "--isolated", "--output-format", output, "."])
    told = capsys.readouterr().out
    assert "unknown-storage-class" in told
    if output == "full":
        assert "mentioned here" in told
    assert "sunflowers" not in told
