"""Decodes the audio of a socket to 8 kHz mu-law, whatever encoding and sample rate the client chose."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import av
import numpy as np

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.deepgram.audio_format import TELEPHONE_AUDIO, AudioFormat
from sandbox.deepgram.container_decoder import ContainerDecoder
from sandbox.deepgram.frame_samples import NOTHING, Decoded, Floats, UndecodableAudio, join_frames
from sandbox.deepgram.wav_header import read_wav_header
from sandbox.pcm import Samples, from_alaw, from_mulaw, to_mulaw

_FULL_SCALE = 32767
_SAMPLE_BYTES = {"linear16": 2, "linear32": 4, "mulaw": 1, "alaw": 1}
_CONTAINERS = ("", "flac", "ogg-opus")
_CONTAINER_SIGNATURES = (b"OggS", b"RIFF", b"fLaC", b"\x1aE\xdf\xa3", b"ID3")
_PACKET_CODECS = {"opus": "opus", "speex": "speex", "g729": "g729", "amr-nb": "amr_nb", "amr-wb": "amr_wb"}
_G729_FRAME_BYTES = 10
# Frame sizes by frame type, the header byte included (RFC 4867, tables 1 and 3).
_AMR_NB_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_AMR_WB_BYTES = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
_AMR_SIGNATURES = (b"#!AMR-WB\n", b"#!AMR\n")


class Decoder(Protocol):
    """Decodes one socket's messages."""

    async def decode(self, data: bytes) -> Sequence[bytes]:
        """Return the mu-law of each transcribed channel; it may be empty until more data arrives.

        Raises:
            UndecodableAudio: the data is not in the socket's encoding.
        """

    async def finish(self) -> Sequence[bytes]:
        """Return the rest of the audio and release the codec."""


def new_decoder(audio_format: AudioFormat, first: bytes) -> Decoder:
    """Create a decoder; a container is recognised by the first message, even if an encoding is given."""
    encoding = audio_format.encoding
    if audio_format == TELEPHONE_AUDIO:
        return _Passthrough()
    if encoding != "linear32" and (wav := read_wav_header(first)) is not None:
        return _ToTelephone(
            replace(wav.audio, multichannel=audio_format.multichannel),
            _SampleDecoder(wav.audio, wav.header_bytes),
        )
    if encoding in _CONTAINERS or (encoding != "linear32" and first.startswith(_CONTAINER_SIGNATURES)):
        return _ToTelephone(audio_format, ContainerDecoder())
    if encoding in _SAMPLE_BYTES:
        return _ToTelephone(audio_format, _SampleDecoder(audio_format))
    return _ToTelephone(audio_format, _PacketDecoder(encoding, audio_format.sample_rate_hz))


class _Passthrough:
    """Telephone audio needs no decoding."""

    async def decode(self, data: bytes) -> Sequence[bytes]:
        return (data,)

    async def finish(self) -> Sequence[bytes]:
        return (b"",)


class _Source(Protocol):
    """Decodes to samples, at whatever rate the audio has."""

    async def decode(self, data: bytes) -> Decoded:
        """Return the samples that the data completes."""

    async def finish(self) -> Decoded:
        """Return the last samples and release the codec."""


class _ToTelephone:
    """Converts the samples of a source to telephone audio."""

    def __init__(self, audio_format: AudioFormat, source: _Source) -> None:
        self._format = audio_format
        self._source = source
        self._resamplers: list[_Resampler] = []

    async def decode(self, data: bytes) -> Sequence[bytes]:
        return self._convert(await self._source.decode(data))

    async def finish(self) -> Sequence[bytes]:
        return self._convert(await self._source.finish())

    def _convert(self, decoded: Decoded) -> Sequence[bytes]:
        if not decoded.samples.size:
            return [b""] * self._format.transcribed_channels
        columns = self._channels(decoded.samples)
        if not self._resamplers:
            self._resamplers = [_Resampler(decoded.rate_hz) for _ in columns]
        return [
            to_mulaw(resampler.resample(column))
            for resampler, column in zip(self._resamplers, columns, strict=True)
        ]

    def _channels(self, samples: Floats) -> list[Floats]:
        wanted = self._format.transcribed_channels
        if wanted == 1:
            return [samples.mean(axis=1, dtype=np.float32)]
        missing = max(0, wanted - samples.shape[1])
        return list(np.pad(samples, ((0, 0), (0, missing))).T[:wanted])


