"""Tests of Deepgram's addresses."""

import pytest

from parley.providers.deepgram_address import DeepgramRegion, deepgram_address


@pytest.mark.parametrize(
    ("url", "region", "expected"),
    [
        ("", "", ""),
        ("", "eu", "https://api.eu.deepgram.com"),
        ("", "in", "https://api.in.deepgram.com"),
        ("wss://deepgram.example.com", "eu", "wss://deepgram.example.com"),
    ],
)
def test_an_address_comes_before_a_region(url: str, region: DeepgramRegion, expected: str) -> None:
    """Without both, the client has the global address."""
    assert deepgram_address(url, region) == expected
