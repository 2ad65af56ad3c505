"""The XML that we answer Twilio with. No I/O."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, VoiceResponse

from parley.agent_config import Fallback
from services.edge.twilio.media_messages import TOLD_MS

_SORRY = "We are sorry, we cannot take your call right now. Please try again later."
_AFTER_THE_TONE = "Please leave a message after the tone."
_LONGEST_MESSAGE_S = 120


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Twilio reaches us."""

    base: str
    """As in `https://example.com`."""
    own: str = ""
    """Of this very edge; empty where there is none."""

    @property
    def stream(self) -> str:
        """Of the media stream: always wss, Twilio takes nothing else."""
        return f"wss://{(self.own or self.base).partition('://')[2]}/twilio/stream"

    @property
    def status(self) -> str:
        """Of status callbacks."""
        return f"{self.base}/status"

    @property
    def resume(self) -> str:
        """Where the call goes on when its stream is over."""
        return f"{self.base}/voice?resume=1"


def connect(addresses: Addresses, agent: str, *, told_ms: int = 0) -> str:
    """Open a media stream; when it is over, ask us again.

    `told_ms`: call time at which Twilio is told so without having asked; the stream brings it along.
    """
    response = VoiceResponse()
    connect_verb = Connect()
    stream = connect_verb.stream(url=addresses.stream, status_callback=addresses.status)
    stream.parameter(name="agent", value=agent)
    if told_ms:
        stream.parameter(name=TOLD_MS, value=str(told_ms))
    response.append(connect_verb)
    response.redirect(addresses.resume, method="POST")
    return str(response)


def wait_then_resume(addresses: Addresses) -> str:
    """Another way to the next stream is under way; ask again should it come to nothing."""
    response = VoiceResponse()
    response.pause(length=1)
    response.redirect(addresses.resume, method="POST")
    return str(response)


def hang_up() -> str:
    """The call is over."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def sorry() -> str:
    """What needs nothing but this process."""
    response = VoiceResponse()
    response.say(_SORRY)
    response.hangup()
    return str(response)


def fall_back(fallback: Fallback) -> str:
    """Go on without an agent: with Twilio's own voice, to a person, a message or the end."""
    response = VoiceResponse()
    response.say(fallback.say)
    match fallback.then:
        case "transfer":
            response.dial(fallback.number)
        case "voicemail":
            response.say(_AFTER_THE_TONE)
            response.record(max_length=_LONGEST_MESSAGE_S, play_beep=True)
        case "goodbye":
            pass
    response.hangup()
    return str(response)


def nothing() -> str:
    """An answer to a callback."""
    return str(VoiceResponse())
