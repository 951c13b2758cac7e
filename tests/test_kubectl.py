"""`kubectl kvlint` with a real kubectl against a server that speaks the Kubernetes API."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from kube_server import Cluster, Object, kubeconfig, serve

from kvlint.inputs.cluster import controller, drivers_of, name_of
from kvlint.options import parse

BIN = Path(sys.executable).parent
SECONDS = 120

RBD: Object = {"name": "data", "rbd": {"monitors": ["10.0.0.1:6789"], "image": "web"}}
EBS: Object = {"name": "disk", "awsElasticBlockStore": {"volumeID": "vol-1", "fsType": "ext4"}}


def pod_spec(*volumes: Object, env: list[Object] | None = None) -> Object:
    return {"containers": [{"name": "c", "image": "nginx", "env": env or []}], "volumes": list(volumes)}


def made(name: str, namespace: str = "", owner: tuple[str, str, str] | None = None, **fields: Any) -> Object:
    """An object as the API server lists it: without apiVersion and kind."""
    metadata: Object = {
        "name": name,
        "uid": f"uid-{name}",
        "managedFields": [{"manager": "m", "fieldsV1": {"f:x": {}}}],
    }
    if namespace:
        metadata["namespace"] = namespace
    if owner is not None:
        api_version, kind, of = owner
        reference = {"apiVersion": api_version, "kind": kind, "name": of, "uid": f"uid-{of}", "controller": True}
        metadata["ownerReferences"] = [reference]
    metadata |= fields.pop("metadata", {})
    return {"metadata": metadata, **fields}


def workload(name: str, namespace: str, *volumes: Object, **more: Any) -> Object:
    return made(name, namespace, spec={"template": {"spec": pod_spec(*volumes)}}, **more)


def claim(name: str, namespace: str, class_name: str, volume: str = "", **more: Any) -> Object:
    spec = {"storageClassName": class_name, "accessModes": ["ReadWriteOnce"]}
    spec |= {"resources": {"requests": {"storage": "1Gi"}}} | ({"volumeName": volume} if volume else {})
    return made(name, namespace, spec=spec, status={"phase": "Bound" if volume else "Pending"}, **more)


def volume(name: str, class_name: str, of: tuple[str, str], **source: Object) -> Object:
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": class_name, **source}
    spec["claimRef"] = {"namespace": of[0], "name": of[1], "uid": f"uid-{of[1]}"}
    return made(name, spec=spec, status={"phase": "Bound"})


PODS, CLAIMS, VOLUMES = "/api/v1/pods", "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"
DEPLOYMENTS, REPLICA_SETS = "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets"
CLASSES, DRIVERS, NODES = (f"/apis/storage.k8s.io/v1/{name}" for name in ("storageclasses", "csidrivers", "csinodes"))


def shop() -> Cluster:
    """A cluster with one application in `shop`, one Pod in `other`, and a class of an in-tree provisioner."""
    web = ("apps/v1", "Deployment", "web")
    return Cluster(
        {
            DEPLOYMENTS: [workload("web", "shop", RBD, metadata={"labels": {"app": "web"}})],
            REPLICA_SETS: [workload("web-1", "shop", RBD, owner=web)],
            PODS: [
                made("web-1-a", "shop", ("apps/v1", "ReplicaSet", "web-1"), spec=pod_spec(RBD)),
                made("web-1-b", "shop", ("apps/v1", "ReplicaSet", "web-1"), spec=pod_spec(RBD)),
                made("roll-a", "shop", ("argoproj.io/v1alpha1", "Rollout", "roll"), spec=pod_spec(RBD)),
                made("roll-b", "shop", ("argoproj.io/v1alpha1", "Rollout", "roll"), spec=pod_spec(RBD)),
                made("bare", "other", spec=pod_spec(RBD)),
            ],
            CLAIMS: [claim("data", "shop", "slow", "pv-data")],
            VOLUMES: [
                volume("pv-data", "slow", ("shop", "data"), awsElasticBlockStore={"volumeID": "vol-1"}),
                volume("pv-other", "slow", ("other", "gone"), rbd=RBD["rbd"]),
            ],
            CLASSES: [made("slow", provisioner="kubernetes.io/aws-ebs"), made("idle", provisioner="kubernetes.io/rbd")],
            DRIVERS: [made("ebs.csi.aws.com", spec={})],
            NODES: [made("node-1", spec={"drivers": [{"name": "ebs.csi.aws.com", "nodeID": "i-1"}]})],
        }
    )


class Kubectl:
    """A real kubectl that talks to a served cluster."""

    def __init__(self, folder: Path, cluster: Cluster, server: str) -> None:
        self.folder, self.cluster = folder, cluster
        self.config = kubeconfig(folder / "config", server, namespace="shop")

    def kvlint(self, *arguments: str, config: str = "", path: str = "") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"KUBECONFIG": config or str(self.config), "NO_COLOR": "1", "HOME": str(self.folder)}
        environment["PATH"] = path or f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["kubectl", "kvlint", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.kvlint("--output-format", "json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        listed: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
        return listed

    def places(self, *arguments: str) -> set[tuple[str, str]]:
        return {(item["rule"], item["file"].removeprefix("cluster:prod/")) for item in self.findings(*arguments)}

    def asked(self) -> set[str]:
        """The lists that were asked for, without their queries."""
        return {path.partition("?")[0] for path in self.cluster.requests} - {"/version", "/apis"}

    def queries(self, path: str) -> list[dict[str, str]]:
        """The queries with which a list was asked for, in order."""
        asked = [urlsplit(request) for request in self.cluster.requests]
        return [dict(parse_qsl(one.query)) for one in asked if one.path == path]


@pytest.fixture
def kubectl(tmp_path: Path) -> Iterator[Kubectl]:
    cluster = shop()
    with serve(cluster) as server:
        yield Kubectl(tmp_path, cluster, server)


@pytest.mark.kubectl
def test_owners_are_reported_in_place_of_their_pods(kubectl: Kubectl) -> None:
    found = kubectl.places("-A", "--select", "intree-volume")
    assert found == {
        ("intree-volume", "shop/Deployment/web"),
        ("intree-volume", "shop/Pod/roll-a"),
        ("intree-volume", "other/Pod/bare"),
        ("intree-volume", "-/PersistentVolume/pv-data"),
        ("intree-volume", "-/PersistentVolume/pv-other"),
    }


@pytest.mark.kubectl
def test_live_objects_have_no_positions_and_no_edits(kubectl: Kubectl) -> None:
    found = kubectl.findings("-A")
    assert found
    for item in found:
        assert (item["line"], item["column"], item["endLine"], item["endColumn"]) == (None,) * 4
        assert item["fix"] is None or (item["fix"]["applicability"], item["fix"]["edits"]) == ("manual", [])
        assert "JSON" not in (item["fix"] or {}).get("title", "")


@pytest.mark.kubectl
def test_nothing_is_asked_for_but_what_is_needed_and_never_a_secret(kubectl: Kubectl) -> None:
    kubectl.kvlint("-A")
    assert kubectl.asked() == set(kubectl.cluster.lists) - {"/api/v1/secrets"}
    assert not [path for path in kubectl.cluster.requests if "secret" in path.lower()]


@pytest.mark.kubectl
def test_the_namespace_of_the_context_is_taken_where_none_is_said(kubectl: Kubectl) -> None:
    found = kubectl.places("--select", "deprecated")
    assert found == {
        ("intree-volume", "shop/Deployment/web"),
        ("intree-volume", "shop/Pod/roll-a"),
        ("intree-volume", "-/PersistentVolume/pv-data"),
        ("intree-provisioner", "-/StorageClass/slow"),
    }
    asked = kubectl.asked()
    assert "/api/v1/namespaces/shop/pods" in asked
    assert {PODS, CLAIMS} & asked == set()
    assert {VOLUMES, CLASSES} <= asked


@pytest.mark.kubectl
def test_a_namespace_goes_into_the_path(kubectl: Kubectl) -> None:
    assert kubectl.places("-n", "other", "--select", "intree-volume") == {("intree-volume", "other/Pod/bare")}
    assert "/api/v1/namespaces/other/pods" in kubectl.asked()


@pytest.mark.kubectl
def test_a_selector_goes_into_the_query(kubectl: Kubectl) -> None:
    kubectl.cluster.objects[CLAIMS] = [
        claim("data", "shop", "slow", "pv-data", metadata={"labels": {"app": "web"}}),
        claim("more", "shop", "absent-class"),
    ]
    found = kubectl.places("-A", "-l", "app=web", "--select", "deprecated,binding")
    assert found == {
        ("intree-volume", "shop/Deployment/web"),
        ("intree-volume", "-/PersistentVolume/pv-data"),
        ("intree-provisioner", "-/StorageClass/slow"),
    }
    assert {"limit": "500", "labelSelector": "app=web"} in kubectl.queries(DEPLOYMENTS)


@pytest.mark.kubectl
def test_long_lists_come_in_pages(kubectl: Kubectl) -> None:
    kubectl.cluster.objects[PODS] = lambda index: made(f"p-{index}", "shop", spec=pod_spec(RBD))
    kubectl.cluster.sizes[PODS] = 1_201
    done = kubectl.kvlint("-A", "--select", "intree-volume", "--output-format", "json")
    pods = [item for item in json.loads(done.stdout)["findings"] if item["resource"]["kind"] == "Pod"]
    assert len({item["file"] for item in pods}) == len(pods) == 1_201
    continued = [query.get("continue") for query in kubectl.queries(PODS)]
    assert continued == [None, "500", "1000"]
    assert {query["limit"] for query in kubectl.queries(PODS)} == {"500"}


@pytest.mark.kubectl
def test_a_list_that_is_gone_begins_anew_and_counts_once(kubectl: Kubectl) -> None:
    kubectl.cluster.objects[PODS] = lambda index: made(f"p-{index}", "shop", spec=pod_spec(RBD))
    kubectl.cluster.sizes[PODS] = 700
    kubectl.cluster.expired[PODS] = 2
    done = kubectl.kvlint("-A", "--select", "intree-volume", "--output-format", "json")
    assert done.returncode == 1
    pods = [item["file"] for item in json.loads(done.stdout)["findings"] if item["resource"]["kind"] == "Pod"]
    assert len(set(pods)) == len(pods) == 700
    assert [query.get("continue") for query in kubectl.queries(PODS)] == [None, "500", None, "500", None, "500"]


@pytest.mark.kubectl
def test_a_list_that_is_always_gone_is_a_partial_result(kubectl: Kubectl) -> None:
    kubectl.cluster.objects[PODS] = lambda index: made(f"p-{index}", "shop", spec=pod_spec(RBD))
    kubectl.cluster.sizes[PODS] = 700
    kubectl.cluster.expired[PODS] = 100
    done = kubectl.kvlint("-A", "--select", "intree-volume")
    assert done.returncode == 2
    assert "cannot read all pods (the list changed faster than it could be read)" in done.stderr
    assert "This result is incomplete" in done.stdout
    assert "Deployment/web" in done.stdout


@pytest.mark.kubectl
def test_missing_rights_are_told_with_what_they_cost(kubectl: Kubectl) -> None:
    kubectl.cluster.forbidden = {DEPLOYMENTS, VOLUMES}
    done = kubectl.kvlint("-A", "--select", "intree-volume")
    assert done.returncode == 2
    assert "error: you may not list deployments: they are not judged; their Pods are" in done.stderr
    assert "error: you may not list persistentvolumes: volumes are not judged" in done.stderr
    assert "This result is incomplete" in done.stdout
    # The owner's own owner could not be read, so it speaks for itself.
    assert "cluster:prod/shop/ReplicaSet/web-1" in done.stdout
    assert "shop/Pod/web-1" not in done.stdout


@pytest.mark.kubectl
def test_pods_speak_where_no_owner_could_be_read(kubectl: Kubectl) -> None:
    kubectl.cluster.forbidden = {DEPLOYMENTS, REPLICA_SETS}
    done = kubectl.kvlint("-A", "--select", "intree-volume", "--output-format", "concise")
    assert done.returncode == 2
    assert "shop/Pod/web-1-a:" in done.stdout
    assert "shop/Pod/web-1-b" not in done.stdout


@pytest.mark.kubectl
def test_rights_beyond_the_namespace_are_not_needed(kubectl: Kubectl) -> None:
    kubectl.cluster.forbidden = {VOLUMES, CLASSES, DRIVERS, NODES}
    kubectl.cluster.objects[CLAIMS] = [claim("fresh", "shop", "slow")]
    done = kubectl.kvlint("-n", "shop", "--select", "binding,deprecated")
    assert done.returncode == 1
    for plural in ("persistentvolumes", "storageclasses", "csidrivers"):
        assert f"notice: you may not list {plural}: " in done.stderr
    assert "incomplete" not in done.stdout
    # What could not be read may exist: no verdict on the claim's class.
    assert "PersistentVolumeClaim/fresh" not in done.stdout


@pytest.mark.kubectl
def test_a_server_that_fails_for_one_list_is_a_partial_result(kubectl: Kubectl) -> None:
    kubectl.cluster.failing = {REPLICA_SETS}
    done = kubectl.kvlint("-A")
    assert done.returncode == 2
    assert "error: cannot read all replicasets (Error from server (InternalError)" in done.stderr
    assert "Deployment/web" in done.stdout


@pytest.mark.kubectl
def test_the_world_is_closed(kubectl: Kubectl) -> None:
    kubectl.cluster.objects[CLAIMS] = [claim("fresh", "shop", "absent-class")]
    kubectl.cluster.objects[DEPLOYMENTS] = [
        workload("web", "shop", {"name": "v", "persistentVolumeClaim": {"claimName": "absent-claim"}})
    ]
    found = {item["rule"]: item for item in kubectl.findings("-A", "--select", "binding")}
    assert found["unknown-storage-class"]["severity"] == "error"
    assert found["unknown-storage-class"]["file"] == "cluster:prod/shop/PersistentVolumeClaim/fresh"
    assert found["missing-claim"]["severity"] == "error"
    assert "resources of the cluster" in found["missing-claim"]["message"]


@pytest.mark.kubectl
def test_a_redirected_volume_is_judged_by_the_drivers_installed(kubectl: Kubectl) -> None:
    rules = ("--select", "intree-volume,intree-provisioner", "-A")

    def of_ebs() -> dict[str, tuple[str, str]]:
        listed = (item for item in kubectl.findings(*rules) if "aws-ebs" in item["message"])
        return {item["file"].rpartition("/")[2]: (item["severity"], item["message"]) for item in listed}

    assert {severity for severity, _ in of_ebs().values()} == {"warning"}
    kubectl.cluster.objects[DRIVERS] = []
    assert {severity for severity, _ in of_ebs().values()} == {"warning"}  # the node still runs it
    kubectl.cluster.objects[NODES] = [made("node-1", spec={})]
    verdicts = of_ebs()
    assert set(verdicts) == {"pv-data", "slow"}
    assert {severity for severity, _ in verdicts.values()} == {"error"}
    assert all("which is not installed in this cluster" in message for _, message in verdicts.values())


@pytest.mark.kubectl
def test_drivers_that_may_not_be_listed_are_unknown(kubectl: Kubectl) -> None:
    kubectl.cluster.forbidden = {DRIVERS, NODES}
    kubectl.cluster.objects[DRIVERS] = kubectl.cluster.objects[NODES] = []
    done = kubectl.kvlint("-A", "--select", "intree-volume", "--output-format", "json")
    assert done.returncode == 2
    assert "you may not list csidrivers: it is unknown which drivers are installed" in done.stderr
    found = [item for item in json.loads(done.stdout)["findings"] if "aws-ebs" in item["message"]]
    assert [item["severity"] for item in found] == ["warning"]


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("minor", "arguments", "judged"),
    [("22", [], "1.22"), ("27+", [], "1.27"), ("27+", ["--kubernetes-version", "1.31"], "1.31"), ("99", [], "1.99")],
)
def test_the_servers_version_is_the_target(kubectl: Kubectl, minor: str, arguments: list[str], judged: str) -> None:
    kubectl.cluster.minor = minor
    done = kubectl.kvlint("-A", *arguments)
    if judged == "1.99":
        assert "Kubernetes 1.99 is newer than what kvlint knows" in done.stderr
    else:
        assert f"judged for Kubernetes {judged};" in done.stdout


@pytest.mark.kubectl
def test_old_api_versions_are_found_by_discovery(kubectl: Kubectl) -> None:
    cluster = kubectl.cluster
    cluster.minor = "20"
    cluster.groups |= {"batch": ["v1", "v1beta1"], "policy": ["v1beta1"]}
    del cluster.lists["/apis/batch/v1/cronjobs"]
    cluster.lists |= {
        "/apis/batch/v1beta1/cronjobs": "CronJobList",
        "/apis/policy/v1beta1/podsecuritypolicies": "PSPList",
    }
    job = {"spec": {"template": {"spec": pod_spec({"name": "f", "flexVolume": {"driver": "ceph.rook.io/rook"}})}}}
    cluster.objects["/apis/batch/v1beta1/cronjobs"] = [made("nightly", "shop", spec={"jobTemplate": job})]
    flex = {"volumes": ["flexVolume"], "allowedFlexVolumes": [{"driver": "ceph.rook.io/rook"}]}
    cluster.objects["/apis/policy/v1beta1/podsecuritypolicies"] = [made("wide", spec=flex)]
    found = kubectl.places("-A", "--kubernetes-version", "1.31")
    assert ("flexvolume", "shop/CronJob/nightly") in found
    assert ("flexvolume-installer", "-/PodSecurityPolicy/wide") in found


@pytest.mark.kubectl
def test_what_controllers_write_is_no_finding(kubectl: Kubectl) -> None:
    annotations = {
        "pv.kubernetes.io/bind-completed": "yes",
        "volume.beta.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
        "volume.kubernetes.io/selected-node": "node-1",
    }
    kubectl.cluster.objects[CLAIMS] = [claim("data", "shop", "slow", "pv-data", metadata={"annotations": annotations})]
    assert not [place for place in kubectl.places("-A") if place[1].startswith("shop/PersistentVolumeClaim")]


@pytest.mark.kubectl
def test_an_annotation_silences_a_live_object(kubectl: Kubectl) -> None:
    annotations = {"kvlint/ignore.intree-volume": "moves next week", "kvlint/ignore.flexvolume": "no such volume"}
    kubectl.cluster.objects[DEPLOYMENTS] = [workload("web", "shop", RBD, metadata={"annotations": annotations})]
    found = [item for item in kubectl.findings("-A") if item["file"].endswith("Deployment/web")]
    by_rule = {item["rule"]: item["suppressed"] for item in found}
    assert by_rule["intree-volume"] == {"by": "annotation", "reason": "moves next week"}
    assert by_rule["inline-network-volume"] is None
    assert by_rule["unused-ignore"] is None


@pytest.mark.kubectl
def test_credentials_are_found_and_not_shown(kubectl: Kubectl) -> None:
    env = [{"name": "DB_PASSWORD", "value": "s3cr3t-Pw-0815"}]
    applied = json.dumps({"kind": "Pod", "spec": pod_spec(env=env)})
    metadata = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    kubectl.cluster.objects[PODS] = [made("bare", "shop", spec=pod_spec(env=env), metadata=metadata)]
    formats = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle")
    files = [word for name in formats for word in ("--output-file", f"{name}:out.{name}")]
    done = kubectl.kvlint("-A", *files)
    assert done.returncode == 1
    assert "pod-env-credential" in done.stdout
    for text in (done.stdout, done.stderr, *((kubectl.folder / f"out.{name}").read_text() for name in formats)):
        assert "s3cr3t-Pw-0815" not in text
    sarif = json.loads((kubectl.folder / "out.sarif").read_text())
    assert sarif["runs"][0]["results"]


@pytest.mark.kubectl
def test_the_summary_counts_objects(kubectl: Kubectl) -> None:
    done = kubectl.kvlint("-A", "--select", "intree-volume")
    assert re.search(
        r"^Found 5 findings in 5 objects \(.*\), 0 ignored; judged for Kubernetes 1\.31; ", done.stdout, re.M
    )
    assert "`kubectl kvlint migrate -o DIR` writes the manifests" in done.stdout
    assert "--diff" not in done.stdout
    for path in kubectl.cluster.objects:
        kubectl.cluster.objects[path] = []
    done = kubectl.kvlint("-A")
    assert done.returncode == 0
    assert done.stdout.startswith("No findings in 0 resources; judged for Kubernetes 1.31.")


@pytest.mark.kubectl
def test_a_baseline_of_a_cluster(kubectl: Kubectl) -> None:
    assert kubectl.kvlint("-A", "--baseline", "known.json", "--write-baseline").returncode == 0
    assert kubectl.kvlint("-A", "--baseline", "known.json").returncode == 0
    kubectl.cluster.objects[PODS] = [made("new", "other", spec=pod_spec(RBD))]
    done = kubectl.kvlint("-A", "--baseline", "known.json", "--output-format", "concise")
    assert done.returncode == 1
    assert [line.partition(":")[2].partition(":")[0] for line in done.stdout.splitlines()[:2]] == [
        "prod/other/Pod/new"
    ] * 2


@pytest.mark.kubectl
def test_impersonation_reaches_the_server(kubectl: Kubectl) -> None:
    kubectl.kvlint("-A", "--as", "jane", "--as-group=dev", "--as-group=ops")
    asked = [
        headers for headers in kubectl.cluster.headers if headers.get("Kubectl-Command", "kubectl get") == "kubectl get"
    ]
    assert {headers.get("Impersonate-User") for headers in asked[1:]} == {"jane"}


@pytest.mark.kubectl
def test_context_and_server_flags_choose_the_cluster(kubectl: Kubectl) -> None:
    config = json.loads(kubectl.config.read_text())
    server = config["clusters"][0]["cluster"]["server"]
    config["clusters"].append({"name": "dead", "cluster": {"server": "http://127.0.0.1:1"}})
    config["contexts"].append({"name": "arn:aws:eks:eu:1:cluster/two", "context": {"cluster": "c", "user": "u"}})
    config["contexts"].append({"name": "dead", "context": {"cluster": "dead", "user": "u", "namespace": "shop"}})
    config["current-context"] = "dead"
    kubectl.config.write_text(json.dumps(config))
    done = kubectl.kvlint("-A")
    assert done.returncode == 2
    assert "there is no cluster to read" in done.stderr
    done = kubectl.kvlint("--context", "arn:aws:eks:eu:1:cluster/two", "-n", "shop", "--output-format", "concise")
    assert "cluster:arn:aws:eks:eu:1:cluster/two/shop/Deployment/web" in done.stdout
    done = kubectl.kvlint("-s", server, "--output-format", "concise")
    assert "cluster:dead/shop/Deployment/web" in done.stdout


@pytest.mark.kubectl
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kubeconfig", "absent"], "there is no cluster to read: error: stat absent: no such file or directory"),
        (["--context", "absent"], 'there is no cluster to read: error: context "absent" does not exist'),
        (
            ["-s", "http://127.0.0.1:1"],
            "there is no cluster to read: The connection to the server 127.0.0.1:1 was refused",
        ),
        (["-s", "http://127.0.0.1:1", "--token", "s3cr3t-Tok-99"], "there is no cluster to read"),
    ],
)
def test_no_cluster_is_a_clear_error(kubectl: Kubectl, arguments: list[str], message: str) -> None:
    done = kubectl.kvlint(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) < 5
    assert "s3cr3t-Tok-99" not in done.stderr


@pytest.mark.kubectl
@pytest.mark.parametrize("flag", ["--fix", "--diff", "--add-ignores=x", "--unsafe-fixes"])
def test_changing_a_cluster_is_refused_with_the_reason(kubectl: Kubectl, flag: str) -> None:
    done = kubectl.kvlint("-A", flag)
    assert done.returncode == 2
    assert "is for files: what runs in a cluster is changed where its manifests are kept" in done.stderr
    assert "kubectl kvlint migrate -o DIR" in done.stderr
    assert kubectl.cluster.requests == []


@pytest.mark.kubectl
def test_usage_errors_and_help(kubectl: Kubectl) -> None:
    for arguments in (["deploy.yaml"], ["-A", "-n", "x"], ["--no-such"], ["-x"]):
        assert kubectl.kvlint(*arguments).returncode == 2
    assert kubectl.kvlint("--help").stdout.startswith("Usage: kubectl kvlint [OPTIONS]\n")
    assert re.fullmatch(r"kvlint [0-9.]+\n", kubectl.kvlint("--version").stdout)
    assert kubectl.cluster.requests == []


@pytest.mark.kubectl
def test_the_survey_closes_what_people_read(kubectl: Kubectl) -> None:
    done = kubectl.kvlint("-A", "--select", "intree-volume")
    summary, _, survey = done.stdout.partition("\n\n9 resources of the cluster, judged for Kubernetes 1.31;")
    assert summary.splitlines()[-2].startswith("Found 5 findings in 5 objects")
    assert "From Kubernetes 1.31 to 1." in survey
    assert "cluster:prod/other/Pod/bare Pod/bare spec.volumes[0].rbd" in survey
    for more in (["-q"], ["--statistics"], ["--output-format", "concise"]):
        assert "tables as of" not in kubectl.kvlint("-A", *more).stdout


@pytest.mark.kubectl
def test_the_survey_counts_what_was_asked_for(kubectl: Kubectl) -> None:
    def counts(*arguments: str) -> dict[tuple[str, str, str | None], int]:
        done = kubectl.kvlint("survey", *arguments, "--output-format", "json")
        assert done.returncode == 0, done.stderr
        listed = json.loads(done.stdout)["counts"]
        return {(one["kind"], one["driver"], one["namespace"]): one["count"] for one in listed}

    everything = counts("-A")
    assert everything[("volume", "kubernetes.io/rbd", "shop")] == 2
    assert everything[("volume", "kubernetes.io/rbd", "other")] == 1
    assert everything[("persistent-volume", "kubernetes.io/rbd", None)] == 1
    assert everything[("storage-class", "kubernetes.io/rbd", None)] == 1
    own = counts("-n", "shop")
    assert own[("volume", "kubernetes.io/rbd", "shop")] == 2
    assert own[("persistent-volume", "kubernetes.io/aws-ebs", None)] == 1
    assert not [key for key in own if key[2] == "other" or key[:2] == ("persistent-volume", "kubernetes.io/rbd")]


@pytest.mark.kubectl
def test_a_survey_of_part_of_a_cluster_says_so(kubectl: Kubectl) -> None:
    kubectl.cluster.forbidden = {VOLUMES}
    done = kubectl.kvlint("survey", "-A")
    assert done.returncode == 2
    assert "you may not list persistentvolumes" in done.stderr
    assert "inline volumes" in done.stdout


@pytest.mark.kubectl
def test_migrate_writes_manifests_and_a_runbook(kubectl: Kubectl) -> None:
    assert kubectl.kvlint("migrate", "-A").returncode == 2
    done = kubectl.kvlint("migrate", "-A", "-o", "out", "--convert-bound")
    assert done.returncode == 0, done.stderr
    out = kubectl.folder / "out"
    text = (out / "RUNBOOK.md").read_text()
    assert "StorageClass `slow`" in text
    written = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.yaml")}
    assert any(name.startswith("cluster/") for name in written)
    volumes = [one for one in written.values() if "kind: PersistentVolume\n" in one and "ebs.csi.aws.com" in one]
    assert any("name: pv-data" in one for one in volumes)
    for one in written.values():
        assert not re.search("managedFields|resourceVersion|last-applied", one)
    assert kubectl.kvlint("migrate", "--help").stdout.startswith("Usage: kubectl kvlint migrate [OPTIONS] -o DIR\n")


MEASURE = """
import resource, sys
from kvlint.kubectl import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def big_pod(index: int) -> Object:
    """A Pod of about 6 KB as API servers list it; nineteen of twenty belong to a ReplicaSet, the rest is bare."""
    owner = ("apps/v1", "ReplicaSet", f"web-{index // 20}") if index % 20 else None
    volumes = [RBD] if index % 400 == 0 else [{"name": "tmp", "emptyDir": {}}]
    env = [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(40)]
    status = {"conditions": [{"type": "Ready", "message": "m" * 80} for _ in range(8)]}
    pod = made(f"web-{index}", f"ns-{index % 50}", owner, spec=pod_spec(*volumes, env=env), status=status)
    pod["metadata"]["managedFields"] = [{"manager": "kubelet", "fieldsV1": {f"f:{number}": {} for number in range(60)}}]
    return pod


