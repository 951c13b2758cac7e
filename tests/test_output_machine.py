"""The formats for machines against their schemas and their readers' rules, with any text in them."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, validators
from output_samples import MIGRATION, POD, REPORTS, RULES, VIEW, cross, finding, live, report, seed

import kvlint
from kvlint.finding import (
    MANUAL,
    UNSAFE,
    Confidence,
    Edit,
    Finding,
    Fix,
    Location,
    ResourceRef,
    Severity,
    Suppression,
)
from kvlint.output import FORMATS, STATISTICS, RuleInfo, renderer

REPORT_SCHEMA = json.loads((Path(kvlint.__file__).parent / "schemas" / "report.schema.json").read_text("utf-8"))
SARIF_SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_text("utf-8"))
REPORT_VALIDATOR = Draft7Validator(REPORT_SCHEMA)
SARIF_VALIDATOR = validators.validator_for(SARIF_SCHEMA)(SARIF_SCHEMA)


def render(name, found, **view):
    return "".join(renderer(FORMATS[name])(found, VIEW._replace(**view)))


def strict_json(text):
    """JSON as a strict reader takes it: no NaN, ASCII, no lone surrogates."""
    assert text.isascii()
    value = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def check_json(text):
    document = strict_json(text)
    REPORT_VALIDATOR.validate(document)
    return document


def check_sarif(text):
    log = strict_json(text)
    SARIF_VALIDATOR.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
    check_regions(log)
    return run


def check_regions(value):
    """OASIS: a region has startLine, charOffset or byteOffset. Ours end after they start; URIs hold no odd signs."""
    if isinstance(value, list):
        for item in value:
            check_regions(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("region", "deletedRegion"):
                assert {"startLine", "byteOffset"} & set(item)
                if "endLine" in item:
                    assert (item["startLine"], item["startColumn"]) <= (item["endLine"], item["endColumn"])
            if key == "artifactLocation":
                assert re.fullmatch(r"[A-Za-z0-9_.~/:%-]*", item["uri"])
                assert ("uriBaseId" in item) == (":" not in item["uri"])
            check_regions(item)


GITHUB_COMMAND = re.compile(
    r"::(error|warning|notice) (?:file=[^:,\n]*,)?(?:line=\d+,endLine=\d+,)?(?:col=\d+,endColumn=\d+,)?"
    r"title=[^:,\n]*::[^\n]*"
)


def check_github(text):
    commands = text.split("\n")
    assert commands.pop() == ""
    assert [command for command in commands if not GITHUB_COMMAND.fullmatch(command)] == []
    for command in commands:
        assert not re.search(r"%(?!25|0A|3A|2C)", command)
    return commands


def check_gitlab(text):
    entries = strict_json(text)
    prints = [entry["fingerprint"] for entry in entries]
    assert len(prints) == len(set(prints))
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["positions"]["begin"]["line"] >= 1
        assert not entry["location"]["path"].startswith("./")
    return entries


def check_junit(text):
    """The rules of the XSD of Jenkins' xUnit plugin (junit-10.xsd), with line and column as further attributes."""
    assert text.isascii()
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    totals = dict.fromkeys(("tests", "failures", "errors"), 0)
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped"}
        cases = list(suite)
        results = [child.tag for case in cases for child in case]
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(results.count("failure"))
        assert suite.get("errors") == str(results.count("error"))
        assert suite.get("skipped") == str(results.count("skipped"))
        for case in cases:
            assert case.tag == "testcase"
            assert set(case.attrib) - {"line", "column"} == {"name", "classname"}
            assert {child.tag for child in case} <= {"failure", "skipped", "error", "system-out"}
        for key in totals:
            totals[key] += int(suite.get(key))
    assert root.attrib == {"name": "kvlint", **{key: str(count) for key, count in totals.items()}}
    assert totals["tests"] > 0
    return root


def check_checkstyle(text):
    """The rules of checkstyle-report-1.0.0.xsd."""
    assert text.isascii()
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("checkstyle", {"version": "4.3"})
    for file in root:
        assert file.tag == "file"
        assert set(file.attrib) == {"name"}
        for error in file:
            assert error.tag == "error"
            assert (
                {"severity", "message", "source"}
                <= set(error.attrib)
                <= {
                    "line",
                    "column",
                    "severity",
                    "message",
                    "source",
                }
            )
            assert error.get("severity") in {"error", "warning", "info"}
            assert int(error.get("line", 1)) > 0
            assert int(error.get("column", 1)) > 0
    return root


