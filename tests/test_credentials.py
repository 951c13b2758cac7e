"""Credentials in whole manifests: every documented key, three hundred generated ones, three hundred that are none."""

import json
import random
import shlex
import string
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint._generated import credential_keys as tables
from kvlint.checks import masks, places, values
from kvlint.checks.masks import Part, secrets_of
from kvlint.checks.spans import value_span_to_source
from kvlint.engine import map_source
from kvlint.finding import Severity
from kvlint.hide import hide
from kvlint.plan import ActiveRule, Plan
from kvlint.registry import CHECKS, rules
from kvlint.relevance import Relevance
from kvlint.resources import resources
from kvlint.source import Source
from kvlint.views import Views
from kvlint.yamltree import documents

CATEGORY = {name: rule for name, rule in rules().items() if rule.category == "credentials"}


def found_in(text):
    """What the finders see in a text: (kind, severity, name, the credential as it is read, and as it is written)."""
    source = Source("a.yaml", text.encode())
    found = []
    for document in documents(source):
        for resource in resources(document, document.compose()):
            for one in places.every_place(Views(resource)):
                start, end = value_span_to_source(one.node, source.text, one.verdict.start, one.verdict.end)
                read = one.node.value[one.verdict.start : one.verdict.end]
                found.append((one.verdict.kind, one.verdict.severity, one.name, read, source.text[start:end]))
    return found


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}


def container(**more):
    return pod(containers=[{"name": "c", "image": "i", **more}])


def persistent(**spec):
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "a"}, "spec": spec}


def storage_class(provisioner, **more):
    kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"}}
    return {**kind, "provisioner": provisioner, **more}


def flex(driver, options):
    return pod(volumes=[{"name": "v", "flexVolume": {"driver": driver, "options": options}}])


def csi(driver, attributes):
    return persistent(csi={"driver": driver, "volumeHandle": "h", "volumeAttributes": attributes})


