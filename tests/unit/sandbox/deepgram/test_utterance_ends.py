"""UtteranceEnd messages that come late or without a time."""

from parley.audio.g711 import make_silence
from sandbox.deepgram.nova import NovaSession
from tests.recordings import oracle_with
from tests.unit.sandbox.deepgram.fake_socket import AUDIO, TEXT, has_type, open_session

QUERY = {"interim_results": "true", "endpointing": "100", "utterance_end_ms": "1000"}


async def test_a_late_message_follows_the_next_words() -> None:
    """Its time is before the words that the client has just received."""
    async with open_session(
        NovaSession, oracle_with(TEXT), QUERY, stt_late_utterance_end=1, stt_unknown_word_end=0
    ) as socket:
        await socket.send_audio(AUDIO)
        [first] = await socket.wait_for(lambda m: m.get("speech_final"))
        await socket.send_audio(make_silence(2000))
        assert not socket.matching(has_type("UtteranceEnd"))
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("UtteranceEnd"))
        await socket.wait_for(lambda m: m.get("speech_final"), 2)

    words = first["channel"]["alternatives"][0]["words"]
    assert end["last_word_end"] == words[-1]["end"]
    before = socket.received[socket.received.index(end) - 1]
    assert before["channel"]["alternatives"][0]["words"][0]["start"] > end["last_word_end"]


async def test_the_time_may_be_unknown() -> None:
    """Deepgram then sends -1."""
    async with open_session(
        NovaSession, oracle_with(TEXT), QUERY, stt_late_utterance_end=0, stt_unknown_word_end=1
    ) as socket:
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("UtteranceEnd"))

    assert end["last_word_end"] == -1
