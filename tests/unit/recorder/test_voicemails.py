"""Tests of storing the callers' messages."""

from pathlib import Path

import pytest

from parley.v1.call_pb2 import StoreVoicemail, StoreVoicemailReply
from services.recorder.storage.object_store import open_recordings
from services.recorder.voicemails import VoicemailStore

STARTED_AT_US = 1_795_000_000_000_000  # 2026-11-18
REQUEST = StoreVoicemail(call_sid="CA1", started_at_us=STARTED_AT_US, mp3=b"message").SerializeToString()


async def test_a_message_is_stored_beside_the_recording(tmp_path: Path) -> None:
    """A repeated request stores the same file."""
    store = VoicemailStore(open_recordings(tmp_path.as_uri()))
    replies = {await store.store(REQUEST) for _ in range(2)}

    path = tmp_path / "2026-11-18" / "CA1.voicemail.mp3"
    assert replies == {StoreVoicemailReply(url=path.as_uri()).SerializeToString()}
    assert path.read_bytes() == b"message"


async def test_a_failing_store_is_reported_to_the_edge(tmp_path: Path) -> None:
    """The edge repeats the request."""
    store = VoicemailStore(open_recordings(tmp_path.as_uri()))
    (tmp_path / "2026-11-18").write_text("a file in place of the folder")

    reply = await store.store(REQUEST)

    assert reply is not None
    assert not StoreVoicemailReply.FromString(reply).url


@pytest.mark.parametrize("data", [b"\xff", b"\x0a"])
async def test_an_unreadable_request_gets_no_reply(tmp_path: Path, data: bytes) -> None:
    """It cannot come from an edge."""
    assert await VoicemailStore(open_recordings(tmp_path.as_uri())).store(data) is None
