"""`csv`: the survey's counts as one table for a spreadsheet, with each driver's standing beside it."""

import csv
import io
from collections.abc import Iterator

from kvlint.output.text import one_line
from kvlint.survey import Survey

_FORMULA = ("=", "+", "-", "@")


def render(survey: Survey, color: bool = False) -> Iterator[str]:
    """A heading and one line for each era, driver, kind and namespace."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("era", "driver", "kind", "namespace", "count", "state", "successor", "kubernetes_version"))
    standing = {(driver.era, driver.driver): driver for driver in survey.drivers}
    for count in survey.counts:
        driver = standing.get((count.era, count.driver))
        state, successor = (driver.state, driver.successor) if driver is not None else ("", "")
        words = (count.era, count.driver, count.kind, count.namespace or "")
        writer.writerow((*map(_cell, words), count.number, _cell(state), _cell(successor), survey.target))
    yield text.getvalue()


def _cell(text: str) -> str:
    """`text` as no spreadsheet takes it for a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
