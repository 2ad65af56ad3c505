"""The tables of docs/providers.md."""

import json

import pytest

from parley.providers.conformance import LLM_CHECKS, STT_CHECKS, TTS_CHECKS
from scripts.providers_docs import PAGE, RESULTS, page, tables


def test_the_page_is_current() -> None:
    """`make docs` writes it."""
    text = PAGE.read_text("utf-8")

    assert page(text) == text


def test_the_results_are_of_the_present_checks() -> None:
    """`make conformance` writes them, and none has failed."""
    results = json.loads(RESULTS.read_text("utf-8"))
    for kind, checks in (("stt", STT_CHECKS), ("llm", LLM_CHECKS), ("tts", TTS_CHECKS)):
        for case, found in results[kind].items():
            assert list(found) == [check.name for check in checks], case
            assert not [text for text in found.values() if text.startswith("failed")], case


def test_the_tables_have_languages_prices_and_ends() -> None:
    """Each model has its own."""
    details = tables()["details"]
    assert "| `eleven_flash_v2_5` | 32: `en " in details
    assert "0.05 per 1000 characters ([2026-" in details
    assert "| `gpt-4o-mini` | any |  | 2027-01-14 |" in details
    assert "| `deepgram` | Deepgram |" in tables()["providers"]


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    """A table must not vanish unnoticed."""
    with pytest.raises(ValueError, match="'providers'"):
        page("")
