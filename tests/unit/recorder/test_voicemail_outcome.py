"""The message of a caller after a fallback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from parley.agent_config import AgentConfig, Fallback
from parley.clock import CallClock
from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, VoicemailRecorded, VoicemailStored
from parley.v1.event_pb2 import Event
from services.recorder import voicemail_outcome
from services.recorder.voicemail_outcome import VoicemailOutcome, may_follow, wait_until_final
from tests.event_factories import START_US, event

MESSAGE = VoicemailRecorded(recording_sid="RE1", recording_url="https://twilio/RE1", duration_ms=9000)
NO_MESSAGE = VoicemailRecorded(recording_sid="RE1", recording_url="https://twilio/RE1")
COPY = VoicemailStored(recording_sid="RE1", url="s3://calls/CA1.voicemail.mp3")
ENDED = event(CallEnded(reason="fallback"), at_ms=10_000)
VOICEMAIL = AgentConfig(prompt="x", fallback=Fallback(then="voicemail"))


def outcome_of(*bodies: Body) -> VoicemailOutcome:
    """The outcome after these events."""
    outcome = VoicemailOutcome()
    for body in bodies:
        outcome.apply(body)
    return outcome


@pytest.mark.parametrize(
    ("bodies", "url", "is_final"),
    [
        ((), None, False),
        ((NO_MESSAGE,), None, True),
        ((MESSAGE,), MESSAGE.recording_url, False),
        ((MESSAGE, COPY), COPY.url, True),
        ((COPY,), COPY.url, True),
        ((MESSAGE, VoicemailStored(url="s3://a\x00b")), "s3://ab", True),
    ],
)
def test_the_copy_is_better_than_the_recording_at_twilio(
    bodies: Sequence[Body], url: str | None, *, is_final: bool
) -> None:
    """A caller who hangs up at the tone leaves no message."""
    outcome = outcome_of(*bodies)

    assert (outcome.url, outcome.is_final) == (url, is_final)


def test_only_a_fallback_that_takes_a_message_is_followed_by_one() -> None:
    """Other calls are not kept."""
    assert may_follow(VOICEMAIL, ENDED)
    assert not may_follow(VOICEMAIL, event(CallEnded(reason="hangup")))
    assert not may_follow(VOICEMAIL, None)
    assert not may_follow(AgentConfig(prompt="x"), ENDED)


@dataclass
class Log:
    """The log of a call that has ended, with events that follow the end, and then none."""

    later: Sequence[Event] = ()
    at_ms: int = 10_500
    clock: CallClock = CallClock(START_US)  # noqa: RUF009 - immutable

    def now_ms(self) -> int:
        """Call time now."""
        return self.at_ms

    async def __aiter__(self) -> AsyncIterator[Event]:
        for each in self.later:
            yield each
        await asyncio.Event().wait()


async def wait(log: Log, outcome: VoicemailOutcome) -> VoicemailOutcome:
    """Wait for the message with a limit for a test that fails."""
    async with asyncio.timeout(30):
        await wait_until_final(log, outcome, ENDED)  # type: ignore[arg-type] # what is read of it
    return outcome


async def test_the_wait_ends_with_the_copy() -> None:
    """The events arrive after the end of the call."""
    later = [event(MESSAGE, at_ms=30_000), event(COPY, at_ms=31_000)]

    assert (await wait(Log(later), outcome_of())).url == COPY.url
    assert (await wait(Log(later[:0]), outcome_of(MESSAGE, COPY))).url == COPY.url


async def test_the_wait_is_limited_from_the_end_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an event, after a message that is not copied, and for a later owner."""
    assert (await wait(Log(at_ms=10_000 + 250_000), outcome_of())).url is None
    assert (await wait(Log(at_ms=10_000 + 1_250_000), outcome_of(MESSAGE))).url == MESSAGE.recording_url

    monkeypatch.setattr(voicemail_outcome, "_MESSAGE_TIMEOUT_S", 0.6)
    monkeypatch.setattr(voicemail_outcome, "_COPY_TIMEOUT_S", 0.0)
    later = [event(MESSAGE, at_ms=30_000)]
    assert (await wait(Log(later), outcome_of())).url == MESSAGE.recording_url
