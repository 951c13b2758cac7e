"""Golden files: every format of every sample report. `KVLINT_UPDATE=1 pytest` writes them anew."""

import os
from pathlib import Path

import pytest
from output_samples import REPORTS, VIEW

from kvlint.output import FORMATS, STATISTICS, renderer

GOLDEN = Path(__file__).parent / "golden" / "output"
MODULES = {**FORMATS, "statistics": STATISTICS}


@pytest.mark.parametrize("sample", REPORTS)
@pytest.mark.parametrize("format_name", MODULES)
def test_golden(sample, format_name):
    view = VIEW._replace(migrate_command="kvlint migrate PATHS -o DIR")
    text = "".join(renderer(MODULES[format_name])(REPORTS[sample](), view))
    path = GOLDEN / f"{sample}.{format_name}.txt"
    if os.environ.get("KVLINT_UPDATE"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    expected = {f"{sample}.{format_name}.txt" for sample in REPORTS for format_name in MODULES}
    assert {path.name for path in GOLDEN.iterdir()} == expected
