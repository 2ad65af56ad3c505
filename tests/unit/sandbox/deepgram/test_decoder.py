"""Every encoding and sample rate becomes telephone audio of the same duration."""

from fractions import Fraction

import av
import numpy as np
import pytest

from sandbox import tone
from sandbox.deepgram.audio_format import TELEPHONE_AUDIO, AudioFormat
from sandbox.deepgram.decoder import new_decoder
from sandbox.deepgram.frame_samples import UndecodableAudio
from sandbox.pcm import Samples, from_mulaw, resample, to_alaw, to_mulaw

TEXT = "Monday at nine."
MULAW = tone.encode(TEXT).mulaw
LINEAR = from_mulaw(MULAW)
_ODD_BYTES = 333
"""Messages of this length end within a sample."""


async def decode(audio_format: AudioFormat, messages: list[bytes]) -> list[bytes]:
    """All audio of each channel."""
    decoder = new_decoder(audio_format, messages[0])
    parts = [await decoder.decode(message) for message in messages] + [await decoder.finish()]
    return [b"".join(channel) for channel in zip(*parts, strict=True)]


def split(data: bytes) -> list[bytes]:
    return [data[at : at + _ODD_BYTES] for at in range(0, len(data), _ODD_BYTES)]


def packets(codec_name: str, rate_hz: int) -> list[bytes]:
    """The speech as packets of a codec."""
    codec = av.CodecContext.create(codec_name, "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = rate_hz, "mono", "s16"
    codec.bit_rate = 12_200 if "amr" in codec_name else 64_000
    codec.open()
    samples, found = resample(LINEAR, 8000, rate_hz), []
    for at in range(0, samples.size - codec.frame_size + 1, codec.frame_size):
        piece = samples[at : at + codec.frame_size].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, at, Fraction(1, rate_hz)
        found += [bytes(packet) for packet in codec.encode(frame)]
    return found


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("encoding", ["linear16", "linear32", "mulaw", "alaw"])
async def test_raw_samples_are_converted(encoding: str, rate_hz: int) -> None:
    """The words can be read; a few samples remain in the filter."""
    samples = resample(LINEAR, 8000, rate_hz)
    data = {
        "linear16": samples.tobytes(),
        "linear32": (samples / 32_768).astype("<f4").tobytes(),
        "mulaw": to_mulaw(samples),
        "alaw": to_alaw(samples),
    }[encoding]
    [mulaw] = await decode(AudioFormat(encoding, rate_hz), split(data))

    assert tone.decode(mulaw) == TEXT
    assert len(MULAW) - 32 <= len(mulaw) <= len(MULAW)


async def test_linear_telephone_audio_is_decoded_exactly() -> None:
    """Recognition by lookup needs the same bytes."""
    [mulaw] = await decode(AudioFormat("linear16", 8000), split(LINEAR.tobytes()))

    assert mulaw.replace(b"\x7f", b"\xff") == MULAW.replace(b"\x7f", b"\xff")
    assert await decode(TELEPHONE_AUDIO, [MULAW]) == [MULAW]


@pytest.mark.parametrize(
    ("encoding", "codec", "rate_hz"), [("opus", "libopus", 48_000), ("opus", "libopus", 16_000)]
)
async def test_packets_are_decoded(encoding: str, codec: str, rate_hz: int) -> None:
    """Each message is a packet."""
    [mulaw] = await decode(AudioFormat(encoding, rate_hz), packets(codec, rate_hz))

    assert TEXT[:-1] in tone.decode(mulaw)


async def test_amr_frames_are_found_in_any_message() -> None:
    """The signature of a file may come first."""
    frames = packets("libopencore_amrnb", 8000)
    [mulaw] = await decode(AudioFormat("amr-nb", 8000), split(b"#!AMR\n" + b"".join(frames)))

    assert len(mulaw) == len(frames) * 160


@pytest.mark.parametrize(
    ("encoding", "message", "samples"), [("g729", bytes(30), 240), ("speex", b"\x03\xc0", 160)]
)
async def test_other_speech_codecs_are_decoded(encoding: str, message: bytes, samples: int) -> None:
    """G.729 has frames of 10 bytes and 10 ms; this packet of Speex has no speech."""
    [mulaw] = await decode(AudioFormat(encoding, 8000), [message])

    assert len(mulaw) == samples


async def test_channels_are_separated_or_mixed() -> None:
    """Without `multichannel` the recogniser gets their mean."""
    stereo = np.stack((LINEAR, np.zeros_like(LINEAR)), axis=1).tobytes()
    left, right = await decode(AudioFormat("linear16", 8000, 2, multichannel=True), split(stereo))
    [mixed] = await decode(AudioFormat("linear16", 8000, 2), split(stereo))

    assert tone.decode(left) == TEXT == tone.decode(mixed)
    assert loudness(right) == 0
    assert loudness(mixed) == pytest.approx(loudness(left) / 2, rel=0.05)


async def test_garbage_is_undecodable() -> None:
    """Deepgram closes the socket for it."""
    with pytest.raises(UndecodableAudio):
        await decode(AudioFormat("amr-wb", 16_000), [bytes(range(20, 80))] * 10)


def loudness(mulaw: bytes) -> float:
    samples: Samples = from_mulaw(mulaw)
    return float(np.abs(samples.astype(np.float32)).mean())
