"""Tests for the requests of HTTP tools."""

import json
from typing import Any

import pytest

from parley.agent_config import HttpTool
from services.brain.tools import ToolFailed
from services.brain.tools.http_request import HttpRequest, build_request

CALL = {"call_sid": "CA1", "caller": "+15550100"}


def request(arguments: dict[str, Any], **options: object) -> HttpRequest:
    """The request of a tool with these options."""
    tool = {"name": "t", "description": "Does.", "url": "https://example.com/visits", **options}
    return build_request(HttpTool.model_validate(tool), arguments, CALL, {"KEY": "s3cret"})


def test_the_arguments_are_the_body_by_default() -> None:
    """A GET request has them in its query."""
    posted = request({"day": "friday"})
    assert (json.loads(posted.body), posted.headers) == (
        {"day": "friday"},
        {"Content-Type": "application/json"},
    )

    got = request({"day": "fri day", "n": 2, "all": True, "none": None}, method="GET")
    assert got.url == "https://example.com/visits?day=fri%20day&n=2&all=true"
    assert got.body == b""


def test_templates_place_the_arguments() -> None:
    """Values in the URL are percent-encoded; an argument that is not given is not sent."""
    built = request(
        {"id": "a/b?c#d", "n": 2},
        url="https://example.com/visits/{{ args.id }}?v=1",
        query={"from": "{{ call.caller }}", "note": "{{ args.note }}"},
        headers={"X-Key": "key ${env:KEY}"},
        body={"n": "{{ args.n }}"},
    )

    assert built.url == "https://example.com/visits/a%2Fb%3Fc%23d?v=1&from=%2B15550100"
    assert built.target == "/visits/a%2Fb%3Fc%23d?v=1&from=%2B15550100"
    assert built.headers == {"X-Key": "key s3cret", "Content-Type": "application/json"}
    assert built.body == b'{"n": 2}'
    text = request({"n": 2}, body="n={{ args.n }}", headers={"content-type": "text/csv"})
    assert (text.body, text.headers) == (b"n=2", {"content-type": "text/csv"})


@pytest.mark.parametrize(
    "hostile", ["..", ".", "%2e%2e/x", "../admin", "x@evil.example", "\\evil.example", "a b"]
)
def test_no_argument_leaves_its_place_in_the_url(hostile: str) -> None:
    """Host and path are those of the agent file."""
    try:
        built = request({"id": hostile}, url="https://example.com/visits/{{ args.id }}/items")
    except ToolFailed:
        return
    path = built.target
    assert built.url.startswith("https://example.com/visits/")
    assert path.count("/") == 3
    assert ".." not in path.split("/")


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        ({}, {"url": "https://example.com/{{ args.id }}"}, "id is missing"),
        ({"a": "x\r\nEvil: 1"}, {"headers": {"X-A": "a{{ args.a }}"}}, "does not fit into the header X-A"),
        ({"a": "x" * 9000}, {"query": {"a": "{{ args.a }}"}}, "too long for a URL"),
    ],
)
def test_arguments_that_do_not_fit_become_a_failure(
    arguments: dict[str, Any], options: dict[str, Any], reason: str
) -> None:
    """The model receives the reason."""
    with pytest.raises(ToolFailed, match=reason):
        request(arguments, **options)
