"""The words of a runbook: how objects, files and places are named in its sentences and commands.

Manifests may have chosen any word of a command, so every word is quoted for the shell, and an object is named as
`kind/name`, which no name can turn into an option."""

import shlex
from collections.abc import Iterable

from kvlint.finding import NEEDS_INPUT, Finding
from kvlint.folder import file_name
from kvlint.migrate.subject import placeholder
from kvlint.output.markdown import code, plain
from kvlint.output.text import one_line, path, plural
from kvlint.plan import identity
from kvlint.record import NamedTuple
from kvlint.tasks import Object, Task, User

CLUSTER = "cluster"
MANY = 6
UNKNOWN_NAMESPACE = "unknown.namespace"
# No namespace is called so: a namespace's name holds no dot.
ROLLBACK = "rollback.d"
SECRETS = "secrets.example"
CLUSTER_KINDS = frozenset(
    ("PersistentVolume", "StorageClass", "CSIDriver", "VolumeSnapshotClass", "VolumeSnapshotContent")
)


class Step(NamedTuple):
    """What to do, the commands for it, and what they must answer."""

    text: str
    commands: tuple[str, ...] = ()
    answer: str = ""
    block: str = ""


def word(text: str) -> str:
    """`text` as one word of a shell command."""
    return shlex.quote(one_line(text))


def named(kind: str, name: str) -> str:
    """An object as kubectl takes it."""
    return word(f"{kind.lower()}/{name}")


def inside(namespace: str | None) -> str:
    """The flag that names the namespace, with a blank before it."""
    return " " + word(f"--namespace={namespace or placeholder('namespace')}")


def saved(kind: str, name: str, namespace: str | None = "") -> str:
    """Where the old form of an object is kept for the way back."""
    return f"{ROLLBACK}/{file_name(f'{namespace}.{kind.lower()}' if namespace else kind.lower(), name)}.yaml"


def path_of(item: Object) -> str:
    """The file that an object is written to, below the output folder."""
    kind, namespace, name = identity(item)
    if kind in CLUSTER_KINDS:
        return f"{CLUSTER}/{file_name(kind.lower(), name)}.yaml"
    if not namespace:
        return f"{UNKNOWN_NAMESPACE}/{file_name(kind.lower(), name)}.yaml"
    folder = file_name(namespace) if "." not in namespace else file_name(namespace, "")
    return f"{folder}/{file_name(kind.lower(), name)}.yaml"


def secret_path(item: Object) -> str:
    """The file of an example of a Secret, below the output folder.

    Its ending keeps it from being applied with the folder, which would overwrite the live Secret."""
    _, namespace, name = identity(item)
    return f"{SECRETS}/{file_name(f'{namespace}.secret' if namespace else 'secret', name)}.yaml.example"


def policy(volume: str) -> str:
    """The command that prints the reclaim policy of a live PersistentVolume."""
    return f"kubectl get {named('pv', volume)} --output=jsonpath='{{.spec.persistentVolumeReclaimPolicy}}{{\"\\n\"}}'"


def wait(claim: str, namespace: str | None) -> str:
    """The command that waits until a claim is bound."""
    flag = inside(namespace)
    return f"kubectl wait{flag} --for=jsonpath='{{.status.phase}}'=Bound --timeout=2m {named('pvc', claim)}"


def workload(user: User) -> str:
    """A workload in a sentence."""
    return f"{plain(user.kind)} {code(user.name)}"


def place(finding: Finding) -> str:
    """Where a finding is."""
    line = finding.location.line
    return code(path(finding.location.file) + (f":{line}" if line else ""))


def places(findings: Iterable[Finding]) -> str:
    """Where findings are, the first of them if there are many."""
    found = list(dict.fromkeys(map(place, findings)))
    more = f" and {len(found) - MANY} more" if len(found) > MANY else ""
    return ", ".join(found[:MANY]) + more


def needs(task: Task) -> str:
    """What is missing before a task can begin; "" if nothing is."""
    if task.status != NEEDS_INPUT:
        return ""
    names = [code(item.name) for item in task.inputs()]
    return f"Not ready: {plural(len(names), 'input')} missing ({', '.join(names)}). Do not apply its objects before."
