"""Tests of public addresses."""

from urllib.parse import urlsplit

import pytest

from cli.doctor.public_url import _address_problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://calls.example.com", ""),
        ("https://calls.example.com/phone", ""),
        ("http://calls.example.com", "plain http"),
        ("calls.example.com", "not an address"),
        ("ftp://calls.example.com", "not an address"),
        ("https://calls.example.com:port", "not an address"),
        ("https://", "not an address"),
        ("https://calls.example.com/voice", "without /voice"),
        ("https://calls.example.com?x=1", "no user name, query or fragment"),
        ("https://user:pass@calls.example.com", "no user name, query or fragment"),
        ("https://localhost:8080", "cannot reach localhost"),
        ("https://127.0.0.1", "cannot reach 127.0.0.1"),
        ("https://10.0.0.4", "cannot reach 10.0.0.4"),
        ("https://[::1]:8080", "cannot reach ::1"),
        ("https://edge", "cannot reach edge"),
    ],
)
def test_an_address_that_twilio_cannot_use_is_explained(url: str, problem: str) -> None:
    """Without a request."""
    found = _address_problem(urlsplit(url), "8080", emulated=False)

    assert problem in found
    assert bool(found) == bool(problem)


def test_the_sandbox_uses_addresses_of_this_machine() -> None:
    """Its telephone network runs there too."""
    assert _address_problem(urlsplit("http://127.0.0.1:8080"), "8080", emulated=True) == ""
