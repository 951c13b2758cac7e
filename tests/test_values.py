"""The value grammar: what is a credential, a placeholder, a reference, or nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.checks import values
from kvlint.checks.values import classify, verdicts
from kvlint.finding import Confidence, Severity
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import ENVIRONMENT, Place, Strength, strength, words

CEPH = "AQBub3RhcmVhbGtleW5vdGFyZWFsa2V5bm90YXJl=="
AZURITE = next(key for key in keys.PUBLISHED if key.startswith("Eby8"))
PEM = "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("AWS_SECRET_ACCESS_KEY", "aws secret access key"),
        ("awsSecretAccessKey", "aws secret access key"),
        ("AWSSecretAccessKey", "aws secret access key"),
        ("s3-secret-access-key", "s3 secret access key"),
        ("node.session.auth.password", "node session auth password"),
        ("PGPASSWORD", "pg password"),
        ("adminpassword2", "admin password 2"),
        ("restuserkey", "rest user key"),
        ("BYPASS", "bypass"),
        ("", ""),
    ],
)
def test_words(name, parts):
    assert " ".join(words(name)) == parts


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        (
            Strength.STORAGE,
            "AWS_SECRET_ACCESS_KEY akSecret restuserkey RCLONE_CONFIG_BOX_PASS AZURE_STORAGE_ACCESS_KEY",
        ),
        (
            Strength.GENERIC,
            "DB_PASSWORD dbPass API_TOKEN SECRET APP_SECRET_KEY TLS_PRIVATE_KEY DB_PASSWORD_OLD PASSWORD_2",
        ),
        (Strength.IDENTITY, "ACCESS_KEY AWS_ACCESS_KEY_ID akId"),
        (
            Strength.NONE,
            "KEY TLS_KEY PWD OLDPWD MONKEY MAX_TOTAL_TOKENS DB_PASSWORD_FILE X_SECRET_NAME GITHUB_TOKEN_SECRET_KEY "
            "SECRETS PASSWORD_POLICY initial-cluster-token ALLOW_EMPTY_PASSWORD SSH_PUBLIC_KEY TOKEN_URL "
            "RCLONE_CONFIG_PASS_TYPE",
        ),
    ],
)
def test_strength(expected, names):
    assert {name: strength(name) for name in names.split()} == dict.fromkeys(names.split(), expected)


def test_a_bare_secret_names_one_outside_the_environment():
    assert strength("SECRET", keys.ENV) is Strength.GENERIC
    assert strength("secret", keys.FLAG) is Strength.NONE
    assert strength("authSecret", keys.CLASS) is Strength.NONE
    assert strength("client-secret", keys.FLAG) is Strength.GENERIC


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "password",
        "admin",
        "1234",
        "minioadmin",
        "correct horse battery staple",
        "Pa$$w0rd",
        "a{b}c1",
    ],
)
def test_literals_are_credentials(value):
    assert classify("DB_PASSWORD", value, ENVIRONMENT) == values.Verdict(
        values.CREDENTIAL, Severity.WARNING, Confidence.MEDIUM, 0, len(value), "password"
    )


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "changeme123",
        "change-this-password",
        "ChangeThisStrongPassword",
        "yourpassword",
        "your-256-bit-secret",
        "<password>",
        "<< password >>",
        "***",
        "...",
        "xxxxxx",
        "LTAI****",
        "aaaa",
        "REPLACE_ME",
        "INSERT_PASSWORD_HERE",
        "DB_PASSWORD",
        "DB_PASSWORD_VAL",
        "SECRET_ACCESS_KEY",
        "none",
        "dummy",
        "fake_password",
        "example-password",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        AZURITE,
    ],
)
def test_placeholders_and_published_keys_are_infos(value):
    found = classify("DB_PASSWORD", value, ENVIRONMENT)
    assert (found.kind, found.severity) == (values.PLACEHOLDER, Severity.INFO)


@pytest.mark.parametrize(
    "value",
    [
        "$(DB)",
        "${DB}",
        "$DB",
        "$(cat /run/secrets/db)",
        "{{ .Values.db }}",
        '{{ include "x" . }}',
        "pre-$(DB)-post",
        "%s",
        "@@DB@@",
        "{d['db']}",
        "secret-{username}",
        "/run/secrets/db",
        "~/.db",
        "file:///etc/db",
        "keys/db.pem",
        "vault:secret/data/db#password",
        "ref+awsssm://db",
        "<path:secret/data/db#password>",
        "ENC[AES256_GCM,data:AbCd=]",
        "certificate-inject@azurekeyvault?tls.crt",
        "https://login.example/db",
    ],
)
def test_references(value):
    assert classify("DB_PASSWORD", value, ENVIRONMENT).kind == values.REFERENCE


@pytest.mark.parametrize(
    "value", ["", "  \n", "true", "No", "0", "ssh-ed25519 AAAAC3Nza", "-----BEGIN PUBLIC KEY-----"]
)
def test_nothing(value):
    assert classify("DB_PASSWORD", value, ENVIRONMENT).kind == values.NONE


def test_the_name_of_a_secret_is_a_reference_and_a_password_like_it_is_not():
    assert classify("APP_SECRET", "app-credentials", ENVIRONMENT).kind == values.REFERENCE
    assert classify("APP_PASSWORD", "app-credentials", ENVIRONMENT).kind == values.CREDENTIAL


def test_a_default_in_use_beats_the_name_it_repeats():
    assert classify("password", "password", ENVIRONMENT).kind == values.CREDENTIAL
    assert classify("PASSWORD", "PASSWORD", ENVIRONMENT).kind == values.PLACEHOLDER


def test_blanks_around_a_credential_are_outside_its_span():
    found = classify("DB_PASSWORD", "  hunter2\n", ENVIRONMENT)
    assert (found.start, found.end) == (2, 9)


@pytest.mark.parametrize(
    ("value", "secret", "what"),
    [
        ("postgres://app:hunter2@db/x", "hunter2", "password in a URL"),
        ("redis://:hunter2@redis:6379", "hunter2", "password in a URL"),
        ("http://me:p@ss@proxy:3128", "p@ss", "password in a URL"),
        ("mongodb://me:hunter2@a:1,b:2/x?authSource=admin", "hunter2", "password in a URL"),
        ("app:hunter2@tcp(mysql:3306)/x", "hunter2", "password in a URL"),
        ("jdbc:mysql://db/x?user=a&password=hunter2&ssl=true", "hunter2", "password"),
        ("host=db user=a password='hunter 2' sslmode=off", "hunter 2", "password"),
        ("Server=db;User Id=a;Password=hunter2;Encrypt=yes", "hunter2", "password"),
        ("username=a,password=hunter2,uid=1", "hunter2", "password"),
        ('{"auths": {"x": {"password": "hunter2"}}}', "hunter2", "password"),
        ("-Xmx1g -Dapp.trustStorePassword=hunter2", "hunter2", "password"),
        (f"key = {CEPH}", CEPH, "Ceph key"),
        (
            "AccountName=a;AccountKey=bm90YXJlYWxrZXlub3RhcmVhbA==;X=y",
            "bm90YXJlYWxrZXlub3RhcmVhbA==",
            "Azure storage key",
        ),
        ("https://a/b?sv=1&sig=bm90YXJlYWxzaWduYXR1cmU%3D&sp=r", "bm90YXJlYWxzaWduYXR1cmU%3D", "Azure SAS signature"),
        ("https://ghp_" + "a1B2" * 9 + "@github.com/x", "ghp_" + "a1B2" * 9, "GitHub token"),
    ],
)
def test_credentials_inside_a_value_of_any_name(value, secret, what):
    (found,) = verdicts("ANYTHING", value, ENVIRONMENT)
    assert (found.kind, value[found.start : found.end], found.what) == (values.CREDENTIAL, secret, what)


@pytest.mark.parametrize(
    "value",
    [
        "postgres://app:$(PW)@db/x",
        "postgres://$(U):$(P)@$(H)/x",
        "redis://:{{pw}}@redis",
        "192.0.2.1@tcp:192.0.2.2@tcp",
        "ssh://git@git.example:22/app.git",
        "docker://registry/app:1.0@sha256:0123456789",
        "http://server:8080/path@v1",
        "http://server:8080?to=me@example.org",
        "http://a:1,http://b:2",
        "mailto:me@example.org",
        "UseDevelopmentStorage=true",
        "password=",
        "password=$(PW)",
        '{"password": ""}',
        "token.ttl=1h",
        "keys=a;secretName=b",
    ],
)
def test_no_credential_inside_a_value(value):
    assert all(found.kind in (values.NONE, values.REFERENCE) for found in verdicts("ANYTHING", value, ENVIRONMENT))


def test_the_shape_that_documentation_uses_is_a_placeholder():
    assert classify("URL", "postgres://user:password@db.example.com/x", ENVIRONMENT).kind == values.PLACEHOLDER
    assert classify("URL", "postgres://USER:PASSWORD@db/x", ENVIRONMENT).kind == values.PLACEHOLDER
    assert classify("URL", "postgres://user:password@postgres/x", ENVIRONMENT).kind == values.CREDENTIAL


def test_private_keys_need_a_body():
    body = "bm90IGEgcmVhbCBrZXksIG9ubHkgZm9yIHRlc3RzLiBub3QgYSByZWFsIGtleS4u"
    assert classify("X", PEM.format(body), ENVIRONMENT).kind == values.CREDENTIAL
    assert classify("X", PEM.format("..."), ENVIRONMENT).kind == values.PLACEHOLDER
    assert classify("X", '{"private_key": "' + PEM.format(body).replace("\n", "\\n") + '"}', ENVIRONMENT).kind == (
        values.CREDENTIAL
    )


def test_a_key_that_begins_like_a_path():
    key = "/7Zt3Lm9Xc2+b8Nk4Jh6/f1Dd5Ss0Aq7Zt3Lm9Xc"
    assert classify("AWS_SECRET_ACCESS_KEY", key, ENVIRONMENT).kind == values.CREDENTIAL
    assert (
        classify("AWS_SECRET_ACCESS_KEY", "/opt/application/secrets/database/passwd", ENVIRONMENT).kind
        == values.REFERENCE
    )


def test_severity_and_confidence_follow_name_and_place():
    storage = classify("AWS_SECRET_ACCESS_KEY", "hunter2", ENVIRONMENT)
    assert (storage.severity, storage.confidence) == (Severity.ERROR, Confidence.HIGH)
    generic = classify("DB_PASSWORD", "hunter2", ENVIRONMENT)
    assert (generic.severity, generic.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    unknown = classify("password", "hunter2", keys.flexvolume("example.com/unknown"))
    assert (unknown.severity, unknown.confidence) == (Severity.ERROR, Confidence.MEDIUM)


def test_what_is_known_of_a_place_comes_before_the_words_of_a_name():
    oss = keys.flexvolume("alicloud/oss")
    assert classify("AKSECRET", "hunter2", oss).kind == values.CREDENTIAL
    assert classify("akId", "hunter2", oss).kind == values.NONE
    assert classify("akId", "hunter2", oss, paired=True).severity is Severity.WARNING
    assert classify("ticket", "hunter2", keys.flexvolume("mapr.com/maprfs")).kind == values.CREDENTIAL
    assert classify("ticket", "hunter2", keys.flexvolume("example.com/x")).kind == values.NONE
    assert classify("kubernetes.io/secret/x", "hunter2", keys.flexvolume("example.com/x")).kind == values.CREDENTIAL
    assert classify("mountSecret", "hunter2", keys.flexvolume("ceph.rook.io/rook")).kind == values.NONE


TEXT = st.text(alphabet=st.sampled_from("abcXYZ019 -_=:;,./@$(){}<>[]\"'\\\n&?%*#+|é"), max_size=60)
NAMES = st.sampled_from(["DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "URL", "akId", "connectionString", "", "x.y"])
PLACES = st.sampled_from([ENVIRONMENT, keys.MOUNT, Place(keys.FILE), keys.flexvolume("alicloud/oss")])


@settings(max_examples=300, deadline=None)
@given(NAMES, TEXT, PLACES, st.booleans())
def test_spans_lie_in_the_value_and_never_overlap(name, value, place, paired):
    found = verdicts(name, value, place, paired=paired)
    spoken = sorted((one.start, one.end) for one in found if one.kind in (values.CREDENTIAL, values.PLACEHOLDER))
    last = 0
    for start, end in spoken:
        assert last <= start < end <= len(value)
        last = end


def test_patterns_stay_in_the_common_subset_of_regular_expressions():
    for grammar in (*keys.GRAMMARS, *keys.SHAPES):
        assert not re.search(r"\(\?[=!<]|\\[1-9]", grammar.pattern), grammar.what
        re.compile(grammar.pattern)
