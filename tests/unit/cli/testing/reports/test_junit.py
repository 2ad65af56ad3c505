"""JUnit XML of passed, failed and invalid tests."""

import xml.etree.ElementTree as ET

from cli.testing.reports.junit import junit_xml
from tests.unit.cli.testing.reports.results import ALL


def test_the_document_has_counts_messages_and_transcripts() -> None:
    """Characters that XML does not allow are replaced."""
    root = ET.fromstring(junit_xml(ALL))  # noqa: S314 - made here

    suite = root.find("testsuite")
    assert root.attrib["tests"] == "3"
    assert suite is not None
    assert (suite.attrib["name"], suite.attrib["failures"], suite.attrib["errors"]) == ("clinic", "1", "1")
    passed, failed, invalid = suite.findall("testcase")
    assert passed.attrib["time"] == "12.500"
    assert "Tuesday at ten is booked." in (passed.findtext("system-out") or "")
    failure, error = failed.find("failure"), invalid.find("error")
    assert failure is not None
    assert error is not None
    assert "expected 1, got \ufffd 2" in failure.attrib["message"]
    assert error.attrib["message"] == "x.yaml:1: is not YAML"
