"""Tests of the targets of faults."""

import pytest

from bench.chaos.targets import TARGETS, Target, kind_of, running, targets_of


@pytest.mark.parametrize(
    ("name", "kind"), [("stt", "stt"), ("stt-2", "stt"), ("sandbox-openai", "sandbox-openai")]
)
def test_the_kind_of_a_process_is_its_name_without_a_number(name: str, kind: str) -> None:
    """A name may contain a hyphen."""
    assert kind_of(name) == kind


def test_every_target_has_a_unique_name() -> None:
    """The names select targets on the command line."""
    names = [target.name for target in TARGETS]
    assert len(set(names)) == len(names)


def test_each_mode_has_the_targets_that_take_part_in_its_calls() -> None:
    """A realtime call has neither stt nor tts, and one provider."""
    cascade, realtime = ({target.kind for target in targets_of(mode)} for mode in ("cascade", "realtime"))
    assert cascade - realtime == {"stt", "tts", "deepgram", "openai", "elevenlabs"}
    assert realtime - cascade == {"realtime"}


def test_only_running_processes_of_a_kind_are_chosen() -> None:
    """A process that is being restarted has pid 0."""
    pids = {"stt": 1, "stt-2": 0, "stt-3": 3, "tts": 4, "nats": 5}
    assert running(Target("stt", "kill"), pids) == ["stt", "stt-3"]
    assert running(Target("services", "roll"), pids) == ["stt", "stt-3", "tts"]
    assert running(Target("none", "kill"), pids) == []


def test_every_fault_of_a_provider_is_undone_by_its_recovery() -> None:
    """The recovery resets each setting that the fault changes, except for the fault's parameters."""
    for target in TARGETS:
        changed = {name for name in target.fault if not name.endswith("_after_s")}
        assert changed <= set(target.recovery), target.name
