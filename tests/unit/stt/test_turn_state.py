"""States that decide when a turn ends."""

import pytest

from services.stt.turn_state import Coverage, EagerState


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EagerState.NONE, EagerState.NONE),
        (EagerState.ANNOUNCED, EagerState.OUTDATED),
        (EagerState.OUTDATED, EagerState.OUTDATED),
    ],
)
def test_new_words_outdate_an_announced_eager_end(before: EagerState, after: EagerState) -> None:
    """Only an outdated eager end is announced again."""
    assert before.with_new_words() is after


def test_interim_coverage_is_replaced_and_final_coverage_grows() -> None:
    """An empty final transcript accounts for audio without adding words."""
    coverage = Coverage().with_interim(900, has_text=True)

    assert (coverage.has_words, coverage.words_end_ms) == (True, 900)
    final = coverage.with_final(500, has_text=False)
    assert (final.has_words, final.final_end_ms) == (False, 500)
    assert final.with_final(400, has_text=True) == Coverage(
        has_final=True, final_end_ms=500, interim_end_ms=900
    )


@pytest.mark.parametrize(
    ("coverage", "pending"),
    [
        (Coverage(final_end_ms=799), True),
        (Coverage(final_end_ms=800), False),
        (Coverage(has_interim=True, final_end_ms=1000, interim_end_ms=1000), True),
    ],
)
def test_a_final_transcript_is_pending_until_it_covers_the_speech(coverage: Coverage, pending: bool) -> None:
    """The provider and the detector may differ by 200 ms."""
    assert coverage.is_pending(1000) is pending


@pytest.mark.parametrize(("end_ms", "progress"), [(500, False), (501, True), (799, True), (800, False)])
def test_progress_lies_between_the_last_transcript_and_the_end_of_speech(end_ms: int, progress: bool) -> None:
    """A transcript that reaches the end of speech is not progress towards it."""
    assert Coverage(final_end_ms=300, interim_end_ms=500).is_progress(end_ms, 1000) is progress


def test_a_loss_discards_interim_coverage() -> None:
    """The next connection starts at the last final transcript."""
    lost = Coverage(has_interim=True, final_end_ms=300, interim_end_ms=900).after_loss()

    assert lost.is_progress(400, 1000)


def test_the_next_turn_has_no_words() -> None:
    """The next turn continues at the same place in the audio."""
    coverage = Coverage(has_final=True, has_interim=True, final_end_ms=300, interim_end_ms=900)

    assert coverage.next_turn() == Coverage(final_end_ms=300, interim_end_ms=900)
