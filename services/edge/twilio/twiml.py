"""The XML that we answer Twilio with. No I/O."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, VoiceResponse

from parley.agent_config import Fallback
from services.edge.twilio.media_messages import REDIRECTED_AT_MS

_SORRY = "We are sorry, we cannot take your call right now. Please try again later."
_AFTER_THE_TONE = "Please leave a message after the tone."
_LONGEST_MESSAGE_S = 120


@dataclass(frozen=True, slots=True)
class PublicUrls:
    """Where Twilio reaches us."""

    base: str
    """As in `https://example.com`."""
    direct: str = ""
    """Of this very edge; empty where there is none."""

    @property
    def stream(self) -> str:
        """Of the media stream: always wss, Twilio takes nothing else."""
        return f"wss://{(self.direct or self.base).partition('://')[2]}/twilio/stream"

    @property
    def status(self) -> str:
        """Of status callbacks."""
        return f"{self.base}/status"

    @property
    def resume(self) -> str:
        """Where the call goes on when its stream is over."""
        return f"{self.base}/voice?resume=1"


def connect(urls: PublicUrls, agent: str, *, redirected_at_ms: int = 0) -> str:
    """Open a media stream; when it is over, ask us again.

    `redirected_at_ms`: call time at which Twilio is told so without having asked; the stream brings it along.
    """
    response = VoiceResponse()
    connect_verb = Connect()
    stream = connect_verb.stream(url=urls.stream, status_callback=urls.status)
    stream.parameter(name="agent", value=agent)
    if redirected_at_ms:
        stream.parameter(name=REDIRECTED_AT_MS, value=str(redirected_at_ms))
    response.append(connect_verb)
    response.redirect(urls.resume, method="POST")
    return str(response)


def wait_then_resume(urls: PublicUrls) -> str:
    """Another way to the next stream is under way; ask again should it come to nothing."""
    response = VoiceResponse()
    response.pause(length=1)
    response.redirect(urls.resume, method="POST")
    return str(response)


def hang_up() -> str:
    """The call is over."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def apology() -> str:
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
