"""Recordings in a local folder: segments, and the file that is assembled from them."""

import wave
from pathlib import Path

import pytest

from parley.audio.g711 import DECODE
from parley.errors import ConfigError, ProviderUnavailable
from services.recorder import wav
from services.recorder.storage.object_store import Segment, contiguous_until, open_recordings

NAME = "2025-11-21/CA1"


def segment(code: int, samples: int) -> bytes:
    """Return a segment with the same sample in both channels."""
    return wav.interleaved(bytes([code]) * samples, bytes([code]) * samples)


def left_channel(path: Path) -> list[int]:
    """Return the caller's samples."""
    with wave.open(str(path)) as recording:
        return memoryview(recording.readframes(recording.getnframes())).cast("h").tolist()[0::2]


async def test_segments_are_assembled_into_one_recording(tmp_path: Path) -> None:
    """Overlaps count once, gaps are silence, and the length is as given."""
    recordings = open_recordings(f"file://{tmp_path}/new/folder")
    await recordings.put_segment(NAME, 0, segment(1, 10))
    await recordings.put_segment(NAME, 5, segment(1, 10))
    await recordings.put_segment(NAME, 20, segment(2, 5))

    await recordings.assemble_wav(NAME, 30)

    path = Path(recordings.url_of(f"{NAME}.wav").removeprefix("file://"))
    silence, one, two = 0, DECODE[1], DECODE[2]
    assert left_channel(path) == [one] * 15 + [silence] * 5 + [two] * 5 + [silence] * 5
    assert await recordings.wav_samples(NAME) == 30


async def test_a_recording_is_not_replaced_after_its_segments_are_deleted(tmp_path: Path) -> None:
    """A process that resumes after the next owner finished the call would replace it with silence."""
    recordings = open_recordings(f"file://{tmp_path}")
    await recordings.put_segment(NAME, 0, segment(1, 10))
    await recordings.assemble_wav(NAME, 10)
    await recordings.delete_segments(NAME)
    await recordings.put_segment(NAME, 8, segment(2, 2))

    await recordings.assemble_wav(NAME, 10)

    path = Path(recordings.url_of(f"{NAME}.wav").removeprefix("file://"))
    assert left_channel(path) == [DECODE[1]] * 10


async def test_segments_are_listed_and_deleted(tmp_path: Path) -> None:
    """The next owner finds the segments of the previous one, and deletes them at the end."""
    recordings = open_recordings(f"file://{tmp_path}")
    await recordings.put_segment(NAME, 10, segment(1, 10))
    await recordings.put_segment(NAME, 0, segment(1, 10))

    segments = await recordings.segments(NAME)

    assert [(s.start, s.end) for s in segments] == [(0, 10), (10, 20)]
    assert await recordings.wav_samples(NAME) == 0
    await recordings.delete_segments(NAME)
    assert await recordings.segments(NAME) == []


def test_a_gap_ends_the_contiguous_part() -> None:
    """Only audio without a gap since the start need not be stored again."""
    assert contiguous_until([]) == 0
    assert contiguous_until([Segment("a", 0, 10), Segment("b", 5, 12), Segment("c", 13, 20)]) == 12


@pytest.mark.parametrize("url", ["nowhere://x", "", "file:///proc/1/none/such"])
def test_a_url_that_names_no_store_is_a_config_error(url: str) -> None:
    """The error names the setting and valid values."""
    with pytest.raises(ConfigError, match=r"PARLEY_RECORDINGS_URL .* give a folder"):
        open_recordings(url)


async def test_a_failing_store_raises_a_retryable_error(tmp_path: Path) -> None:
    """A write that fails is repeated by its caller."""
    recordings = open_recordings(f"file://{tmp_path}")
    (tmp_path / "2025-11-21").write_text("a file where a folder must be")

    with pytest.raises(ProviderUnavailable, match="object store"):
        await recordings.put(f"{NAME}.txt", b"")
