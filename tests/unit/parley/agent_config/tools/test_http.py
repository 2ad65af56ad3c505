"""Tools that are implemented by a web service."""

import re

import pytest
from pydantic import ValidationError

from parley.agent_config import HttpTool


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    """Providers refuse a schema that is not an object."""
    tool = HttpTool(name="hours", description="Opening hours.", url="https://example.com/hours")

    assert tool.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("key", "value"), [("name", "two words"), ("url", "ftp://example.com"), ("token_env", "A TOKEN")]
)
def test_a_wrong_value_is_refused(key: str, value: str) -> None:
    """The error names the key."""
    valid = {"name": "hours", "description": "Opening hours.", "url": "https://example.com/hours"}

    with pytest.raises(ValidationError, match=key):
        HttpTool.model_validate({**valid, key: value})


VALID = {"name": "hours", "description": "Opening hours.", "url": "https://example.com/hours"}


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("url", "https://{{ args.host }}/x", "the host must be fixed"),
        ("url", "https://example.com{{ args.host }}/x", "the host must be fixed"),
        ("url", "https://user:pw@example.com/x", "the host must be fixed"),
        ("url", "https://${env:HOST}/x", "the host must be fixed"),
        ("url", "https:///x", "no host"),
        ("url", "https://example.com/{{ day }}", "unknown variable 'day'"),
        ("headers", {"X-Day": "a\nb"}, "X-Day: contains a line break"),
        ("headers", {"X A": "b"}, "'X A' is not the name of a header"),
        ("headers", {"Host": "b"}, "Host: set by Parley itself"),
        ("headers", {"X-A": "{{ nope }}"}, "X-A: unknown variable"),
        ("query", {"a": "{{ nope }}"}, "a: unknown variable"),
        ("body", {"a": [{"b": "{{ nope }}"}]}, "unknown variable"),
        ("parameters", {"type": "object", "properties": []}, "properties"),
        ("method", "FETCH", "method"),
        ("result_path", "a..b", "result_path"),
    ],
)
def test_a_wrong_request_is_refused(key: str, value: object, reason: str) -> None:
    """When the agent file is read; the reason names key and remedy."""
    with pytest.raises(ValidationError, match=re.escape(reason)):
        HttpTool.model_validate({**VALID, key: value})


def test_a_request_without_a_body_has_none_in_the_agent_file() -> None:
    """Many services refuse a GET request with a body."""
    with pytest.raises(ValidationError, match="a GET request has none"):
        HttpTool.model_validate({**VALID, "method": "GET", "body": {}})


def test_the_secrets_of_a_tool_are_listed() -> None:
    """The command line checks that they are set."""
    tool = HttpTool.model_validate(
        {
            **VALID,
            "token_env": "A",
            "signature_env": "B",
            "headers": {"X-Key": "${env:C}"},
            "body": ["${env:D}"],
        }
    )

    assert tool.secrets == {"A", "B", "C", "D"}


def test_a_template_names_declared_arguments_only() -> None:
    """Others would fail in a call; without a list of arguments, any name is accepted."""
    parameters = {"type": "object", "properties": {"day": {"type": "string"}}}
    query = {"d": "{{ args['dya'] }}"}

    with pytest.raises(
        ValidationError, match="query: unknown argument 'dya'; `parameters` has: day; did you"
    ):
        HttpTool.model_validate({**VALID, "parameters": parameters, "query": query})
    assert HttpTool.model_validate({**VALID, "query": query}).query == query
