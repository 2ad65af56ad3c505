"""Tests of the model, if `make turn-model` has installed it."""

import pytest

from scripts.turn_model import TARGET
from services.stt.end_of_turn.smart_turn import MAX_AUDIO_BYTES, SmartTurn

pytestmark = pytest.mark.skipif(not TARGET.is_file(), reason=f"{TARGET} is missing: run `make turn-model`")


@pytest.mark.parametrize("mulaw", [b"", b"\xff", b"\x80" * 1001, b"\xff" * (MAX_AUDIO_BYTES * 2)])
def test_any_audio_has_a_probability(mulaw: bytes) -> None:
    """Also audio that is shorter or longer than 8 s."""
    pytest.importorskip("onnxruntime")

    assert 0 <= SmartTurn(TARGET).probability(mulaw) <= 1
