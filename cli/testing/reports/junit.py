"""JUnit XML of a test run, as CI systems read it. No I/O, no clock."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from cli.testing.play import Result

_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that XML 1.0 does not allow, even escaped."""


def junit_xml(results: Sequence[Result]) -> bytes:
    """A document with a suite for each agent file and a case for each test."""
    root = ET.Element("testsuites", {"name": "parley test", **_counts(results)})
    ordered = sorted(results, key=suite_name)
    for name, group in groupby(ordered, suite_name):
        members = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": name, **_counts(members)})
        for result in members:
            _add_case(suite, name, result)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def suite_name(result: Result) -> str:
    """The agent that a test belongs to, else the folder of its file."""
    if result.path is None:
        return "tests"
    agent = result.case.agent_file if result.case else None
    return agent.stem if agent else Path(result.path).absolute().parent.name


def _counts(results: Sequence[Result]) -> dict[str, str]:
    errors = sum(bool(result.error) for result in results)
    failures = sum(bool(result.problems) and not result.error for result in results)
    return {
        "tests": str(len(results)),
        "failures": str(failures),
        "errors": str(errors),
        "skipped": "0",
        "time": f"{sum(result.duration_s for result in results):.3f}",
    }


def _add_case(suite: ET.Element, suite_title: str, result: Result) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(suite_title),
        name=_clean(result.name),
        time=f"{result.duration_s:.3f}",
    )
    if result.path is not None:
        case.set("file", _clean(str(result.path)))
    if result.error:
        error = ET.SubElement(case, "error", message=_clean(_first_line(result.error)), type="error")
        error.text = _clean(result.error)
    elif result.problems:
        message = _clean(_first_line(result.problems[0]))
        failure = ET.SubElement(case, "failure", message=message, type="expectation")
        failure.text = _clean("\n".join(result.problems))
    if result.outcome is not None:
        ET.SubElement(case, "system-out").text = _clean(
            "\n".join(
                [
                    result.outcome.played.call_sid,
                    *result.outcome.transcript_lines(),
                    *([] if result.passed else result.outcome.event_lines()),
                ]
            )
        )


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
