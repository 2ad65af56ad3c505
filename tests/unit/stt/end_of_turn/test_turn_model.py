"""Tests of the model's use in a call."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.stt.end_of_turn import turn_model
from services.stt.end_of_turn.smart_turn import MAX_AUDIO_BYTES
from services.stt.end_of_turn.turn_model import PauseListener, TurnModel, open_turn_model


class FakeJudge:
    """A model that returns a fixed probability, or fails."""

    def __init__(self, result: float | Exception = 0.25) -> None:
        self.result = result
        self.judged: list[bytes] = []
        self.release = threading.Event()
        self.release.set()

    def probability(self, mulaw: bytes) -> float:
        """Judge some audio."""
        self.judged.append(mulaw)
        assert self.release.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture(autouse=True)
def _without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_model, "SETTLE_S", 0.0)


async def test_each_pause_is_judged_once_with_the_last_audio() -> None:
    """Audio before the last 8 s is forgotten."""
    judge, results = FakeJudge(), asyncio.Queue[float]()
    with ThreadPoolExecutor(1) as executor:
        listener = PauseListener(TurnModel(judge, executor), results.put)
        running = asyncio.create_task(listener.run())
        for _ in range(2):
            listener.push_audio(b"\x01" * 1000 + b"\x02" * MAX_AUDIO_BYTES)
            listener.pause_started()
            assert await results.get() == 0.25
        running.cancel()

    assert judge.judged == [b"\x02" * MAX_AUDIO_BYTES] * 2


async def test_a_pause_that_ended_is_not_judged() -> None:
    """The caller has continued to speak."""
    judge, results = FakeJudge(), asyncio.Queue[float]()
    with ThreadPoolExecutor(1) as executor:
        listener = PauseListener(TurnModel(judge, executor), results.put)
        running = asyncio.create_task(listener.run())
        listener.pause_started()
        await asyncio.sleep(0)
        listener.speech_started()
        for _ in range(5):
            await asyncio.sleep(0)
        running.cancel()

    assert judge.judged == []


async def test_a_model_that_fails_leaves_the_decision_to_the_words() -> None:
    """The failure is logged."""
    with ThreadPoolExecutor(1) as executor, capture_logs() as logs:
        assert await TurnModel(FakeJudge(OSError()), executor).probability(b"") == 1.0

    assert logs[0]["event"] == "turn_model_failed"


async def test_a_busy_model_takes_a_limited_number_of_pauses() -> None:
    """The others are decided by the words."""
    judge = FakeJudge()
    judge.release.clear()
    with ThreadPoolExecutor(1) as executor:
        model = TurnModel(judge, executor)
        waiting = [asyncio.create_task(model.probability(b"")) for _ in range(4)]
        await asyncio.sleep(0)
        assert await model.probability(b"") == 1.0
        judge.release.set()
        assert await asyncio.gather(*waiting) == [0.25] * 4


@pytest.mark.parametrize("content", [None, b"no model"])
def test_a_model_that_cannot_be_loaded_is_logged(tmp_path: Path, content: bytes | None) -> None:
    """Calls are served without it."""
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with capture_logs() as logs, open_turn_model(str(path)) as model:
        assert model is None

    assert "PARLEY_TURN_MODEL" in logs[0]["reason"]


def test_without_a_path_there_is_no_model() -> None:
    """The words alone decide, and nothing is logged."""
    with capture_logs() as logs, open_turn_model("") as model:
        assert model is None
    assert logs == []
