"""The formats for people: the frame, what is shown once, and the summary."""

import re

import pytest
from output_samples import MIGRATION, RBD, VIEW, finding, lines, report, seed, span
from rich.cells import cell_len

from kvlint.finding import MANUAL, READY, SAFE, UNSAFE, Edit, Fix, Location, ResourceRef, Severity, Summary, Suppression
from kvlint.output import STATISTICS, renderer
from kvlint.output.frame import WIDTH
from kvlint.output.text import cells, one_line, visible

ESCAPE = "\x1b"


def full(found, files=None, **view):
    reading = VIEW._replace(**view)
    if files is not None:
        reading = reading._replace(lines=lambda file, number: lines(file, number, files))
    return "".join(renderer("kvlint.output.full")(found, reading))


def concise(found, **view):
    return "".join(renderer("kvlint.output.concise")(found, VIEW._replace(**view)))


def statistics(found, **view):
    return "".join(renderer(STATISTICS)(found, VIEW._replace(**view)))


def framed(location, *related, files, severity=Severity.ERROR, **view):
    """The frame of one finding, without the lines that say what it is."""
    text = full(report(finding("r", severity, "m", location, related=related)), files, summary=False, **view)
    return re.split(r"^ +=", text.split("\n", 1)[1], flags=re.MULTILINE)[0]


EXAMPLE = """\
error[intree-volume]: volume `rbdpd` uses the in-tree rbd plugin, deprecated since 1.28, removed in 1.31
  --> pod.yaml:15:7 (Pod/rbd spec.volumes[0].rbd)
   |
14 |     - name: rbdpd
   |             ----- this volume
15 |       rbd:
   |       ^^^ non-functional since Kubernetes 1.31
   |
   = help: claim it through rbd.csi.ceph.com
   = fix: PersistentVolume + PersistentVolumeClaim `rbd-rbdpd` [unsafe; needs cluster-id, user key, capacity, namespace]
   = docs: kvlint explain intree-volume

"""


def test_the_frame_of_the_design():
    assert EXAMPLE in full(seed())


def test_a_migration_is_shown_once_on_the_gravest_finding():
    text = full(seed())
    assert text.count("[unsafe; needs") == 1
    assert "1 volume can be migrated: preview with `--diff --unsafe-fixes --with-placeholders`" in text


def test_of_equally_grave_findings_the_first_shows_the_migration():
    place = Location("pod.yaml", 1, 1, 1, 2)
    common = {"migration": MIGRATION, "resource": RBD}
    text = full(report(*(finding(rule, Severity.ERROR, "m", place, **common) for rule in ("first", "second"))))
    assert text.index("= fix") < text.index("[second]")


def test_a_suppressed_finding_does_not_take_the_migration_with_it():
    place = Location("pod.yaml", 1, 1, 1, 2)
    hidden = finding("a", Severity.ERROR, "m", place, migration=MIGRATION, suppressed=Suppression("comment", ""))
    shown = finding("b", Severity.INFO, "m", place, migration=MIGRATION)
    assert "= fix: PersistentVolume" in full(report(hidden, shown))


def test_suppressed_findings_are_counted_but_not_shown():
    text = full(seed())
    assert "`old`" not in text
    assert "1 ignored" in text


def test_only_the_severity_and_the_carets_have_colour():
    plain, coloured = full(seed()), full(seed(), color=True)
    assert ESCAPE not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    painted = set(re.findall(r"\x1b\[1;3\dm(.*?)\x1b\[0m", coloured))
    assert {re.sub(r"\^+", "^", word) for word in painted} == {"error", "warning", "^"}


def test_frames_line_up_whatever_the_line_numbers():
    files = {"a": "x\n" * 1200}
    assert framed(Location("a", 9, 1, 9, 2), files=files) == "  --> a:9:1\n   |\n 9 | x\n   | ^\n   |\n"
    assert framed(Location("a", 1001, 1, 1001, 2), files=files) == (
        "    --> a:1001:1\n     |\n1001 | x\n     | ^\n     |\n"
    )


