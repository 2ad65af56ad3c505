"""A clause in two voices, of which the second has another pace."""

from itertools import groupby

import pytest

from parley.audio.g711 import ms_to_bytes
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.reply_audio import ReplyAudio
from services.tts.voice_switch import Interruption, VoiceSwitch, interruption

TEXT = "The clinic opens at eight."


def speech(text: str, ms: float) -> bytes:
    """Audio in which each character is its code, so that it can be read."""
    return b"".join(bytes([ord(char)]) * ms_to_bytes(ms) for char in text)


def timings(text: str, ms: float, begin: int = 0) -> tuple[CharTiming, ...]:
    """The characters of a text, relative to the chunk that begins at one of them."""
    return tuple(CharTiming(char, (n - begin) * ms, (n - begin + 1) * ms) for n, char in enumerate(text))


def chunks(text: str, ms: float, size: int, *, timed: bool) -> list[AudioChunk]:
    """A voice's output, in chunks of some characters; without times, the last one ends the clause."""
    found = []
    for begin in range(0, len(text), size):
        part = text[begin : begin + size]
        times = timings(part, ms) if timed else ()
        found.append(AudioChunk(speech(part, ms), times, ends_clause=not timed and begin + size >= len(text)))
    return found


def readable(audio: bytes) -> str:
    """The characters of the audio; a doubled letter is one."""
    return "".join(chr(code) for code, _ in groupby(audio))


def spoken_by_two(first_ms: float, characters: int, second: list[AudioChunk]) -> bytes:
    """The published audio of a reply with a failure after some characters."""
    reply, published = ReplyAudio("r1"), b""
    reply.start_attempt()
    reply.text_sent(TEXT)
    first = AudioChunk(speech(TEXT[:characters], first_ms), timings(TEXT[:characters], first_ms))
    published += reply.audio_received(first)[1]
    place = reply.interruption
    assert place is not None
    reply.start_attempt()
    reply.text_sent(TEXT)
    switch = VoiceSwitch(place)
    for chunk in second:
        for piece in switch.add(chunk, reply.clause_text):
            published += reply.audio_received(piece)[1]
    for piece in switch.flush():
        published += reply.audio_received(piece)[1]
    assert reply.take_completed()
    return published


@pytest.mark.parametrize("timed", [True, False], ids=["with timings", "without timings"])
@pytest.mark.parametrize(("first_ms", "second_ms"), [(60, 60), (90, 50), (50, 90)])
@pytest.mark.parametrize("size", [4, 100])
def test_no_word_is_lost_or_repeated(first_ms: float, second_ms: float, size: int, timed: bool) -> None:
    """The second voice continues after the last complete word of the first one, at any pace."""
    audio = spoken_by_two(first_ms, len("The clinic opens"), chunks(TEXT, second_ms, size, timed=timed))
    if timed:
        assert readable(audio) == TEXT
    else:
        assert readable(audio).replace(" ", "") == TEXT.replace(" ", "")


def test_an_interrupted_word_is_begun_again() -> None:
    """Half a word in each voice would not be understood."""
    audio = spoken_by_two(90, len("The clinic op"), chunks(TEXT, 50, 4, timed=True))
    assert readable(audio).replace(" ", "") == "Theclinicopopensateight."


def test_a_place_needs_timings_and_audio() -> None:
    """Otherwise as many samples are skipped as were published."""
    assert interruption(TEXT, timings(TEXT, 50), 0, 0) is None
    assert interruption(TEXT, (), 0, 8000) is None
    assert interruption(TEXT, timings(TEXT, 50), 0, ms_to_bytes(500)) == Interruption(4000, 9, 21)


def test_texts_may_differ_in_numbers() -> None:
    """One voice is sent words, and another one digits."""
    switch = VoiceSwitch(Interruption(4000, len("Onehundred"), len("Onehundredvisitsarefree")))
    (padding, chunk) = switch.add(
        AudioChunk(b"x" * 400, timings("100 visits are free", 50)), "100 visits are free"
    )
    assert len(padding.audio) == 4000 - ms_to_bytes(150)
    assert chunk.audio == b"x" * 400


def test_audio_without_timings_is_soon_released() -> None:
    """Then both voices are taken to have one pace."""
    switch = VoiceSwitch(Interruption(800, 3, 21))
    released = [switch.add(AudioChunk(b"x" * 8000), TEXT) for _ in range(4)]
    assert [len(chunks) for chunks in released] == [0, 0, 0, 4]
    assert switch.add(AudioChunk(b"y"), TEXT) == [AudioChunk(b"y")]


def test_a_reply_that_ends_early_is_released() -> None:
    """Its missing letters are detected by the audio that there is."""
    switch = VoiceSwitch(Interruption(800, 20, 21))
    assert switch.add(AudioChunk(b"x" * 400), TEXT) == []
    assert switch.flush() == [AudioChunk(b"x" * 400)]
    assert switch.flush() == []
