"""`kvlint migrate`: what is written, in which order a runbook goes, and what is never overwritten.

`KVLINT_UPDATE=1 pytest tests/test_migrate_command.py` rewrites the golden files for review."""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from migrate_samples import FILES, repository
from migrate_support import schema_errors

from kvlint import folder
from kvlint.cli import main
from kvlint.folder import STATE, file_name
from kvlint.problem import ConfigError

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "migrate_command"
UPDATE = bool(os.environ.get("KVLINT_UPDATE"))
JUDGED = ("inline", "deprecated", "binding")
BLOCK = re.compile(r"^( *)```sh\n(.*?)\n\1```$", re.MULTILINE | re.DOTALL)


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """kvlint as its own process."""
    command = [sys.executable, "-m", "kvlint", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in this process, which takes a tenth of the time."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(arguments, code, *texts)


def migrate(cwd: Path, *arguments: str) -> Path:
    """Migrate the manifests in `cwd` into its folder `out`, as a user would."""
    done = run("migrate", ".", "-o", "out", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return cwd / "out"


def files(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def objects(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in files(out).items():
        if name.endswith((".yaml", ".example")):
            yield name, yaml.safe_load(text)


def runbook(out: Path) -> str:
    return (out / "RUNBOOK.md").read_text(encoding="utf-8")


def tasks(text: str) -> dict[str, str]:
    """The tasks of a runbook by their heading."""
    parts = re.split(r"^### (Task [0-9]+: .*)$", text.partition("\n## ")[2], flags=re.MULTILINE)
    return {title: body.partition("\n## ")[0] for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def blocks(text: str) -> list[str]:
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in BLOCK.findall(text)]


def commands(text: str) -> list[str]:
    return [line for block in blocks(text) for line in block.splitlines() if not line.startswith("#")]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return repository(tmp_path)


def golden(name: str, out: Path) -> None:
    """Compare everything in `out` with the golden files of this name: the runbook, and all other files in one."""
    found = files(out)
    book = found.pop("RUNBOOK.md")
    rest = "".join(f"==== {path}\n{text}" for path, text in found.items())
    for path, text in ((GOLDEN / f"{name}.RUNBOOK.md", book), (GOLDEN / f"{name}.files.txt", rest)):
        if UPDATE:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")


def test_the_examples(tmp_path: Path) -> None:
    out = tmp_path / "csi"
    done = process("migrate", "examples", "--isolated", "--no-inventory", "-o", str(out), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    golden("examples", out)


@pytest.mark.parametrize("flags", [(), ("--convert-bound",)], ids=["kept", "converted"])
def test_the_sample(flags: tuple[str, ...], sample: Path) -> None:
    golden(f"sample-{'converted' if flags else 'kept'}", migrate(sample, *flags))


@pytest.mark.parametrize("configured", [True, False])
def test_every_object_is_one_of_the_api(configured: bool, tmp_path: Path) -> None:
    out = migrate(repository(tmp_path, configured=configured), "--convert-bound")
    found = [item for name, item in objects(out) if not name.startswith("secrets.example/")]
    assert len(found) > 9
    for item in found:
        assert schema_errors(item) == [], item["metadata"]["name"]
        if item["kind"] == "PersistentVolume":
            assert item["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def findings(cwd: Path, *paths: str) -> set[tuple[Any, ...]]:
    done = run("check", *paths, "--output-format", "json", "--no-inventory", cwd=cwd)
    found = json.loads(done.stdout)["findings"]
    return {
        (item["rule"], item["file"], json.dumps(item["resource"], sort_keys=True), item["field"])
        for item in found
        if item["category"] in JUDGED
    }


@pytest.mark.parametrize("configured", [True, False])
def test_the_output_beside_the_input_has_nothing_new_to_find(configured: bool, tmp_path: Path) -> None:
    repository(tmp_path, configured=configured)
    names = sorted(FILES)
    before = findings(tmp_path, *names)
    migrate(tmp_path, "--convert-bound")
    assert before
    assert findings(tmp_path, *names, "out") - before == set()


def test_where_things_are(sample: Path) -> None:
    out = migrate(sample)
    for name, item in objects(out):
        home, _, file = name.partition("/")
        assert home == item["metadata"].get("namespace", "cluster")
        assert file == f"{item['kind'].lower()}-{item['metadata']['name']}.yaml"


def test_a_share_in_two_namespaces_is_two_pairs_and_written_once_for_all_its_workloads(sample: Path) -> None:
    shares = [item for _, item in objects(migrate(sample)) if item["kind"] == "PersistentVolume" and "nfs" in str(item)]
    assert [item["spec"]["claimRef"]["namespace"] for item in shares] == ["press", "shop"]
    assert len({item["spec"]["csi"]["volumeHandle"] for item in shares}) == 2


DISK = """\
apiVersion: v1
kind: Pod
metadata: {name: %(pod)s, namespace: %(namespace)s}
spec:
  containers: [{name: a, image: registry.example.com/a}]
  volumes: [{name: data, awsElasticBlockStore: {volumeID: vol-0a1b2c3d%(more)s}}]
"""


def write(cwd: Path, *texts: str) -> None:
    for number, text in enumerate(texts):
        (cwd / f"{number}.yaml").write_text(text, encoding="utf-8")


def disk(pod: str, namespace: str, more: str = "") -> str:
    return DISK % {"pod": pod, "namespace": namespace, "more": more}


def test_a_disk_in_two_namespaces_is_left_to_people(tmp_path: Path) -> None:
    write(tmp_path, disk("one", "a"), disk("two", "b"))
    out = migrate(tmp_path)
    assert list(objects(out)) == []
    assert runbook(out).count("One disk is mounted in several namespaces (a, b).") == 2


def test_workloads_that_disagree_about_a_disk_are_left_to_people(tmp_path: Path) -> None:
    write(tmp_path, disk("one", "a"), disk("two", "a", ", fsType: xfs"))
    out = migrate(tmp_path)
    assert list(objects(out)) == []
    assert "disagree about it" in runbook(out)


def test_a_disk_that_a_volume_has_already_is_left_to_people(tmp_path: Path) -> None:
    volume = (
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: there}\nspec: {capacity: {storage: 1Gi}, "
        "accessModes: [ReadWriteOnce], csi: {driver: ebs.csi.aws.com, volumeHandle: vol-0a1b2c3d}}\n"
    )
    write(tmp_path, disk("one", "a"), volume)
    out = migrate(tmp_path)
    assert list(objects(out)) == []
    assert "is also that of PersistentVolume there" in runbook(out)


CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: kubernetes.io/%s\n"


def test_what_two_clusters_define_differently_is_not_mixed(tmp_path: Path) -> None:
    write(tmp_path, CLASS % "gce-pd", CLASS % "aws-ebs")
    out = migrate(tmp_path)
    assert list(objects(out)) == []
    assert runbook(out).count("define StorageClass fast in different ways") == 2
    write(tmp_path, CLASS % "gce-pd", CLASS % "gce-pd")
    assert [name for name, _ in objects(migrate(tmp_path))] == ["cluster/storageclass-fast.yaml"]


def test_an_object_that_stays_old_is_changed_where_it_is(tmp_path: Path) -> None:
    old = CLASS.replace("k8s.io/v1", "k8s.io/v1beta1") % "scaleio"
    write(tmp_path, old)
    out = migrate(tmp_path)
    assert list(objects(out)) == []
    assert "`kvlint check --fix --unsafe-fixes`" in runbook(out)
    assert findings(tmp_path, "0.yaml", "out") == findings(tmp_path, "0.yaml")


def test_redirected_volumes_are_kept_unless_asked_for(sample: Path) -> None:
    out = migrate(sample)
    assert not (out / "cluster/persistentvolume-mail.yaml").exists()
    assert "- PersistentVolume `mail` (`ebs.csi.aws.com`)" in runbook(out)
    assert "csidriver ebs.csi.aws.com" in runbook(out)
    out = migrate(sample, "--convert-bound")
    claim = yaml.safe_load((out / "mail/persistentvolumeclaim-mail.yaml").read_text(encoding="utf-8"))
    assert claim["metadata"]["labels"] == {"team": "office"}
    assert claim["metadata"]["annotations"] == {"office.example.com/owner": "jo"}
    volume = yaml.safe_load((out / "cluster/persistentvolume-mail.yaml").read_text(encoding="utf-8"))
    assert "uid" not in volume["spec"]["claimRef"]
    assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == "gp2"


def test_no_volume_is_deleted_before_it_is_seen_to_be_retained(sample: Path) -> None:
    found = tasks(runbook(migrate(sample, "--convert-bound")))
    deletes = 0
    for title, body in found.items():
        retained: set[str] = set()
        for block in blocks(body):
            lines = block.splitlines()
            for line in lines:
                words = shlex.split(line)
                if words[:2] == ["kubectl", "delete"] and words[-1].startswith(("pv/", "pvc/")):
                    deletes += 1
                    assert retained, (title, line)
            patched = [
                shlex.split(line)[2] for line in lines if line.startswith("kubectl patch pv/") and "Retain" in line
            ]
            for volume in patched:
                assert any(
                    line.startswith(f"kubectl get {volume} --output=jsonpath=")
                    and "persistentVolumeReclaimPolicy" in line
                    for line in lines
                ), title
                retained.add(volume)
    assert deletes >= 14


def test_the_order_within_a_conversion(sample: Path) -> None:
    body = next(body for title, body in tasks(runbook(migrate(sample))).items() if "`db-0`" in title)
    before = commands(body.partition("**The way back**")[0])
    order = [
        "kubectl patch pv/db-0",
        "kubectl get pv/db-0 --output=yaml > rollback.d/",
        "kubectl delete --namespace=shop statefulset/db --cascade=orphan",
        "rbd snap create kube/db-0@",
        "kubectl describe --namespace=shop pvc/data-db-0",
        "kubectl delete --namespace=shop pvc/data-db-0",
        "kubectl delete pv/db-0",
        "kubectl apply --filename=cluster/persistentvolume-db-0.yaml",
        "kubectl apply --filename=shop/persistentvolumeclaim-data-db-0.yaml",
        "kubectl create --filename=rollback.d/shop.statefulset-db.yaml",
    ]
    places = [next(at for at, line in enumerate(before) if line.startswith(start)) for start in order]
    assert places == sorted(places)
    assert not any("finalizers" in line for line in before)


def test_gitops_is_suspended_before_the_first_task_and_resumed_after_the_last(sample: Path) -> None:
    text = runbook(migrate(sample))
    first, last = text.index("### Task 1:"), text.rindex("### Task ")
    for command in ("argocd app set APP --sync-policy none", "flux suspend kustomization", "flux suspend helmrelease"):
        assert text.index(command) < first
    for command in ("argocd app set APP --sync-policy automated", "flux resume kustomization"):
        assert text.index(command) > last


def test_drivers_are_explained_for_the_platform(sample: Path) -> None:
    text = runbook(migrate(sample))
    assert "aws eks create-addon --cluster-name CLUSTER --addon-name aws-ebs-csi-driver" in text
    (sample / ".kvlint.yaml").unlink()
    text = runbook(migrate(sample, "--platform", "openshift"))
    assert "OpenShift on AWS: Installed with the cluster" in text
    assert "aws eks" not in text


def test_what_is_missing_is_asked_for_in_the_form_of_the_configuration(tmp_path: Path) -> None:
    out = migrate(repository(tmp_path, configured=False))
    asked = re.search(r"```yaml\n(migrate:\n.*?)\n```", runbook(out), re.DOTALL)
    assert asked is not None
    section = yaml.safe_load(asked[1])["migrate"]
    assert section["ceph"] == {"cluster-id": "FILL IN", "user-secret": {"kube": "FILL IN"}}
    assert all("FILL IN" in value for value in section["capacity"].values())
    filled = asked[1].replace("FILL IN", "given").replace("cluster-id: given", "cluster-id: abc")
    filled = re.sub(r"(?m)^(    \S+): given$", r"\1: 5Gi", filled).replace("kube: 5Gi", "kube: given")
    (tmp_path / ".kvlint.yaml").write_text(filled, encoding="utf-8")
    text = runbook(migrate(tmp_path))
    assert "Inputs still missing" not in text
    assert "<kvlint:" not in "".join(files(out).values())


def test_an_unknown_namespace_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, disk("one", "a").replace(", namespace: a", ""))
    out = migrate(tmp_path)
    assert sorted(name.split("/")[0] for name, _ in objects(out)) == ["cluster", "unknown.namespace"]
    assert "'--namespace=<kvlint:namespace>'" in runbook(out)
    out = migrate(tmp_path, "--namespace", "shop")
    assert sorted(name.split("/")[0] for name, _ in objects(out)) == ["cluster", "shop"]


def test_what_is_suppressed_or_not_selected_is_left_out(sample: Path) -> None:
    assert "quobyte" not in runbook(migrate(sample))
    assert "1 migration left out" in runbook(migrate(sample))
    assert "quobyte" in runbook(migrate(sample, "--no-ignores"))
    text = runbook(migrate(sample, "--select", "flexvolume"))
    assert list(tasks(text)) == ["Task 1: PersistentVolume `files`"]
    assert "PersistentVolume `files`" not in runbook(migrate(sample, "--ignore", "flexvolume"))


SECRET = "hunter2-Zx9q"
PLANTED = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{SECRET}'}}}}
spec:
  containers:
  - {{name: a, image: registry.example.com/a, env: [{{name: DB_PASSWORD, value: {SECRET}}}]}}
  volumes:
  - name: share
    flexVolume:
      driver: fstab/cifs
      options: {{networkPath: //files.example.com/a, mountOptions: "vers=3.0,password={SECRET}", password: {SECRET}}}
  - name: clone
    gitRepo: {{repository: "https://jo:{SECRET}@git.example.com/a.git"}}
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: share
  annotations: {{volume.beta.kubernetes.io/mount-options: "username=jo,password={SECRET}"}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteMany]
  claimRef: {{namespace: shop, name: share}}
  csi:
    driver: smb.csi.k8s.io
    volumeHandle: a
    volumeAttributes: {{source: //files.example.com/a, password: {SECRET}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: share
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{SECRET}'
    volume.beta.kubernetes.io/mount-options: "password={SECRET}"
spec:
  accessModes: [ReadWriteMany]
  resources: {{requests: {{storage: 1Gi}}}}
  volumeName: share
  storageClassName: ""
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {{name: share}}
provisioner: kubernetes.io/rbd
parameters: {{monitors: "192.0.2.1:6789", adminSecretName: a, password: {SECRET}}}
mountOptions: ["password={SECRET}"]
"""


def test_no_credential_is_written_anywhere(tmp_path: Path) -> None:
    write(tmp_path, PLANTED)
    done = run("migrate", ".", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, text in files(tmp_path / "out").items():
        assert SECRET not in text, name
        assert "hunter2" not in text, name
    assert SECRET not in done.stderr + done.stdout
    assert any(name.startswith("secrets.example/") for name in files(tmp_path / "out"))


def test_example_secrets_hold_no_values(tmp_path: Path) -> None:
    out = migrate(repository(tmp_path, configured=False))
    found = [item for name, item in objects(out) if name.startswith("secrets.example/")]
    assert [item["stringData"] for item in found] == [{"userID": "kube", "userKey": "<kvlint:userKey>"}]


HOSTILE = (
    "--all",
    "x; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a'; touch pwned; '",
    'a"$(touch pwned)',
    "a\n```\ntouch pwned\n```sh\ntouch pwned",
    "../../../pwned",
    "a | touch pwned",
    "-rf",
    "\x1b[2J\u202epwned",
)
FLAGS = re.compile(
    r"--(namespace|output|patch|type|filename|for|timeout|replicas|cascade|dry-run|sync-policy|volume-id|path)(=.*)?"
    r"|--all-namespaces|-A5|-E"
)
STUB = """\
#!/bin/sh
printf '%s\\0' "$(basename "$0")" "$@" >> "$LOG"
printf '\\n\\0' >> "$LOG"
"""


def hostile(name: str) -> str:
    item: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "claimRef": {"namespace": name, "name": name},
            "rbd": {"monitors": [name], "image": name, "pool": name, "user": name, "secretRef": {"name": name}},
        },
    }
    class_ = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/aws-ebs",
    }
    made = [item, class_]
    for kind in ("Pod", "Deployment", "StatefulSet", "CronJob", "Job", "DaemonSet", "ReplicaSet"):
        source = {"awsElasticBlockStore": {"volumeID": f"{name}{kind}"}}
        spec = {"containers": [{"name": "a", "image": "b"}], "volumes": [{"name": name, **source}]}
        spec["volumes"].append({"name": "claimed", "persistentVolumeClaim": {"claimName": name}})
        whole: Any = {"spec": spec}
        if kind == "CronJob":
            whole = {"spec": {"jobTemplate": {"spec": {"template": whole}}}}
        elif kind != "Pod":
            whole = {"spec": {"template": whole}}
        made.append({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": name}, **whole})
    return "---\n".join(json.dumps(one) + "\n" for one in made)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_a_command_or_an_option(name: str, tmp_path: Path) -> None:
    write(tmp_path, hostile(name))
    out = migrate(tmp_path, "--convert-bound")
    text = runbook(out)
    assert all(line.isprintable() for line in text.splitlines())
    assert all(path.resolve().is_relative_to(out.resolve()) for path in out.rglob("*"))
    assert all("/" not in path.name and ".." not in path.parts for path in out.rglob("*"))
    listed = blocks(text)
    assert len(listed) > 20
    assert all(block.startswith(("kubectl", "#", "mkdir", "argocd", "rbd", "aws", "for")) for block in listed)
    work = tmp_path / "work"
    tools = tmp_path / "tools"
    work.mkdir()
    tools.mkdir()
    for tool in ("kubectl", "aws", "rbd", "argocd", "flux"):
        (tools / tool).write_text(STUB, encoding="utf-8")
        (tools / tool).chmod(0o755)
    log = tmp_path / "log"
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "LOG": str(log)}
    script = "\n".join(listed)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    subprocess.run(["bash"], cwd=work, input=script, text=True, env=environment, capture_output=True, check=False)
    assert [path.name for path in work.rglob("*") if "pwned" in path.name and path.suffix != ".yaml"] == []
    assert not list(tmp_path.glob("pwned*"))
    calls = [call.split("\0")[:-1] for call in log.read_text(encoding="utf-8").split("\n\0")[:-1]]
    assert len(calls) > 30
    for call in calls:
        for argument in call[1:]:
            assert not argument.startswith("-") or FLAGS.fullmatch(argument.replace("\n", " ")), call
        if call[1:2] == ["delete"]:
            assert "/" in call[-1] or call[-1].startswith("--cascade"), call


def test_a_second_run_is_identical_wherever_the_folder_is(sample: Path) -> None:
    out = migrate(sample, "--convert-bound")
    first = files(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    done = run("migrate", ".", "-o", "out", "--convert-bound", cwd=sample)
    assert files(out) == first
    assert "nothing changed" in done.stderr
    assert {path.name for path in out.rglob("*")} == {path.name for path in times}
    elsewhere = sample.parent / "elsewhere"
    done = process("migrate", ".", "-o", str(elsewhere), "--convert-bound", cwd=sample)
    assert done.returncode == 0
    assert files(elsewhere) == first


def test_the_folder_may_be_that_of_the_input(sample: Path) -> None:
    for _ in range(2):
        assert run("migrate", ".", "-o", ".", cwd=sample).returncode == 0
        written = {name: text for name, text in files(sample).items() if name not in FILES}
    assert len(tasks(written["RUNBOOK.md"])) == 7
    assert "nothing changed" in run("migrate", ".", "-o", ".", cwd=sample).stderr


def test_an_example_of_a_secret_is_never_applied_with_its_folder(tmp_path: Path) -> None:
    out = migrate(repository(tmp_path, configured=False))
    secrets = [name for name in files(out) if name.startswith("secrets.example/")]
    assert secrets
    assert not [name for name in secrets if name.endswith((".yaml", ".yml", ".json"))]


def test_a_file_of_somebody_else_is_never_overwritten(sample: Path) -> None:
    (sample / "out" / "cluster").mkdir(parents=True)
    mine = sample / "out" / "cluster" / "storageclass-gp2.yaml"
    mine.write_text("mine", encoding="utf-8")
    done = process("migrate", ".", "-o", "out", cwd=sample)
    assert done.returncode == 2
    assert "kvlint did not write `out/cluster/storageclass-gp2.yaml`, so nothing is written" in done.stderr
    assert files(sample / "out") == {"cluster/storageclass-gp2.yaml": "mine"}


def test_other_files_in_the_folder_stay(sample: Path) -> None:
    out = migrate(sample)
    (out / "rollback.d").mkdir()
    (out / "rollback.d" / "a.yaml").write_text(FILES["flex.yaml"].replace("files", "old"), encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (sample / "class.yaml").unlink()
    migrate(sample)
    assert (out / "rollback.d" / "a.yaml").exists()
    assert "rollback.d/a.yaml" not in runbook(out), "what the runbook had kept is no input"
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert not (out / "cluster" / "storageclass-gp2.yaml").exists()


def test_a_changed_file_of_ours_is_not_overwritten_without_saying_so(sample: Path) -> None:
    out = migrate(sample)
    book = out / "RUNBOOK.md"
    book.write_text(book.read_text(encoding="utf-8") + "my notes\n", encoding="utf-8")
    before = files(out)
    (sample / "class.yaml").unlink()
    done = run("migrate", ".", "-o", "out", cwd=sample)
    assert done.returncode == 2
    assert "`out/RUNBOOK.md` changed since kvlint wrote it, so nothing is written" in done.stderr
    assert files(out) == before
    book.unlink()
    migrate(sample)


def test_a_changed_file_that_is_no_longer_needed_is_left_and_named(sample: Path) -> None:
    out = migrate(sample)
    (out / "cluster" / "storageclass-gp2.yaml").write_text("changed", encoding="utf-8")
    (sample / "class.yaml").unlink()
    done = run("migrate", ".", "-o", "out", cwd=sample)
    assert done.returncode == 0
    assert "storageclass-gp2.yaml is no longer needed, but changed" in done.stderr
    assert (out / "cluster" / "storageclass-gp2.yaml").exists()


def test_links_in_the_folder_are_not_followed(sample: Path, tmp_path: Path) -> None:
    target = tmp_path.parent / f"{tmp_path.name}-target"
    target.mkdir()
    (sample / "out").mkdir()
    (sample / "out" / "shop").symlink_to(target)
    done = run("migrate", ".", "-o", "out", cwd=sample)
    assert done.returncode == 2
    assert "is a link" in done.stderr
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    "state",
    [
        "",
        "[]",
        '{"version": 2, "files": {}}',
        '{"version": 1, "files": {"../../x": ""}}',
        '{"version": 1, "files": []}',
    ],
)
def test_a_list_of_files_that_is_not_ours_is_refused(state: str, sample: Path) -> None:
    (sample / "out").mkdir()
    (sample / "out" / STATE).write_text(state, encoding="utf-8")
    done = run("migrate", ".", "-o", "out", cwd=sample)
    assert done.returncode == 2
    assert "does not say what kvlint wrote" in done.stderr


@pytest.mark.parametrize("fails_at", range(1, 8))
@pytest.mark.parametrize("existing", [True, False])
def test_all_is_written_or_nothing(
    fails_at: int, existing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    if existing:
        folder.write(str(target), {"a": "1", "b/c": "1", "gone": "1"})
    before = files(target) if existing else {}
    real, calls = os.replace, 0

    def replace(source: str, place: str) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise OSError(28, "No space left on device")
        real(source, place)

    monkeypatch.setattr(os, "replace", replace)
    if not existing:
        monkeypatch.setattr(os, "rename", replace)
        calls = fails_at - 1
    with pytest.raises(ConfigError, match="no space left on device"):
        folder.write(str(target), {"a": "2", "b/c": "1", "new": "2"})
    monkeypatch.undo()
    assert (files(target) if target.exists() else {}) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if existing else [])
    folder.write(str(target), {"a": "2", "b/c": "1", "new": "2"})
    assert {name: text for name, text in files(target).items() if name != STATE} == {"a": "2", "b/c": "1", "new": "2"}


def test_a_folder_that_cannot_be_written_to(sample: Path) -> None:
    (sample / "file").write_text("mine", encoding="utf-8")
    done = run("migrate", ".", "-o", "file", cwd=sample)
    assert (done.returncode, (sample / "file").read_text(encoding="utf-8")) == (2, "mine")
    assert "`file` is no folder" in done.stderr
    done = run("migrate", ".", "-o", "file/below", cwd=sample)
    assert done.returncode == 2
    assert "cannot write to `file/below`" in done.stderr


@pytest.mark.parametrize(
    "words", [("pv", "a.b-c"), ("pv", "A"), ("", ""), ("a/b",), ("..",), ("x" * 300,), ("con", "ü")]
)
def test_file_names_are_harmless_and_their_own(words: tuple[str, ...]) -> None:
    name = file_name(*words)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name)
    assert len(name) < 200
    assert ".." not in name
    assert name == file_name(*words) != file_name(*words, "")


def test_nothing_to_migrate(tmp_path: Path) -> None:
    write(tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    done = run("migrate", ".", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert "nothing to migrate" in done.stderr
    assert not (tmp_path / "out").exists()


def test_when_all_is_migrated_the_folder_is_emptied(sample: Path) -> None:
    out = migrate(sample)
    for name in FILES:
        (sample / name).unlink()
    migrate(sample)
    assert set(files(out)) == {"RUNBOOK.md", STATE}
    assert "Nothing is left to migrate." in runbook(out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((".",), "needs a folder to write to"),
        (("nowhere", "-o", "out"), "cannot read `nowhere`"),
        ((".", "-o", "out", "--select", "flexvolumes"), "did you mean `flexvolume`?"),
        ((".", "-o", "out", "--platform", "eeks"), "did you mean `eks`?"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], said: str, sample: Path) -> None:
    done = run("migrate", *arguments, cwd=sample)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_version_judged_for_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, CLASS % "gce-pd")
    out = str(tmp_path / "out")
    assert main(["migrate", str(tmp_path), "-o", out, "--isolated", "--kubernetes-version", "1.16"]) == 0
    assert "nothing to migrate" in capsys.readouterr().err
    assert main(["migrate", str(tmp_path), "-o", out, "--isolated", "-q", "--kubernetes-version", "1.22"]) == 0
    assert capsys.readouterr().err == ""
    assert "for Kubernetes 1.22" in runbook(tmp_path / "out")
