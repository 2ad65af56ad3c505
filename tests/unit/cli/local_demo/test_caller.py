"""Tests of the caller's recordings."""

import shutil
from pathlib import Path

import pytest

from cli.local_demo import caller
from cli.local_demo.caller import (
    NoRecordings,
    Recording,
    caller_script,
    given_recordings,
    packaged_recordings,
)
from cli.testing.audio_files import write_speech
from parley.audio.g711 import make_silence
from sandbox.caller.script import HangUp, Listen, Play


def test_files_of_the_user_are_read_with_their_words(tmp_path: Path) -> None:
    """The words are optional."""
    for name in ("one", "two"):
        write_speech(tmp_path / f"{name}.wav", make_silence(500))
    (tmp_path / "two.txt").write_text("hello there\n", "utf-8")
    first, second = given_recordings([tmp_path / "one.wav", tmp_path / "two.wav"])
    assert (first.name, first.text, len(first.mulaw)) == ("one.wav", "", 4000)
    assert second.text == "hello there"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The demo ends before it starts a process."""
    (tmp_path / "x.wav").write_text("no audio", "utf-8")
    for name in ("missing.wav", "x.wav"):
        with pytest.raises(NoRecordings, match=name):
            given_recordings([tmp_path / name])


def test_without_apt_the_user_gives_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the option."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(NoRecordings, match=r"no apt-get: give recordings of your own: .*--wav FILE"):
        packaged_recordings(tmp_path / "voice")


def test_a_package_that_was_unpacked_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with a file missing has a remedy."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    names = list(caller._PROMPTS)
    for name in names:
        write_speech(tmp_path / caller._FOLDER / f"{name}.wav", make_silence(100))
    assert [recording.name for recording in packaged_recordings(tmp_path)] == names
    (tmp_path / caller._FOLDER / f"{names[0]}.wav").unlink()
    with pytest.raises(NoRecordings, match=r"remove .* and try again"):
        packaged_recordings(tmp_path)


def test_the_caller_waits_for_each_answer() -> None:
    """And hangs up after the last one."""
    script = caller_script([Recording("a.wav", b"\xff" * 800), Recording("b.wav", b"\xff" * 800, "hello")])
    assert [type(step) for step in script.steps] == [Listen, Play, Listen, Play, Listen, HangUp]
    assert [step.text for step in script.steps if isinstance(step, Play)] == ["a.wav", "hello"]
