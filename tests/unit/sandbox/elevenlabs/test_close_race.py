"""Contexts that lose text by an early close."""

from sandbox.elevenlabs.close_race import CloseRace
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings


def settings(**more: object) -> ElevenLabsSandboxSettings:
    return ElevenLabsSandboxSettings.model_validate({"tts_close_race": 1, **more})


def test_a_close_loses_text_only_right_after_it() -> None:
    """Text whose audio has begun, or that is older than the limit, is safe."""
    race = CloseRace()

    assert race.loss(settings(), elapsed_ms=1, pending=1) is not None
    assert race.loss(settings(), elapsed_ms=101, pending=1) is None
    assert race.loss(settings(), elapsed_ms=1, pending=0) is None


def test_the_share_of_the_losses_is_configured() -> None:
    """All kinds of losses occur, and the same ones in every run."""
    rare = settings(tts_close_race=0.025)
    losses = [
        [race.loss(rare, elapsed_ms=1, pending=1) for _ in range(4000)] for race in (CloseRace(), CloseRace())
    ]

    assert losses[0] == losses[1]
    assert 60 < sum(loss is not None for loss in losses[0]) < 140
    assert set(losses[0]) == {None, "everything", "audio", "last_clause"}


def test_one_kind_of_loss_can_be_selected() -> None:
    """Tests of clients need each kind by itself."""
    race, only = CloseRace(), settings(tts_close_race_loss="audio")

    assert {race.loss(only, elapsed_ms=1, pending=2) for _ in range(50)} == {"audio"}