CHECKS = {
    "json": check_json,
    "sarif": check_sarif,
    "github": check_github,
    "gitlab": check_gitlab,
    "junit": check_junit,
    "checkstyle": check_checkstyle,
}


def test_every_format_for_machines_has_a_check():
    assert set(CHECKS) == set(FORMATS) - {"full", "concise"}


def test_the_report_schema_is_a_schema():
    Draft7Validator.check_schema(REPORT_SCHEMA)


@pytest.mark.parametrize("sample", REPORTS)
@pytest.mark.parametrize("name", CHECKS)
def test_samples_are_valid(name, sample):
    CHECKS[name](render(name, REPORTS[sample]()))


TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "a%0Ab::error file=x::y\r\n::warning::z",
        "<![CDATA[ ]]> &amp; \"quoted\" 'single'",
        "\x00\x08\x0b\x1b[31m\x7f\x85\ufffe\uffff\udfff\ud800\u2028\u2029\U0001ffff",
        "{0} {{1}} [link](http://x) `code`",
        "../../etc/passwd",
        "./a b#c?d=e&f.yaml",
        "C:\\x:y,z",
        "cluster:ctx/ns/Kind/name:\x00 é",
        "/absolute/网站.yaml",
    ]
)
NUMBERS = st.integers(1, 5)
PLACES = st.builds(
    lambda file, line, column, more, label: Location(file, line, column, line + more, column + more, label),
    TEXTS,
    NUMBERS,
    NUMBERS,
    st.integers(0, 2),
    TEXTS,
) | st.builds(lambda file, label: Location(file, 0, 0, 0, 0, label), TEXTS, TEXTS)
MANIFESTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
FIXES = st.builds(
    Fix,
    TEXTS,
    st.sampled_from(["safe", UNSAFE, MANUAL]),
    st.lists(st.builds(Edit, TEXTS, NUMBERS, st.integers(5, 9), TEXTS), max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
MIGRATIONS = st.builds(
    lambda ident, title, status, objects, words: MIGRATION._replace(
        id=ident, title=title, status=status, manifests=tuple(objects), steps=words, notes=words, references=words
    ),
    TEXTS,
    TEXTS,
    st.sampled_from(["ready", "needs-input", "manual"]),
    st.lists(st.dictionaries(TEXTS, MANIFESTS, max_size=2), max_size=2),
    st.lists(TEXTS, max_size=2).map(tuple),
)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from([*RULES, "rule-of-a-team"]),
    category=TEXTS,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=TEXTS,
    help=TEXTS,
    location=PLACES,
    resource=st.none() | st.builds(ResourceRef, TEXTS, TEXTS, st.none() | TEXTS, TEXTS),
    field=TEXTS,
    related=st.lists(PLACES, max_size=2).map(tuple),
    fingerprint=st.sampled_from(["", "same", "other"]),
    fix=st.none() | FIXES,
    migration=st.none() | MIGRATIONS,
    suppressed=st.none()
    | st.builds(Suppression, st.sampled_from(["comment", "annotation", "config", "baseline"]), TEXTS),
    rendered=st.none() | PLACES,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINDINGS, max_size=3), st.sampled_from(list(CHECKS)), st.booleans())
def test_no_text_breaks_a_format(findings, name, failed):
    CHECKS[name](render(name, report(*findings, failed=failed), relative=lambda file: file[1:] or "x"))


@settings(max_examples=60, deadline=None)
@given(st.lists(FINDINGS, max_size=3), st.sampled_from([*FORMATS.values(), STATISTICS]))
def test_output_is_text_that_can_be_written_and_is_the_same_twice(findings, module):
    found = report(*findings)
    once, again = ("".join(renderer(module)(found, VIEW)) for _ in range(2))
    assert once == again
    once.encode("utf-8")
    assert once == "" or once.endswith("\n")


