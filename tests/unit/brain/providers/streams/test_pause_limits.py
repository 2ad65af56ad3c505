"""The limits on pauses within answers."""

from services.brain.providers.streams.pause_limits import PauseLimits


def test_each_model_has_its_own_limit_within_a_call() -> None:
    """It is the same for all answers of the model, and never shorter than that of text."""
    pauses = PauseLimits(1.5, 5.0)
    first = pauses.of("one", 3)
    first.within_call.observe(0.1)
    assert pauses.of("one", 2).within_call.short_limit_s() == 1.5
    assert pauses.of("two", 2).within_call.short_limit_s() == 2.0
    assert (first.first_s, first.text_s, first.before_call_s) == (3, 1.5, 5.0)


def test_settings_limit_each_other() -> None:
    """A short setting for tool calls is kept; it is never shorter than that of text."""
    assert PauseLimits(0.5, 1.0).of("m", 1).within_call.short_limit_s() == 1.0
    assert PauseLimits(4.0, 1.0).of("m", 1).before_call_s == 4.0
    assert PauseLimits(4.0, 1.0).of("m", -1).first_s == 0


def test_models_that_were_not_used_for_long_are_forgotten() -> None:
    """Any server may name any number of models."""
    pauses = PauseLimits(1.5, 5.0)
    pauses.of("first", 1).within_call.observe(0.1)
    for number in range(100):
        pauses.of(str(number), 1)
    assert pauses.of("first", 1).within_call.short_limit_s() == 2.0
