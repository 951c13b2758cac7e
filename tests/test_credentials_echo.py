"""No output and no file that kvlint writes holds a credential, whatever its shape and wherever it stands."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from kvlint import registry
from kvlint.cli import main
from kvlint.engine import map_source
from kvlint.output import FORMATS
from kvlint.plan import ActiveRule, Plan
from kvlint.source import Source

BODY = "bm90IGEgcmVhbCBrZXksIG9ubHkgZm9yIHRlc3RzLiBub3QgYSByZWFsIGtleS4u"
SHAPES = {
    "short": "hunter2",
    "word": "sunflowers",
    "default": "minioadmin",
    "digits": "73519846",
    "symbols": "Tr0ub4dor&3!",
    "dashes": "correct-horse-battery-staple",
    "blanks": "correct horse battery staple",
    "umlauts": "pässwörtchen9",
    "dollars": "Pa$$w0rd!9",
    "single quote": "it's-a-secret9",
    "double quote": 'say"secret"9',
    "backslash": "back\\slash\\9",
    "dash first": "-dashfirst9",
    "hash first": "#hashfirst9",
    "hash inside": "mid#hash#99",
    "percent": "100%secret%9",
    "at sign": "me@secret@99",
    "colons": "a1:b2:c3:d4",
    "equals": "tail9secret==",
    "slash": "sec/ret/99x",
    "braces": "{se}c[r]et9",
    "hex 32": "5f4dcc3b5aa765d61d8327deb882cf99",
    "uuid": "3f2b8c1e-7d44-4a0e-9c55-0b1de2a47f18",
    "alphanumeric 30": "q7Zt3Lm9Xc2Vb8Nk4Jh6Gf1Dd5Ss0A",
    "base64 40": "q7Zt3Lm9Xc2+b8Nk4Jh6/f1Dd5Ss0Aq7Zt3Lm9Xc",
    "base64 40, slash first": "/7Zt3Lm9Xc2+b8Nk4Jh6/f1Dd5Ss0Aq7Zt3Lm9Xc",
    "base64 88": "q7Zt3Lm9Xc2Vb8Nk4Jh6Gf1Dd5Ss0A" * 2 + "q7Zt3Lm9Xc2Vb8Nk4Jh6Gf1D==",
    "Ceph": "AQBub3RhcmVhbGtleW5vdGFyZWFsa2V5bm90YXJl==",
    "GitHub": "ghp_" + "q7Zt3Lm9Xc2Vb8Nk4Jh6Gf1Dd5Ss0Aq7Zt3L",
    "long": "q7Zt3Lm9Xc2Vb8Nk4Jh6Gf1Dd5Ss0A" * 12,
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY[::-1]}\n-----END RSA PRIVATE KEY-----",
}
assert len(SHAPES) > 30


def pod(name, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def volume(name, persistent, **spec):
    source = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "persistentVolumeReclaimPolicy": "Recycle",
    }
    assert persistent
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {**source, **spec}}


def objects(secret):
    """One object for each position, each with other findings beside the credential."""
    container = {"name": "c", "image": "registry.example/a:1"}
    disk = {"name": "disk", "rbd": {"monitors": ["192.0.2.1:6789"], "image": "x", "user": "admin"}}
    single = "'" + secret.replace("'", "'\\''") + "'"
    env = {"name": "MINIO_SECRET_KEY", "value": secret}
    applied = json.dumps(pod("copy", containers=[{**container, "env": [env]}]))
    yield pod("env", containers=[{**container, "env": [env]}], volumes=[disk])
    yield pod(
        "argument",
        containers=[{**container, "args": ["--s3-secret-access-key", secret, f"--db-password={secret}"]}],
        volumes=[disk],
    )
    yield pod(
        "url",
        containers=[
            {**container, "env": [{"name": "DATABASE_URL", "value": f"postgres://me:{quote(secret, safe='')}@db/x"}]}
        ],
    )
    if "\n" not in secret:
        script = f"set -e\nexport AWS_SECRET_ACCESS_KEY={single}\nmysql -u root -p{single} -e 'select 1'\n"
        script += f"mc alias set m http://m:9000 me {single}\n"
        yield pod("script", containers=[{**container, "command": ["sh", "-c", script]}])
        yield pod(
            "probe",
            containers=[{**container, "livenessProbe": {"exec": {"command": ["redis-cli", "-a", secret, "ping"]}}}],
        )
        configuration = {
            "rclone.conf": f"[x]\ntype = s3\nsecret_access_key = {secret}\n",
            "backend.json": json.dumps({"password": secret}),
        }
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "files"}, "data": configuration}
    if not set(secret) & set(", \n"):
        yield volume("options", True, mountOptions=["uid=1", f"password={secret}"], nfs={"server": "s", "path": "/"})
        cifs = {
            "driver": "fstab/cifs",
            "options": {"networkPath": "//nas/x", "mountOptions": f"uid=1,password={secret}"},
        }
        yield pod("cifs", containers=[container], volumes=[{"name": "cifs", "flexVolume": cifs}])
    oss = {
        "driver": "alicloud/oss",
        "options": {"bucket": "b", "url": "oss.example", "akId": secret, "akSecret": secret},
    }
    yield pod("oss", containers=[container], volumes=[{"name": "oss", "flexVolume": oss}])
    unknown = {"driver": "example.com/unknown", "options": {"password": secret, "kubernetes.io/secret/key": secret}}
    yield pod("unknown", containers=[container], volumes=[{"name": "unknown", "flexVolume": unknown}])
    yield volume(
        "csi",
        True,
        csi={"driver": "csi-rclone", "volumeHandle": "x", "volumeAttributes": {"s3-secret-access-key": secret}},
    )
    yield {
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "gluster"},
        "provisioner": "kubernetes.io/glusterfs", "parameters": {"resturl": "http://h:8081", "restuserkey": secret},
    }  # fmt: skip
    annotated = pod("annotated", containers=[container], volumes=[disk])
    annotated["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    yield annotated
    yield {
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "s", "annotations": {"volume.beta.kubernetes.io/storage-class": "x"}},
        "stringData": {"anything": secret}, "data": {"more": base64.b64encode(secret.encode()).decode()},
    }  # fmt: skip


def manifests(secret):
    """The texts to lint, by file name."""
    found = list(objects(secret))
    texts = {"block.yaml": "---\n".join(yaml.safe_dump(one, allow_unicode=True, width=60) for one in found)}
    texts["flow.yaml"] = "".join(f"---\n{json.dumps(one, ensure_ascii=False)}\n" for one in found[::3])
    texts["list.json"] = json.dumps({"apiVersion": "v1", "kind": "List", "items": found[1::3]})
    texts["stream.json"] = "".join(json.dumps(one) + " " for one in found[2::3])
    if "\n" not in secret:
        texts["comments.yaml"] = (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: comments\nspec:\n  volumes:\n"
            f"    - name: disk # password: {secret}\n"
            f"      # akSecret: {json.dumps(secret, ensure_ascii=False)}\n"
            f"      rbd: # was {secret} before\n"
            "        monitors: [192.0.2.1:6789]\n        image: x\n        user: admin\n"
            "  containers:\n    - name: c\n      env:\n"
            f"        - name: DB_PASSWORD # {secret}\n"
            f"          value: {json.dumps(secret, ensure_ascii=False)}\n"
        )
        texts["broken.yaml"] = (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: broken\nspec:\n  containers:\n    - name: c\n      env:\n"
            f"        - {{name: DB_PASSWORD, value: {json.dumps(secret, ensure_ascii=False)}, [}}\n"
        )
        texts["twice.yaml"] = (
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: twice}\nspec:\n  csi:\n    driver: csi-rclone\n"
            f"    volumeAttributes: {{s3-secret-access-key: {json.dumps(secret, ensure_ascii=False)}, "
            "s3-secret-access-key: x9y8z7}\n"
        )
    return texts


def spellings(secret):
    """The ways in which a credential might come out: as it is, escaped, encoded, or a large part of it."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode()
    if len(secret) > 16:
        yield from (secret[at : at + 16] for at in range(0, len(secret) - 15, 8) if "\n" not in secret[at : at + 16])


