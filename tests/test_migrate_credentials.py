"""Credentials into Secrets: the fix refers to a Secret and repeats no value, and what it writes is found no more."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from migrate_support import schema_errors

from kvlint.engine import map_source
from kvlint.finding import MANUAL, SAFE, UNSAFE, Finding, Severity
from kvlint.fixer import Level, fix
from kvlint.knowledge import secret_references
from kvlint.knowledge.secret_references import SecretReference
from kvlint.migrate.credential import ROTATE
from kvlint.migrate.subject import PLACEHOLDER_PREFIX
from kvlint.plan import ActiveRule, Plan
from kvlint.registry import rules
from kvlint.source import Source
from kvlint.yamltree import documents

FIXTURES = Path(__file__).parent / "fixtures"
ALL = Level(unsafe=True, placeholders=True)
SECRET = "made-up-7"

Plain = dict[str, Any]


def plan(inputs: Plain | None = None) -> Plan:
    active = [ActiveRule(rule, None, {}) for rule in rules().values() if rule.category == "credentials"]
    return Plan(active, inputs=inputs or {})


def found(text: str, inputs: Plain | None = None) -> list[Finding]:
    return list(map_source(Source("a.yaml", text.encode()), plan(inputs)).findings)


def one(text: str, inputs: Plain | None = None) -> Finding:
    (finding,) = found(text, inputs)
    assert finding.migration is not None
    return finding


def fixed(text: str, level: Level = ALL, inputs: Plain | None = None) -> str:
    done = fix(Source("a.yaml", text.encode()), plan(inputs), level)
    assert not done.refused
    return done.after.decode()


def plain(text: str) -> list[Any]:
    return [document.compose().plain() for document in documents(Source("a.yaml", text.encode()))]


def dump(*objects: Plain) -> str:
    return "---\n".join(yaml.safe_dump(one, sort_keys=False) for one in objects)


def deployment(*containers: Plain, namespace: str | None = "shop") -> Plain:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"} | ({"namespace": namespace} if namespace else {}),
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"image": "i", **container} for container in containers]},
            },
        },
    }


def env(*pairs: tuple[str, str], name: str = "c") -> Plain:
    return {"name": name, "env": [{"name": key, "value": value} for key, value in pairs]}


def refer(variable: str, key: str, name: str = "credentials-deployment-web") -> Plain:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def containers(text: str) -> list[Plain]:
    made: list[Plain] = plain(text)[0]["spec"]["template"]["spec"]["containers"]
    return made


# Environment variables

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
      - name: c
        env:
        - name: MODE # as always
          value: fast
        # the database
        - name: DB_PASSWORD
          value: "made-up-7" # change it
        - {name: API_TOKEN, value: made-up-8}
        - name: DATABASE_URL
          value: postgres://me:made-up-9@db/x # the same server
"""

POD_FIXED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
      - name: c
        env:
        - name: MODE # as always
          value: fast
        # the database
        - name: DB_PASSWORD
          valueFrom:
            # change it
            secretKeyRef:
              name: credentials-deployment-web
              key: DB_PASSWORD
        - {name: API_TOKEN, valueFrom: {secretKeyRef: {name: credentials-deployment-web, key: API_TOKEN}}}
        - name: DATABASE_URL_PASSWORD
          valueFrom:
            secretKeyRef:
              name: credentials-deployment-web
              key: DATABASE_URL_PASSWORD
        - name: DATABASE_URL
          value: postgres://me:$(DATABASE_URL_PASSWORD)@db/x # the same server