def test_json_has_exactly_the_keys_of_the_design():
    document = check_json(render("json", seed()))
    assert list(document) == ["version", "findings", "summary"]
    first, *_, suppressed, _ = document["findings"]
    assert list(first) == REPORT_SCHEMA["definitions"]["finding"]["required"]
    assert list(first["resource"]) == ["apiVersion", "kind", "namespace", "name"]
    assert list(first["related"][0]) == ["file", "line", "column", "endLine", "endColumn", "label"]
    assert list(first["fix"]) == ["title", "applicability", "edits"]
    assert list(first["fix"]["edits"][0]) == ["file", "start", "end", "text"]
    migration = REPORT_SCHEMA["definitions"]["finding"]["properties"]["migration"]
    assert list(first["migration"]) == migration["required"]
    assert list(first["migration"]["inputs"][0]) == ["name", "why", "placeholder"]
    assert (first["line"], first["column"], first["endLine"], first["endColumn"]) == (15, 7, 15, 10)
    assert suppressed["suppressed"] == {"by": "comment", "reason": "moves in May"}
    assert document["summary"] == {
        "findings": 4,
        "error": 1,
        "warning": 3,
        "info": 0,
        "suppressed": 1,
        "files": 1,
        "documents": 1,
        "resources": 1,
        "skipped": 3,
        "inventory": 2,
        "kubernetesVersion": "1.37",
        "asOf": "2026-11-01",
        "failed": False,
    }


def test_json_repeats_the_migration_on_every_finding():
    migrations = [found["migration"] for found in check_json(render("json", seed()))["findings"]]
    assert [migration and migration["id"] for migration in migrations] == [MIGRATION.id] * 3 + [None, None]


def test_json_has_null_for_unknown_positions_and_the_line_of_a_rendering():
    on_cluster, rendered, gone = check_json(render("json", live()))["findings"]
    assert on_cluster["file"] == "cluster:prod/shop/Pod/web"
    assert [on_cluster[key] for key in ("line", "column", "endLine", "endColumn")] == [None] * 4
    assert on_cluster["related"][0]["line"] is None
    assert "rendered" not in on_cluster
    assert (rendered["line"], rendered["rendered"]) == (None, {"line": 41})
    assert gone["line"] == 3


def test_docs_is_the_url_or_the_command():
    findings = check_json(render("json", seed()))["findings"]
    assert [found["docs"] for found in findings][:2] == [
        "kvlint explain inline-network-volume",
        "https://kvlint.example/rules/intree-volume/",
    ]


def test_sarif_names_all_rules_of_the_run_and_those_hit():
    place = Location("a.yaml", 1, 1, 1, 2)
    run = check_sarif(render("sarif", report(finding("rule-of-a-team", Severity.INFO, "m", place))))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [*RULES, "rule-of-a-team"]


def test_sarif_rule_metadata():
    driver = check_sarif(render("sarif", seed()))["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"], driver["informationUri"]) == (
        "kvlint",
        "1.2.3",
        "https://kvlint.example/",
    )
    rules = {rule["id"]: rule for rule in driver["rules"]}
    volume, credential, endpoint = (
        rules[name] for name in ("intree-volume", "pod-env-credential", "inline-storage-endpoint")
    )
    assert volume["name"] == "IntreeVolume"
    assert volume["helpUri"] == "https://kvlint.example/rules/intree-volume/"
    assert volume["help"]["markdown"].endswith("- <https://kubernetes.io/docs/concepts/storage/volumes/>")
    assert volume["properties"] == {"tags": ["kubernetes", "storage", "deprecated"], "precision": "high"}
    assert "security" in credential["properties"]["tags"]
    assert credential["properties"]["security-severity"] == "8.0"
    assert "helpUri" not in credential
    assert endpoint["defaultConfiguration"] == {"level": "note"}
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in driver["rules"])


def test_sarif_descriptions_keep_githubs_limit():
    info = RuleInfo("r", "s", "inline", why="word " * 1000)
    run = check_sarif(render("sarif", report(), rules=("r",), rule_info={"r": info}.get))
    text = run["tool"]["driver"]["rules"][0]["fullDescription"]["text"]
    assert 1000 < len(text) <= 1024
    assert text.endswith("…")


def test_sarif_results():
    run = check_sarif(render("sarif", seed()))
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"] == [{"executionSuccessful": True}]
    first, second, *_, suppressed, _ = run["results"]
    assert (first["level"], second["level"]) == ("warning", "error")
    assert first["partialFingerprints"] == {"primaryLocationLineHash": "aaaa"}
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "pod.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 15, "startColumn": 7, "endLine": 15, "endColumn": 10},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Pod/rbd spec.volumes[0].rbd"}]
    assert first["relatedLocations"][0]["message"] == {"text": "this volume"}
    assert suppressed["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "moves in May"},
    ]
    assert first["suppressions"] == []


