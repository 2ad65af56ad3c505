"""Audio without speech: line noise, call progress tones, breath, coughs and keys. No I/O, no clock."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.speech.labels import Wave
from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind
from sandbox.pcm import from_mulaw

_SECONDS = 20
_COUNT = _SECONDS * SAMPLE_RATE_HZ
_DTMF = ((697, 1209), (770, 1336), (852, 1477), (941, 1336), (941, 1477), (697, 1477))
_TONES: dict[str, tuple[tuple[Sequence[float], float, float], ...]] = {
    "ring-back US": (((440, 480), 2000, 4000),),
    "ring-back UK": (((400, 450), 400, 200), ((400, 450), 400, 2000)),
    "ring-back EU": (((425,), 1000, 4000),),
    "busy": (((480, 620), 500, 500),),
    "dial tone": (((350, 440), 15_000, 500),),
    "SIT": (((985.2,), 380, 0), ((1428.5,), 276, 0), ((1776.7,), 380, 2500)),
    "answering machine": (((1000,), 500, 1500), ((1400,), 300, 1500), ((440,), 1000, 1500)),
    "fax": (((1100,), 500, 3000),),
    "DTMF": tuple((pair, ms, 300) for pair in _DTMF for ms in (100, 250)),
}


def noises() -> Iterator[tuple[str, Wave]]:
    """Each noise with its name."""
    for dbfs in (-60, -50, -40, -30):
        yield f"white {dbfs}", at_level(_random(1).normal(size=_COUNT), dbfs)
        yield f"pink {dbfs}", at_level(_pink(), dbfs)
    for dbfs in (-50, -35):
        yield f"hum {dbfs}", at_level(_hum(), dbfs)
    for name, pattern in _TONES.items():
        for dbfs in (-12, -25):
            yield f"{name} {dbfs}", _repeated(pattern, dbfs)
    for dbfs in (-45, -35, -28):
        yield f"breath {dbfs}", _breaths(dbfs)
    for kind in (NoiseKind.COUGH, NoiseKind.DOOR):
        yield str(kind), _sandbox_noises(kind)
    yield "keyboard", _clicks()


def babble(voices: Sequence[Wave], dbfs: float) -> Wave:
    """Many people who speak at once, as in a restaurant."""
    chance, mixed = _random(3), np.zeros(_COUNT)
    for voice in voices:
        at = int(chance.integers(_COUNT - SAMPLE_RATE_HZ))
        part = at_level(voice, -20)[: _COUNT - at]
        mixed[at : at + len(part)] += part
    return at_level(mixed, dbfs)


def at_level(wave: Wave, dbfs: float) -> Wave:
    """The audio with this mean level."""
    return np.asarray(wave * 10 ** ((dbfs - 10 * np.log10(np.mean(wave * wave) + 1e-20)) / 20))


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _silence(ms: float) -> Wave:
    return np.zeros(int(ms * SAMPLE_RATE_HZ / 1000))


def _pink() -> Wave:
    spectrum = np.fft.rfft(_random(2).normal(size=_COUNT))
    hz = np.fft.rfftfreq(_COUNT, 1 / SAMPLE_RATE_HZ)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20)) * (hz >= 100), _COUNT)


def _hum() -> Wave:
    at_s = np.arange(_COUNT) / SAMPLE_RATE_HZ
    return np.asarray(np.sum([np.sin(2 * np.pi * 60 * k * at_s + k) / k for k in range(1, 9)], axis=0))


def _tone(hertz: Sequence[float], ms: float, dbfs: float) -> Wave:
    at_s = np.arange(int(ms * SAMPLE_RATE_HZ / 1000)) / SAMPLE_RATE_HZ
    wave = np.sum([np.sin(2 * np.pi * hz * at_s) for hz in hertz], axis=0)
    ramp = np.minimum(1.0, np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / 16)
    return np.asarray(at_level(wave, dbfs) * ramp)


def _repeated(pattern: Sequence[tuple[Sequence[float], float, float]], dbfs: float) -> Wave:
    parts: list[Wave] = []
    for hertz, ms, pause_ms in pattern:
        parts += [_tone(hertz, ms, dbfs), _silence(pause_ms)]
    once = np.concatenate(parts)
    return np.tile(once, max(1, _COUNT // len(once)))


def _breaths(dbfs: float) -> Wave:
    parts: list[Wave] = []
    for seed, (ms, centre, width) in enumerate(
        (ms, *band) for ms in (400, 800, 1200) for band in ((600, 500), (1200, 800), (2000, 1500))
    ):
        count = int(ms * SAMPLE_RATE_HZ / 1000)
        hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
        shape = np.exp(-(((hz - centre) / width) ** 2)) + 0.1
        wave = np.fft.irfft(np.fft.rfft(_random(seed).normal(size=count)) * shape, count)
        parts += [at_level(wave * np.sin(np.pi * np.arange(count) / count) ** 1.5, dbfs), _silence(1500)]
    return np.concatenate(parts)


def _sandbox_noises(kind: NoiseKind) -> Wave:
    parts: list[Wave] = []
    for ms in (200, 300, 450, 700):
        for gain in (1, 0.3, 0.1):
            parts += [from_mulaw(noise(kind, ms).mulaw) / 32768 * gain, _silence(1500)]
    return np.concatenate(parts)


def _clicks() -> Wave:
    chance, wave = _random(9), np.zeros(_COUNT)
    for at in chance.integers(0, _COUNT - 240, 80):
        wave[at : at + 240] += chance.normal(size=240) * np.exp(-np.arange(240) / 40) * 0.05
    return wave
