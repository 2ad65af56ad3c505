"""Tests of an agent that is rendered for a call."""

from typing import Any

from parley.agent_config import AgentConfig, CallData, Greeting, parse_agent, rendered
from parley.agent_config.texts.defaults import default_texts

TEXT = """
prompt: Help {{ parameters.name|default('the caller') }} at {{ caller.number }}. Today is {{ today }}.
greeting: {text: "Hello {{ parameters.name }}.", interruptible: false}
consent: This call is recorded.
timezone: Europe/Berlin
idle: {prompts: ["Are you there, {{ parameters.name }}?", "{{ parameters.more }}"]}
stt: {keyterms: ["{{ parameters.name }}", Riverside]}
llm: {fallbacks: [{model: other}]}
languages:
  de:
    greeting: Guten Tag.
    consent: Dieser Anruf wird aufgezeichnet.
    idle: {timeout_s: 5}
    tts: {voice: de-voice}
"""
AGENT = parse_agent(TEXT, "shop", "shop.yaml")


def data(**parameters: str) -> CallData:
    """The data of a call with parameters."""
    return CallData("CA1", "+15550100001", "+15550100000", "inbound", parameters, 1_790_000_000_000_000)


def test_all_texts_are_rendered() -> None:
    """A phrase that is empty in this call is left out, and the agent itself is unchanged."""
    agent = rendered(AGENT, data(name="Ana"))

    assert agent.prompt == "Help Ana at +15550100001. Today is Monday, September 21, 2026."
    [opening] = agent.openings
    assert (opening.text, opening.interruptible) == ("This call is recorded. Hello Ana.", False)
    assert agent.idle.prompts == ("Are you there, Ana?",)
    assert agent.stt.keyterms == ("Ana", "Riverside")
    assert "{{" in AGENT.prompt


def test_each_stage_renders_the_same() -> None:
    """Time is the start of the call, so that a takeover changes nothing."""
    assert rendered(AGENT, data(name="Ana")) == rendered(parse_agent(TEXT, "shop", "other"), data(name="Ana"))


def test_another_language_changes_texts_and_providers() -> None:
    """Texts with a default are the language's; what the entry does not state is the agent's."""
    agent = rendered(AGENT, data(language="de-AT"))
    texts: Any = default_texts("de")

    assert agent.language == agent.stt.language == agent.tts.language == "de"
    assert [opening.text for opening in agent.openings] == ["Dieser Anruf wird aufgezeichnet.", "Guten Tag."]
    assert agent.prompt.endswith("Today is Montag, 21. September 2026.\n\nSpeak German.")
    assert (agent.idle.timeout_s, agent.idle.prompts) == (5, texts["idle"]["prompts"])
    assert (agent.tts.voice, agent.stt.keyterms) == ("de-voice", ("Riverside",))
    assert [config.model for config in agent.llm.chain] == [AGENT.llm.model, "other"]


def test_an_agent_without_templates_stays_the_same_object() -> None:
    """It is not copied for each call."""
    agent = AgentConfig(prompt="Answer.", greeting=Greeting(text="Hello."))

    assert rendered(agent, data(name="Ana")) is agent


def test_a_rendered_agent_can_be_merged_and_validated_again() -> None:
    """A value of the caller that looks like a template does no harm there."""
    agent = rendered(AGENT, data(name="(( 7 * 7 ))"))

    assert [config.keyterms for config in agent.stt.chain] == [("(( 7 * 7 ))", "Riverside")]