@pytest.mark.parametrize(
    ("by", "kind"),
    [("comment", "inSource"), ("annotation", "inSource"), ("config", "external"), ("baseline", "external")],
)
def test_sarif_suppression_kinds(by, kind):
    place = Location("a.yaml", 1, 1, 1, 2)
    found = report(finding("r", Severity.ERROR, "m", place, suppressed=Suppression(by, "")))
    (result,) = check_sarif(render("sarif", found))["results"]
    assert result["suppressions"] == [{"kind": kind, "status": "accepted"}]


def test_sarif_offers_a_fix_once_and_never_a_manual_or_suppressed_one():
    results = check_sarif(render("sarif", seed()))["results"]
    assert ["fixes" in result for result in results] == [False, True, False, False, True]
    assert not any("fixes" in result for result in check_sarif(render("sarif", cross()))["results"])


def test_sarif_never_offers_edits_of_a_manual_fix():
    fix = Fix("a guess", MANUAL, (Edit("a.yaml", 0, 1, "x"),))
    found = report(finding("r", Severity.ERROR, "m", Location("a.yaml", 1, 1, 1, 2), fix=fix))
    (result,) = check_sarif(render("sarif", found))["results"]
    assert "fixes" not in result


def test_sarif_fixes_have_bytes_and_where_known_lines():
    def position(_file, byte):
        before = POD[:byte]
        return before.count("\n") + 1, byte - before.rfind("\n")

    edit = {"byteOffset": POD.index("      rbd:"), "byteLength": len(POD) - POD.index("      rbd:")}
    for view, lines in (
        ({}, {}),
        ({"position": position}, {"startLine": 15, "startColumn": 1, "endLine": 20, "endColumn": 1}),
    ):
        fix = check_sarif(render("sarif", seed(), **view))["results"][1]["fixes"][0]
        (change,) = fix["artifactChanges"]
        assert change["replacements"][0]["deletedRegion"] == {**lines, **edit}
        assert fix["description"]["text"].endswith("[unsafe; needs cluster-id, user key, capacity, namespace]")


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("a b/é#1.yaml", {"uri": "a%20b/%C3%A9%231.yaml", "uriBaseId": "%SRCROOT%"}),
        ("./a:b.yaml", {"uri": "a%3Ab.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/srv/a b.yaml", {"uri": "file:///srv/a%20b.yaml"}),
        ("cluster:prod/shop/Pod/web 1", {"uri": "cluster:prod/shop/Pod/web%201"}),
    ],
)
def test_sarif_uris(file, location):
    found = report(finding("r", Severity.ERROR, "m", Location(file, 1, 1, 1, 2)))
    (result,) = check_sarif(render("sarif", found))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_sarif_of_a_failed_run_says_so():
    assert check_sarif(render("sarif", report(failed=True)))["invocations"] == [{"executionSuccessful": False}]


def test_paths_are_relative_to_the_repository_where_a_service_reads_them():
    found = report(finding("r", Severity.ERROR, "m", Location("web.yaml", 1, 1, 1, 2)))
    for name in ("sarif", "github", "gitlab"):
        assert "deploy/web.yaml" in render(name, found, relative=lambda file: f"deploy/{file}")


def test_github_command():
    found = finding("a-rule", Severity.ERROR, "100% of `a,b`: c", Location("a,b:c%.yaml", 14, 7, 14, 10), help="do\nit")
    assert render("github", report(found)) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=14,endLine=14,col=7,endColumn=10,title=kvlint (a-rule)"
        "::a,b:c%25.yaml:14:7: 100%25 of `a,b`: c%0Ahelp: do%0Ait\n"
    )


def test_github_columns_are_left_out_where_a_span_crosses_lines():
    found = finding("r", Severity.INFO, "m", Location("a.yaml", 1, 2, 3, 4))
    assert render("github", report(found)) == "::notice file=a.yaml,line=1,endLine=3,title=kvlint (r)::a.yaml:1:2: m\n"


def test_github_prints_errors_first_and_keeps_the_order_else():
    place = Location("a", 1, 1, 1, 2)
    order = [Severity.INFO, Severity.ERROR, Severity.WARNING, Severity.ERROR]
    found = [finding("r", severity, f"m{number}", place) for number, severity in enumerate(order)]
    commands = check_github(render("github", report(*found)))
    assert [command[-2:] for command in commands] == ["m1", "m3", "m2", "m0"]


