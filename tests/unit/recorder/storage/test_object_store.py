"""Recordings in a folder: segments, and the one file they become."""

import wave
from pathlib import Path

import pytest

from parley.audio.g711 import DECODE
from parley.errors import ConfigError, ProviderUnavailable
from services.recorder import wav
from services.recorder.storage.object_store import Segment, contiguous_until, open_recordings

NAME = "2025-11-21/CA1"


def segment(code: int, samples: int) -> bytes:
    """Both voices the same."""
    return wav.interleaved(bytes([code]) * samples, bytes([code]) * samples)


def left_channel(path: Path) -> list[int]:
    """The caller's samples."""
    with wave.open(str(path)) as recording:
        return memoryview(recording.readframes(recording.getnframes())).cast("h").tolist()[0::2]


async def test_segments_become_one_recording(tmp_path: Path) -> None:
    """Overlaps count once, holes are silence, and the length is as asked."""
    recordings = open_recordings(f"file://{tmp_path}/new/folder")
    await recordings.put_segment(NAME, 0, segment(1, 10))
    await recordings.put_segment(NAME, 5, segment(1, 10))
    await recordings.put_segment(NAME, 20, segment(2, 5))

    await recordings.assemble_wav(NAME, 30)

    path = Path(recordings.url_of(f"{NAME}.wav").removeprefix("file://"))
    silence, one, two = 0, DECODE[1], DECODE[2]
    assert left_channel(path) == [one] * 15 + [silence] * 5 + [two] * 5 + [silence] * 5
    assert await recordings.wav_samples(NAME) == 30


async def test_a_recording_whose_segments_are_gone_is_not_made_again(tmp_path: Path) -> None:
    """By one that was frozen while its successor finished the call: it would be silence."""
    recordings = open_recordings(f"file://{tmp_path}")
    await recordings.put_segment(NAME, 0, segment(1, 10))
    await recordings.assemble_wav(NAME, 10)
    await recordings.delete_segments(NAME)
    await recordings.put_segment(NAME, 8, segment(2, 2))

    await recordings.assemble_wav(NAME, 10)

    path = Path(recordings.url_of(f"{NAME}.wav").removeprefix("file://"))
    assert left_channel(path) == [DECODE[1]] * 10


async def test_segments_are_found_again_and_dropped(tmp_path: Path) -> None:
    """A successor sees what its predecessor stored; at the end nothing is left."""
    recordings = open_recordings(f"file://{tmp_path}")
    await recordings.put_segment(NAME, 10, segment(1, 10))
    await recordings.put_segment(NAME, 0, segment(1, 10))

    segments = await recordings.segments(NAME)

    assert [(s.start, s.end) for s in segments] == [(0, 10), (10, 20)]
    assert await recordings.wav_samples(NAME) == 0
    await recordings.delete_segments(NAME)
    assert await recordings.segments(NAME) == []


def test_a_hole_ends_what_is_stored() -> None:
    """Only sound without a gap from the start on need not be stored again."""
    assert contiguous_until([]) == 0
    assert contiguous_until([Segment("a", 0, 10), Segment("b", 5, 12), Segment("c", 13, 20)]) == 12


@pytest.mark.parametrize("url", ["nowhere://x", "", "file:///proc/1/none/such"])
def test_a_url_that_names_no_store_is_told(url: str) -> None:
    """The error names the setting and what to give."""
    with pytest.raises(ConfigError, match=r"PARLEY_RECORDINGS_URL .* give a folder"):
        open_recordings(url)


async def test_a_store_that_fails_is_a_provider_that_broke(tmp_path: Path) -> None:
    """So that the caller of it knows to try again."""
    recordings = open_recordings(f"file://{tmp_path}")
    (tmp_path / "2025-11-21").write_text("a file where a folder must be")

    with pytest.raises(ProviderUnavailable, match="object store"):
        await recordings.put(f"{NAME}.txt", b"")