def test_one_line_between_is_shown_and_more_are_elided():
    files = {"a": "one\ntwo\nthree\nfour\nfive\nsix\n"}
    text = framed(
        span("a", "six", "last", files=files),
        span("a", "one", files=files),
        span("a", "three", files=files),
        files=files,
    )
    assert text == (
        "  --> a:6:1\n   |\n 1 | one\n   | ---\n 2 | two\n 3 | three\n   | -----\n...\n 6 | six\n   | ^^^ last\n   |\n"
    )


def test_the_line_between_is_shown_as_safely_as_the_others():
    files = {"a": "one\n\tx\x1b[2J\nthree\n"}
    text = framed(span("a", "one", files=files), span("a", "three", files=files), files=files)
    assert "\n 2 |     x\u241b[2J\n" in text


def test_places_of_another_file_share_a_section():
    files = {"a": "here\n", "b": "one\ntwo\n", "c": "see\n"}
    related = [span("b", "two", "second", files=files), span("c", "see", files=files), span("b", "one", files=files)]
    assert framed(span("a", "here", files=files), *related, files=files) == (
        "  --> a:1:1\n   |\n 1 | here\n   | ^^^^\n   |\n"
        "  ::: b:2:1\n   |\n 1 | one\n   | ---\n 2 | two\n   | --- second\n   |\n"
        "  ::: c:1:1\n   |\n 1 | see\n   | ---\n   |\n"
    )


def test_an_empty_span_and_one_past_the_end_get_one_caret():
    files = {"a": "key:\n"}
    assert framed(Location("a", 1, 5, 1, 5), files=files).endswith(" 1 | key:\n   |     ^\n   |\n")
    assert framed(Location("a", 1, 50, 1, 60), files=files).endswith(" 1 | key:\n   |     ^\n   |\n")


def test_a_span_that_ends_at_the_start_of_a_line_ends_on_the_line_before():
    files = {"a": "key: v\nnext: w\n"}
    assert framed(Location("a", 1, 1, 2, 1, "all"), files=files).endswith(" 1 | key: v\n   | ^^^^^^ all\n   |\n")


def test_an_empty_line_has_no_trailing_space():
    assert framed(Location("a", 1, 1, 1, 1), files={"a": "\nx"}).endswith(" 1 |\n   | ^\n   |\n")


@pytest.mark.parametrize("at", [0, 5, 119, 120, 121, 150, 500, 985, 995])
def test_a_long_line_is_cut_around_the_caret(at):
    text = "".join(chr(ord("a") + index % 26) for index in range(1000))
    text = f"{text[:at]}HERE{text[at + 4 :]}"
    *_, source, carets, _, _ = framed(span("a", "HERE", "label", files={"a": text}), files={"a": text}).split("\n")
    assert len(source) <= len(" 1 | ") + WIDTH + 2
    start = carets.index("^^^^")
    assert source[start : start + 4] == "HERE"
    assert source.startswith(" 1 | …") == (at > 30)
    assert source.endswith("…") == (at < 910)


def test_a_cut_line_keeps_two_places_in_view_where_they_fit():
    text = "x" * 300 + "FIRST" + "y" * 50 + "SECOND" + "z" * 300
    files = {"a": text}
    shown = framed(span("a", "SECOND", "b", files=files), span("a", "FIRST", "a", files=files), files=files).split("\n")
    source, carets, dashes = shown[2:5]
    assert source[carets.index("^") :].startswith("SECOND")
    assert source[dashes.index("-", 4) :].startswith("FIRST")


def test_a_place_out_of_view_on_a_cut_line_is_marked_at_its_edge():
    text = "FIRST" + "y" * 500 + "SECOND" + "z" * 500
    files = {"a": text}
    shown = framed(span("a", "SECOND", "b", files=files), span("a", "FIRST", "a", files=files), files=files).split("\n")
    source, carets, dashes = shown[2:5]
    assert source[carets.index("^") :].startswith("SECOND")
    assert dashes == "   | - a"


def test_a_mark_wider_than_the_view_is_cut_with_it():
    text = "x" * 1000
    shown = framed(Location("a", 1, 1, 1, 1001, "all"), files={"a": text}).split("\n")
    assert shown[2] == f" 1 | {'x' * WIDTH}…"
    assert shown[3].strip(" |").startswith("^" * WIDTH)
    assert len(shown[3]) <= len(shown[2]) + len(" all")


