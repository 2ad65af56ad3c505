"""Tests of the TwiML documents."""

from xml.etree import ElementTree as ET

import pytest

from parley.agent_config import AgentConfig, Fallback
from services.edge.twilio.announcement import Announcement
from services.edge.twilio.twiml import Attempt, PublicUrls, announce, connect, fall_back, hang_up

URLS = PublicUrls("https://example.com")


def test_a_stream_is_followed_by_a_redirect() -> None:
    """The redirect makes a call survive the loss of its stream."""
    root = ET.fromstring(connect(URLS, "clinic", Attempt()))  # noqa: S314 - trusted
    stream = root.find("Connect/Stream")
    parameter = root.find("Connect/Stream/Parameter")

    assert stream is not None
    assert parameter is not None
    assert stream.attrib == {
        "url": "wss://example.com/twilio/stream",
        "statusCallback": "https://example.com/status",
    }
    assert parameter.attrib == {"name": "agent", "value": "clinic"}
    assert [child.tag for child in root] == ["Connect", "Redirect"]
    assert root.findtext("Redirect") == "https://example.com/voice?resume=1"


def test_a_resumed_stream_carries_the_time_of_its_redirect() -> None:
    """Twilio returns the parameter in the start message."""
    root = ET.fromstring(connect(URLS, "clinic", Attempt(), redirected_at_ms=41_000))  # noqa: S314 - trusted
    parameters = [parameter.attrib for parameter in root.findall("Connect/Stream/Parameter")]

    assert {"name": "redirected_at_ms", "value": "41000"} in parameters


def test_the_stream_of_a_local_address_uses_wss() -> None:
    """Twilio accepts no other scheme in TwiML."""
    assert PublicUrls("http://127.0.0.1:8080").stream == "wss://127.0.0.1:8080/twilio/stream"


def test_streams_use_the_direct_address() -> None:
    """Webhooks use the public address."""
    urls = PublicUrls("https://example.com", "https://edge-2.example.com")

    assert urls.stream == "wss://edge-2.example.com/twilio/stream"
    assert urls.resume(Attempt()) == "https://example.com/voice?resume=1"


def test_the_next_request_names_the_attempt() -> None:
    """Its number and the last stream come back with Twilio's request; the third attempt waits a second."""
    root = ET.fromstring(connect(URLS, "clinic", Attempt(3, after_epoch=2)))  # noqa: S314 - trusted

    assert root.findtext("Redirect") == "https://example.com/voice?resume=3&after=2"
    assert [child.tag for child in root] == ["Pause", "Connect", "Redirect"]


def test_hang_up_and_apology_end_the_call() -> None:
    """A document without <Hangup> would leave the call open in silence."""
    for document in (hang_up(), announce(Announcement("We are closed.", "en"))):
        root = ET.fromstring(document)  # noqa: S314 - trusted
        assert root[-1].tag == "Hangup"


def test_the_fallback_speaks_the_agents_language() -> None:
    """Twilio reads a text without `language` with an English voice."""
    agent = AgentConfig(prompt="x", language="de", fallback=Fallback(then="voicemail"))
    root = ET.fromstring(fall_back(agent, URLS))  # noqa: S314 - trusted

    assert [verb.tag for verb in root] == ["Say", "Say", "Record", "Hangup"]
    assert [verb.text for verb in root.findall("Say")] == [
        agent.fallback.say,
        agent.fallback.voicemail_prompt,
    ]
    assert {verb.get("language") for verb in root.findall("Say")} == {"de-DE"}


def test_a_voicemail_ends_with_an_action() -> None:
    """Without one, Twilio would request the same document again after the recording."""
    agent = AgentConfig(prompt="x", fallback=Fallback(then="voicemail"))
    root = ET.fromstring(fall_back(agent, URLS))  # noqa: S314 - trusted
    record = root.find("Record")

    assert record is not None
    assert record.attrib["action"] == record.attrib["recordingStatusCallback"] == f"{URLS.base}/voicemail"
    assert [child.tag for child in root] == ["Say", "Say", "Record", "Hangup"]


@pytest.mark.parametrize("caller_id", ["", "+15550100000"])
def test_a_transfer_names_the_caller_id_that_is_needed(caller_id: str) -> None:
    """Otherwise Twilio shows the caller's number."""
    agent = AgentConfig(prompt="x", fallback=Fallback(then="transfer", number="+15550100005"))
    root = ET.fromstring(fall_back(agent, URLS, caller_id))  # noqa: S314 - trusted
    dial = root.find("Dial")

    assert dial is not None
    assert dial.get("callerId", "") == caller_id
