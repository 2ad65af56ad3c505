"""Formats that need a conversion, and those that do not."""

import sys

import pytest

from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K, AudioFormat

PCM_24K = AudioFormat("pcm_s16le", 24_000)


def test_equal_formats_need_no_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor the packages for one."""
    assert converter(MULAW_8K, PCM_24K) is not None
    monkeypatch.setitem(sys.modules, "parley.audio.audio_converter", None)
    assert converter(MULAW_8K, AudioFormat("mulaw", 8000)) is None
    with pytest.raises(ImportError):
        converter(MULAW_8K, PCM_24K)