WIDE_TEXTS = [
    "plain",
    "网站",
    "e\u0301te\u0301",
    "👍",
    "👍🏽 after",
    "👩\u200d👩\u200d👧",
    "한국어",
    "❤️",
    "🇩🇪",
    "\u200bzero",
    "\uff46\uff55\uff4c\uff4c",
    "na\u00efve \u00adsoft",
]


@pytest.mark.parametrize("text", WIDE_TEXTS)
def test_cells_are_counted_as_terminals_do(text):
    shown, columns = cells(text)
    assert columns[-1] == cell_len(shown)
    assert len(columns) == len(text) + 1


def test_tabs_are_four_cells():
    assert cells("\ta\tb") == ("    a    b", [0, 4, 5, 9, 10])


@pytest.mark.parametrize(
    "char", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\ud800", "\x7f", "\u2028", "\ufeff", "\r"]
)
def test_characters_that_act_on_a_terminal_are_shown_as_signs(char):
    for shown in (visible(f"a{char}b"), one_line(f"a{char}b"), cells(f"a{char}b")[0]):
        assert char not in shown
        assert shown.startswith("a")
        assert shown.endswith("b")
        shown.encode("utf-8")


def test_hostile_text_in_every_place_stays_on_its_line():
    bad = "x\x1b[2J\r\n::error::\n" + "\u202e" + "y"
    files = {bad: "z\x1b[2J" + "\u202e" + "z\n"}
    found = finding(
        "r",
        Severity.ERROR,
        bad,
        Location(bad, 1, 1, 1, 2, bad),
        resource=ResourceRef("v1", bad, bad, bad),
        field=bad,
        related=(Location("unknown", 0, 0, 0, 0, bad),),
        fix=Fix(bad, UNSAFE, (), (bad,)),
    )
    for text in (full(report(found), files), concise(report(found))):
        assert not set("\x1b\r\u202e") & set(text)
        assert not [line for line in text.split("\n") if line.startswith("::error")]


def test_help_of_several_lines_is_indented():
    text = full(report(finding("r", Severity.ERROR, "m", Location("a", 0, 0, 0, 0), help="one\n  two\n\nthree\n")))
    assert "   = help: one\n           two\n\n           three\n   = docs" in text


@pytest.mark.parametrize(
    ("fix", "shown"),
    [
        (Fix("Do it", SAFE, (Edit("a", 0, 1, ""),)), "= fix: Do it [safe]\n"),
        (Fix("Do it", UNSAFE, (), ("capacity", "capacity", "id")), "= fix: Do it [unsafe; needs capacity, id]\n"),
        (Fix("Do it", MANUAL), "= fix: Do it [manual]\n"),
    ],
)
def test_the_fix_line(fix, shown):
    assert shown in full(report(finding("r", Severity.ERROR, "m", Location("a", 1, 1, 1, 1), fix=fix)))


def test_a_migration_without_title_has_no_fix_line():
    migration = MIGRATION._replace(title="", applicability=MANUAL, status=MANUAL)
    assert "= fix" not in full(
        report(finding("r", Severity.ERROR, "m", Location("a", 1, 1, 1, 1), migration=migration))
    )


def test_the_clean_run():
    assert full(report(summary=Summary(files=9, resources=14))) == (
        "No findings in 14 resources (9 files); judged for Kubernetes 1.37.\n"
    )
    ignored = finding("r", Severity.ERROR, "m", Location("a", 1, 1, 1, 1), suppressed=Suppression("baseline", ""))
    assert full(report(ignored)) == "No findings in 1 resource (1 file), 1 ignored; judged for Kubernetes 1.37.\n"


def test_a_failed_run_never_looks_clean():
    assert "incomplete" in full(report(failed=True))


def test_the_summary_counts_only_severities_that_occur():
    place = Location("a", 1, 1, 1, 1)
    text = full(report(finding("r", Severity.WARNING, "m", place), finding("r", Severity.WARNING, "m", place)))
    assert "Found 2 findings in 1 file (2 warnings), 0 ignored; judged for Kubernetes 1.37; 1 resource read.\n" in text


def test_quiet_leaves_the_summary_out():
    assert "Found" not in full(seed(), summary=False)
    assert "Found" not in concise(seed(), summary=False)