def config_map(**data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def known_keys():
    """Every driver or provisioner with its literal keys."""
    makers = (flex, csi, lambda name, keys: storage_class(name, parameters=keys))
    for rows, make in zip(tables.PLACES, makers, strict=True):
        for names, literal, *_ in rows:
            for name in names:
                for key in literal:
                    yield pytest.param(make, name, key, id=f"{name} {key}")


@pytest.mark.parametrize(("make", "name", "key"), list(known_keys()))
def test_every_known_key_holds_a_credential_when_literal_and_none_otherwise(make, name, key):
    for spelled in (key, key.upper(), key.lower()):
        ((kind, severity, *_),) = found_in(json.dumps(make(name, {spelled: "made-up-7"})))
        assert (kind, severity) == (values.CREDENTIAL, Severity.ERROR)
    for value in ("", "$(KEY)", "{{ .Values.key }}", "vault:a/b#c"):
        assert not found_in(json.dumps(make(name, {key: value})))


LETTERS = string.ascii_letters + string.digits
NAMES = (
    "AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN MINIO_SECRET_KEY MINIO_ROOT_PASSWORD S3_SECRET_KEY ACCESS_KEY_SECRET "
    "AZURE_STORAGE_KEY AZURE_STORAGE_ACCESS_KEY RCLONE_CONFIG_X_PASS RESTIC_PASSWORD OS_PASSWORD HEKETI_ADMIN_KEY "
    "SMB_PASSWORD MYSQL_ROOT_PASSWORD PGPASSWORD DB_PASS API_TOKEN dbPassword spring.datasource.password CLIENT_SECRET"
)


def secrets(choose):
    """Credentials of many shapes: words, numbers, keys, passphrases, symbols."""
    makers = [
        lambda: choose.choice(
            ["sunshine", "dragon", "hunter2", "Winter2024", "s3cr3t!", "P@ssw0rd", "supersecret", "admin123"]
        ),
        lambda: "".join(choose.choices(string.digits, k=choose.randrange(4, 12))),
        lambda: "".join(choose.choices(LETTERS + "+/", k=40)),
        lambda: "".join(choose.choices("0123456789abcdef", k=choose.choice([32, 40, 64]))),
        lambda: "".join(choose.choices(LETTERS, k=30)),
        lambda: "".join(choose.choices(LETTERS + "!%^&*()_+-=~.?@#", k=choose.randrange(8, 24))),
        lambda: "-".join(choose.choices(["correct", "horse", "battery", "staple", "river"], k=4)),
        lambda: "".join(choose.choices(LETTERS + "+/", k=86)) + "==",
        lambda: "".join(choose.choices(string.ascii_lowercase, k=choose.randrange(6, 14))),
        lambda: "AQ" + "".join(choose.choices(LETTERS + "+/", k=36)) + "==",
        lambda: f"pässwörd{choose.randrange(99)}",
        lambda: f"Pa$$w0rd{choose.randrange(99)}",
    ]
    while True:
        yield choose.choice(makers)()


def places_for(choose, secret):
    """A manifest with `secret` in one storage field or command line that can hold it."""
    single = shlex.quote(secret)
    makers = [
        lambda: container(env=[{"name": choose.choice(NAMES.split()), "value": secret}]),
        lambda: container(args=[f"--targetd-password={secret}"]),
        lambda: container(args=["--s3-secret-access-key", secret]),
        lambda: container(command=["sh", "-c", f"set -e\nexport AWS_SECRET_ACCESS_KEY={single}\nrun"]),
        lambda: container(command=["sh", "-c", f"until mysqladmin ping -uroot -p{single}; do sleep 1; done"]),
        lambda: container(command=["bash", "-ec", f"mc alias set m http://minio:9000 me {single} && mc ls m"]),
        lambda: container(livenessProbe={"exec": {"command": ["redis-cli", "-a", secret, "ping"]}}),
        lambda: flex("alicloud/oss", {"bucket": "b", "akId": "i", "akSecret": secret}),
        lambda: flex("v3io/fuse", {"accessKey": secret}),
        lambda: flex("informaticslab/goofys-flex-volume", {"secret-key": secret}),
        lambda: flex("kubernetes.io/flexvolume_driver", {"Secret": secret}),
        lambda: csi("ossplugin.csi.alibabacloud.com", {"akId": "i", "akSecret": secret}),
        lambda: csi("csi-rclone", {"s3-secret-access-key": secret}),
        lambda: storage_class("kubernetes.io/glusterfs", parameters={"restuserkey": secret}),
        lambda: config_map(**{"rclone.conf": f"[x]\ntype = s3\nsecret_access_key = {secret}\n"}),
        lambda: config_map(**{"backend.json": json.dumps({"username": "me", "password": secret})}),
        lambda: config_map(**{"cloud.conf": f'[Global]\nusername=me\npassword="{secret}"\n'}),
    ]
    if secret and not set(secret) & set(", "):
        makers += [
            lambda: flex("fstab/cifs", {"mountOptions": f"dir_mode=0755,password={secret}"}),
            lambda: persistent(mountOptions=["uid=1", f"password={secret}"]),
            lambda: storage_class("smb.csi.k8s.io", mountOptions=[f"pass={secret}"]),
            lambda: container(command=["mount", "-t", "cifs", "-o", f"username=me,password={secret}", "//h/s", "/m"]),
        ]
    return choose.choice(makers)()


def written(choose, manifest):
    if choose.random() < 0.5:
        return json.dumps(manifest, ensure_ascii=choose.random() < 0.5)
    return yaml.safe_dump(manifest, allow_unicode=True, width=choose.choice([40, 80, 1000]))


def test_three_hundred_generated_credentials_are_found_where_they_are():
    choose = random.Random(20261123)
    missed = []
    for _, secret in zip(range(300), secrets(choose), strict=False):
        text = written(choose, places_for(choose, secret))
        read = [one[3] for one in found_in(text) if one[0] == values.CREDENTIAL]
        hits = {secret, json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]}.intersection(read)
        if not hits:
            missed.append(text)
    assert len(missed) <= 6


