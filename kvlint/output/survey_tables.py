"""What the survey's formats for people have in common: the rows of its tables, and its sentences."""

from collections.abc import Iterator

from kvlint.facts import Place
from kvlint.output.text import one_line, path, plural
from kvlint.survey import (
    DEPRECATED,
    ERAS,
    KINDS,
    NEEDS_DRIVER,
    PV,
    STOPS,
    STORAGE_CLASS,
    UNSERVED,
    Change,
    Survey,
)

Row = tuple[str, ...]


def title(survey: Survey) -> str:
    """What was counted, and for which version."""
    where = plural(survey.files, "file") if survey.files else "the cluster"
    read = f"{plural(survey.resources, 'resource')} of {where}"
    return f"{read}, judged for Kubernetes {survey.target}; tables as of {survey.as_of}"


def here(survey: Survey) -> str:
    """What was counted in, as sentences name it."""
    return "these files" if survey.files else "this cluster"


def inventory(survey: Survey) -> Iterator[Row]:
    """Era, driver, namespace, and how many things of each kind there are; the first row holds the headings."""
    yield ("era", "driver", "namespace", *KINDS.values())
    groups: dict[tuple[str, str, str], dict[str, int]] = {}
    for count in survey.counts:
        cluster = count.kind in (PV, STORAGE_CLASS)
        namespace = "(cluster)" if cluster else count.namespace if count.namespace is not None else "(not said)"
        groups.setdefault((count.era, count.driver, namespace), {})[count.kind] = count.number
    for (era, driver, namespace), kinds in groups.items():
        numbers = (str(kinds.get(kind, "")) for kind in KINDS)
        yield (ERAS[era], one_line(driver) or "(not known)", one_line(namespace), *numbers)


def totals(survey: Survey) -> Iterator[Row]:
    """Each era and how many things belong to it; the first row holds the headings."""
    yield ("era", "things")
    for era, name in ERAS.items():
        count = sum(one.number for one in survey.counts if one.era == era)
        if count:
            yield (name, str(count))


def drivers(survey: Survey) -> Iterator[Row]:
    """Each driver, how it stands and what to move to; the first row holds the headings."""
    yield ("driver", "era", f"at Kubernetes {survey.target}", "move to")
    for driver in survey.drivers:
        yield (one_line(driver.driver), ERAS[driver.era], one_line(driver.state), one_line(driver.successor))


def span(survey: Survey) -> str:
    """Between which minors the changes are told."""
    if survey.target == survey.newest:
        return f"At Kubernetes {survey.target}"
    return f"From Kubernetes {survey.target} to {survey.newest}"


def by_version(survey: Survey) -> Iterator[tuple[str, list[Change]]]:
    """The changes of each minor, under a heading."""
    groups: dict[str, list[Change]] = {}
    for change in survey.changes:
        groups.setdefault(change.version, []).append(change)
    for version, changes in groups.items():
        if not version:
            yield "With the custom resources' own releases", changes
        elif version == survey.target:
            yield f"{version} (now)", changes
        else:
            yield version, changes


def sentence(change: Change) -> str:
    """What happens to whom, and what to do."""
    since = f" since {change.since}" if change.since != change.version else ""
    word = {
        DEPRECATED: f"deprecated{since}",
        NEEDS_DRIVER: f"needs the CSI driver {change.driver}{since}",
        STOPS: f"does not work{since}" if since else "stops working",
        UNSERVED: f"not served{since}" if since else "no longer served",
    }[change.change]
    if change.words:
        word = f"{word} ({change.words})"
    goal = f"; move to {change.driver}" if change.driver and change.change != NEEDS_DRIVER else ""
    return one_line(f"{change.subject}: {word}{goal}")


def counted(change: Change) -> str:
    """How much a change concerns."""
    claims = f" and {plural(change.claims, 'claim')} behind" if change.claims and change.storage else ""
    return f"{plural(change.storage, 'object')}{claims}" if change.storage else plural(change.claims, "claim")


def example(place: Place) -> str:
    """Where one of the things is."""
    line = place.start[0]
    name = f"{place.kind}/{place.name}" if place.name else place.kind
    where = path(place.file) + (f":{line}" if line else "")
    return f"{where} {one_line(name)}" + (f" {place.field}" if place.field else "")


def left_out(change: Change) -> int:
    """How many things a change concerns besides its examples."""
    return (change.storage or change.claims) - len(change.examples)
