"""The limits of a WebSocket within a minute."""

from services.tts.providers.deepgram.budget import MAX_CHARACTERS, MAX_FLUSHES, SendBudget


def test_flushes_are_limited_within_a_minute() -> None:
    """The oldest one counts for 60 s."""
    budget = SendBudget()
    for number in range(MAX_FLUSHES):
        assert budget.allows(1, float(number))
        budget.use(1, float(number))

    assert not budget.allows(1, 59.9)
    assert budget.allows(1, 60.1)
    assert not budget.allows(1, 60.1, flushes=2)


def test_characters_are_limited_within_a_minute() -> None:
    """A text beyond the limit is sent on a socket without any other."""
    budget = SendBudget()
    assert budget.allows(MAX_CHARACTERS + 1, 0.0)
    budget.use(MAX_CHARACTERS - 10, 0.0)

    assert budget.allows(10, 1.0)
    assert not budget.allows(11, 1.0)
    assert budget.allows(11, 61.0)
