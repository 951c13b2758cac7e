"""`--statistics`: how often each rule matched, most often first, then the summary."""

from collections import Counter
from collections.abc import Iterator

from kvlint.finding import Report
from kvlint.output import View
from kvlint.output.fixes import is_fixable
from kvlint.output.summary import summary


def render(report: Report, view: View) -> Iterator[str]:
    """`12  inline-network-volume  [*]`: the mark says that a fix can be written for at least one of the findings."""
    findings = report.counted()
    counts = Counter(finding.rule for finding in findings)
    fixable = {finding.rule for finding in findings if view.fix_flags and is_fixable(finding)}
    width = len(str(max(counts.values(), default=0)))
    name_width = max(map(len, fixable), default=0)
    for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        mark = f"{rule:<{name_width}}  [*]" if rule in fixable else rule
        yield f"{count:>{width}}  {mark}\n"
    yield from summary(report, view)
