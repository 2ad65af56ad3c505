"""Tests of the parsing and validation of scripts."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.caller.client import script_json
from sandbox.caller.script import (
    Echo,
    ExpectHangUp,
    HangUp,
    Listen,
    Noise,
    NoiseKind,
    Pause,
    Play,
    Press,
    Say,
    Script,
    Step,
)
from sandbox.caller.script_fields import ScriptError
from sandbox.caller.script_parser import parse_script, parse_yaml

EVERY = """
voice: espeak
steps:
  - listen
  - listen: {silence_ms: 900, timeout_s: 3}
  - say: "yes please"
  - say: {text: "no wait", after_agent_starts_ms: 500, timeout_s: 4}
  - press: 12#a
  - press: 5
  - pause: 250
  - noise: cough
  - noise: {kind: uh_huh, after_agent_starts_ms: 100}
  - expect_hang_up
  - expect_hang_up: {timeout_s: 2}
  - hang_up
"""


def test_every_step_has_a_short_and_a_long_form() -> None:
    """Omitted fields have defaults."""
    assert parse_yaml(EVERY, "every.yaml") == Script(
        "espeak",
        (
            Listen(),
            Listen(900, 3),
            Say("yes please"),
            Say("no wait", 500, 4),
            Press("12#A"),
            Press("5"),
            Pause(250),
            Noise(NoiseKind.COUGH),
            Noise(NoiseKind.UH_HUH, after_agent_starts_ms=100),
            ExpectHangUp(),
            ExpectHangUp(2),
            HangUp(),
        ),
    )


def test_steps_are_repeated() -> None:
    """The repeated steps keep their place among the others."""
    script = parse_script(
        {"steps": ["listen", {"repeat": {"times": 3, "steps": [{"say": "yes"}, "listen"]}}, "hang_up"]}
    )

    assert script.steps == (Listen(), *(Say("yes"), Listen()) * 3, HangUp())
    assert script.texts == ("yes",) * 3


def test_the_demos_caller_has_four_turns_and_waits_for_the_end() -> None:
    """Each turn follows speech of the agent."""
    text = (files("sandbox.caller.scripts") / "clinic.yaml").read_text("utf-8")
    script = parse_yaml(text, "clinic.yaml")

    assert script.texts == (
        "hello i would like to book an appointment with the doctor",
        "tuesday afternoon would be good",
        "my name is robert miller",
        "no thank you that is all goodbye",
    )
    assert [type(step) for step in script.steps] == [Listen, Say] * 4 + [ExpectHangUp]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "at least one step"),
        ("listen", "must be a list"),
        ([{"dance": 1}], "step 1: unknown action 'dance'"),
        (["listen", {"say": ""}], r"step 2 \(say\): text must be text"),
        ([{"say": "a" * 3000}], "longer than 2000"),
        ([{"say": {"text": "a", "loud": True}}], "unknown field 'loud'"),
        ([{"say": "a", "press": "1"}], "expected one action"),
        ([{"listen": 5}], "expected fields"),
        ([{"listen": {"timeout_s": -1}}], "timeout_s must be a number"),
        ([{"pause": float("nan")}], "ms must be a number"),
        ([{"pause": 10**400}], "ms must be a number"),
        ([{"pause": True}], "ms must be a number"),
        ([{"press": "12x"}], "'X' is not a telephone key"),
        ([{"noise": "sneeze"}], "unknown kind 'sneeze'"),
        ([{"noise": {"kind": "static", "ms": 1e6}}], "60000 ms at most"),
        ([{"hang_up": {"hard": True}}], "unknown field 'hard'"),
        ([{"repeat": {"times": 0, "steps": ["listen"]}}], "times must be a whole number"),
        ([{"repeat": {"times": 2}}], r"step 1 \(repeat\): `steps` must be a list"),
        ([{"repeat": {"times": 2, "steps": [{"dance": 1}]}}], r"\(repeat\): step 1: unknown action"),
        ([{"repeat": {"times": 2, "steps": [{"repeat": {}}]}}], "unknown action 'repeat'"),
        ([{"repeat": {"times": 600, "steps": ["listen", "hang_up"]}}], "more than 1000"),
    ],
)
def test_invalid_steps_are_rejected_with_their_position(steps: object, words: str) -> None:
    """The error names the file and the step."""
    with pytest.raises(ScriptError, match=words) as error:
        parse_script({"steps": steps}, "s.yaml")

    assert str(error.value).startswith("s.yaml: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [", "not YAML"),
        ("- listen", "expected a mapping"),
        ("voice: tenor\nsteps: [listen]", "voice must be"),
        ("steps: [listen]\nname: x", "unknown key 'name'"),
        ("steps: &a [{repeat: {times: 2, steps: *a}}]", "unknown action 'repeat'"),
    ],
)
def test_invalid_files_are_rejected(text: str, words: str) -> None:
    """The error contains the reason."""
    with pytest.raises(ScriptError, match=words):
        parse_yaml(text, "s.yaml")


_ms = st.floats(0, 50_000)
_steps = st.one_of(
    st.builds(Listen, _ms, _ms),
    st.builds(Say, st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.none() | _ms, _ms),
    st.builds(
        Play, st.just("//8B"), st.just("two words"), st.sampled_from([(), (10.0, 20.0)]), st.none() | _ms, _ms
    ),
    st.builds(Press, st.from_regex(r"[0-9*#A-D]{1,5}", fullmatch=True), st.none() | _ms, _ms),
    st.builds(Pause, _ms),
    st.builds(Noise, st.sampled_from(NoiseKind), _ms, st.none() | _ms, _ms),
    st.builds(HangUp, st.none() | _ms, _ms),
    st.builds(ExpectHangUp, _ms),
)


_echoes = st.builds(Echo, st.sampled_from([20.0, 400.0]), st.floats(0, 40), st.just(("hello.",)))


@given(st.lists(_steps, min_size=1, max_size=8), st.none() | _echoes)
def test_a_script_is_unchanged_by_the_control_api(steps: list[Step], echo: Echo | None) -> None:
    """It is unchanged after conversion to the client's JSON and back."""
    script = Script("rms", tuple(steps), echo)

    assert parse_script(script_json(script)) == script


@pytest.mark.parametrize(
    ("echo", "words"),
    [
        ("speakerphone", "expected fields"),
        ({"texts": ["hello"], "delay_ms": 30}, "delay_ms must be"),
        ({"texts": ["hello"], "delay_ms": 4000}, "delay_ms must be"),
        ({"delay_ms": 100}, "texts must be a list"),
        ({"texts": "hello"}, "texts must be a list"),
        ({"texts": ["hello"], "gain": 1}, "unknown field 'gain'"),
    ],
)
def test_an_unusable_echo_is_rejected(echo: object, words: str) -> None:
    """The error names the key."""
    with pytest.raises(ScriptError, match=f"^s.yaml: echo: {words}"):
        parse_script({"steps": ["listen"], "echo": echo}, "s.yaml")
