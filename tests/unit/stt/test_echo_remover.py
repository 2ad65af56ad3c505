"""Tests of the removal of echo from a provider's events."""

import pytest

from parley.echo.echo_filter import Filtered
from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, ProviderTurn, SttEvent, Word
from services.stt import echo_remover
from services.stt.echo_remover import EchoRemover

WORD = Word("yes", 100, 300, 1.0)


class FakeFilter:
    """Removes everything but the caller's word, and records whether the text is final."""

    def __init__(self, _speech: object) -> None:
        self.finals: list[bool] = []

    def filter(self, _text: str, _words: object, _end_ms: int, *, final: bool) -> Filtered:
        """Filter a transcript."""
        self.finals.append(final)
        return Filtered("yes", (WORD,), removed=2)


@pytest.mark.parametrize(
    ("event", "final"),
    [
        (InterimTranscript("how may yes", (), 300), False),
        (FinalTranscript("how may yes", (), 300), True),
        (ProviderTurn("how may yes", (), 300, "end", "1"), True),
        (ProviderTurn("how may yes", (), 300, "update", "1"), False),
    ],
)
def test_the_callers_words_remain(monkeypatch: pytest.MonkeyPatch, event: SttEvent, final: bool) -> None:
    """Whether they may still change depends on the event."""
    monkeypatch.setattr(echo_remover, "EchoFilter", FakeFilter)
    remover = EchoRemover()
    remaining = remover.remove(event)

    assert isinstance(remaining, type(event))
    assert (getattr(remaining, "text"), getattr(remaining, "words")) == ("yes", (WORD,))  # noqa: B009
    assert getattr(remover, "_filter").finals == [final]  # noqa: B009


def test_other_events_are_unchanged() -> None:
    """They have no words."""
    event = KeepAlive()

    assert EchoRemover().remove(event) is event
