"""Checks of the category inline: network storage written into Pod specs."""

from collections.abc import Iterator

from kvlint.checks.lifecycle import judge_plugin
from kvlint.checks.migration import migration_of
from kvlint.finding import Confidence
from kvlint.knowledge import csi_drivers, flexvolume_drivers
from kvlint.rule import Context, Match
from kvlint.views import VolumeSource


def inline_network_volume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A Pod's volume with a network source; FlexVolume unless its driver is known to be local."""
    if source.volume is None or not source.plugin.inline_finding:
        return
    word = source.field
    confidence = source.confidence
    if source.field == "flexVolume":
        driver = flex_driver(source)
        known = flexvolume_drivers.find(driver)
        if known is not None and known.local:
            return
        word = f"FlexVolume `{driver}`"
        confidence = confidence if known is not None else min(confidence, Confidence.MEDIUM)
    yield Match(
        source.key,
        source.path,
        {"volume": source.name, "source": word, "successor": successor(source)},
        confidence=confidence,
        related=source.named(),
        migration=migration_of(source, context),
        subject=source.volume.node,
    )


def inline_csi_volume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """An inline CSI volume whose driver lists only `Persistent` in its own CSIDriver manifest.

    An unknown driver is silent."""
    if source.volume is None or source.field != "csi":
        return
    driver = text(source, "driver") or ""
    known = csi_drivers.find(driver)
    if known is not None and known.modes and "Ephemeral" not in known.modes:
        yield Match(
            source.key,
            source.path,
            {"volume": source.name, "driver": driver},
            confidence=source.confidence,
            related=source.named(),
            migration=migration_of(source, context),
            subject=source.volume.node,
        )


def git_repo_volume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A gitRepo volume: deprecated since 1.11, disabled by default since 1.33 (KEP-5040)."""
    if source.field != "gitRepo":
        return
    verdict = judge_plugin(source.plugin, context)
    if verdict is not None:
        yield Match(
            source.key,
            source.path,
            {"volume": source.name, "lifecycle": verdict.phrase, "short": verdict.short},
            severity=verdict.severity,
            confidence=source.confidence,
            related=source.named(),
            migration=migration_of(source, context),
            subject=source.volume.node if source.volume else None,
        )


def host_path_volume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A hostPath volume of a Pod."""
    if source.field == "hostPath" and source.volume is not None:
        yield Match(
            source.key,
            source.path,
            {"volume": source.name, "path": text(source, "path") or "a directory"},
            confidence=source.confidence,
            related=source.named(),
            migration=migration_of(source, context),
            subject=source.volume.node,
        )


def inline_storage_endpoint(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A Pod that spells out who it is to the storage system: user, keyring, secret file.

    One match per such field. The addresses alone are what every network volume needs, so inline-network-volume covers
    them; beside an identity they are named."""
    if source.volume is None:
        return
    plugin = source.plugin
    present = {entry.key: entry for entry in source.node.entries() if not entry.node.is_null}
    endpoints = tuple((present[field].key_node, "and where") for field in plugin.endpoint_fields if field in present)
    for field in plugin.identity_fields:
        if field in present:
            yield Match(
                present[field].key_node,
                f"{source.path}.{field}",
                {"volume": source.name, "source": source.field, "field": field},
                confidence=source.confidence,
                related=source.named() + endpoints,
                migration=migration_of(source, context),
                subject=source.volume.node,
            )


def flex_driver(source: VolumeSource) -> str:
    """The driver of a flexVolume source; "(none)" where the required field is missing."""
    return text(source, "driver") or "(none)"


def text(source: VolumeSource, field: str) -> str | None:
    """The text of a scalar field of a volume source."""
    node = source.node.get(field)
    return node.scalar_text() if node is not None else None


def successor(source: VolumeSource) -> str:
    """What to do about a volume source: the CSI driver to claim it through, or that there is none."""
    if source.field == "flexVolume":
        known = flexvolume_drivers.find(flex_driver(source))
        drivers = known.successors if known is not None else ()
        if known is None:
            return "ask the driver's vendor for a CSI driver; kvlint does not know this FlexVolume driver"
        return f"claim it through {drivers[0].driver}" if drivers else known.advice
    plugin = source.plugin
    if not plugin.successors:
        return plugin.advice
    through = f"claim it through {plugin.successors[0].driver}"
    if plugin.deprecated_in is None:
        return f"{through}, or keep {source.field} in a PersistentVolume, which needs no driver"
    return through
