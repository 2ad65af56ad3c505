"""Tests of explanations: each kind of mistake has its line, its key and a remedy."""

import pytest

from parley.agent_config import parse_agent
from parley.agent_config.problem import AgentFileError


def problems(text: str) -> list[str]:
    """The mistakes of a file, after its prompt in line 1."""
    with pytest.raises(AgentFileError) as raised:
        parse_agent(f"prompt: x\n{text}", "shop", "shop.yaml")
    return [str(problem) for problem in raised.value.problems]


_HTTP_TOOL = (
    "tools:\n  - name: a\n    description: a\n    url: http://x/{{ args.dat }}\n"
    "    parameters: {type: object, properties: {day: {type: string}}}"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tts: {voic: x}", "line 2: tts.voic: unknown key; did you mean voice?"),
        ("voice: x", "line 2: voice: unknown key here; it belongs to tts or fallback"),
        ("idle: {zzz: 1}", "line 2: idle.zzz: unknown key; there are: goodbye, prompts, timeout_s"),
        ("llm: {temperature: hot}", "line 2: llm.temperature: must be a number, not 'hot'"),
        ("llm: {max_tokens: 3.5}", "line 2: llm.max_tokens: must be a whole number, not 3.5"),
        ("llm: {timeout_s: 99}", "line 2: llm.timeout_s: must be less than or equal to 60, not 99"),
        ("llm: gpt", "line 2: llm: must be a section with keys, not 'gpt'"),
        ("llm:", "line 2: llm: must be a section with keys, not nothing"),
        ("openers: {enabled: maybe}", "line 2: openers.enabled: must be true or false, not 'maybe'"),
        ("apology: 3", "line 2: apology: must be a text, not 3: put it in quotes"),
        ("apology: 2026-01-01", "because YAML reads it as a date"),
        ("apology: ''", "line 2: apology: must not be empty"),
        ("idle: {prompts: hello}", "line 2: idle.prompts: must be a list, not 'hello': write ['hello']"),
        ("fallback: {then: transfr}", "not 'transfr'; did you mean transfer?"),
        ("fallback: {number: '555'}", "line 2: fallback.number: '555' does not have the form"),
        ("idle: {}\nyes: x", "line 3: yes: a key must be a text, and YAML reads this one as true: put it in"),
        ("5: x", "line 2: 5: a key must be a text, and YAML reads this one as the value 5: put it in quotes"),
        ("tools:\n  - type: end_call\n  - type: end_call", "line 2: tools: names must be unique"),
        ("collect:\n  - {name: a}\n  - {name: a}", "line 2: collect: 'a' is defined twice"),
        (
            _HTTP_TOOL,
            "line 5: tools.0.url: unknown argument 'dat'; `parameters` has: day; did you mean day?",
        ),
        ("tools:\n  - nobody", "line 3: tools.0: 'nobody' is not a built-in tool"),
        ("tools:\n  - {name: book, url: http://x}", "line 3: tools.0.description: is missing; add"),
        (
            "tools:\n  - {name: a, description: a, url: http://x, ulr: b}",
            "tools.0.ulr: unknown key; did you mean url?",
        ),
        (
            "llm:\n  fallbacks:\n    - {modle: x}",
            "line 4: llm.fallbacks.0.modle: unknown key; did you mean model?",
        ),
        (
            "languages:\n  de:\n    tts: {voic: x}",
            "line 4: languages.de.tts.voic: unknown key; did you mean voice?",
        ),
        ("greeting: '{{ x'", "line 2: greeting: line 1 of the text"),
        ("greeting: {text: '{{ nobody }}'}", "line 2: greeting.text: unknown variable 'nobody'"),
        ("timezone: Berlin", "line 2: timezone: 'Berlin' is not a time zone"),
    ],
)
def test_a_mistake_is_explained(text: str, problem: str) -> None:
    """The key is the one to look for in the file."""
    [found] = problems(text)

    assert problem in found


def test_all_mistakes_are_listed_in_the_order_of_lines() -> None:
    """Also those of different kinds, and in the entries of `languages`."""
    text = "tts: {voic: x}\nidle: {timeout_s: -1}\nlanguages:\n  de: {ttss: {}}\nllm: {}\nllm: {a: 1}"

    assert [problem.partition(": ")[0] for problem in problems(text)] == [
        "line 2",
        "line 3",
        "line 5",
        "line 7",
        "line 7",
    ]


def test_a_mistake_that_other_languages_inherit_is_listed_once() -> None:
    """It is in one line of the file."""
    assert len(problems("tts: {voic: x}\nlanguages: {de: {}, fr: {}}")) == 1
