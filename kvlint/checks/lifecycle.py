"""When something stops working, in words and as a severity, for the Kubernetes version judged for."""

from kvlint.finding import Severity
from kvlint.knowledge.version import Version, format_version
from kvlint.knowledge.volume_plugins import VolumePlugin
from kvlint.record import NamedTuple
from kvlint.rule import Context


class Verdict(NamedTuple):
    """How a deprecated thing stands at the target version, with a clause for the message and words for the caret."""

    severity: Severity
    phrase: str
    short: str


def judge_plugin(plugin: VolumePlugin, context: Context) -> Verdict | None:
    """The verdict on an in-tree volume plugin; None when it is not deprecated at the target version.

    Deprecated: it works. Redirected: the kubelet hands the volume to the CSI driver, which must be installed. Removed
    without redirection, or disabled: no Pod with such a volume starts. A driver that is known not to be installed in
    the live cluster is an error."""
    deprecated, target = plugin.deprecated_in, context.target
    if deprecated is None or target < deprecated:
        return None
    since = f"deprecated since {format_version(deprecated)}"
    driver = plugin.successors[0].driver if plugin.successors else None
    if plugin.redirected_in is not None:
        date = format_version(plugin.redirected_in)
        installed = context.live.drivers if context.live is not None else None
        if target >= plugin.redirected_in and installed is not None and driver not in installed:
            return Verdict(
                Severity.ERROR,
                f"{since}, redirected to {driver} since {date}, which is not installed in this cluster",
                "driver not installed in this cluster",
            )
        if target >= plugin.redirected_in:
            return Verdict(
                Severity.WARNING, f"{since}, redirected to {driver} since {date}", f"needs driver {driver} since {date}"
            )
        return Verdict(
            Severity.WARNING, f"{since}, redirected to {driver} in {date}", f"needs driver {driver} from {date} on"
        )
    ended = plugin.removed_in
    if ended is None:
        return Verdict(Severity.WARNING, since, "deprecated plugin")
    date = format_version(ended)
    verb = "disabled" if plugin.after_removal == "disabled" else "removed"
    if target >= ended:
        return Verdict(Severity.ERROR, f"{since}, {verb} in {date}", f"non-functional since Kubernetes {date}")
    return Verdict(Severity.WARNING, f"{since}, {verb} in {date}", f"stops working in Kubernetes {date}")


def judge_dates(deprecated: Version | None, removed: Version | None, target: Version, verb: str) -> Verdict | None:
    """The verdict on something with plain dates, such as an API version.

    `verb` says what happens at the end, so that it reads well after a comma ("no longer served")."""
    if removed is not None and target >= removed:
        since = f"deprecated since {format_version(deprecated)}, " if deprecated is not None else ""
        date = format_version(removed)
        return Verdict(Severity.ERROR, f"{since}{verb} since {date}", f"{verb} since Kubernetes {date}")
    if deprecated is None or target < deprecated:
        return None
    since = f"deprecated since {format_version(deprecated)}"
    if removed is None:
        return Verdict(Severity.WARNING, since, "deprecated")
    date = format_version(removed)
    return Verdict(Severity.WARNING, f"{since}, {verb} from {date} on", f"{verb} from Kubernetes {date} on")