"""


def test_variables_refer_to_one_secret_of_the_workload() -> None:
    assert fixed(POD) == POD_FIXED
    assert fixed(POD_FIXED) == POD_FIXED
    assert not found(POD_FIXED)


def test_the_secret_is_an_input_and_never_a_document() -> None:
    migrations = [finding.migration for finding in found(POD)]
    for migration in migrations:
        assert migration is not None
        assert migration.applicability == UNSAFE
        assert (migration.manifests, migration.inputs) == ((), ())
        (secret,) = migration.secrets
        assert secret["metadata"] == {"name": "credentials-deployment-web", "namespace": "shop"}
        assert list(secret["stringData"]) == ["DB_PASSWORD", "API_TOKEN", "DATABASE_URL_PASSWORD"]
        assert all(value.startswith(PLACEHOLDER_PREFIX) for value in secret["stringData"].values())
        assert migration.steps[0].endswith(
            "`kubectl create secret generic credentials-deployment-web --namespace shop --from-file=DB_PASSWORD=FILE "
            "--from-file=API_TOKEN=FILE --from-file=DATABASE_URL_PASSWORD=FILE`"
        )
        assert migration.preparation == migration.steps[:1]
        assert ROTATE in " ".join(migration.notes)
    assert len({migration.id for migration in migrations if migration is not None}) == 3


def test_nothing_is_changed_without_unsafe_fixes() -> None:
    assert fixed(POD, Level()) == POD


def test_containers_share_a_key_where_their_values_are_equal() -> None:
    text = dump(
        deployment(
            env(("DB_PASSWORD", SECRET), name="a"),
            env(("DB_PASSWORD", SECRET), name="b"),
            env(("DB_PASSWORD", "made-up-8"), name="c"),
        )
    )
    assert [container["env"] for container in containers(fixed(text))] == [
        [refer("DB_PASSWORD", "DB_PASSWORD")],
        [refer("DB_PASSWORD", "DB_PASSWORD")],
        [refer("DB_PASSWORD", "c.DB_PASSWORD")],
    ]


def test_a_key_in_use_is_not_taken_for_another_value() -> None:
    first = {"name": "a", "env": [refer("DB_PASSWORD", "DB_PASSWORD")]}
    text = dump(deployment(first, env(("DB_PASSWORD", SECRET), name="b")))
    assert containers(fixed(text))[1]["env"] == [refer("DB_PASSWORD", "b.DB_PASSWORD")]


def test_the_name_of_the_secret_can_be_configured() -> None:
    inputs = {"credentials": {"secret": {"credentials-deployment-web": "shop-keys"}}}
    text = dump(deployment(env(("DB_PASSWORD", SECRET))))
    assert containers(fixed(text, inputs=inputs))[0]["env"] == [refer("DB_PASSWORD", "DB_PASSWORD", "shop-keys")]


def test_a_key_is_valid_whatever_the_variable_is_called() -> None:
    migration = one(dump(deployment(env(("my password", SECRET))))).migration
    assert migration is not None
    (key,) = migration.secrets[0]["stringData"]
    assert key.startswith("key-my-password-")
    assert not schema_errors(migration.secrets[0])


def test_a_secret_of_very_many_keys_is_not_written_out_for_each() -> None:
    many = dump(deployment(env(*((f"V{number}_PASSWORD", f"made-up-{number}-x") for number in range(60)))))
    migration = found(many)[0].migration
    assert migration is not None
    assert list(migration.secrets[0]["stringData"]) == ["V0_PASSWORD"]
    assert any("60 keys" in note for note in migration.notes)


BY_HAND = {
    "two credentials in one value": (env(("URLS", "redis://:made-up-7@a,redis://:made-up-8@b")), "several credentials"),
    "the variable exists": (
        env(("DATABASE_URL_PASSWORD", "$(OTHER)"), ("DATABASE_URL", "postgres://me:made-up-7@db/x")),
        "`DATABASE_URL_PASSWORD` already",
    ),
    "several lines": (env(("SETTINGS", "user=me\npassword=made-up-7\nmode=a")), "several lines"),
    "a name that is no variable": (env(("my-url", "postgres://me:made-up-7@db/x")), "no variable"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_left_to_a_human(case: str) -> None:
    container, reason = BY_HAND[case]
    text = dump(deployment(container))
    assert fixed(text) == text
    for finding in found(text):
        assert finding.migration is not None
        assert finding.migration.applicability == MANUAL
        assert reason in finding.migration.steps[1]
        assert ROTATE in " ".join(finding.migration.notes)


def test_what_an_operator_makes_of_its_own_object_is_left_to_a_human() -> None:
    database = deployment(env(("DB_PASSWORD", SECRET))) | {"apiVersion": "example.com/v1", "kind": "Database"}
    text = dump(database)
    assert fixed(text) == text
    assert "operator of Database" in " ".join(one(text).migration.steps)  # type: ignore[union-attr]


def test_a_comment_that_repeats_the_value_is_no_reason_to_copy_it() -> None:
    text = POD.replace("# change it", "# was made-up-7 before")
    finding = found(text)[0]
    assert finding.fix is not None
    assert (finding.fix.applicability, finding.fix.edits) == (MANUAL, ())


def test_a_placeholder_is_replaced_too() -> None:
    text = dump(deployment(env(("DB_PASSWORD", "changeme"))))
    finding = one(text)
    assert finding.severity is Severity.INFO
    assert "Should the placeholder be in use" in " ".join(finding.migration.notes)  # type: ignore[union-attr]
    assert containers(fixed(text))[0]["env"] == [refer("DB_PASSWORD", "DB_PASSWORD")]


def test_containers_of_a_pod_cannot_be_changed() -> None:
    spec = {"containers": [{"image": "i", **env(("DB_PASSWORD", SECRET))}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
    migration = one(dump(pod)).migration
    assert migration is not None
    assert "`kubectl delete pod/web`" in migration.steps[-1]
    assert "--namespace" not in migration.steps[0]


# Command lines

PLACES = {
    "argument": ({"args": ["--db-password=made-up-7"]}, "Write `$(DB_PASSWORD)` in the place"),
    "script": ({"command": ["sh", "-c", "x --db-password=made-up-7"]}, 'Write `"$DB_PASSWORD"` in the place'),
    "probe": (
        {"livenessProbe": {"exec": {"command": ["x", "--db-password=made-up-7"]}}},
        'through a shell (`sh -c`) with `"$DB_PASSWORD"`',
    ),
    "script of a hook": (
        {"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "x --db-password=made-up-7 y"]}}}},
        'Write `"$DB_PASSWORD"` in the place',
    ),
    "header": (
        {"readinessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "X-Api-Key", "value": "made-up-7"}]}}},
        "Kubernetes puts no variables into headers",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_command_line_is_advised_by_what_can_stand_there(place: str) -> None:
    container, advice = PLACES[place]
    text = dump(deployment({"name": "c", **container}))
    finding = one(text)
    migration = finding.migration
    assert migration is not None
    assert (migration.status, migration.applicability) == (MANUAL, MANUAL)
    assert advice in " ".join(migration.steps)
    assert '"secretKeyRef": {"name": "credentials-deployment-web", "key": ' in " ".join(migration.steps)
    assert ROTATE in " ".join(migration.notes)
    assert fixed(text) == text


def test_command_lines_and_variables_share_the_secret() -> None:
    container = {**env(("DB_PASSWORD", SECRET)), "args": ["--db-password=made-up-8", "--db-password", SECRET]}
    first, second, third = (finding.migration for finding in found(dump(deployment(container))))
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.secrets == second.secrets == third.secrets
    assert list(first.secrets[0]["stringData"]) == ["DB_PASSWORD", "DB_PASSWORD_2", "DB_PASSWORD_3"]


# Volumes and classes

ROWS = [row for row in secret_references.every() if row.keys]
FLEX = "/"


def persistent(driver: str, settings_: Plain, **spec: Any) -> Plain:
    source = (
        {"flexVolume": {"driver": driver, "options": settings_}}
        if FLEX in driver
        else {"csi": {"driver": driver, "volumeHandle": "h", "volumeAttributes": settings_}}
    )
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "data"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], **source, **spec},
    }


def inline(driver: str, settings_: Plain) -> Plain:
    field, holder = ("flexVolume", "options") if FLEX in driver else ("csi", "volumeAttributes")
    volume = {"name": "data", field: {"driver": driver, holder: settings_}}
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": [volume]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def storage_class(provisioner: str, parameters: Plain, **more: Any) -> Plain:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "data"},
        "provisioner": provisioner,
        "parameters": parameters,
        **more,
    }


def literals(row: SecretReference) -> Plain:
    """All settings of a driver that hold a credential or what belongs to it, and one that does not."""
    values = {
        "configdata": "[x]\ntype = s3\nsecret_access_key = made-up-7\n",
        "userkey": "AQBtYWRlLXVwbm90YXJlYWxrZXlub3RhcmVhbGtl==",
    }
    held = {names[0]: values.get(names[0], f"made-up-{key}-7") for key, names in row.keys.items() if names}
    return {"bucket": "data", **held}


CASES = [
    (row, kind)
    for row in ROWS
    for kind, served in (
        (
            "volume",
            bool(row.volume) or (row.settings is not None and FLEX in row.names[0] and row.type == "Opaque"),
        ),
        (
            "inline",
            bool(row.inline) or (row.settings is not None and not row.type.startswith(("kubernetes", "gluster"))),
        ),
        ("class", bool(row.roles) or row.type.startswith(("kubernetes", "gluster"))),
    )
    if served
]


@pytest.mark.parametrize(("row", "kind"), CASES, ids=[f"{row.names[0]}-{kind}" for row, kind in CASES])
def test_the_driver_reads_a_secret_in_place_of_its_settings(row: SecretReference, kind: str) -> None:
    driver, held = row.names[0], literals(row)
    make = {"volume": persistent, "inline": inline, "class": storage_class}[kind]
    text = dump(make(driver, held))
    before = [finding for finding in found(text) if finding.severity > Severity.INFO]
    assert before
    after = fixed(text)
    assert not [finding for finding in found(after) if finding.severity > Severity.INFO]
    (new,) = plain(after)
    assert not any(value in json.dumps(new) for key, value in held.items() if key != "bucket")
    assert "data" in json.dumps(new)
    if FLEX not in driver or kind == "class":
        assert not schema_errors(new)
    migration = before[0].migration
    assert migration is not None
    (secret,) = migration.secrets
    assert set(row.needs) <= set(secret["stringData"])
    assert secret["type"] == row.type
    assert secret["metadata"]["name"] in json.dumps(new)
    if kind == "class":
        name = "credentials-storageclass-data"
        wanted = {f"csi.storage.k8s.io/{role}-secret-name" for role in row.roles} or {row.settings.name}  # type: ignore[union-attr]
        assert {key for key, value in new["parameters"].items() if value == name} == wanted
    elif kind == "volume" and row.volume:
        source = new["spec"].get("csi") or new["spec"]["flexVolume"]
        for field in row.volume:
            assert source[field] == {
                "name": "credentials-persistentvolume-data",
                "namespace": "<kvlint:credentials.namespace.credentials-persistentvolume-data>",
            }


@pytest.mark.parametrize("row", [row for row in secret_references.every() if row.advice], ids=lambda row: row.names[0])
def test_a_driver_without_secrets_gets_honest_advice(row: SecretReference) -> None:
    for name in row.names:
        migration = one(dump(persistent(name, {"password": SECRET}))).migration
        assert migration is not None
        assert (migration.status, migration.steps) == (MANUAL, (row.advice,))
        assert ROTATE in " ".join(migration.notes)


def test_a_setting_that_no_documentation_knows_is_left_to_a_human() -> None:
    text = dump(persistent("smb.csi.k8s.io", {"source": "//nas/x", "apiToken": SECRET}))
    migration = one(text).migration
    assert migration is not None
    assert "under which key of a Secret smb.csi.k8s.io reads `apiToken`" in migration.steps[0]
    assert fixed(text) == text


def test_a_driver_that_reads_every_setting_from_the_secret_keeps_their_names() -> None:
    held = {"remote": "x", "s3-access-key-id": "me", "s3-secret-access-key": SECRET}
    text = dump(persistent("rclone.csi.veloxpack.io", held))
    migration = one(text).migration
    assert migration is not None
    assert list(migration.secrets[0]["stringData"]) == ["s3-secret-access-key"]
    (new,) = plain(fixed(text))
    assert new["spec"]["csi"]["volumeAttributes"] == {"remote": "x", "s3-access-key-id": "me"}
    assert new["spec"]["csi"]["nodePublishSecretRef"]["name"] == "credentials-persistentvolume-data"


@pytest.mark.parametrize("make", [persistent, storage_class])
def test_an_unknown_driver_is_left_to_a_human(make: Any) -> None:
    migration = one(dump(make("unknown.example.com", {"password": SECRET}))).migration
    assert migration is not None
    assert migration.status == MANUAL
    assert "documentation of unknown.example.com" in migration.steps[0]


def test_a_secret_that_is_named_already_stays() -> None:
    pv = persistent(
        "smb.csi.k8s.io", {"source": "//nas/x"}, mountOptions=["uid=1", "username=me", "password=made-up-7"]
    )
    reference = {"name": "nas", "namespace": "data"}
    pv["spec"]["csi"]["nodeStageSecretRef"] = reference
    migration = one(dump(pv)).migration
    assert migration is not None
    assert migration.secrets == ()
    assert "`kubectl describe secret/nas --namespace data`" in migration.steps[0]
    (new,) = plain(fixed(dump(pv)))
    assert new["spec"]["mountOptions"] == ["uid=1"]
    assert new["spec"]["csi"]["nodeStageSecretRef"] == reference
    assert not any("immutable" in note for note in migration.notes)


def test_a_bound_volume_is_exchanged_and_its_data_kept() -> None:
    claim = {"name": "data", "namespace": "shop", "uid": "1-2", "resourceVersion": "7"}
    pv = persistent("smb.csi.k8s.io", {"source": "//nas/x"}, mountOptions=["password=made-up-7"], claimRef=claim)
    migration = one(dump(pv)).migration
    assert migration is not None
    steps = "\n".join(migration.steps)
    assert steps.index("Retain") < steps.index("kubectl delete pv/data")
    (new,) = plain(fixed(dump(pv)))
    assert new["spec"]["claimRef"] == {"name": "data", "namespace": "shop"}
    assert new["spec"]["csi"]["nodeStageSecretRef"]["namespace"] == "shop"
    assert "mountOptions" not in new["spec"]


def test_the_namespace_of_a_class_secret_is_an_input() -> None:
    text = dump(storage_class("smb.csi.k8s.io", {"source": "//nas/x"}, mountOptions=["password=made-up-7"]))
    finding = one(text)
    assert finding.fix is not None
    assert finding.fix.missing == ("credentials.namespace.credentials-storageclass-data",)
    assert fixed(text, Level(unsafe=True)) == text
    inputs = {"credentials": {"namespace": "storage"}}
    (new,) = plain(fixed(text, Level(unsafe=True), inputs))
    assert new["parameters"] == {
        "source": "//nas/x",
        "csi.storage.k8s.io/node-stage-secret-name": "credentials-storageclass-data",
        "csi.storage.k8s.io/node-stage-secret-namespace": "storage",
    }
    assert "mountOptions" not in new


MOUNT_OPTIONS = [
    ("uid=1,username=me,password=made-up-7,gid=2", "uid=1,gid=2"),
    ("password=made-up-7,with-comma,uid=1", "uid=1"),
    ("username=me%made-up-7", None),
    ("domain=D,pass=made-up-7,vers=3.0", "vers=3.0"),
]


@pytest.mark.parametrize(("options", "kept"), MOUNT_OPTIONS)
def test_mount_options_keep_what_is_no_credential(options: str, kept: str | None) -> None:
    pv = persistent("smb.csi.k8s.io", {"source": "//nas/x"})
    pv["metadata"]["annotations"] = {"volume.beta.kubernetes.io/mount-options": options, "other": "x"}
    (new,) = plain(fixed(dump(pv)))
    annotations = {"volume.beta.kubernetes.io/mount-options": kept, "other": "x"}
    assert new["metadata"]["annotations"] == {key: value for key, value in annotations.items() if value is not None}
    pv = persistent("smb.csi.k8s.io", {"source": "//nas/x"}, mountOptions=["hard", options])
    (new,) = plain(fixed(dump(pv)))
    assert new["spec"]["mountOptions"] == ["hard", *([kept] if kept else [])]


def test_flexvolumes_that_move_to_csi_take_their_credentials_along() -> None:
    oss = {"bucket": "b", "url": "oss.example", "akId": "made-up-id", "akSecret": SECRET}
    finding = found(dump(inline("alicloud/oss", oss)))[-1]
    assert finding.migration is not None
    assert finding.migration.driver == "ossplugin.csi.alibabacloud.com"
    assert not finding.migration.id.startswith("credential/")


# Texts


def annotated(*path: str) -> str:
    copy_ = json.dumps(deployment(env(("DB_PASSWORD", SECRET))))
    made = deployment({"name": "c"})
    holder = made
    for step in path:
        holder = holder[step]
    holder["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": copy_, "keep": "x"}
    return dump(made)


def test_the_copy_that_kubectl_keeps_is_removed_safely() -> None:
    text = annotated()
    assert one(text).fix.applicability == SAFE  # type: ignore[union-attr]
    (new,) = plain(fixed(text, Level()))
    assert new["metadata"] == {"name": "web", "namespace": "shop", "annotations": {"keep": "x"}}


def test_a_copy_in_a_template_restarts_the_pods() -> None:
    text = annotated("spec", "template")
    assert one(text).fix.applicability == UNSAFE  # type: ignore[union-attr]
    assert fixed(text, Level()) == text
    assert SECRET not in fixed(text)


def test_a_copy_beside_another_credential_is_removed_all_the_same() -> None:
    made = plain(annotated())[0]
    made["metadata"]["annotations"]["cas.openebs.io/config"] = "- name: x\n  password: made-up-8\n"
    (new,) = plain(fixed(dump(made), Level()))
    assert list(new["metadata"]["annotations"]) == ["keep", "cas.openebs.io/config"]


def test_a_config_map_names_all_entries_in_one_secret() -> None:
    data = {"rclone.conf": "[x]\npass = made-up-7\n", "keyring": "key = made-up-8\n", "mode": "fast"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop"}, "data": data}
    first, second = (finding.migration for finding in found(dump(config)))
    assert first is not None
    assert first == second
    assert first.status == MANUAL
    assert list(first.secrets[0]["stringData"]) == ["rclone.conf", "keyring"]
    assert first.steps[0].endswith(
        "`kubectl create secret generic credentials-configmap-app --namespace shop --from-file=rclone.conf=FILE "
        "--from-file=keyring=FILE`"
    )


# All of them

EVERY = sorted(FIXTURES.glob("*/bad*.yaml"))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_credential_of_the_fixtures_has_a_way_into_a_secret(path: Path) -> None:
    for finding in found(path.read_text(encoding="utf-8")):
        migration = finding.migration
        assert migration is not None, finding.field
        assert migration.steps, finding.field
        assert ROTATE in " ".join((*migration.notes, *migration.steps)), finding.field
        if migration.status == MANUAL:
            assert migration.replacement is None
        for secret in migration.secrets:
            assert not schema_errors(secret)


WORDS = st.text("abcdefghijkmnpqrstuvwxyz23456789/+=@:%&!-_.~#'\" ", min_size=8, max_size=24).map(
    lambda text: f"q7{text.strip()}9Z".replace("://", "//")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WORDS, st.data())
def test_no_value_leaves_its_place(secret: str, data: st.DataObject) -> None:
    quoted = secret.replace("'", "'\\''")
    url = "".join(letter if letter.isalnum() else f"%{ord(letter):02X}" for letter in secret)
    container = {
        **env(("DB_PASSWORD", secret), ("DATABASE_URL", f"postgres://me:{url}@db/x"), ("MODE", "fast")),
        "args": ["--db-password", secret],
        "command": ["sh", "-c", f"mysql -u root -p'{quoted}'"],
    }
    made: list[Plain] = [
        deployment(container),
        inline("rclone.csi.veloxpack.io", {"remote": "x", "configData": f"[x]\nsecret_access_key = {secret}\n"}),
        persistent("ossplugin.csi.alibabacloud.com", {"bucket": "b", "akId": "me", "akSecret": secret}),
        persistent("v3io/fuse", {"container": "x", "accessKey": secret}),
        storage_class("kubernetes.io/glusterfs", {"resturl": "http://h", "restuserkey": secret}),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"AWS_SECRET_ACCESS_KEY": secret}},
    ]
    annotated_ = deployment({"name": "c"})
    annotated_["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(deployment(env(("DB_PASSWORD", secret))))
    }
    text = dump(*data.draw(st.permutations([*made, annotated_])))
    findings = found(text)
    assert len(findings) >= len(made)
    for finding in findings:
        assert secret not in repr(finding)
        assert url not in repr(finding)
        assert json.dumps(secret)[1:-1] not in repr(finding)
    done = fix(Source("a.yaml", text.encode()), plan(), ALL)
    assert all(isinstance(one, dict) for one in plain(done.after.decode()))
    assert not any(secret in refused for refused in done.refused)
