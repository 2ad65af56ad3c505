"""Messages of `/v2/listen`: their types, as the SDK defines them, and their order."""

import pytest
from deepgram.listen.v2.types.listen_v2configure_failure import ListenV2ConfigureFailure
from deepgram.listen.v2.types.listen_v2configure_success import ListenV2ConfigureSuccess
from deepgram.listen.v2.types.listen_v2connected import ListenV2Connected
from deepgram.listen.v2.types.listen_v2fatal_error import ListenV2FatalError
from deepgram.listen.v2.types.listen_v2turn_info import ListenV2TurnInfo
from deepgram.listen.v2.types.listen_v2warning import ListenV2Warning
from pydantic import BaseModel

from parley.audio.g711 import make_silence
from sandbox.deepgram.flux import FluxSession
from sandbox.recognition.recogniser import Word
from tests.recordings import oracle_with, recorded_frames
from tests.strict import assert_fits
from tests.unit.sandbox.deepgram.fake_socket import AUDIO, TEXT, FakeSocket, has_type, open_session

EAGER = {"eager_eot_threshold": "0.5"}
TYPES: dict[str, type[BaseModel]] = {
    "Connected": ListenV2Connected,
    "TurnInfo": ListenV2TurnInfo,
    "ConfigureSuccess": ListenV2ConfigureSuccess,
    "ConfigureFailure": ListenV2ConfigureFailure,
    "Warning": ListenV2Warning,
    "Error": ListenV2FatalError,
}


class InterimOnly:
    """A recogniser that finds a word in the interim transcript and none in the final one."""

    busy = False

    def __init__(self) -> None:
        self._results = [(Word("well", 0, 200),)]

    async def recognise(self, _mulaw: bytes) -> tuple[Word, ...]:
        """Return one word for the first call and none later."""
        return self._results.pop() if self._results else ()


def events(socket: FakeSocket) -> list[str]:
    """The events of all TurnInfo messages in order."""
    return [m["event"] for m in socket.received if m["type"] == "TurnInfo"]


def assert_all_fit(socket: FakeSocket) -> None:
    for number, message in enumerate(socket.received):
        assert_fits(TYPES[message["type"]], message)
        assert message["sequence_id"] == number


async def test_events_of_a_turn_are_sent_in_order() -> None:
    """Connected comes first, EagerEndOfTurn has EndOfTurn's words, and the next turn the next index."""
    async with open_session(FluxSession, oracle_with(TEXT), EAGER) as socket:
        for count in (1, 2):
            await socket.send_audio(make_silence(200) + AUDIO)
            await socket.wait_for(has_type("EndOfTurn"), count)

    assert socket.received[0]["type"] == "Connected"
    first, *turn = [m for m in socket.received[1:] if m["turn_index"] == 0 and m["transcript"]]
    assert first["event"] == "StartOfTurn"
    assert [m["event"] for m in turn[-2:]] == ["EagerEndOfTurn", "EndOfTurn"]
    assert {m["event"] for m in turn[:-2]} == {"Update"}
    assert turn[-2]["transcript"] == turn[-1]["transcript"] == TEXT
    assert turn[-2]["end_of_turn_confidence"] < 0.7 < turn[-1]["end_of_turn_confidence"]
    assert turn[-1]["trigger"] == "model"
    assert [m["turn_index"] for m in socket.matching(has_type("EndOfTurn"))] == [0, 1]
    assert_all_fit(socket)


async def test_updates_are_sent_without_new_words() -> None:
    """One follows each 250 ms of audio, before a turn and within it; a setting limits them to new words."""
    async with open_session(FluxSession, oracle_with(TEXT), {}) as socket:
        await socket.send_audio(make_silence(1000))
    async with open_session(FluxSession, oracle_with(TEXT), {}, stt_flux_update_ms=0) as quiet:
        await quiet.send_audio(make_silence(1000))

    updates = socket.received[1:]
    assert [(m["event"], m["transcript"], m["words"]) for m in updates] == [("Update", "", [])] * 3
    assert [m["audio_window_end"] for m in updates] == pytest.approx([0.26, 0.52, 0.78], abs=0.02)
    assert len(quiet.received) == 1
    assert_all_fit(socket)