def migrated(kind, number, fix, **more):
    migration = MIGRATION._replace(id=f"{kind}{number}", **more)
    place = Location("a", number, 1, number, 2)
    resource = ResourceRef("v1", kind, None, "x")
    return finding("r", Severity.ERROR, "m", place, fix=fix, migration=migration, resource=resource)


def test_the_hint_names_what_is_migrated_and_only_the_flags_needed():
    safe, unsafe = Fix("t", SAFE, (Edit("a", 0, 1, ""),)), Fix("t", UNSAFE, (Edit("a", 0, 1, ""),))
    missing = unsafe._replace(missing=("capacity",))
    assert "[*] 1 volume can be migrated: preview with `--diff`.\n" in full(report(migrated("Pod", 1, safe)))
    volumes = [migrated("Pod", 1, safe), migrated("PersistentVolume", 2, unsafe)]
    assert "[*] 2 volumes can be migrated: preview with `--diff --unsafe-fixes`.\n" in full(report(*volumes))
    classes = [*volumes, migrated("StorageClass", 3, missing), migrated("StorageClass", 4, missing)]
    hint = (
        "[*] 2 volumes and 2 StorageClasses can be migrated: preview with `--diff --unsafe-fixes --with-placeholders`."
    )
    assert hint in full(report(*classes))


def test_what_cannot_be_edited_is_offered_as_manifests():
    manual = Fix("t", MANUAL)
    found = report(migrated("Pod", 1, manual, status=READY), migrated("Pod", 2, manual, status=MANUAL))
    assert "migrated" not in full(found)
    hint = "1 volume can be migrated by hand: `kvlint migrate -o DIR` writes the manifests.\n"
    assert full(found, migrate_command="kvlint migrate -o DIR").endswith(hint)


def test_what_has_no_position_cannot_be_edited():
    found = migrated("Pod", 1, None)._replace(location=Location("cluster:prod/shop/Pod/web", 0, 0, 0, 0))
    assert "[*]" not in full(report(found)) + concise(report(found))
    assert "[*] 1 volume" in full(report(migrated("Pod", 1, None)))


def test_a_command_that_cannot_fix_promises_no_fix():
    found = report(migrated("Pod", 1, Fix("t", SAFE, (Edit("a", 0, 1, ""),))))
    command = "kubectl kvlint migrate -o DIR"
    for text in (full, concise, statistics):
        shown = text(found, fix_flags=(), migrate_command=command)
        assert "[*]" not in shown
        assert "--diff" not in shown
        assert f"1 volume can be migrated by hand: `{command}` writes the manifests." in shown


def test_concise_is_one_line_for_each_finding_that_counts():
    first, second, third, fourth, *summary = concise(seed()).splitlines()
    assert first == "pod.yaml:15:7: warning[inline-network-volume] volume `rbdpd` mounts rbd storage inline [*]"
    assert all(re.fullmatch(r"pod\.yaml:\d+:\d+: \w+\[[a-z-]+\] .+", line) for line in (first, second, third, fourth))
    assert summary[0].startswith("Found 4 findings")


def test_statistics_are_sorted_and_aligned():
    place = Location("a", 1, 1, 1, 2)
    fix = Fix("t", SAFE, (Edit("a", 0, 1, ""),))
    many = [finding("inline-network-volume", Severity.ERROR, "m", place, fix=fix) for _ in range(12)]
    few = [finding(rule, Severity.INFO, "m", place) for rule in ("b-rule", "a-rule", "b-rule", "c-rule")]
    assert statistics(report(*many, *few), summary=False) == (
        "12  inline-network-volume  [*]\n 2  b-rule\n 1  a-rule\n 1  c-rule\n"
    )


def test_windows_paths_have_forward_slashes(monkeypatch):
    monkeypatch.setattr("kvlint.output.text.os.sep", "\\")
    found = report(finding("r", Severity.ERROR, "m", Location("deploy\\web.yaml", 1, 1, 1, 2)))
    for module in ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle"):
        text = "".join(renderer(f"kvlint.output.{module}")(found, VIEW))
        assert "deploy/web.yaml" in text
        assert "deploy\\" not in text
