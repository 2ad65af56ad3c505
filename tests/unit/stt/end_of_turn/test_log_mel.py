"""Tests of the log-mel spectrogram."""

import numpy as np
import pytest

from services.stt.end_of_turn.log_mel import SAMPLE_RATE_HZ, SAMPLES, log_mel


def tone(frequency_hz: float, amplitude: float = 0.1) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Eight seconds of a tone."""
    time_s = np.arange(SAMPLES) / SAMPLE_RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


@pytest.mark.parametrize(("frequency_hz", "band"), [(200, 4), (500, 12), (1000, 25), (3000, 54)])
def test_a_tone_is_in_its_band(frequency_hz: float, band: int) -> None:
    """Bands are linear up to 1 kHz and logarithmic above."""
    spectrogram = log_mel(tone(frequency_hz))

    assert spectrogram.shape == (80, 800)
    assert abs(int(spectrogram[:, 400].argmax()) - band) <= 1


def test_loudness_has_no_influence() -> None:
    """A quiet line is judged as a loud one is."""
    assert np.allclose(log_mel(tone(440, 0.5)), log_mel(tone(440, 0.01)), atol=1e-3)


def test_quiet_parts_are_raised_to_a_floor() -> None:
    """The range is 8 decades, scaled to 2."""
    wave = tone(440)
    wave[: SAMPLES // 2] = 0
    spectrogram = log_mel(wave)

    assert spectrogram.max() - spectrogram.min() == pytest.approx(2.0, abs=1e-5)


def test_another_length_is_refused() -> None:
    """The model takes 8 s."""
    with pytest.raises(ValueError, match="128000"):
        log_mel(np.zeros(100, dtype=np.float32))
