"""The keys of expectations, and their values in a file."""

from pathlib import Path

from cli.testing.expectations import EXPECTATIONS, read_expectations
from cli.testing.located_yaml import load


def test_an_expectation_has_its_line() -> None:
    found, problems = read_expectations(load("expect:\n  replies: 1\n", "x.yaml"))

    assert [(item.key, item.line) for item in found] == [("replies", 2)]
    assert not problems


def test_an_unknown_expectation_names_the_nearest_one() -> None:
    _, problems = read_expectations(load("expect:\n  tool called: [a]\n  failures: x\n", "x.yaml"))

    assert "x.yaml:2: expect.tool called: unknown expectation; did you mean `tools called`?" in problems
    assert problems[1].startswith("x.yaml:3: expect.failures: must be a number")


def test_every_expectation_is_documented() -> None:
    text = Path("docs/testing-agents.md").read_text("utf-8")

    assert not [key for key in EXPECTATIONS if f"`{key}`" not in text]
