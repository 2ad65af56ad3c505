"""The caller's audio of a realtime call."""

from services.brain.realtime.caller_audio import CallerAudio

_FRAME = b"\x10" * 160


def _with_frames(*at_ms: int, from_ms: int = 0) -> CallerAudio:
    audio = CallerAudio(from_ms)
    for each in at_ms:
        audio.add(_FRAME, each)
    return audio


def test_positions_of_a_session_become_call_times() -> None:
    """The session starts at 0 with the first frame."""
    audio = _with_frames(1000, 1020, 1040)
    audio.start_session(0)
    assert len(audio.take(1000)) == 480
    assert audio.call_time(40) == 1040
    assert audio.taken_until_ms == 1060


def test_a_short_gap_is_silence_and_a_long_one_is_shortened() -> None:
    """Times after a long gap are those of the call."""
    audio = _with_frames(0, 520, 10_000)
    audio.start_session(0)
    sent = audio.take(60_000)
    assert len(sent) // 8 == 20 + 500 + 20 + 2000 + 20
    assert audio.call_time(530) == 530
    assert audio.call_time(2550) == 10_010


def test_repeated_frames_are_dropped() -> None:
    """A retransmission adds nothing."""
    audio = _with_frames(0, 20, 20, 0, 40)
    audio.start_session(0)
    assert len(audio.take(1000)) == 480


def test_the_next_session_gets_what_has_no_words_yet() -> None:
    """From the middle of a frame, if need be."""
    audio = _with_frames(*range(0, 200, 20))
    audio.start_session(0)
    audio.take(1000)
    audio.start_session(130)
    assert len(audio.take(1000)) == 70 * 8
    assert audio.call_time(0) == 130


def test_audio_is_bounded() -> None:
    """A minute is kept, and what is no longer needed is not."""
    audio = _with_frames(*range(0, 90_000, 20))
    audio.start_session(0)
    assert len(audio.take(100_000)) <= 60_000 * 8
    audio.discard_before(89_900)
    audio.start_session(0)
    assert len(audio.take(100_000)) == 100 * 8


def test_silence_replaces_what_a_line_does_not_send() -> None:
    """The provider then detects the end of speech."""
    audio = _with_frames(0)
    audio.add_silence(500)
    audio.start_session(0)
    assert audio.take(1000) == _FRAME + b"\xff" * (480 * 8)