NEITHER = [
    "$(VAR)", "${VAR}", "$VAR", "{{ .Values.password }}", "{{.Values.x}}", '{{ include "x" . }}',
    "{{repl RandomString 32}}", "", "true", "false", "/run/secrets/password", "~/.password", "./secrets/password.key", "file:///etc/password",
    "keys/tls.pem", "vault:secret/data/x#y", "ref+awsssm://x/y", "ENC[AES256_GCM,data:abc]", "<path:secret/x#y>",
    "x@azurekeyvault?tls.crt", "ssh-rsa AAAAB3Nza", "%s", "secret-{name}", "@@PASSWORD@@", "op://vault/item/password",
    "arn:aws:secretsmanager:eu-central-1:1:secret:x", "https://login.example/x",
]  # fmt: skip
DECOYS = {
    "DB_PASSWORD_FILE": "/x/y", "A_SECRET_NAME": "memberlist", "TOKEN_SECRET_KEY": "token", "MAX_TOTAL_TOKENS": "512",
    "PASSWORD_MIN_LENGTH": "8", "TOKEN_URL": "https://x.example/y", "AUTH_MODE": "token", "KEY": "abc", "USER": "admin",
    "ACCESS_KEY_ID": "made-up-id", "MINIO_ACCESS_KEY": "minio", "KMS_KEY_ID": "made-up-id", "API_KEY_HEADER": "X-Key",
    "SECRET_NAMESPACE": "kube-system", "TOKEN_EXPIRATION": "3600", "PASSWORD_HASH_ALGORITHM": "bcrypt",
    "TLS_SECRET": "a-tls",
    "SECRETS_STORE": "vault", "IMAGE_PULL_SECRET": "registry", "PGPASSFILE": "/x", "PASSENGER_APP_ENV": "production",
    "CLUSTER_TOKEN": "cluster-1", "KEYBOARD": "us", "SORT_KEY": "name", "CACHE_KEY_PREFIX": "a", "PUBLIC_KEY": "AAAA",
    "MONGO_URL": "mongodb://mongo:27017/x", "LNET": "192.0.2.1@tcp:192.0.2.2@tcp", "SECRET_PROVIDER": "aws",
    "keyvaultobjecttype": "secret", "AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "PASSWORD_AUTHENTICATION": "no",
}  # fmt: skip


def test_three_hundred_generated_values_that_are_no_credentials_stay_silent():
    choose = random.Random(20261123)
    for value in choose.choices(NEITHER, k=300):
        manifest = places_for(choose, value)
        script = str(manifest["spec"].get("containers", "") if "spec" in manifest else "")
        if "'sh', '-c'" in script or "'bash'" in script:
            continue
        text = written(choose, manifest)
        assert not found_in(text), (value, text)
    for name, value in DECOYS.items():
        flag = f"--{name.lower().replace('_', '-')}"
        for manifest in (
            container(env=[{"name": name, "value": value}]),
            container(args=[f"{flag}={value}"]),
            container(args=[flag, value]),
            flex("example.com/unknown", {name: value}),
            csi("example.com/unknown", {name: value}),
            storage_class("example.com/unknown", parameters={name: value}),
        ):
            assert not found_in(json.dumps(manifest)), (name, value)


@pytest.mark.parametrize("check", CATEGORY)
def test_the_tokens_of_a_check_are_in_every_document_it_matches(check, request):
    folder = request.path.parent / "fixtures" / check
    relevance = Relevance([(CHECKS[check].tokens, 1)])
    for path in set(folder.glob("bad*.yaml")) - set(folder.glob("*.fixed.yaml")):
        source = Source(path.name, path.read_bytes())
        for document in documents(source):
            if f"# expect: {check}" in document.text:
                assert relevance.of(document.text), f"{path.name}:{document.line}"


