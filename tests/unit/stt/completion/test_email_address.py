"""Whether a dictated e-mail address is complete."""

import pytest

from services.stt.completion.email_address import email_progress
from services.stt.completion.formats import Progress, load_formats
from services.stt.completion.vocabulary import load_vocabulary

INCOMPLETE, PLAUSIBLE, COMPLETE = Progress.INCOMPLETE, Progress.PLAUSIBLE, Progress.COMPLETE


def progress(text: str, language: str, *, requested: bool = True) -> Progress | None:
    """Whether the address of the text is complete."""
    vocabulary = load_vocabulary(language.partition("-")[0])
    return email_progress(text, [vocabulary], load_formats(), language=language, requested=requested)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "john dot smith", None),
        ("en", "john dot smith at", INCOMPLETE),
        ("en", "john dot smith at gmail", INCOMPLETE),
        ("en", "john dot smith at gmail dot", INCOMPLETE),
        ("en", "john dot smith at gmail dot com", COMPLETE),
        ("en", "john.smith@", INCOMPLETE),
        ("en", "john.smith@gmail.", INCOMPLETE),
        ("en", "It's john.smith@gmail.com.", COMPLETE),
        ("en", "j o h n at g m a i l dot com", COMPLETE),
        ("en", "jo underscore s at yahoo dot co", PLAUSIBLE),
        ("en", "jo underscore s at yahoo dot co dot uk", COMPLETE),
        ("de", "max punkt m at gmx punkt", INCOMPLETE),
        ("de", "max punkt m ät web punkt de", COMPLETE),
        ("es", "ana guion bajo p arroba gmail punto com", COMPLETE),
        ("fr", "jean tiret du bas d arobase orange point fr", COMPLETE),
        ("fr", "jean point d arobase orange", INCOMPLETE),
        ("pt-BR", "joão ponto silva arroba empresa ponto com", PLAUSIBLE),
        ("pt-BR", "joão ponto silva arroba uol ponto com", INCOMPLETE),
        ("pt-BR", "joão ponto silva arroba uol ponto com ponto br", COMPLETE),
        ("pt-BR", "joão arroba gmail ponto com", COMPLETE),
        ("hi", "राहुल एट जीमेल डॉट com", COMPLETE),
        ("hi", "राहुल डॉट शर्मा एट द रेट जीमेल डॉट कॉम", COMPLETE),
        ("hi", "राहुल डॉट शर्मा एट द रेट जीमेल", INCOMPLETE),
        ("de", "info at müller-bau.de.", COMPLETE),
        ("fr", "jean tiret dupont chez orange point fr", COMPLETE),
        ("hi", "rahul at the rate gmail dot com", COMPLETE),
    ],
)
def test_an_address_is_complete_with_its_top_level_domain(
    language: str, text: str, expected: Progress | None
) -> None:
    """Spoken or written."""
    assert progress(text, language) is expected


@pytest.mark.parametrize("text", ["I'll be there at", "meet me at five", "look at the website dot"])
def test_at_is_no_sign_in_an_ordinary_sentence(text: str) -> None:
    """No address was requested, and none is complete."""
    assert progress(text, "en", requested=False) is None
