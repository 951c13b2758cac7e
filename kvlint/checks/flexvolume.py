"""What is left of the FlexVolume era: volumes, the drivers' installers, and what allows them."""

from collections.abc import Iterator

from kvlint.checks.inline import flex_driver, successor
from kvlint.checks.lifecycle import judge_plugin
from kvlint.checks.migration import migration_of, upgrade
from kvlint.knowledge import flexvolume_drivers
from kvlint.knowledge.version import format_version
from kvlint.rule import Context, Match
from kvlint.views import ObjectView, Views, VolumeSource
from kvlint.yamltree import SEQUENCE


def flexvolume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A flexVolume source of a Pod or PersistentVolume."""
    if source.field != "flexVolume":
        return
    verdict = judge_plugin(source.plugin, context)
    deprecated = source.plugin.deprecated_in
    if verdict is None or deprecated is None:
        return
    driver = flex_driver(source)
    known = flexvolume_drivers.find(driver)
    yield Match(
        source.key,
        source.path,
        {
            "holder": source.holder,
            "volume": source.name,
            "driver": driver,
            "deprecated": format_version(deprecated),
            "short": known.status if known is not None else "unknown driver",
            "successor": successor(source),
        },
        confidence=source.confidence,
        related=source.named(),
        migration=migration_of(source, context),
        subject=source.volume.node if source.volume else source.resource.node,
    )


def flexvolume_installer(view: ObjectView, context: Context) -> Iterator[Match]:
    """What installs or admits FlexVolume drivers: a hostPath of the plugin directory, a flag, a PSP or SCC."""
    resource = view.resource
    if resource.kind in ("PodSecurityPolicy", "SecurityContextConstraints"):
        yield from _policy(view, context)
        return
    directories = [directory.rstrip("/") for directory in context.params["directories"]]
    views = Views(resource)
    for source in views.sources():
        if source.field != "hostPath":
            continue
        path = source.node.get("path")
        text = path.scalar_text() if path is not None else None
        if path is not None and text is not None and any(_inside(text, directory) for directory in directories):
            yield Match(
                source.key,
                source.path,
                {
                    "what": f"{resource.kind} `{resource.name}` mounts the node's FlexVolume plugin directory",
                    "short": "where FlexVolume drivers are installed",
                },
                confidence=source.confidence,
                related=source.named(),
                migration=upgrade("flexvolume-installer", resource, context),
            )
    flags = tuple(context.params["flags"])
    for container in views.containers():
        for field in ("command", "args"):
            words = container.node.get(field)
            for index, word in enumerate(words.items() if words is not None else ()):
                text = word.string()
                if text is not None and text.partition("=")[0] in flags:
                    yield Match(
                        word,
                        f"{container.path}.{field}[{index}]",
                        {
                            "what": f"{resource.kind} `{resource.name}` sets `{text.partition('=')[0]}`, "
                            "the directory of FlexVolume drivers",
                            "short": "FlexVolume plugin directory",
                        },
                        confidence=container.confidence,
                        migration=upgrade("flexvolume-installer", resource, context),
                    )


def _policy(view: ObjectView, context: Context) -> Iterator[Match]:
    resource = view.resource
    base = view.node.get("spec") if resource.kind == "PodSecurityPolicy" else view.node
    prefix = "spec." if resource.kind == "PodSecurityPolicy" else ""
    if base is None:
        return
    for entry in base.entries():
        if entry.key == "allowedFlexVolumes" and entry.node.items():
            node, path = entry.key_node, f"{prefix}allowedFlexVolumes"
            what = f"{resource.kind} `{resource.name}` allows FlexVolume drivers"
        elif entry.key == "volumes" and entry.node.kind == SEQUENCE:
            found = [(i, item) for i, item in enumerate(entry.node.items()) if item.string() == "flexVolume"]
            if not found:
                continue
            node, path = found[0][1], f"{prefix}volumes[{found[0][0]}]"
            what = f"{resource.kind} `{resource.name}` allows flexVolume volumes"
        else:
            continue
        yield Match(
            node,
            path,
            {"what": what, "short": "allows FlexVolume"},
            migration=upgrade("flexvolume-policy", resource, context),
        )


def _inside(path: str, directory: str) -> bool:
    path = path.rstrip("/")
    return path == directory or path.startswith(directory + "/")