async def test_continued_speech_resumes_the_turn() -> None:
    """After TurnResumed the same turn ends with the words of both parts."""
    async with open_session(FluxSession, oracle_with(TEXT), EAGER, stt_final_ms=1000) as socket:
        await socket.send_audio(AUDIO)
        await socket.wait_for(has_type("EagerEndOfTurn"))
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("EndOfTurn"))

    changes = [name for name in events(socket) if name != "Update"]
    assert changes == ["StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EagerEndOfTurn", "EndOfTurn"]
    assert end["transcript"] == f"{TEXT} {TEXT}"
    assert_all_fit(socket)


async def test_no_eager_events_without_a_threshold() -> None:
    """A segment without recognised words starts no turn either."""
    async with open_session(FluxSession, oracle_with(TEXT), {}) as socket:
        await socket.send_audio(recorded_frames("stop") + make_silence(400))
        await socket.send_audio(AUDIO)
        await socket.wait_for(has_type("EndOfTurn"))

    assert set(events(socket)) == {"StartOfTurn", "Update", "EndOfTurn"}
    assert socket.received[-1]["transcript"] == TEXT


async def test_a_turn_ends_by_timeout_only() -> None:
    """With an eot_threshold of 1 a turn ends after eot_timeout_ms of silence."""
    query = {"eot_threshold": "1.0", "eot_timeout_ms": "800"}
    async with open_session(FluxSession, oracle_with(TEXT), query) as socket:
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("EndOfTurn"))

    assert end["trigger"] == "timeout"
    # The words end within their last frame.
    assert end["audio_window_end"] - end["words"][-1]["end"] >= 0.8 - 0.02
    assert_all_fit(socket)


async def test_force_end_turn_ends_the_turn() -> None:
    """Without an active turn it is answered with a warning."""
    async with open_session(FluxSession, oracle_with(TEXT), {"eot_threshold": "1.0"}) as socket:
        await socket.send({"type": "ForceEndTurn"})
        await socket.send_audio(AUDIO)
        await socket.send({"type": "ForceEndTurn"})

    assert socket.received[1]["code"] == "FORCE_END_TURN_NO_ACTIVE_TURN"
    assert (socket.received[-1]["event"], socket.received[-1]["trigger"]) == ("EndOfTurn", "manual")
    assert_all_fit(socket)


async def test_configure_changes_the_thresholds() -> None:
    """The response lists the current thresholds; a value out of range is rejected without effect."""
    async with open_session(FluxSession, oracle_with(TEXT), {"eot_threshold": "1.0"}) as socket:
        await socket.send({"type": "Configure", "thresholds": {"eot_threshold": 3}})
        await socket.send({"type": "Configure", "thresholds": {"eot_threshold": 0.8}, "keyterms": ["x"]})
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("EndOfTurn"))

    assert [m["type"] for m in socket.received[1:3]] == ["ConfigureFailure", "ConfigureSuccess"]
    assert socket.received[2]["thresholds"] == {"eot_threshold": 0.8, "eot_timeout_ms": 5000}
    assert end["trigger"] == "model"
    assert_all_fit(socket)


async def test_speech_without_pause_is_one_turn() -> None:
    """EndOfTurn contains the words of all pieces."""
    async with open_session(FluxSession, oracle_with(TEXT), {}, stt_final_ms=300) as socket:
        await socket.send_audio(AUDIO * 10)
        [end] = await socket.wait_for(has_type("EndOfTurn"))

    assert 49 <= len(end["words"]) <= 50
    assert end["audio_window_start"] < 0.3
    assert_all_fit(socket)


async def test_a_started_turn_ends() -> None:
    """If the final transcript is empty, the interim words are repeated."""
    async with open_session(FluxSession, InterimOnly(), {}) as socket:
        await socket.send_audio(AUDIO)
        [end] = await socket.wait_for(has_type("EndOfTurn"))

    assert end["transcript"] == "well"


async def test_an_unknown_message_closes_the_socket() -> None:
    """An Error message is sent first; CloseStream closes the socket without a message."""
    async with open_session(FluxSession, oracle_with(TEXT), {}) as socket:
        assert not await socket.send({"type": "KeepAlive"})
        assert not await socket.send({"type": "CloseStream"})

    assert [m["type"] for m in socket.received] == ["Connected", "Error"]
    assert_all_fit(socket)
