"""Tests of the subjects of the bus."""

from fnmatch import fnmatchcase

import pytest

from parley.bus import subjects

SID = "CA1"


def matches(filter_subject: str, subject: str) -> bool:
    """Whether a NATS filter selects a subject: `*` is one token, `>` is the rest."""
    wanted, given = filter_subject.split("."), subject.split(".")
    if wanted[-1] == ">":
        return len(given) >= len(wanted) and given[: len(wanted) - 1] == wanted[:-1]
    return len(given) == len(wanted) and all(map(fnmatchcase, given, wanted))


@pytest.mark.parametrize(
    ("filter_subject", "subject"),
    [
        (subjects.ALL_AUDIO, subjects.caller_audio(SID)),
        (subjects.ALL_AUDIO, subjects.agent_audio(SID)),
        (subjects.ALL_CALLS, subjects.call_event(SID, "turn_ended")),
        (subjects.call_log(SID), subjects.call_event(SID, "turn_ended")),
        (subjects.call_events(SID, "call"), subjects.call_event(SID, "call_started")),
        (subjects.call_events(SID, "call"), subjects.call_event(SID, "call_ended")),
        (subjects.call_events(SID, "stream"), subjects.call_event(SID, "stream_started")),
        (subjects.call_events(SID, "stream"), subjects.call_event(SID, "stream_stopped")),
        (subjects.call_events(SID, "stream"), subjects.call_event(SID, "stream_resuming")),
        (subjects.call_events(SID, "stream"), subjects.call_event(SID, "stream_failed")),
        (subjects.ALL_CALL_STARTS, subjects.call_event(SID, "call_started")),
        (subjects.ALL_STATE, subjects.call_state(SID, "brain")),
        (subjects.ALL_WORK, subjects.work("stt", SID)),
        (subjects.work_filter("stt"), subjects.work("stt", SID)),
        (subjects.ALL_MEDIA_STALLED, subjects.media_stalled(SID)),
    ],
)
def test_a_filter_selects_its_subjects(filter_subject: str, subject: str) -> None:
    """Subjects match as NATS matches them."""
    assert matches(filter_subject, subject)


def test_a_filter_selects_one_call_and_one_stage_only() -> None:
    """Other calls and stages have other subjects."""
    assert not matches(subjects.call_log(SID), subjects.call_event("CA2", "turn_ended"))
    assert not matches(subjects.call_events(SID, "stream"), subjects.call_event(SID, "playback_progressed"))
    assert not matches(subjects.work_filter("stt"), subjects.work("tts", SID))


@pytest.mark.parametrize(
    "subject",
    [
        subjects.AUDIO_RETRANSMIT,
        subjects.STANDBY_OFFER,
        subjects.stage_alive("stt", SID),
        subjects.media_alive(SID),
        subjects.media_stalled(SID),
        subjects.standby_alive(SID),
        subjects.standby_fetch(SID),
        subjects.standby_opened(SID),
    ],
)
def test_no_stream_stores_a_control_message(subject: str) -> None:
    """Requests and notifications are for processes that run now."""
    stored = (subjects.ALL_AUDIO, subjects.ALL_CALLS, subjects.ALL_STATE, subjects.ALL_WORK)
    assert not any(matches(filter_subject, subject) for filter_subject in stored)
