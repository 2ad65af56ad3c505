"""The comparison of detections with words."""

from bench.speech.labels import Span
from bench.speech.scoring import Detection, Scores, score, utterances


def test_an_utterance_has_an_onset_and_an_end() -> None:
    """A detector that is 40 ms late and reports the end 10 ms early, 150 ms after it."""
    scores = score([Span(1000, 1300), Span(1450, 2000)], [Detection(1005, 1040, 1990, 2150)])
    assert (scores.onset_delay_ms, scores.end_error_ms, scores.end_delay_ms) == ([40], [-10], [150])
    assert (scores.words, scores.missed, scores.splits) == (2, [], 0)


def test_missed_words_and_splits() -> None:
    """Words of less than 150 ms may be missed."""
    words = [Span(1000, 1140), Span(2000, 2200), Span(3000, 4000)]
    scores = score(words, [Detection(3000, 3040, 3300, 3500), Detection(3510, 3540, 3990, 4150)])
    assert (scores.missed, scores.words, scores.splits) == ([Span(2000, 2200)], 2, 1)
    total = Scores()
    total.add(scores)
    total.add(scores)
    assert (total.words, total.splits) == (4, 2)


def test_pauses_of_half_a_second_divide_utterances() -> None:
    """Shorter ones do not."""
    spans = [Span(0, 100), Span(500, 600), Span(1200, 1300)]
    assert utterances(spans) == [Span(0, 600), Span(1200, 1300)]
