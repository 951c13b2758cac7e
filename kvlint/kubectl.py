"""The door from kubectl: `kubectl kvlint` judges the objects of a live cluster. It only reads, and never a Secret."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from kvlint import __version__
from kvlint.cli import CLEAN, INTERRUPTED, deliver, deliver_folder, deliver_survey, guarded, outputs_of, show
from kvlint.options import (
    CHECK,
    CONFIG,
    HELP,
    ISOLATED,
    MIGRATE,
    SURVEY,
    Arguments,
    Command,
    Option,
    parse,
    usage,
)
from kvlint.problem import UsageError

if TYPE_CHECKING:
    from kvlint.run import Run
    from kvlint.survey import Survey

PROGRAM = "kubectl kvlint"
CONNECTION = (
    Option("context", "context of the kubeconfig", "NAME"),
    Option("kubeconfig", "kubeconfig file", "FILE"),
    Option("cluster", "cluster of the kubeconfig", "NAME"),
    Option("user", "user of the kubeconfig", "NAME"),
    Option("server", "address of the API server", "URL", short="s"),
    Option("as", "user to impersonate", "NAME"),
    Option("as-group", "group to impersonate", "NAME", many=True),
    Option("as-uid", "uid to impersonate", "UID"),
    Option("token", "bearer token", "TOKEN"),
    Option("request-timeout", "how long one request may take", "DURATION"),
    Option("certificate-authority", "certificate file of the authority", "FILE"),
    Option("client-certificate", "client certificate file", "FILE"),
    Option("client-key", "client key file", "FILE"),
    Option("tls-server-name", "server name in the certificate", "NAME"),
    Option("insecure-skip-tls-verify", "do not check the server's certificate"),
)
"""What is handed on to kubectl as it is."""

SCOPE = (
    Option("namespace", "only this namespace (default: that of the context)", "NAME", short="n"),
    Option("all-namespaces", "all namespaces", short="A"),
    Option("selector", "only objects with these labels", "LABELS", short="l"),
)
_SWITCHES = ("--all-namespaces", "--insecure-skip-tls-verify")
_REFUSED = ("--fix", "--unsafe-fixes", "--with-placeholders", "--diff", "--add-ignores")
_CHECK_GROUPS = dict(CHECK.groups)
_RULES = tuple(option for option in _CHECK_GROUPS["Rules"] if option.name not in ("platform", "namespace"))
_SUPPRESSION = tuple(option for option in _CHECK_GROUPS["Suppression"] if option.name != "add-ignores")
_CONFIGURATION = (CONFIG, ISOLATED, HELP)
OTHERS = "\nOther commands: kubectl kvlint survey, kubectl kvlint migrate -o DIR; each has its own --help.\n"
_CONNECTION_GROUPS = (("Objects", SCOPE), ("Connection, handed on to kubectl", CONNECTION))

CHECK_LIVE = Command(
    "",
    "",
    "Lint the storage objects and workloads of a cluster. Reads with kubectl and your rights; changes nothing.",
    (
        *_CONNECTION_GROUPS,
        ("Rules", _RULES),
        ("Suppression", _SUPPRESSION),
        ("Output", _CHECK_GROUPS["Output"]),
        ("Configuration", _CONFIGURATION),
    ),
    program=PROGRAM,
)
SURVEY_LIVE = Command(
    "survey",
    "",
    "Count the storage of a cluster by era, driver and namespace, and say what breaks in the next Kubernetes minors.",
    (*_CONNECTION_GROUPS, ("Output", dict(SURVEY.groups)["Output"]), ("Configuration", _CONFIGURATION)),
    program=PROGRAM,
)
MIGRATE_LIVE = Command(
    "migrate",
    "-o DIR",
    "Write the CSI manifests of what is found in a cluster, and RUNBOOK.md, the plan for applying them.",
    (
        *_CONNECTION_GROUPS,
        ("Output", dict(MIGRATE.groups)["Output"]),
        ("Rules", _RULES),
        ("Configuration", _CONFIGURATION),
    ),
    program=PROGRAM,
)
COMMANDS = {command.name: command for command in (CHECK_LIVE, SURVEY_LIVE, MIGRATE_LIVE)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the plugin with the arguments `argv` (default: those of the process) and return the exit code.

    0: nothing at or above the failing severity. 1: findings. 2: no cluster, or not all of it could be read."""
    try:
        return guarded(_dispatch, sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _dispatch(argv: list[str]) -> int:
    if argv[:1] == ["--version"]:
        show(f"kvlint {__version__}\n")
        return CLEAN
    name = argv.pop(0) if argv[:1] in (["survey"], ["migrate"]) else ""
    command = COMMANDS[name]
    if "--help" in argv or "-h" in argv or argv[:1] == ["help"]:
        show(usage(command) + ("" if name else OTHERS))
        return CLEAN
    for word in argv:
        flag = word.partition("=")[0]
        if flag in _REFUSED:
            raise UsageError(
                f"`{flag}` is for files: what runs in a cluster is changed where its manifests are kept",
                "lint and fix those with `kvlint check`; `kubectl kvlint migrate -o DIR` writes what is to be applied",
            )
    arguments = parse(command, [word.removesuffix("=true") if word[:-5] in _SWITCHES else word for word in argv])
    if arguments.operands:
        raise UsageError(
            f"`{arguments.operands[0]}`: {PROGRAM} reads a cluster", "for files there is `kvlint check PATH`"
        )
    return _RUNNERS[name](arguments)


def _check(arguments: Arguments) -> int:
    from kvlint.accept import apply_baseline

    outputs = outputs_of(arguments)
    run, note = apply_baseline(arguments, read(arguments))
    code = deliver(arguments, outputs, run, [note] if note else [])
    if ("full", "") in outputs and not arguments.on("quiet") and not arguments.on("statistics"):
        show("\n")
        deliver_survey(arguments.without("output-file"), surveyed(run))
    return code


def _survey(arguments: Arguments) -> int:
    run = read(arguments)
    return deliver_survey(arguments, surveyed(run), run.errors, run.report.notices)


def _migrate(arguments: Arguments) -> int:
    from kvlint.migrating import write_folder

    if not arguments.on("output"):
        raise UsageError(f"`{PROGRAM} migrate` needs a folder to write to", "name one: -o DIR")
    run = read(arguments)
    return deliver_folder(arguments, run, write_folder(arguments, run))


_RUNNERS: dict[str, Callable[[Arguments], int]] = {"": _check, "survey": _survey, "migrate": _migrate}


def surveyed(run: "Run") -> "Survey":
    """The survey of what a run judged, without what was only read because others refer to it."""
    from kvlint.survey import survey_of

    judged = {*run.files, ""}
    found = survey_of([one for one in run.facts if one.file in judged], run.plan.target, run.plan.world)
    return found._replace(files=0, resources=run.report.summary.resources)


def connection(arguments: Arguments) -> Iterator[str]:
    """The flags that are kubectl's, as it takes them."""
    for option in CONNECTION:
        for value in arguments.every(option.name):
            yield f"--{option.name}={value}" if option.value else f"--{option.name}"


def read(arguments: Arguments) -> "Run":
    """Read the cluster and judge what is in it. Raises UsageError, ConfigError."""
    from kvlint import live
    from kvlint.inputs.cluster import Cluster, Where

    if arguments.on("all-namespaces") and arguments.on("namespace"):
        raise UsageError("`--all-namespaces` and `--namespace` exclude each other")
    cluster = Cluster(list(connection(arguments)))
    namespace = None if arguments.on("all-namespaces") else arguments.last("namespace") or cluster.default_namespace
    return live.read(cluster, Where(namespace, arguments.last("selector")), arguments)