SCALARS = [
    "k: SECRET9",
    "k: 'a SECRET9 b'",
    "k: 'it''s SECRET9'",
    'k: "a\\tSECRET9\\n"',
    'k: "\\u0041\\x41\\"SECRET9\\"\\u2028"',
    "k: |\n  a\n   b SECRET9 c\n  d\n",
    "k: | # SECRET9\n  a SECRET9\n",
    "k: |2-\n   a\n  SECRET9\n",
    "k: >-\n  a\n  b SECRET9\n\n   c\n",
    "k: a\n  b SECRET9 c\n  d",
    'k: "a\\\n   b SECRET9"',
    "k: |\r\n  a\r\n  SECRET9\r\n",
    "k: &a SECRET9",
]


@pytest.mark.parametrize("text", SCALARS)
def test_spans_of_scalars(text):
    source = Source("a", text.encode())
    node = next(iter(documents(source))).compose().get("k")
    start = node.value.index("SECRET9")
    first, last = value_span_to_source(node, source.text, start, start + 7)
    assert (source.text[first:last], first) == ("SECRET9", text.rindex("SECRET9"))


def test_the_span_of_an_alias_is_the_alias():
    source = Source("a", b"a: &x SECRET9\nk: *x\n")
    node = next(iter(documents(source))).compose().get("k")
    first, last = value_span_to_source(node, source.text, 0, 7)
    assert source.text[first:last] == "*x"


PIECES = st.text(alphabet="ab \n\t\"'\\:#$é\u2028|>-{}", max_size=20)


@settings(max_examples=200, deadline=None)
@given(PIECES, PIECES, st.sampled_from([None, "'", '"', "|", ">"]))
def test_spans_of_whatever_a_yaml_library_writes(before, after, style):
    value = f"{before}SECRET9{after}"
    text = yaml.dump({"k": value}, default_style=style, allow_unicode=True, width=20)
    source = Source("a", text.encode())
    node = next(iter(documents(source))).compose().children[1]
    if node.value == value:
        start = len(before)
        first, last = value_span_to_source(node, source.text, start, start + 7)
        assert source.text[first:last] == "SECRET9"


def secrets_in(text):
    source = Source("a.yaml", text.encode())
    parts = [Part(document.start, document.end, [document.compose()]) for document in documents(source)]
    return secrets_of(source.text, parts)


def hidden(text):
    made = text
    for start, end in reversed(secrets_in(text).spans):
        made = made[:start] + masks.MASK + made[end:]
    return made


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nspec: {containers: [{env: [{name: DB_PASSWORD, value: SECRET9}]}]}",
        "kind: Pod\nspec:\n  # DB_PASSWORD: SECRET9\n  a: b",
        "kind: Pod\nspec:\n  # - name: DB_PASSWORD\n  #   value: SECRET9\n  a: b",
        "kind: Secret\ndata:\n  anything: SECRET9",
        "kind: Widget\nspec:\n  storage:\n    password: SECRET9",
        "kind: Widget\nspec:\n  url: https://me:SECRET9@example.org",
        "kind: Widget\nspec:\n  template:\n    args: [--token, SECRET9]",
        "kind: PersistentVolume\nspec:\n  flexVolume:\n    driver: v3io/fuse\n    options: {accessKey: SECRET9}",
        "kind: ConfigMap\ndata:\n  script.sh: |\n    mysql -pSECRET9",
        "a: &x SECRET9\nenv:\n- {name: DB_PASSWORD, value: *x}",
    ],
)
def test_masks_hide_credentials_in_any_object(text):
    assert "SECRET9" in text
    assert "SECRET9" not in hidden(text)
    assert masks.MASK in hidden(text)


