"""Texts of a response that arrive several times."""

from services.brain.providers.openai.response_texts import ResponseTexts


def test_each_text_is_new_once() -> None:
    """In deltas, then whole, then as part of the response."""
    texts = ResponseTexts()
    found = [
        texts.delta((0, 0), "Hel"),
        texts.delta((0, 0), "lo"),
        texts.whole((0, 0), "Hello"),
        texts.whole((0, 0), "Hello"),
        texts.whole((1, 0), "Hello"),
        texts.delta((1, 0), "late"),
        texts.rest("HelloHello!"),
        texts.rest("HelloHello!"),
    ]
    assert found == ["Hel", "lo", "", "", "Hello", "", "!", ""]


def test_another_key_for_the_same_text() -> None:
    """Deltas with the item's id only, or with other ids than its end."""
    texts = ResponseTexts()
    found = [
        texts.delta(("msg_1", 0), "Hel"),
        texts.whole((0, 0), "Hello"),
        texts.whole(("msg_2", 0), "Hello"),
    ]

    assert found == ["Hel", "lo", ""]


def test_a_text_that_differs_from_its_deltas_is_ignored() -> None:
    """Emitted text may have been spoken."""
    texts = ResponseTexts()

    assert [texts.delta((0, 0), "Hel"), texts.whole((0, 0), "Good"), texts.rest("Good")] == ["Hel", "", ""]