def test_github_of_a_clean_run_is_empty():
    assert render("github", report()) == ""


def test_gitlab_entry():
    first, *_ = check_gitlab(render("gitlab", seed()))
    assert first == {
        "description": "inline-network-volume: volume `rbdpd` mounts rbd storage inline",
        "check_name": "inline-network-volume",
        "fingerprint": "aaaa",
        "severity": "minor",
        "location": {
            "path": "pod.yaml",
            "positions": {"begin": {"line": 15, "column": 7}, "end": {"line": 15, "column": 10}},
        },
    }
    assert [entry["fingerprint"] for entry in check_gitlab(render("gitlab", cross()))] == ["eeee", "eeee-2"]
    assert check_gitlab(render("gitlab", report())) == []


def test_junit_cases():
    root = check_junit(render("junit", cross()))
    failed, skipped = root.iter("testcase")
    assert failed.attrib == {
        "name": "kvlint.unknown-storage-class",
        "classname": "claim.yaml",
        "line": "7",
        "column": "21",
    }
    failure = failed.find("failure")
    assert failure.attrib == {
        "type": "error",
        "message": "claim `pg-data` asks for StorageClass `fats`, which nothing defines",
    }
    assert failure.text.startswith("claim.yaml:7:21: claim `pg-data`")
    assert "\nhelp: fix the name" in failure.text
    assert skipped.find("skipped").get("type") == "info"


def test_junit_of_a_clean_run_has_a_passing_case_and_of_a_failed_run_an_error():
    (case,) = check_junit(render("junit", report())).iter("testcase")
    assert (case.get("name"), [child.tag for child in case]) == ("no findings", ["system-out"])
    root = check_junit(render("junit", report(failed=True)))
    assert [child.tag for case in root.iter("testcase") for child in case] == ["error"]
    assert root.get("errors") == "1"


def test_xml_keeps_what_xml_can_hold():
    message = "<a href=\"x\">&amp;</a>\n\ttab 'é' 网\r\nend"
    found = report(finding("r", Severity.ERROR, message, Location("a&b.yaml", 1, 1, 1, 2)))
    (error,) = check_checkstyle(render("checkstyle", found)).iter("error")
    assert error.get("message") == message.replace("\r", "")
    (failure,) = check_junit(render("junit", found)).iter("failure")
    assert failure.get("message") == message.replace("\r", "")


def test_checkstyle_leaves_unknown_positions_out():
    files = list(check_checkstyle(render("checkstyle", live())))
    assert [set(file[0].attrib) & {"line", "column"} for file in files] == [set(), set(), {"line", "column"}]


def test_suppressed_findings_are_in_json_and_sarif_only():
    for name in FORMATS:
        assert ("`old`" in render(name, seed())) == (name in {"json", "sarif"})


def test_importing_a_format_imports_little():
    heavy = {"dataclasses", "pathlib", "logging", "argparse", "rich", "jsonschema", "xml", "inspect", "html", "yaml"}
    code = (
        "import sys; from kvlint.output import *; import kvlint.output as o\n"
        "before = set(sys.modules)\n"
        "o.renderer(sys.argv[1])\n"
        "print(*sys.modules)"
    )
    lists = {}
    for name, module in {**FORMATS, "statistics": STATISTICS}.items():
        done = subprocess.run([sys.executable, "-c", code, module], capture_output=True, text=True, check=True)
        lists[name] = set(done.stdout.split())
        assert not heavy & lists[name]
    assert "json" not in lists["full"] | lists["concise"]


@pytest.mark.parametrize("module", [*FORMATS.values(), STATISTICS])
def test_the_number_of_lines_read_grows_with_the_number_of_findings(module):
    calls = []

    def lines(file, number):
        calls.append(number)
        return VIEW.lines(file, number)

    place = Location("pod.yaml", 15, 7, 15, 10, "label")
    related = (Location("pod.yaml", 14, 13, 14, 18, "volume"), Location("pod.yaml", 12, 1, 12, 2))
    many = (finding("r", Severity.ERROR, "m", place, related=related) for _ in range(100))
    list(renderer(module)(report(*many), VIEW._replace(lines=lines)))
    assert len(calls) <= 800
