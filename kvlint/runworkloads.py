"""The steps that stop workloads, start them again, and give them a changed manifest."""

import re
from collections.abc import Iterator

from kvlint.output.markdown import code
from kvlint.output.text import one_line, path
from kvlint.runwords import Step, inside, named, saved, word, workload
from kvlint.tasks import User

_SCALABLE = ("Deployment", "ReplicaSet", "ReplicationController", "DeploymentConfig")


def change(user: User, *, stopped: bool) -> Iterator[Step]:
    """The workload with its changed manifest."""
    space, it = inside(user.namespace), named(user.kind, user.name)
    if user.kind in ("Pod", "Job"):
        if not stopped:
            again = (
                " It runs again from the start: wait until it is done, if it must not." if user.kind == "Job" else ""
            )
            yield Step(
                f"{user.kind} {code(user.name)} cannot be changed: delete it, and apply its changed manifest.{again}",
                (f"kubectl delete{space} {it}",),
            )
        else:
            yield Step(f"Apply the changed manifest of {user.kind} {code(user.name)}.")
        if user.kind == "Pod":
            yield Step(
                "See that it runs.",
                (f"kubectl wait{space} --for=condition=Ready --timeout=5m {it}",),
                "Ends without an error.",
            )
        return
    yield Step(f"Apply the changed manifest of {user.kind} {code(user.name)}.")
    if user.kind in ("Deployment", "StatefulSet", "DaemonSet"):
        scale = f"kubectl scale{space} {it} --replicas=NUMBER" if stopped and user.kind == "Deployment" else ""
        yield Step(
            "See that its Pods start"
            + (" (scale it back first, if its manifest names no replicas)." if scale else "."),
            (*([scale] if scale else []), f"kubectl rollout status{space} {it} --timeout=10m"),
            "Ends without an error.",
        )
    elif user.kind in _SCALABLE:
        yield Step(
            "Its Pods keep their volumes until they are made anew: let it make them.",
            (f"kubectl scale{space} {it} --replicas=0", f"kubectl scale{space} {it} --replicas=NUMBER"),
        )
    elif user.kind == "CronJob" and stopped:
        yield Step("Let it run again.", (_suspend(user, "false"),))


def stop(user: User) -> Iterator[Step]:
    """Stop the Pods of a workload without losing its claims."""
    space, it = inside(user.namespace), named(user.kind, user.name)
    if user.kind in _SCALABLE:
        yield Step(
            f"Stop {workload(user)}. Note the number of replicas.",
            (
                f"kubectl get{space} {it} --output=jsonpath='{{.spec.replicas}}{{\"\\n\"}}'",
                f"kubectl scale{space} {it} --replicas=0",
            ),
        )
    elif user.kind == "StatefulSet":
        pattern = word(f"^pod/{re.escape(one_line(user.name))}-[0-9]+$")
        yield Step(
            f"Stop {workload(user)}: delete it without its Pods, then its Pods. Scaling it to 0 would do too, but "
            "deletes its claims where `persistentVolumeClaimRetentionPolicy.whenScaled` says Delete.",
            (
                *orphan(user),
                f"for pod in $(kubectl get pods{space} --output=name | grep -E {pattern}); "
                f'do kubectl delete{space} "$pod"; done',
            ),
        )
    elif user.kind == "CronJob":
        yield Step(
            f"Keep {workload(user)} from starting, and wait until none of its Jobs runs.",
            (_suspend(user, "true"), f"kubectl get jobs{space}"),
        )
    elif user.kind in ("Pod", "Job", "DaemonSet"):
        yield Step(f"Delete {workload(user)}; it is created again below.", (f"kubectl delete{space} {it}",))
    else:
        yield Step(f"Stop the Pods of {workload(user)} in the way its operator offers.")


def orphan(user: User) -> tuple[str, str]:
    """The commands that delete a StatefulSet and leave its Pods and claims, after its live form is kept."""
    space, it = inside(user.namespace), named(user.kind, user.name)
    return (
        f"kubectl get{space} {it} --output=yaml > {saved(user.kind, user.name, user.namespace)}",
        f"kubectl delete{space} {it} --cascade=orphan",
    )


def _suspend(user: User, value: str) -> str:
    patch = f'{{"spec":{{"suspend":{value}}}}}'
    return f"kubectl patch{inside(user.namespace)} {named(user.kind, user.name)} --patch='{patch}'"


def start(user: User) -> Iterator[Step]:
    """Start a workload that `stop` stopped and whose manifest did not change."""
    space, it = inside(user.namespace), named(user.kind, user.name)
    if user.kind in _SCALABLE:
        yield Step(
            f"Start {workload(user)} with the number of replicas it had.",
            (f"kubectl scale{space} {it} --replicas=NUMBER",),
        )
    elif user.kind == "StatefulSet":
        yield Step(
            f"Start {workload(user)}.",
            (
                f"kubectl create --filename={saved(user.kind, user.name, user.namespace)}",
                f"kubectl rollout status{space} {it} --timeout=10m",
            ),
        )
    elif user.kind == "CronJob":
        yield Step(f"Let {workload(user)} run again.", (_suspend(user, "false"),))
    elif user.kind in ("Pod", "Job", "DaemonSet"):
        yield Step(f"Create {workload(user)} from its manifest ({code(path(user.file))}).")
    else:
        yield Step(f"Start the Pods of {workload(user)} again.")