def test_a_credential_is_hidden_wherever_it_is_repeated():
    text = "env:\n- {name: DB_PASSWORD, value: s3cr3tive}\nnote: it is s3cr3tive\n# s3cr3tive\nkeep: secretive\n"
    assert hidden(text).count(masks.MASK) == 3
    assert "keep: secretive" in hidden(text)


def test_common_words_are_hidden_in_their_own_place_only():
    text = "metadata: {name: mysql}\nenv:\n- {name: DB_PASSWORD, value: mysql}\n"
    assert hidden(text) == f"metadata: {{name: mysql}}\nenv:\n- {{name: DB_PASSWORD, value: {masks.MASK}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        "env:\n- {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: password}}}",
        "spec: {secretName: a, tokenSecretRef: {name: b}}",
        "args: [--password=$(PW), --token-file=/x]",
        "spec:\n  description: the password is read from a Secret, see key `password`",
        "# password: see below\nkind: Pod",
    ],
)
def test_masks_leave_references_visible(text):
    assert "see below" in text or hidden(text) == text


def test_strings_are_scrubbed_and_fixes_that_would_copy_a_credential_are_refused():
    from kvlint.finding import MANUAL, UNSAFE, Confidence, Edit, Finding, Fix, Location, Migration

    text = "kind: Pod\nspec: {containers: [{env: [{name: DB_PASSWORD, value: s3cr3tive}]}]}\n"
    source = Source("a.yaml", text.encode())
    document = next(iter(documents(source)))
    place = Location("a.yaml", 2, 1, 2, 4, "here is s3cr3tive")
    finding = Finding(
        "r", "credentials", Severity.ERROR, Confidence.HIGH, "it is s3cr3tive", "not s3cr3tive", place, None, "spec",
        related=(place,),
        fix=Fix("write s3cr3tive", UNSAFE, (Edit("a.yaml", 0, 1, "password: s3cr3tive"),)),
        migration=Migration("m", None, "manual", manifests=({"a": ["s3cr3tive"]},), steps=("do s3cr3tive",)),
    )  # fmt: skip
    (cleaned,), spans = hide(source, [Part(document.start, document.end, [document.compose()])], (finding,))
    assert "s3cr3tive" not in repr(cleaned)
    assert (cleaned.fix.applicability, cleaned.fix.edits) == (MANUAL, ())
    assert spans == ((2, 55, 2, 64),)


def test_an_annotation_with_a_copy_of_the_object_is_judged_by_the_same_rules():
    inner = json.dumps(container(env=[{"name": "MINIO_SECRET_KEY", "value": "made-up-7"}]))
    outer = container()
    outer["metadata"]["annotations"] = {places.LAST_APPLIED: inner}
    text = json.dumps(outer)
    source = Source("a.json", text.encode())
    document = next(iter(documents(source)))
    metadata = document.compose().get("metadata")
    ((_, name, found),) = places.annotations(metadata)
    assert (name, [one.name for one in found]) == (places.LAST_APPLIED, ["MINIO_SECRET_KEY"])
    assert "made-up-7" not in hidden(text)


def test_a_url_in_percent_encoding_is_hidden_as_it_is_written():
    text = f"kind: Pod\nspec: {{u: 'https://me:{quote('a/b c9', safe='')}@example.org'}}\n"
    assert hidden(text) == f"kind: Pod\nspec: {{u: 'https://me:{masks.MASK}@example.org'}}\n"


@pytest.mark.parametrize("severity", Severity)
def test_a_placeholder_stays_an_info_whatever_severity_is_configured(severity: Severity) -> None:
    env = [{"name": "DB_PASSWORD", "value": value} for value in ("changeme", "made-up-7")]
    source = Source("a.yaml", yaml.safe_dump(container(env=env)).encode())
    rule = ActiveRule(CATEGORY["pod-env-credential"], severity, {})
    placeholder, literal = map_source(source, Plan([rule])).findings
    assert (placeholder.severity, literal.severity) == (Severity.INFO, severity)
