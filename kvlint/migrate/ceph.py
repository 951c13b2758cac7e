"""What RBD and CephFS have in common in ceph-csi: cluster, monitors and the Secret of the Ceph user.

Semantics: ceph/ceph-csi docs/static-pvc.md and deploy/csi-config-map-sample.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kvlint.migrate.draft import Draft, quote
from kvlint.migrate.objects import Object, secret_ref
from kvlint.migrate.subject import Refused, mapping, string, strings

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


DOCS = "https://github.com/ceph/ceph-csi/blob/devel/"
ADMIN = "admin"
# What external-provisioner replaces by the namespace of the claim.
CLAIM_NAMESPACE = "${pvc.namespace}"


def cluster(draft: Draft, hosts: Sequence[str]) -> str:
    """The clusterID under which ceph-csi knows the cluster with the monitors `hosts`, and the step to make it known."""
    cluster_id = draft.subject.inputs.take(
        "ceph.cluster-id", "ceph-csi finds the monitors under it (usually the output of `ceph fsid`)"
    )
    if hosts:
        import json

        entry = json.dumps([{"clusterID": cluster_id, "monitors": list(hosts)}], ensure_ascii=False)
        draft.steps.append(
            "Tell ceph-csi the monitors, which a CSI volume cannot name: if its ConfigMap `ceph-csi-config` has no "
            f"entry for the cluster, add to `config.json`: `{entry}`"
        )
    draft.note("The monitors are no longer in the manifest; ceph-csi looks them up by clusterID.")
    return cluster_id


def monitors(body: Mapping[str, Any]) -> list[str]:
    """The monitors of a volume source. Refuses none, as Kubernetes does."""
    found = strings(body, "monitors")
    if not found:
        raise Refused("`monitors` is missing, so nothing says which cluster this is; correct it first")
    return found


def user_secret(draft: Draft, user: str, old: str, namespace: str) -> Object:
    """The reference to the Secret of a Ceph user as ceph-csi reads it, and the steps that create it.

    `old` is where the in-tree plugin had the key, in words; `namespace` may be a template of external-provisioner
    (`${pvc.namespace}`). Key values are never read."""
    inputs = draft.subject.inputs
    why = f"a Secret with userID and userKey of the Ceph user {user}, instead of {old}"
    name = inputs.take("ceph.user-secret", why, user)
    namespace = inputs.given("ceph.secret-namespace") or namespace
    draft.note(f"ceph-csi reads the keys userID and userKey; {old} does not serve.")
    if namespace == CLAIM_NAMESPACE:
        draft.note(f"The Secret of the Ceph user {user} must be in every namespace that has claims of this class.")
    if inputs.given("ceph.user-secret", user) is None:
        key = quote(f"client.{user}")
        draft.steps.append(
            f"Write the key of the Ceph user to a file, without a line end: `ceph auth get-key {key} > FILE`"
        )
        draft.secret(name, None if namespace == CLAIM_NAMESPACE else namespace, {"userID": user}, ["userKey"])
    return secret_ref(name, namespace)


def source_secret(draft: Draft, key_file: str) -> Object:
    """The `user_secret` of a volume source with `user`, `secretRef` and the field `key_file`."""
    body = draft.subject.body
    old_name = string(mapping(body, "secretRef"), "name")
    if string(body, key_file):
        draft.note(f"`{key_file}` is dropped: ceph-csi reads no files of the node, the key goes into the Secret.")
    old = f"Secret `{old_name}` with its key `key`" if old_name else "the key file on the nodes"
    namespace = string(mapping(body, "secretRef"), "namespace") or draft.namespace(
        "the Secret of the Ceph user is in the namespace of the Pod"
    )
    return user_secret(draft, string(body, "user", ADMIN), old, namespace)
