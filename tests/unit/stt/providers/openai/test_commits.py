"""When audio is committed without a request."""

import pytest

from services.stt.providers.openai.commits import Commit, CommitPolicy
from tests.unit.stt.providers.whisper.audio import silence, speech

_TEXT_EVERY_MS = 400


class Audio:
    """Audio that is pushed in frames, with the commits that became due."""

    def __init__(self) -> None:
        self.policy = CommitPolicy(gap_ms=1000, lag_ms=800)
        self.commits: list[Commit] = []
        self.at_ms = 0

    def push(self, mulaw: bytes, *, text: bool = False) -> "Audio":
        """Push audio; with `text`, text arrives now and then."""
        for begin in range(0, len(mulaw), 160):
            self.policy.push(mulaw[begin : begin + 160], self.at_ms)
            self.at_ms += 20
            if text and self.at_ms % _TEXT_EVERY_MS == 0:
                self.policy.text_received()
            if (commit := self.policy.due()) is not None:
                self.commits.append(commit)
        return self


def test_a_request_commits_all_audio() -> None:
    """The times of its words are those of their text, or estimated from the number of letters."""
    audio = Audio().push(silence(1000)).push(speech(2000), text=True).push(silence(200))
    first = audio.policy.commit(pause_ms=200)
    second = audio.push(speech(400)).policy.commit(pause_ms=200)

    assert (first.begin_ms, first.end_ms, first.speech(10)) == (0, 3200, (400, 3000))
    assert (second.begin_ms, second.end_ms, second.text_ms) == (3200, 3600, None)
    assert second.speech(3) == (3400 - 195, 3400)
    assert second.speech(100) == (3200, 3400)
    assert audio.policy.duration_ms == 0


def test_words_end_before_the_silence_at_the_end() -> None:
    """Even where the stage has not measured the pause."""
    audio = Audio().push(silence(500)).push(speech(1000), text=True).push(silence(1000))
    commit = audio.policy.commit()

    assert (commit.end_ms, commit.speech(10)[1]) == (2500, 1500)


def test_silence_is_committed_now_and_then() -> None:
    """While no words arrive."""
    audio = Audio().push(silence(21_000))

    assert [commit.end_ms for commit in audio.commits] == [10_000, 20_000]
    assert audio.policy.idle


def test_a_word_that_begins_is_not_cut() -> None:
    """The commit of silence waits for half a second of it."""
    audio = Audio().push(silence(9900)).push(speech(300))
    assert audio.commits == []
    assert not audio.policy.idle
    assert len(audio.push(silence(600)).commits) == 1


def test_long_speech_is_committed_at_last() -> None:
    """In a short pause after 15 s, or after 25 s."""
    [in_pause] = Audio().push(speech(16_000), text=True).push(silence(120), text=True).commits
    [without] = Audio().push(speech(25_000), text=True).commits

    assert (in_pause.end_ms, without.end_ms, without.pause_ms) == (16_100, 25_000, 0)


def test_speech_ends_when_its_text_has_stopped() -> None:
    """Noise follows the last word, or the service has stopped within the item."""
    [commit] = Audio().push(speech(2000), text=True).push(speech(2000)).commits

    assert (commit.end_ms, commit.no_more_words) == (2000 + 1000 + 800, True)


@pytest.mark.parametrize("ms", [0, 80])
def test_little_audio_is_never_due(ms: int) -> None:
    """The service would refuse it."""
    audio = Audio().push(silence(ms))

    assert audio.policy.due() is None
    assert audio.policy.duration_ms == ms
