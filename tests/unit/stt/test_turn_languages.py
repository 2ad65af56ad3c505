"""The languages of a turn, by the number of their words."""

from services.stt.turn_languages import TurnLanguages


def test_the_main_language_is_first() -> None:
    """Languages of the transcript that is not final follow."""
    languages = TurnLanguages().with_final(("en",), 2).with_final(("hi", "en"), 3).with_latest(("es", "hi"))

    assert languages.tags == ("hi", "en", "es")
    assert languages.with_latest(()).tags == ("hi", "en")


def test_a_final_transcript_replaces_the_latest() -> None:
    """A correction leaves no trace."""
    assert TurnLanguages().with_latest(("es",)).with_final(("pt",), 1).tags == ("pt",)
    assert TurnLanguages().tags == ()
