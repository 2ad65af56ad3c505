"""Recordings in an object store: segments during the call, then one WAV file and the transcript."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from parley.errors import ConfigError, ProviderTimeout, ProviderUnavailable
from services.recorder import wav

_PROVIDER = "object store"
_TIMEOUT_S = 30.0
_WAV_TIMEOUT_S = 600.0
_SILENCE_STEP_SAMPLES = 80_000
_PART_BYTES = 5 * 1024**2
"""The smallest part of a multipart upload that S3 accepts."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stored part of a call's audio; positions are in samples of call time."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings in an object store. A call's `name` is its date and CallSid, as in `2026-11-21/CA…`."""

    store: ObjectStore
    url: str

    def url_of(self, key: str) -> str:
        """Return the address of an object."""
        return f"{self.url}/{key}"

    async def segments(self, name: str) -> list[Segment]:
        """List the stored segments of a call in order."""
        folder = f"{name}.parts"
        async with _request("list", _TIMEOUT_S):
            objects = await obstore.list(self.store, prefix=folder).collect_async()
        found = []
        for item in objects:
            start, _, end = Path(item["path"]).stem.partition("-")
            found.append(Segment(item["path"], int(start), int(end)))
        return sorted(found, key=lambda segment: (segment.start, segment.end))

    async def put_segment(self, name: str, start: int, segment: bytes) -> None:
        """Store a segment that begins at `start`; repeating it changes nothing."""
        # The key contains both ends, so that one owner's segment never replaces a longer one of another
        # owner.
        end = start + wav.samples_of(len(segment))
        await self.put(f"{name}.parts/{start:012d}-{end:012d}.ulaw", segment)

    async def wav_samples(self, name: str) -> int:
        """Return the length of a call's finished recording in samples; 0 if it does not exist."""
        async with _request("head", _TIMEOUT_S):
            try:
                found = await obstore.head_async(self.store, f"{name}.wav")
            except FileNotFoundError:
                return 0
        return wav.samples_of_file(found["size"])

    async def put(self, key: str, data: bytes) -> None:
        """Store an object."""
        async with _request("put", _TIMEOUT_S):
            await obstore.put_async(self.store, key, data)

    async def assemble_wav(self, name: str, samples: int) -> None:
        """Assemble the recording from a call's segments, with silence for missing ones.

        An existing recording is kept if segments are missing. Segments are deleted once the recording is
        complete, so an owner that assembles it again was frozen, and would replace audio with silence.
        """
        segments = await self.segments(name)
        if contiguous_until(segments) < samples and await self.wav_samples(name):
            return
        async with _request("put", _WAV_TIMEOUT_S):
            await obstore.put_async(
                self.store, f"{name}.wav", self._wav(segments, samples), chunk_size=_PART_BYTES
            )

    async def delete_segments(self, name: str) -> None:
        """Delete a call's segments, once its recording is complete."""
        keys = [segment.key for segment in await self.segments(name)]
        async with _request("delete", _TIMEOUT_S):
            if keys:
                await obstore.delete_async(self.store, keys)

    async def _wav(self, segments: list[Segment], samples: int) -> AsyncIterator[bytes]:
        yield wav.header(samples)
        position = 0
        for segment in segments:
            for silence in _silence(position, segment.start):
                yield silence
            position = max(position, segment.start)
            if segment.end <= position:
                continue
            result = await obstore.get_async(self.store, segment.key)
            audio = bytes(await result.bytes_async())
            # Two owners may have stored overlapping segments.
            yield wav.pcm(audio[2 * (position - segment.start) :])
            position = segment.end
        for silence in _silence(position, samples):
            yield silence


def contiguous_until(segments: list[Segment]) -> int:
    """Return the position up to which the segments hold all audio."""
    until = 0
    for segment in segments:
        if segment.start > until:
            break
        until = max(until, segment.end)
    return until


def open_recordings(url: str) -> Recordings:
    """Open the store that a URL names; a missing local folder is created.

    Raises:
        ConfigError: the URL does not name a store, or the folder cannot be created.
    """
    try:
        if url.startswith("file://"):
            folder = Path(url.removeprefix("file://")).expanduser().resolve()
            return Recordings(
                LocalStore(folder, mkdir=True, automatic_cleanup=True), folder.as_uri().rstrip("/")
            )
        return Recordings(from_url(url), url.rstrip("/"))
    except (BaseError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"PARLEY_RECORDINGS_URL {url!r}: {reason}; give a folder as file://./recordings, "
            "or s3://bucket/prefix, gs://…, az://…"
        ) from None


def _silence(start: int, end: int) -> list[bytes]:
    steps = range(start, end, _SILENCE_STEP_SAMPLES)
    return [wav.pcm(wav.silence(min(_SILENCE_STEP_SAMPLES, end - at))) for at in steps]


@asynccontextmanager
async def _request(operation: str, timeout_s: float) -> AsyncIterator[None]:
    """Apply a timeout to a request, and convert its errors to provider errors."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise ProviderTimeout(_PROVIDER, f"no response to {operation} within {timeout_s:g} s") from error
    except (BaseError, OSError) as error:
        raise ProviderUnavailable(_PROVIDER, f"{operation}: {str(error).splitlines()[0]}") from error
