"""`gitRepo`: an emptyDir that an init container fills. The container is no object, so the reader has to add it."""

from kvlint.finding import Migration
from kvlint.migrate.draft import Draft, manual
from kvlint.migrate.subject import Subject, required, string

_REFERENCES = (
    "https://kubernetes.io/docs/concepts/storage/volumes/#gitrepo",
    "https://github.com/kubernetes/git-sync",
)


def inline(subject: Subject) -> Migration:
    """A Pod's clone of a repository."""
    import json

    draft = Draft(subject, None, *_REFERENCES)
    repository, revision = _public(required(subject.body, "repository")), string(subject.body, "revision")
    directory = string(subject.body, "directory")
    if repository != string(subject.body, "repository"):
        draft.note("The URL may hold a credential, which is left out: give git one from a Secret, if it needs one.")
    target = f"/repository/{directory}".rstrip("/") if directory and directory != "." else "/repository"
    if not directory:
        target += "/" + repository.rstrip("/").rpartition("/")[2].removesuffix(".git")
    commands = [f'git clone -- "$REPOSITORY" "{"$TARGET"}"']
    environment = [{"name": "REPOSITORY", "value": repository}, {"name": "TARGET", "value": target}]
    if revision:
        commands.append('git -C "$TARGET" checkout "$REVISION"')
        environment.append({"name": "REVISION", "value": revision})
    container = {
        "name": "clone",
        "image": "<an image with git>",
        "command": ["sh", "-ec", " && ".join(commands)],
        "env": environment,
        "volumeMounts": [{"name": subject.name, "mountPath": "/repository"}],
    }
    volume = {"name": subject.name, "emptyDir": {}}
    draft.steps.append(f"Replace the volume by `{json.dumps(volume)}`.")
    draft.steps.append(f"Add the init container: `{json.dumps(container, ensure_ascii=False)}`")
    draft.note("gitRepo lets a repository run code as root on the node (CVE-2024-10220).")
    draft.note("An image volume, or git-sync as a sidecar, are alternatives; git-sync also follows new commits.")
    return manual(draft, "emptyDir + init container that clones the repository")


def _public(url: str) -> str:
    """The URL without what may be a credential: user and password (of ssh only the password), and the query."""
    scheme, separator, rest = url.partition("?")[0].partition("://")
    if not separator:
        return scheme
    host, slash, path = rest.partition("/")
    user, at, server = host.rpartition("@")
    kept = user.partition(":")[0] + at if scheme == "ssh" else ""
    return f"{scheme}://{kept}{server}{slash}{path}"
