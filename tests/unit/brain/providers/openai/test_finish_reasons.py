"""Tests for the finish reasons of other servers."""

import pytest

from services.brain.providers.openai.finish_reasons import common_reason, is_failure


@pytest.mark.parametrize("reason", ["length", "MAX_TOKENS", "model_length"])
def test_limits_are_a_length(reason: str) -> None:
    """An answer that reached a limit was cut off."""
    assert common_reason(reason) == "length"


@pytest.mark.parametrize("reason", ["SAFETY", "recitation", "content_filter"])
def test_filters_are_a_content_filter(reason: str) -> None:
    """A filter cuts the answer off too."""
    assert common_reason(reason) == "content_filter"


@pytest.mark.parametrize("reason", ["stop", "eos_token", "function_call", "new_reason"])
def test_other_reasons_are_unchanged(reason: str) -> None:
    """They are the end of a whole answer."""
    assert common_reason(reason) == reason
    assert not is_failure(reason)


@pytest.mark.parametrize("reason", ["error", "abort", "network_error", "insufficient_system_resource"])
def test_failures_of_the_server(reason: str) -> None:
    """Its answer has failed."""
    assert is_failure(reason)
