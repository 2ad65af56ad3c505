"""Agent files with `mode: realtime`."""

import pytest

from parley.agent_config import AgentConfig, RealtimeConfig, parse_agent
from parley.agent_config.problem import AgentFileError
from parley.agent_config.realtime import prices_of_realtime_problem


def _problems(text: str) -> str:
    with pytest.raises(AgentFileError) as refused:
        parse_agent(text, "x", "x.yaml")
    return str(refused.value)


def test_a_cascade_is_the_default() -> None:
    """Agents that name no mode are unchanged."""
    agent = AgentConfig(prompt="x")
    assert agent.mode == "cascade"
    assert not agent.is_realtime


def test_a_realtime_agent_plays_no_phrases_of_its_own() -> None:
    """The model speaks while a tool runs: a filler would be a second response."""
    agent = parse_agent("prompt: x\nmode: realtime\nlanguage: de\n", "x", "x.yaml")
    assert agent.is_realtime
    assert agent.stt.language == "de"
    assert agent.fillers.phrases == agent.fillers.tool_phrases == ()
    assert agent.tool_fillers("end_call") == ()
    assert AgentConfig.model_validate(agent.model_dump()) == agent


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("realtime: {voice: cedar}", "line 2: realtime: has no effect without `mode: realtime`"),
        ("mode: realtime\nstt: {model: x}", "line 3: stt: has no effect with `mode: realtime`"),
        ("mode: realtime\nfillers: {phrases: [Hm.]}", "line 3: fillers: has no effect"),
        ("mode: realtime\nllm: {temperature: 1}", "line 3: llm.temperature: has no effect"),
        ("mode: realtime\nlanguages: {de: {tts: {voice: y}}}", "line 3: languages.de.tts: has no effect"),
        ("languages: {de: {realtime: {voice: y}}}", "line 2: languages.de.realtime: has no effect without"),
        ("languages: {de: {mode: realtime}}", "line 2: languages.de.mode: mode belongs to the whole agent"),
        ("mode: realtime\ntools: [{type: wait, filler: [Hm.]}]", "line 3: tools.0.filler: has no effect"),
        (
            "mode: realtime\nrealtime: {turn_detection: {type: semantic_vad, silence_ms: 300}}",
            "line 3: realtime.turn_detection.silence_ms: has no effect with `type: semantic_vad`",
        ),
        (
            "mode: realtime\nrealtime: {turn_detection: {eagerness: low}}",
            "choose `type: semantic_vad`",
        ),
        ("mode: realtme", "did you mean realtime?"),
        ("mode: realtime\nrealtime: {speed: 9}", "line 3: realtime.speed"),
    ],
)
def test_keys_without_effect_are_refused(text: str, problem: str) -> None:
    """The error names the line, and the key to use instead."""
    assert problem in _problems(f"prompt: x\n{text}\n")


def test_phrases_may_be_switched_off() -> None:
    """They are switched off anyway, so the file may contain it."""
    text = "prompt: x\nmode: realtime\nfillers: {phrases: []}\nopeners: {enabled: false}\n"
    assert parse_agent(text, "x", "x.yaml").is_realtime


def test_a_fallback_inherits_what_is_not_of_its_provider() -> None:
    """A smaller model of the same provider keeps the voice."""
    section = RealtimeConfig(voice="cedar", fallbacks=({"model": "gpt-realtime-2.1-mini"},))
    assert [(each.model, each.voice) for each in section.chain] == [
        ("gpt-realtime-2.1", "cedar"),
        ("gpt-realtime-2.1-mini", "cedar"),
    ]


def test_a_cost_limit_needs_the_price_of_audio() -> None:
    """Audio tokens have prices of their own."""
    price = "{input: 4, audio_input: 32, output: 16, audio_output: 64}"
    text = "prompt: x\nmode: realtime\nlimits: {max_cost: 1}\nllm: {price: {input: 1, output: 2}}\n"
    assert "realtime.price" in _problems(text)
    agent = parse_agent(f"{text}realtime: {{price: {price}}}\n", "x", "x.yaml")
    assert not prices_of_realtime_problem(agent.realtime)
    euros = price.replace("}", ", currency: EUR}")
    assert "in EUR and USD; use one currency" in _problems(f"{text}realtime: {{price: {euros}}}\n")
