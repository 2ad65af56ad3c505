"""Coughs, doors and static made by arithmetic, the same each time. No I/O, no clock."""

import math
import random

from parley.mulaw import ENCODE, SAMPLE_RATE_HZ, bytes_of
from sandbox.caller.script import NoiseKind
from sandbox.caller.utterance import Utterance, utterance_of

_SEED = 20


def noise(kind: NoiseKind, ms: float) -> Utterance:
    """A noise of this kind and length."""
    shape = {
        NoiseKind.COUGH: _cough,
        NoiseKind.DOOR: _door,
        NoiseKind.UH_HUH: _hum,
        NoiseKind.STATIC: _static,
    }[kind]
    count, chance = max(1, bytes_of(ms)), random.Random(_SEED)
    samples = (shape(n / count, n / SAMPLE_RATE_HZ, chance) for n in range(count))
    return utterance_of(f"[{kind}]", bytes(ENCODE[int(sample * 32767) & 0xFFFF] for sample in samples))


def _cough(part: float, _at_s: float, chance: random.Random) -> float:
    burst = part % 0.5 * 2
    return 0.5 * chance.uniform(-1, 1) * math.exp(-5 * burst) * min(1.0, burst * 20)


def _door(part: float, at_s: float, chance: random.Random) -> float:
    thump = math.sin(2 * math.pi * 85 * at_s) + 0.3 * chance.uniform(-1, 1)
    return 0.5 * thump / 1.3 * math.exp(-7 * part)


def _hum(part: float, at_s: float, _chance: random.Random) -> float:
    pitch_hz = 115 + 25 * (part > 0.5)
    voice = sum(math.sin(2 * math.pi * pitch_hz * n * at_s) / n for n in (1, 2, 3))
    return 0.2 * voice * abs(math.sin(2 * math.pi * part))


def _static(_part: float, _at_s: float, chance: random.Random) -> float:
    return 0.03 * chance.uniform(-1, 1)