def leaks(secret, text):
    return sorted({spelling for spelling in spellings(secret) if spelling in text})


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def run(capsys, *args):
    main(["check", "--isolated", "--no-inventory", "--jobs", "1", "-v", *args])
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("shape", SHAPES)
def test_no_output_format_tells_a_credential(shape: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = SHAPES[shape]
    for name, text in manifests(secret).items():
        (here / name).write_text(text, encoding="utf-8")
    names = sorted(manifests(secret))
    extra = [f"--output-file={word}:out.{word}" for word in FORMATS if word != "full"]
    shown = run(capsys, *extra, *names)
    assert "[pod-env-credential]" in shown
    assert not leaks(secret, shown)
    for word in FORMATS:
        if word != "full":
            written = (here / f"out.{word}").read_text(encoding="utf-8")
            assert "credential" in written
            assert not leaks(secret, written), word


@pytest.mark.parametrize("shape", list(SHAPES)[::2])
def test_no_diff_and_no_written_file_tells_a_credential(
    shape: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = SHAPES[shape]
    (here / "block.yaml").write_text(manifests(secret)["block.yaml"], encoding="utf-8")
    shown = run(capsys, "--diff", "--unsafe-fixes", "--with-placeholders", "block.yaml")
    shown += run(capsys, "--baseline", "baseline.json", "--write-baseline", "--statistics", "block.yaml")
    assert not leaks(secret, shown)
    for path in sorted(here.rglob("*")):
        if path.is_file() and path.name != "block.yaml":
            assert not leaks(secret, path.read_bytes().decode("utf-8", "replace")), path.name


FIX = ("--fix", "--unsafe-fixes", "--with-placeholders")


@pytest.mark.parametrize("shape", list(SHAPES)[1::3])
@pytest.mark.parametrize("flags", [FIX, ("--add-ignores=known",)], ids=["fix", "add-ignores"])
def test_no_change_of_a_file_copies_a_credential(
    shape: str, flags: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = SHAPES[shape]
    texts = manifests(secret)
    for name, text in texts.items():
        (here / name).write_text(text, encoding="utf-8")
    shown = run(capsys, *flags, *sorted(texts))
    assert not leaks(secret, shown)
    changed = {name: (here / name).read_text(encoding="utf-8") for name in texts}
    assert changed["block.yaml"] != texts["block.yaml"]
    for name, text in texts.items():
        for spelling in spellings(secret):
            assert changed[name].count(spelling) <= text.count(spelling), name
    if flags is FIX:
        pod = next(one for one in yaml.safe_load_all(changed["block.yaml"]) if one["metadata"]["name"] == "env")
        assert "secretKeyRef" in pod["spec"]["containers"][0]["env"][0]["valueFrom"]


@pytest.mark.parametrize("shape", list(SHAPES)[::3])
def test_no_migration_tells_a_credential(shape: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = SHAPES[shape]
    rules_ = registry.rules().values()
    plan = Plan(ActiveRule(rule, None, {}) for rule in rules_ if rule.category == "credentials")
    for name, text in manifests(secret).items():
        (here / name).write_text(text, encoding="utf-8")
        findings = map_source(Source(name, text.encode()), plan).findings
        assert not leaks(secret, repr(findings))
        assert all(finding.migration is not None for finding in findings)
    run(capsys, "--output-file=json:out.json", "block.yaml")
    written = json.loads((here / "out.json").read_text(encoding="utf-8"))["findings"]
    fixed = [finding["rule"] for finding in written if finding["fix"] and finding["fix"]["edits"]]
    assert {"pod-env-credential", "volume-credential", "storage-class-credential", "annotation-credential"} <= {*fixed}
    assert not leaks(secret, json.dumps([finding["migration"] for finding in written], ensure_ascii=False))
    main(["migrate", "--isolated", "--no-inventory", "-o", "plan", "block.yaml"])
    captured = capsys.readouterr()
    assert not leaks(secret, captured.out + captured.err)
    for path in sorted((here / "plan").rglob("*")):
        if path.is_file():
            assert not leaks(secret, path.read_text(encoding="utf-8")), path.name


def test_a_check_that_fails_tells_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kvlint.checks import places

    def fail(node, path):
        raise ValueError(f"cannot read {node.at('env', 0, 'value').value}")

    monkeypatch.setattr(places, "environment", fail)
    (here / "a.yaml").write_text(yaml.safe_dump(next(objects("made-up-7"))), encoding="utf-8")
    shown = run(capsys, "a.yaml")
    assert "internal-error" in shown
    assert "made-up-7" not in shown
