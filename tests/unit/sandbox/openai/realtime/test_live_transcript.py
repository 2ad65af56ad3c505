"""Deltas of uncommitted audio."""

import asyncio

from parley.audio.g711 import FRAME_BYTES, make_silence
from sandbox import tone
from sandbox.openai.realtime.live_transcript import DELAYS_MS, LiveTranscriber
from sandbox.recognition.recogniser import Word

SPEECH = tone.encode("one two three ").mulaw
"""One word of 4 characters each 160 ms."""


async def recognise(mulaw: bytes) -> tuple[Word, ...]:
    """The whole words in tones."""
    spoken = tone.decode(mulaw).split(" ")[:-1]
    return tuple(Word(text, 200 * n, 200 * n + 160) for n, text in enumerate(spoken) if text)


async def test_text_is_only_appended() -> None:
    """The words so far, then the rest with the mark at the end."""
    sent: list[tuple[str, str]] = []

    async def send(item_id: str, delta: str) -> None:
        sent.append((item_id, delta))

    async with asyncio.TaskGroup() as tasks:
        transcriber = LiveTranscriber(recognise, send, tasks)
        audio = make_silence(100) + SPEECH + make_silence(400)
        for at in range(0, len(audio), FRAME_BYTES):
            transcriber.push(audio[at : at + FRAME_BYTES], "i", "minimal")
            await asyncio.sleep(0)
        before = [delta for _, delta in sent]
        transcript = transcriber.take()
        assert transcript is not None
        await transcriber.complete(transcript)

    assert before == ["One", " two"]
    assert "".join(delta for _, delta in sent) == transcript.text == "One two three."
    assert {item_id for item_id, _ in sent} == {"i"}
    assert transcriber.take() is None
    assert sorted(DELAYS_MS.values()) == list(DELAYS_MS.values())
