"""Tests of the remedies for providers' errors."""

import pytest

from cli.advice import PAGES, remedy, status_of
from parley.errors import ProviderRateLimited, ProviderRejected, ProviderUnavailable


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (401, "HTTP 401", "set OPENAI_API_KEY to a valid key"),
        (429, "429 insufficient_quota", "add credit"),
        (429, "429 rate_limit_exceeded", "raise the limit"),
        (402, "HTTP 402: paid_plan_required", "choose a plan that includes it"),
        (404, "404 model_not_found", "change agents/clinic.yaml line 9 (llm.model)"),
        (503, "503", "https://status.openai.com"),
        (0, "no answer", "check the network"),
    ],
)
def test_the_remedy_follows_the_status_and_the_code(status: int, reason: str, expected: str) -> None:
    """A code that is more precise than its status decides."""
    assert expected in remedy(PAGES["openai"], status, reason, "agents/clinic.yaml line 9 (llm.model)")


def test_a_configured_address_is_named() -> None:
    """The cause may be the address instead of the network."""
    text = remedy(PAGES["openai"], 0, "no answer", "llm.model", "http://localhost:8000/v1")

    assert "OPENAI_BASE_URL (http://localhost:8000/v1)" in text


def test_a_provider_without_pages_has_a_remedy() -> None:
    """Third-party providers have no console in the table."""
    assert "tts.voice" in remedy(None, 401, "rejected", "tts.voice")


def test_the_status_of_an_error_is_read_from_its_reason() -> None:
    """Numbers that are no status are ignored."""
    assert status_of(ProviderRejected("x", "HTTP 403: forbidden")) == 403
    assert status_of(ProviderUnavailable("x", "no answer within 4000 ms")) == 0
    assert status_of(ProviderRateLimited("x", "too_many_concurrent_requests")) == 429


def test_a_limit_is_not_mistaken_for_a_wrong_request() -> None:
    """AWS refuses for its limits with status 400."""
    assert status_of(ProviderRateLimited("x", "HTTP 400: ThrottlingException")) == 429
    assert status_of(ProviderRateLimited("x", "503: overloaded")) == 503


@pytest.mark.parametrize(
    ("provider", "reason", "expected"),
    [
        ("openai", "TLS: self-signed certificate in certificate chain", "set SSL_CERT_FILE"),
        ("polly", "TLS: unable to get local issuer certificate", "set AWS_CA_BUNDLE"),
        ("openai", "TLS: certificate has expired", "clock"),
        ("openai", "TLS: Hostname mismatch, certificate is not valid for 'x'", "OPENAI_BASE_URL"),
        ("assemblyai", "4002: Insufficient Funds", "add credit"),
        ("elevenlabs", "auth_error: refused", "set ELEVENLABS_API_KEY"),
        ("openai", "invalid_model: closed: 4000", "change llm.model"),
    ],
)
def test_reasons_without_a_status_have_a_remedy(provider: str, reason: str, expected: str) -> None:
    assert expected in remedy(PAGES[provider], 0, reason, "llm.model")


def test_an_html_page_at_a_configured_address_names_it() -> None:
    text = remedy(PAGES["openai"], 403, "HTTP 403: an HTML page", "llm.model", "http://localhost:1")
    assert "OPENAI_BASE_URL (http://localhost:1)" in text


def test_an_html_page_is_not_from_the_api() -> None:
    """A login page of the network answers in place of the provider; the key is not the cause."""
    text = remedy(PAGES["elevenlabs"], 403, "HTTP 403: an HTML page", "tts.voice")
    assert "network" in text
    assert "key" not in text
    assert "status.elevenlabs.io" in remedy(PAGES["elevenlabs"], 502, "HTTP 502: an HTML page", "tts.voice")