def peak(kubectl: Kubectl, pods: int) -> int:
    """The peak memory in KiB of kvlint over a cluster with so many Pods."""
    kubectl.cluster.objects[PODS] = big_pod
    kubectl.cluster.sizes[PODS] = pods
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "-A", "--output-format", "concise", "--isolated"],
        env=os.environ | {"KUBECONFIG": str(kubectl.config)},
        cwd=kubectl.folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("error[intree-volume] volume") >= pods // 400
    return int(done.stderr.split()[-1])


@pytest.mark.kubectl
def test_memory_does_not_grow_with_the_pods(kubectl: Kubectl) -> None:
    few, many = peak(kubectl, 1_000), peak(kubectl, 5_000)
    # Four thousand Pods are 40 MB of JSON; kept as Python objects they would take several times as much.
    assert many - few < 20 * 1024


def fake_kubectl(folder: Path) -> tuple[str, Path]:
    """A PATH whose kubectl notes its arguments and fails."""
    folder.mkdir()
    trace, script = folder / "trace", folder / "kubectl"
    script.write_text(f'#!/bin/sh\necho "$@" >> {trace}\nexit 1\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", trace


def test_flags_are_handed_on_as_they_are(tmp_path: Path) -> None:
    path, trace = fake_kubectl(tmp_path / "bin")
    flags = [
        "--context=c d",
        "--kubeconfig=k",
        "--cluster=l",
        "--user=u",
        "--server=http://s",
        "--as=a",
        "--as-group=g",
    ]
    flags += ["--as-group=h", "--as-uid=1", "--token=t", "--request-timeout=3s", "--certificate-authority=ca"]
    flags += ["--client-certificate=cc", "--client-key=ck", "--tls-server-name=n", "--insecure-skip-tls-verify"]
    done = subprocess.run(
        [BIN / "kubectl-kvlint", *flags], cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 2
    joined = " ".join(flags)
    assert trace.read_text().splitlines() == [
        f"config view --minify --output=json {joined}",
        f"get --raw /version {joined}",
    ]


def test_a_missing_kubectl_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [BIN / "kubectl-kvlint", "-A"], env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "`kubectl` is not installed" in done.stderr


def test_what_answers_may_be_no_api_server(tmp_path: Path) -> None:
    path, _ = fake_kubectl(tmp_path / "bin")
    (tmp_path / "bin/kubectl").write_text("#!/bin/sh\necho '<html>'\n")
    done = subprocess.run(
        [BIN / "kubectl-kvlint", "-A"], env=os.environ | {"PATH": path}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "what answers is no Kubernetes API server" in done.stderr


def test_controllers_and_names() -> None:
    assert controller(made("a")) is None
    assert controller(made("a", owner=("apps/v1", "ReplicaSet", "r"))) == ("apps", "ReplicaSet", "uid-r")
    assert controller(made("a", owner=("v1", "Node", "n"))) is None
    plain = made("a", owner=("apps/v1", "ReplicaSet", "r"))
    plain["metadata"]["ownerReferences"][0]["controller"] = False
    assert controller(plain) is None
    assert name_of({"kind": "Pod", **made("a", "b")}, "c") == "cluster:c/b/Pod/a"
    assert name_of({"kind": "StorageClass", **made("a")}, "c") == "cluster:c/-/StorageClass/a"
    node = {"kind": "CSINode", **made("n", spec={"drivers": [{"name": "x"}, {"name": "y"}]})}
    assert [*drivers_of(node)] == ["x", "y"]
    assert [*drivers_of({"kind": "CSINode", **made("n", spec={"drivers": None})})] == []


def test_short_flags_take_values() -> None:
    from kvlint.kubectl import CHECK_LIVE, connection

    for words in (["-n", "other"], ["-nother"], ["-n=other"], ["--namespace=other"], ["--namespace", "other"]):
        assert parse(CHECK_LIVE, words).last("namespace") == "other"
    arguments = parse(CHECK_LIVE, ["--insecure-skip-tls-verify", "-l", "a=b", "-As", "http://x"])
    assert [*connection(arguments)] == ["--server=http://x", "--insecure-skip-tls-verify"]
    assert (arguments.last("selector"), arguments.on("all-namespaces")) == ("a=b", True)
    assert shutil.which("kubectl-kvlint", path=str(BIN)) is not None
