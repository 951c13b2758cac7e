"""The words of chart values hold no credential, and still what they are for: names of classes."""

import re
from pathlib import Path

import pytest

from kvlint import registry
from kvlint.checks.suspicion import may_hold_credential
from kvlint.cover import covered
from kvlint.engine import map_source
from kvlint.facts import Mention
from kvlint.gather import mention_of
from kvlint.hide import masks_of
from kvlint.plan import ActiveRule, Plan
from kvlint.source import Source

ROOT = Path(__file__).parent.parent
WORD = r"[a-z0-9][-a-z0-9.]*[a-z0-9]"
PLAN = Plan([ActiveRule(one, None, {}) for one in registry.rules().values()])


def words(text: str) -> tuple[str, ...]:
    """The words of chart values, as a run reads them."""
    (found,) = [
        fact for fact in map_source(Source("values.yaml", text.encode()), PLAN).facts if isinstance(fact, Mention)
    ]
    return found.words


@pytest.mark.parametrize(
    "text",
    [
        "auth:\n  password: sunflowers\n",
        "auth:\n  rootPassword: 'sunflowers' # change me\n",
        "passwords:\n- sunflowers\n- other\n",
        "passwords:\n\n  # the first\n  - sunflowers\n",
        "env:\n- name: DB_PASSWORD\n  value: sunflowers\n",
        "env:\n- value: sunflowers\n  name: DB_PASSWORD\n",
        "args:\n- --password\n- sunflowers\n",
        "args:\n- sshpass\n- -p\n- sunflowers\n",
        "extra:\n- kind: Secret\n  stringData:\n    any: sunflowers\n",
        "extra: |\n  stringData:\n    any: sunflowers\n  kind: Secret\n",
        "token: |\n  x: sunflowers\n",
        "# password: sunflowers\n",
        "db: {password: sunflowers}\n",
        "password: sunflowers\nuser:\n  name: sunflowers\n",
        "volumeAttributes:\n  secretThing: sunflowers\n",
        "password: sunflowers\r\nother: a\r\n",
    ],
)
def test_credentials_are_no_words(text: str) -> None:
    assert "sunflowers" not in words(text)


def test_names_stay_words() -> None:
    text = (
        "keycloak:\n  persistence:\n    storageClass: fast\n  existingSecret: keycloak-login\n  replicas: 3\n"
        "imagePullSecrets: []\nmonkey:\n  name: bread\nserviceAccount:\n  automountServiceAccountToken: true\n"
        "auth:\n  password: sunflowers\n  storageClass: slow\n"
    )
    assert {"fast", "slow", "bread"} <= set(words(text))


def test_no_word_is_masked() -> None:
    """Whatever the fixtures hold, read as chart values: no word lies where `hide` finds a credential."""
    masked = 0
    for path in sorted((ROOT / "tests" / "fixtures").rglob("*.yaml")):
        source = Source("values.yaml", path.read_bytes())
        text = source.text
        mention = mention_of("values.yaml", covered(text) if may_hold_credential(text) else text)
        assert mention is not None
        for line, column, last, end in masks_of(source):
            for number in range(line, last + 1):
                start, stop = (column - 1 if number == line else 0), (end - 1 if number == last else None)
                for word in re.findall(rf"^{WORD}$", (source.line(number) or "")[start:stop].strip()):
                    masked += 1
                    assert word not in mention.words, (path, word)
    assert masked > 20


def test_a_release_stays_one_where_a_template_names_its_parts() -> None:
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    storageClass:\n"
        "      name: ceph-block\n      parameters:\n"
        '        csi.storage.k8s.io/node-stage-secret-namespace: "{{ .Release.Namespace }}"\n'
    )
    mention = mention_of("release.yaml", covered(text))
    assert mention is not None
    assert mention.place.kind == "HelmRelease"
    assert "ceph-block" in mention.words


def test_a_token_without_a_telling_name_is_covered() -> None:
    mention = mention_of("values.yaml", covered("image: web\nvalue: glpat-0a1b2c3d4e5f6a7b8c9d\n"))
    assert mention is not None
    assert mention.words == ("web",)
