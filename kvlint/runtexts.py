"""The sentences of a runbook that are the same in every one."""

HEAD = """\
- Read it to the end before the first command, and do it in a test cluster first.
- Run every command in the folder of this file. Words in capitals are for you to replace.
- Stop where an answer is not what it should be. Every task has a way back.
- After a change of manifests or configuration run `kvlint migrate` again: the same input gives the same files.
"""

CLUSTER = """\
**The right cluster.** Both must be what you mean; the version decides what still works.

```sh
kubectl config current-context
kubectl version
```
"""

RIGHTS = """\
**Rights.** Everything about PersistentVolumes, classes and drivers needs cluster-level rights; with rights in the
namespace alone you can do the rest. Each command must answer `yes`.
"""

GITOPS = """\
**GitOps.** Taking a claim out of Git, or renaming it, makes a GitOps controller prune the live claim, and with the
reclaim policy Delete the data goes with it. Self-healing in turn undoes what the tasks delete. So suspend both for
everything that holds these manifests, and leave it so until section *When all is done*. Begin with the parents: an app
of apps, an ApplicationSet and a Flux Kustomization put their children back. And keep this folder away from what they
synchronize: its objects are to be applied in the order of the tasks.

```sh
# Argo CD
argocd app set APP --sync-policy none
kubectl get applications.argoproj.io APP --namespace=argocd --output=jsonpath='{.spec.syncPolicy.automated}'
# Flux
flux suspend kustomization NAME --namespace=NAMESPACE
flux suspend helmrelease NAME --namespace=NAMESPACE
flux get kustomizations --all-namespaces
```

The command after Argo CD's must print nothing; Flux must show `True` under SUSPENDED. Against mistakes, mark the live
claims as well: the annotation `argocd.argoproj.io/sync-options: Prune=false` for Argo CD,
`kustomize.toolkit.fluxcd.io/prune: disabled` for Flux.
"""

CONTROLLERS = """\
**Other controllers.** An autoscaler that scales from 0 (KEDA) and operators start Pods again: pause them for the
workloads of a task.

**Finalizers.** A claim with `kubernetes.io/pvc-protection` is deleted only when no Pod uses it any more, a volume with
`kubernetes.io/pv-protection` only when no claim is bound to it. A delete that does not end is this protection at work.
It cannot be taken back, and it ends when the user is gone. What holds a claim stands under `Used By` in
`kubectl describe pvc`; what holds a volume is its claim, or a line of `kubectl get volumeattachments`. Never remove a
finalizer to get on.
"""

WAY_BACK = """\
**The way back.** Old objects are kept in `{folder}`. What they hold, passwords in environment variables included, is in
these files too: keep the folder out of Git, and delete it in the end.

```sh
mkdir -p {folder}
```
"""

DRIVERS = """\
A driver is installed when its object exists and every node that may run the Pods lists it. Installing one needs
cluster-level rights.
"""

INPUTS = """\
No manifest says these. Until they are known, a placeholder stands for each in the objects, which kvlint reports as
`unresolved-input`, and the tasks that need them cannot begin.
"""

SECRETS = """\
Secrets are created by hand, never from Git. `{folder}` shows their keys; no value is written anywhere.
"""

TASKS = """\
In this order. Tasks that stop the same workload may be done together.
"""

BY_HAND = """\
For these nobody can write objects without knowing more than the manifests say.
"""

KEPT = """\
Kubernetes hands these PersistentVolumes to their CSI driver by itself. Where one is bound, nothing has to be done but
to keep the driver installed. Converting it means deleting claim and volume, which is worth it only for a new cluster,
or to leave nothing in-tree behind: `kvlint migrate --convert-bound` plans that too.
"""
