"""Parsing of TwiML written by Twilio's own builder."""

import pytest
from twilio.twiml.voice_response import Connect as ConnectVerb
from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import Gather as GatherVerb
from twilio.twiml.voice_response import Start, VoiceResponse

from sandbox.twilio import twiml
from sandbox.twilio.verbs import Connect, Dial, Gather, Hangup, Pause, Play, Redirect, Say, StartStream


def test_connect_stream_is_parsed_with_its_parameters() -> None:
    """Every attribute and parameter of a stream is parsed."""
    response = VoiceResponse()
    connect = ConnectVerb(action="/after", method="GET")
    stream = connect.stream(
        url="wss://app/stream", name="main", status_callback="http://app/s", status_callback_method="GET"
    )
    stream.parameter(name="agent", value="clinic")
    response.append(connect)
    (verb,) = twiml.parse(str(response)).verbs

    assert isinstance(verb, Connect)
    assert (verb.action, verb.method) == ("/after", "GET")
    assert (verb.stream.url, verb.stream.name) == ("wss://app/stream", "main")
    assert (verb.stream.status_callback, verb.stream.status_callback_method) == ("http://app/s", "GET")
    assert verb.stream.parameters == (("agent", "clinic"),)


def test_simple_verbs_are_parsed() -> None:
    """Say, Play, Pause, Redirect and Hangup are parsed."""
    response = VoiceResponse()
    response.say("hello  there", loop=2)
    response.play("http://app/a.wav")
    response.pause(length=3)
    response.redirect("/next", method="GET")
    response.hangup()
    verbs = twiml.parse(str(response)).verbs

    assert verbs == (
        Say("hello there", 2),
        Play("http://app/a.wav"),
        Pause(3.0),
        Redirect("/next", "GET"),
        Hangup(),
    )


def test_gather_dial_and_start_are_parsed() -> None:
    """Nested elements are parsed."""
    response = VoiceResponse()
    gather = GatherVerb(num_digits=1, action="/digits", timeout=2)
    gather.say("press one")
    response.append(gather)
    dial = DialVerb(caller_id="+15550100000", action="/dialled", timeout=7)
    dial.number("+15550100009", status_callback="http://app/s", status_callback_event="ringing answered")
    response.append(dial)
    start = Start()
    start.stream(url="wss://app/fork", name="fork", track="both_tracks")
    response.append(start)
    gathered, dialled, started = twiml.parse(str(response)).verbs

    assert isinstance(gathered, Gather)
    assert gathered.prompts == (Say("press one"),)
    assert (gathered.num_digits, gathered.timeout_s) == (1, 2.0)
    assert isinstance(dialled, Dial)
    assert dialled.numbers[0].to == "+15550100009"
    assert dialled.numbers[0].status_callback_event == ("ringing", "answered")
    assert (dialled.caller_id, dialled.timeout_s) == ("+15550100000", 7.0)
    assert isinstance(started, StartStream)
    assert started.stream.track == "both_tracks"


def test_unsupported_elements_give_warnings() -> None:
    """The other verbs are parsed."""
    document = twiml.parse(
        "<Response><Fax/><Connect><Room/></Connect><Pause length='x'/><Hangup/></Response>"
    )

    assert document.verbs == (Hangup(),)
    assert len(document.warnings) == 3
    assert "<Fax>" in document.warnings[0]


@pytest.mark.parametrize("text", ["", "hello", "<Response>", "<Reply/>"])
def test_invalid_documents_are_rejected(text: str) -> None:
    """The error has Twilio's code."""
    with pytest.raises(twiml.TwimlError) as caught:
        twiml.parse(text)

    assert caught.value.code == 12100


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e300", "two"])
def test_invalid_numbers_give_warnings(number: str) -> None:
    """The verb is skipped rather than waiting forever."""
    document = twiml.parse(f"<Response><Pause length='{number}'/><Say loop='{number}'>x</Say></Response>")

    assert document.verbs == ()
    assert len(document.warnings) == 2
