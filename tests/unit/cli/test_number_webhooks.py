"""Tests of the webhooks that a number needs."""

from cli.number_webhooks import changes, expected_settings, is_of

URL = "https://calls.example.com"


def test_an_attached_number_needs_no_change() -> None:
    """A fragment with connection overrides is accepted: Twilio does not send it."""
    expected = expected_settings(f"{URL}/", "sales")

    assert expected["VoiceUrl"] == f"{URL}/voice?agent=sales"
    assert expected["VoiceFallbackUrl"] == f"{URL}/fallback?agent=sales"
    assert expected["StatusCallback"] == f"{URL}/status"
    assert changes({**expected, "VoiceUrl": f"{expected['VoiceUrl']}#rc=2"}, expected) == []


def test_each_difference_is_a_change() -> None:
    """Also an application or a trunk, which would override the webhooks."""
    expected = expected_settings(URL)
    found = changes({**expected, "VoiceMethod": "GET", "TrunkSid": "TK1"}, expected)

    assert [(change.name, change.before, change.after) for change in found] == [
        ("VoiceMethod", "GET", "POST"),
        ("TrunkSid", "TK1", ""),
    ]


def test_a_webhook_belongs_to_one_address() -> None:
    """The agent in the query does not matter, the host and the path do."""
    assert is_of(f"{URL}/voice?agent=sales", URL)
    assert not is_of(f"{URL}/status", URL)
    assert not is_of("https://calls.example.com.evil.example/voice", URL)
    assert not is_of("", URL)
