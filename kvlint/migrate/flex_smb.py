"""FlexVolumes of SMB shares: what the address and the mount options of the many CIFS drivers have in common."""

import re

from kvlint.knowledge import flexvolume_mappings
from kvlint.knowledge.credential_keys import MOUNT_SECRETS
from kvlint.migrate.credential import ROTATE
from kvlint.migrate.flex_options import Options
from kvlint.migrate.subject import Refused

_SCHEME = re.compile(r"(?i)(smb|cifs):")
_USER = ("username", "user")
_DOMAIN = ("domain", "dom", "workgroup")
_FILE = ("credentials", "cred")


def smb(options: Options) -> None:
    """Give the references @server and @path (`/share/below`), and mount options that hold no credential.

    The share is written as `//server/share`, with backslashes, as `smb://server/share`, or in two options. What stands
    before an `@` may be user and password."""
    address = options.raw("source") or options.raw("networkPath")
    if not address:
        server, share = options.raw("server").strip("/\\"), options.raw("share").lstrip("/\\")
        address = f"{server}/{share}" if server and share else ""
    text = _SCHEME.sub("", address.strip().replace("\\", "/"), count=1).strip("/")
    before, user, after = text.rpartition("@")
    if any(options.hidden(name) for name in ("source", "networkPath", "server", "share")) or (user and ":" in before):
        raise Refused(
            f"the address of the share holds a user and a password; {ROTATE}, and take both out of the address first"
        )
    if user and "/" not in before:
        options.moved["username"] = "source"
        options.draft.note(
            "The user in the address of the share is left out; it belongs under `username` of the Secret."
        )
        text = after
    server, slash, path = re.sub(r"/+", "/", text).partition("/")
    if not slash or not server or not path:
        raise Refused("the options name no SMB share (`//server/share`), so nothing says which storage this is")
    options.references |= {"@server": server, "@path": f"/{path}"}
    for source in options.plan.mount_options:
        _mount_options(options, source.option)


def _mount_options(options: Options, name: str) -> None:
    option = options.written(name)
    kept = []
    after_password = lost = False
    for item in options.raw(option).split(","):
        key = item.partition("=")[0].strip().lower()
        if key in MOUNT_SECRETS:
            options.move(option, "password")
            after_password = True
        elif key in _USER and "=" in item:
            options.moved.setdefault("username", option)
            options.draft.note(
                f"The user in the option `{option}` is left out; it belongs under `username` of the Secret."
            )
        elif key in _DOMAIN:
            options.moved.setdefault("domain", option)
            options.draft.note(
                f"The domain in the option `{option}` is left out; it belongs under `domain` of the Secret."
            )
        elif key in _FILE:
            options.draft.note(
                f"The option `{option}` names a file with user and password on every node; the Secret takes its place. "
                "Remove the file."
            )
        elif after_password and key and key not in flexvolume_mappings.cifs_options():
            lost = True
        elif item.strip():
            kept.append(item.strip())
    if lost:
        options.draft.note(
            f"In the option `{option}` something after the password is no known mount option; it may be a part of the "
            "password and is left out."
        )
    if "guest" in kept:
        options.references["@no-secret"] = "guest"
    if "noserverino" not in kept:
        options.draft.note(
            "The CSI driver's examples add the mount option `noserverino` against data corruption; the old driver did "
            "not, so it is not added here."
        )
    options.replace(option, ",".join(kept))
