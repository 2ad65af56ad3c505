"""Audio in a container is decoded while it arrives."""

import pytest

from sandbox import tone
from sandbox.deepgram.audio_format import AudioFormat
from sandbox.deepgram.container_decoder import ContainerDecoder
from sandbox.deepgram.decoder import new_decoder
from sandbox.deepgram.frame_samples import UndecodableAudio
from sandbox.elevenlabs.encoder import encode
from sandbox.elevenlabs.output_format import FILE_FORMATS

TEXT = "Monday at nine would be better for both of us."
MULAW = tone.encode(TEXT).mulaw


def file(name: str) -> list[bytes]:
    """The speech as a file, in messages of 1000 bytes."""
    [data] = encode(MULAW, [0, len(MULAW)], FILE_FORMATS[name])
    return [data[at : at + 1000] for at in range(0, len(data), 1000)]


@pytest.mark.parametrize("name", ["wav_16000", "wav_44100", "opus_48000_64", "mp3_44100_128"])
@pytest.mark.parametrize("encoding", ["", "linear16"])
async def test_a_container_is_recognised(name: str, encoding: str) -> None:
    """It may be sent with or without an encoding, except MP3, which has no signature."""
    messages = file(name)
    if name.startswith("mp3") and encoding:
        return
    decoder = new_decoder(AudioFormat(encoding, 16_000), messages[0])
    early = b"".join([(await decoder.decode(message))[0] for message in messages])
    [rest] = await decoder.finish()

    assert tone.decode(early + rest) == TEXT
    assert len(early) > len(MULAW) / 3


async def test_what_is_no_container_is_undecodable() -> None:
    """FFmpeg finds no format in noise."""
    decoder = ContainerDecoder()
    with pytest.raises(UndecodableAudio):
        await decoder.decode(b"This is no audio. " * 10_000)
    await decoder.finish()


async def test_a_decoder_without_audio_can_be_closed() -> None:
    """Its thread was never started."""
    assert not (await ContainerDecoder().finish()).samples.size
