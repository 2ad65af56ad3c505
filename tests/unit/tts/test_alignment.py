"""Character timings are converted to word timings."""

from hypothesis import given
from hypothesis import strategies as st

from parley.providers.tts import CharTiming
from services.tts.alignment import word_timings


def spelled(text: str, ms: float = 50.0) -> tuple[CharTiming, ...]:
    """Every character of a text in sequence."""
    return tuple(CharTiming(c, n * ms, (n + 1) * ms) for n, c in enumerate(text))


def test_words_are_timed_by_their_letters() -> None:
    """Punctuation stays with its word and adds no time."""
    words = word_timings("Hi, you. ", spelled("Hi, you. "), 0, 450)

    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [("Hi,", 0, 100), ("you.", 200, 350)]


def test_changed_spaces_and_quotes_do_not_affect_timings() -> None:
    """Only letters and digits are counted."""
    words = word_timings("It\u2019s \u201c9\u201d", spelled("  Its 9"), 0, 350)

    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
        ("It\u2019s", 100, 250),
        ("\u201c9\u201d", 300, 350),
    ]


def test_without_characters_words_share_the_time() -> None:
    """Each word's share is proportional to its length."""
    words = word_timings("one three", (), 1000, 1800)

    assert [(w.start_ms, w.end_ms) for w in words] == [(1000, 1300), (1300, 1800)]


def test_words_without_timings_share_the_remaining_time() -> None:
    """The first word has timings, the others are estimated."""
    words = word_timings("ab cd ef", spelled("ab"), 0, 300)

    assert [(w.start_ms, w.end_ms) for w in words] == [(0, 100), (100, 200), (200, 300)]


@given(
    text=st.text(max_size=60),
    characters=st.lists(
        st.tuples(st.text(max_size=2), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=40
    ),
    start_ms=st.floats(0, 1e5),
    length_ms=st.floats(0, 1e5),
)
def test_words_are_in_order_and_within_the_clause(
    text: str, characters: list[tuple[str, float, float]], start_ms: float, length_ms: float
) -> None:
    """This holds for any timings from the provider."""
    words = word_timings(text, tuple(CharTiming(*c) for c in characters), start_ms, start_ms + length_ms)

    assert [w.text for w in words] == text.split()
    times = [t for w in words for t in (w.start_ms, w.end_ms)]
    assert times == sorted(times)
    assert all(round(start_ms) <= t <= round(start_ms + length_ms) for t in times)