class _Resampler:
    """Converts one channel to 16-bit samples at 8 kHz; the delay is a few samples."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)

    def resample(self, samples: Floats) -> Samples:
        if self._rate_hz == SAMPLE_RATE_HZ:
            scaled = np.rint(samples * (_FULL_SCALE + 1))
            return np.clip(scaled, -_FULL_SCALE - 1, _FULL_SCALE).astype(np.int16)
        row = np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(row, format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        resampled = [part.to_ndarray().reshape(-1) for part in self._resampler.resample(frame)]
        return np.concatenate(resampled).astype(np.int16) if resampled else np.zeros(0, np.int16)


class _SampleDecoder:
    """Decodes raw samples; a message may end within a sample."""

    def __init__(self, audio_format: AudioFormat, header_bytes: int = 0) -> None:
        self._format = audio_format
        self._header_bytes = header_bytes
        """Bytes before the first sample."""
        self._frame_bytes = _SAMPLE_BYTES[audio_format.encoding] * audio_format.channels
        self._rest = b""

    async def decode(self, data: bytes) -> Decoded:
        data = self._rest + data[self._header_bytes :]
        self._header_bytes = 0
        usable = len(data) - len(data) % self._frame_bytes
        self._rest = data[usable:]
        samples = _to_float(data[:usable], self._format.encoding)
        return Decoded(samples.reshape(-1, self._format.channels), self._format.sample_rate_hz)

    async def finish(self) -> Decoded:
        return NOTHING


def _to_float(data: bytes, encoding: str) -> Floats:
    linear: Samples
    match encoding:
        case "linear32":
            return np.asarray(np.nan_to_num(np.frombuffer(data, dtype="<f4")), dtype=np.float32)
        case "linear16":
            linear = np.frombuffer(data, dtype="<i2")
        case "alaw":
            linear = from_alaw(data)
        case _:
            linear = from_mulaw(data)
    return linear.astype(np.float32) / np.float32(_FULL_SCALE + 1)


class _PacketDecoder:
    """Decodes packets of a speech codec: one a message (Opus, Speex), or found by their length."""

    def __init__(self, encoding: str, rate_hz: int) -> None:
        self._split = _SPLITTERS.get(encoding, _one_packet)
        codec = av.CodecContext.create(_PACKET_CODECS[encoding], "r")
        if not isinstance(codec, av.AudioCodecContext):
            raise TypeError(encoding)
        codec.sample_rate = 16_000 if encoding == "amr-wb" else SAMPLE_RATE_HZ
        codec.layout = "mono"
        if encoding == "speex":
            codec.extradata = _speex_header(rate_hz)
        self._codec = codec
        self._rest = b""

    async def decode(self, data: bytes) -> Decoded:
        packets, self._rest = self._split(self._rest + data)
        try:
            frames = [frame for packet in packets for frame in self._codec.decode(av.Packet(packet))]
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableAudio(type(error).__name__) from None
        return join_frames(frames)

    async def finish(self) -> Decoded:
        return NOTHING


def _speex_header(rate_hz: int) -> bytes:
    """The header that precedes packets in a file, without which FFmpeg's decoder does not start."""
    mode = 0 if rate_hz <= 8000 else 1 if rate_hz <= 16_000 else 2
    numbers = (1, 80, 8000 << mode, mode, 4, 1, -1, 160 << mode, 0, 1, 0, 0, 0)
    return b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<13i", *numbers)


def _one_packet(data: bytes) -> tuple[list[bytes], bytes]:
    return [data], b""


def _g729_packets(data: bytes) -> tuple[list[bytes], bytes]:
    usable = len(data) - len(data) % _G729_FRAME_BYTES
    return [data[at : at + _G729_FRAME_BYTES] for at in range(0, usable, _G729_FRAME_BYTES)], data[usable:]


def _amr_splitter(sizes: Sequence[int]) -> Callable[[bytes], tuple[list[bytes], bytes]]:
    def split(data: bytes) -> tuple[list[bytes], bytes]:
        for signature in _AMR_SIGNATURES:
            data = data.removeprefix(signature)
        packets, at = [], 0
        while at < len(data) and at + sizes[data[at] >> 3 & 15] <= len(data):
            size = sizes[data[at] >> 3 & 15]
            packets.append(data[at : at + size])
            at += size
        return packets, data[at:]

    return split


_SPLITTERS: dict[str, Callable[[bytes], tuple[list[bytes], bytes]]] = {
    "g729": _g729_packets,
    "amr-nb": _amr_splitter(_AMR_NB_BYTES),
    "amr-wb": _amr_splitter(_AMR_WB_BYTES),
}
