"""The XML that Twilio gets."""

from xml.etree import ElementTree as ET

from services.edge.twilio.twiml import PublicUrls, apology, connect, hang_up

HERE = PublicUrls("https://example.com")


def test_a_stream_is_opened_and_the_call_comes_back_after_it() -> None:
    """The redirect is what makes a lost stream survivable."""
    root = ET.fromstring(connect(HERE, "clinic"))  # noqa: S314 - ours
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


def test_a_stream_that_follows_a_lost_one_brings_along_when_it_was_told() -> None:
    """Twilio hands its parameters on when it opens."""
    root = ET.fromstring(connect(HERE, "clinic", redirected_at_ms=41_000))  # noqa: S314 - ours
    parameters = [parameter.attrib for parameter in root.findall("Connect/Stream/Parameter")]

    assert {"name": "redirected_at_ms", "value": "41000"} in parameters


def test_a_local_address_is_streamed_over_wss_too() -> None:
    """Twilio takes nothing else in TwiML."""
    assert PublicUrls("http://127.0.0.1:8080").stream == "wss://127.0.0.1:8080/twilio/stream"


def test_an_edge_with_an_address_of_its_own_has_the_stream_come_there() -> None:
    """All else may be asked of any."""
    own = PublicUrls("https://example.com", "https://edge-2.example.com")

    assert own.stream == "wss://edge-2.example.com/twilio/stream"
    assert own.resume == "https://example.com/voice?resume=1"


def test_the_end_and_the_apology_hang_up() -> None:
    """A document without an end would leave a silent line."""
    for document in (hang_up(), apology()):
        root = ET.fromstring(document)  # noqa: S314 - ours
        assert root[-1].tag == "Hangup"
