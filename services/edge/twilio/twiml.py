"""The TwiML responses that Parley sends to Twilio. No I/O."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, VoiceResponse

from parley.agent_config import AgentConfig
from services.edge.twilio.announcement import Announcement, announcement_of, append_announcement
from services.edge.twilio.media_messages import AFTER_TOOL_CALL_ID, REDIRECTED_AT_MS

_MAX_VOICEMAIL_S = 120
_IMMEDIATE_ATTEMPTS = 2
"""Attempts to open a stream before which the caller does not wait."""


@dataclass(frozen=True, slots=True)
class PublicUrls:
    """The addresses at which Twilio reaches Parley."""

    base: str
    """Address of any edge, such as `https://example.com`."""
    direct: str = ""
    """Address of this edge and no other; empty if it has none."""

    @property
    def stream(self) -> str:
        """Address of media streams: always wss, the only scheme that Twilio accepts."""
        return f"wss://{(self.direct or self.base).partition('://')[2]}/twilio/stream"

    @property
    def status(self) -> str:
        """Address of status callbacks."""
        return f"{self.base}/status"

    @property
    def voicemail(self) -> str:
        """Address that Twilio requests when a voicemail was recorded."""
        return f"{self.base}/voicemail"

    def resume(self, attempt: "Attempt") -> str:
        """Address that Twilio requests when a stream has ended or could not be opened."""
        after = f"&after={attempt.after_epoch}" if attempt.after_epoch else ""
        return f"{self.base}/voice?resume={attempt.number}{after}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to open a media stream; its number comes back in the next request for TwiML."""

    number: int = 1
    """Attempts since the call's last stream started, from 1."""
    after_epoch: int = 0
    """Epoch of the call's last stream; 0 if none was ever open."""


def connect(urls: PublicUrls, agent: str, attempt: Attempt, *, redirected_at_ms: int = 0) -> str:
    """Open a media stream; when it has ended, request /voice again.

    `redirected_at_ms` is the call time of a REST redirect; the stream's start message returns it. 0 for none.
    """
    response = VoiceResponse()
    if attempt.number > _IMMEDIATE_ATTEMPTS:
        # A restarting edge or proxy needs a moment; a wrong address is the same a second later.
        response.pause(length=1)
    append_stream(response, urls, agent, attempt, redirected_at_ms=redirected_at_ms)
    return str(response)


def append_stream(
    response: VoiceResponse,
    urls: PublicUrls,
    agent: str,
    attempt: Attempt,
    *,
    redirected_at_ms: int = 0,
    after_tool_call_id: str = "",
) -> None:
    """Append a media stream, and what follows when it has ended."""
    connect_verb = Connect()
    stream = connect_verb.stream(url=urls.stream, status_callback=urls.status)
    stream.parameter(name="agent", value=agent)
    if redirected_at_ms:
        stream.parameter(name=REDIRECTED_AT_MS, value=str(redirected_at_ms))
    if after_tool_call_id:
        stream.parameter(name=AFTER_TOOL_CALL_ID, value=after_tool_call_id)
    response.append(connect_verb)
    response.redirect(urls.resume(attempt), method="POST")


def wait_then_resume(urls: PublicUrls, attempt: Attempt) -> str:
    """Wait 1 s for a stream that another request opens, then request /voice again."""
    response = VoiceResponse()
    response.pause(length=1)
    response.redirect(urls.resume(attempt), method="POST")
    return str(response)


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def announce(announcement: Announcement) -> str:
    """Announce something and end the call."""
    response = VoiceResponse()
    append_announcement(response, announcement)
    response.hangup()
    return str(response)


def fall_back(agent: AgentConfig, urls: PublicUrls, caller_id: str = "") -> str:
    """Continue without the agent: announce it with Twilio's TTS, then transfer, record or end the call.

    `caller_id` is shown to the number to which the call is transferred; empty for the caller's own.
    """
    fallback, response = agent.fallback, VoiceResponse()
    append_announcement(response, announcement_of(agent, "fallback.say"))
    match fallback.then:
        case "transfer":
            response.dial(fallback.number, caller_id=caller_id or None)
        case "voicemail":
            append_announcement(response, announcement_of(agent, "fallback.voicemail_prompt"))
            # Without an action, Twilio requests the current document again and records again.
            response.record(
                max_length=_MAX_VOICEMAIL_S,
                play_beep=True,
                action=urls.voicemail,
                recording_status_callback=urls.voicemail,
            )
        case "goodbye":
            pass
    response.hangup()
    return str(response)
