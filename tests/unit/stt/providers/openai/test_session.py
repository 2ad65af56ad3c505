"""Messages of a session, also invalid ones."""

from typing import Any, cast

import pytest

from parley.errors import ProviderTimeout, ProviderUnavailable
from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive
from services.stt.providers.openai.commits import Commit, CommitPolicy
from services.stt.providers.openai.session import TranscriptionSession
from services.stt.providers.openai.socket import TranscriptionSocket
from tests.unit.stt.providers.whisper.audio import speech

PREFIX = "conversation.item.input_audio_transcription"
COMMIT = Commit(0, 1000, 0, pause_ms=200)


class Socket:
    """A socket that stores the commits."""

    opened_s, expires_s = 0.0, 3600.0

    def __init__(self) -> None:
        self.commits: list[str] = []

    async def commit(self, event_id: str) -> None:
        """Store a commit."""
        self.commits.append(event_id)


def session() -> TranscriptionSession:
    policy = CommitPolicy(1000, 500)
    policy.push(speech(1000), 0)
    return TranscriptionSession(cast("TranscriptionSocket", Socket()), policy)


async def test_a_delta_covers_the_audio_before_its_delay() -> None:
    """And the transcript that of the commit."""
    made = session()
    await made.commit(COMMIT, 1.0)
    assert made.outstanding
    [interim] = made.read({"type": f"{PREFIX}.delta", "item_id": "i", "delta": "Hi"}, 1.1)
    [final] = made.read({"type": f"{PREFIX}.completed", "item_id": "i", "transcript": "Hi."}, 1.2)

    assert isinstance(interim, InterimTranscript)
    assert interim.end_ms == 500
    assert isinstance(final, FinalTranscript)
    assert (final.text, final.end_ms) == ("Hi.", 1000)
    made.check(100.0)


async def test_an_overdue_transcript_ends_the_session() -> None:
    """Its audio is sent again."""
    made = session()
    await made.commit(COMMIT, 1.0)
    made.check(6.9)

    with pytest.raises(ProviderTimeout):
        made.check(7.1)


async def test_a_refused_commit_is_not_waited_for() -> None:
    """Every other error ends the session."""
    made = session()
    await made.commit(COMMIT, 1.0)
    error = {"code": "input_audio_buffer_commit_empty", "event_id": "commit_1"}
    assert made.read({"type": "error", "error": error}, 1.1) == [KeepAlive()]
    made.check(100.0)

    for message in (
        {"type": "error", "error": {**error, "code": "session_expired"}},
        {"type": "error", "error": "text"},
        {"type": f"{PREFIX}.failed", "item_id": "i", "error": {"message": "no"}},
    ):
        with pytest.raises(ProviderUnavailable):
            made.read(message, 1.2)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": 5},
        {"type": f"{PREFIX}.delta"},
        {"type": f"{PREFIX}.delta", "item_id": 5, "delta": "x"},
        {"type": f"{PREFIX}.delta", "item_id": "i", "delta": None},
        {"type": f"{PREFIX}.completed", "item_id": "other", "transcript": ["x"]},
        {"type": "input_audio_buffer.committed", "item_id": {}},
        {"type": "response.output_audio.delta", "delta": "AAAA"},
    ],
)
def test_an_invalid_message_is_no_transcript(message: dict[str, Any]) -> None:
    """Nor an error."""
    assert session().read(message, 1.0) in ([], [KeepAlive()])


def test_the_next_session_is_opened_in_time() -> None:
    """Five minutes before the end, and in proportion for shorter sessions."""
    made = session()
    assert (made.renew_at_s, made.force_at_s) == (3300.0, 3570.0)
