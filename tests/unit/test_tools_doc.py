"""The examples of the page about tools work."""

import hashlib
import hmac
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from parley.agent_config import AgentConfig
from services.brain.tools.python_function import read_function

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text("utf-8")


def examples(language: str) -> list[str]:
    """All code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", examples("yaml"))
def test_the_examples_are_valid_agent_files(example: str) -> None:
    """Together with a prompt."""
    agent = AgentConfig.model_validate({"prompt": "x", **yaml.safe_load(example)})

    assert agent.tools


def test_the_verification_of_a_signature_accepts_what_parley_signs() -> None:
    """And nothing that was changed, or is old."""
    from services.brain.tools.http_signature import signature_headers

    names: dict[str, Any] = {}
    exec(next(e for e in examples("python") if "is_from_parley" in e), names)  # noqa: S102 - our own page
    verify = names["is_from_parley"]
    signed = signature_headers("k", "PUT", "/a?b=1", b"{}", now_s=int(time.time()))
    headers = {name.lower(): value for name, value in signed.items()}

    assert verify("k", "PUT", "/a?b=1", headers, b"{}")
    assert not verify("k", "PUT", "/a?b=2", headers, b"{}")
    assert not verify("other", "PUT", "/a?b=1", headers, b"{}")
    old = signature_headers("k", "PUT", "/a?b=1", b"{}", now_s=int(time.time()) - 900)
    assert not verify("k", "PUT", "/a?b=1", {name.lower(): value for name, value in old.items()}, b"{}")
    assert hmac.new(b"k", b"", hashlib.sha256).digest_size == 32


def test_the_python_function_is_a_tool() -> None:
    """Its signature and docstring become the definition."""
    names: dict[str, Any] = {}
    exec(next(e for e in examples("python") if "book_visit" in e), names)  # noqa: S102 - our own page
    found = read_function(names["book_visit"])

    assert found.parameters["required"] == ["day", "guests"]
    assert found.parameters["properties"]["guests"]["description"] == "How many people come."
