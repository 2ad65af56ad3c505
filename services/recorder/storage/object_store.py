"""Recordings in an object store: segments while the call lasts, then one WAV and the transcript."""

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
"""The smallest part that S3 takes of a large object."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Stored sound of a call; positions in samples of call time."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recordings:
    """The place where recordings lie. A call's `name` is its date and CallSid, as in `2026-11-21/CA…`."""

    store: ObjectStore
    url: str

    def url_of(self, key: str) -> str:
        """Address of an object."""
        return f"{self.url}/{key}"

    async def segments(self, name: str) -> list[Segment]:
        """What is stored of a call that has no recording yet, in order."""
        folder = f"{name}.parts"
        async with _request("list", _TIMEOUT_S):
            objects = await obstore.list(self.store, prefix=folder).collect_async()
        found = []
        for item in objects:
            start, _, end = Path(item["path"]).stem.partition("-")
            found.append(Segment(item["path"], int(start), int(end)))
        return sorted(found, key=lambda segment: (segment.start, segment.end))

    async def put_segment(self, name: str, start: int, segment: bytes) -> None:
        """Store sound that begins at `start`; the same again changes nothing."""
        # Both ends are in the key, so that no owner's segment ever replaces another's longer one.
        end = start + wav.samples_of(len(segment))
        await self.put(f"{name}.parts/{start:012d}-{end:012d}.ulaw", segment)

    async def wav_samples(self, name: str) -> int:
        """Length of a call's finished recording; 0 when there is none."""
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
        """Make the recording of a call's segments; what is missing is silence.

        One that is there stays if segments are missing: they are dropped when the recording is made, and who
        asks for it again then was frozen meanwhile.
        """
        segments = await self.segments(name)
        if contiguous_until(segments) < samples and await self.wav_samples(name):
            return
        async with _request("put", _WAV_TIMEOUT_S):
            await obstore.put_async(
                self.store, f"{name}.wav", self._wav(segments, samples), chunk_size=_PART_BYTES
            )

    async def delete_segments(self, name: str) -> None:
        """Let go of the segments, once nothing can need them."""
        keys = [segment.key for segment in await self.segments(name)]
        async with _request("delete", _TIMEOUT_S):
            if keys:
                await obstore.delete_async(self.store, keys)

    async def _wav(self, segments: list[Segment], samples: int) -> AsyncIterator[bytes]:
        yield wav.header(samples)
        done = 0
        for segment in segments:
            for silence in _silence(done, segment.start):
                yield silence
            done = max(done, segment.start)
            if segment.end <= done:
                continue
            result = await obstore.get_async(self.store, segment.key)
            sound = bytes(await result.bytes_async())
            # Two owners may have stored the same stretch, cut at different places.
            yield wav.pcm(sound[2 * (done - segment.start) :])
            done = segment.end
        for silence in _silence(done, samples):
            yield silence


def contiguous_until(segments: list[Segment]) -> int:
    """Position up to which the segments hold all sound."""
    until = 0
    for segment in segments:
        if segment.start > until:
            break
        until = max(until, segment.end)
    return until


def open_recordings(url: str) -> Recordings:
    """The store that a URL names; a local folder is made if need be.

    Raises:
        ConfigError: the URL names no store, or the folder cannot be made.
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
async def _request(what: str, timeout_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise ProviderTimeout(_PROVIDER, f"no answer to {what} within {timeout_s:g} s") from error
    except (BaseError, OSError) as error:
        raise ProviderUnavailable(_PROVIDER, f"{what}: {str(error).splitlines()[0]}") from error
