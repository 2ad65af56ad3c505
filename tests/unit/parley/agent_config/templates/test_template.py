"""Tests of templates: what is refused, and that rendering always ends with a text."""

import time
from typing import Any

import pytest

from parley.agent_config.templates.template import MAX_TEXT_CHARS, problems, render_text

AVAILABLE = {"caller": frozenset({"number"}), "parameters": None}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{{ callr.number }}", "unknown variable 'callr'; there are: caller, parameters"),
        ("{{ caller.name }}", "unknown variable 'caller.name'; it has: number"),
        ("{{ caller.number", "line 1"),
        ("one\n{% if caller %}\ntwo", "line "),
        ("{{ parameters.a|uper }}", "No filter named 'uper'"),
        ("{{ parameters.a() }}", "use a filter"),
        ("{{ range(10) }}", "unknown variable 'range'"),
        ("{{ 'a' * 1000000000 }}", "Mul is not supported"),
        ("{{ 2 ** 99999999 }}", "Pow is not supported"),
        ("{% set x = 'a' %}", "{% set %} is not supported"),
        ("{% macro m() %}{% endmacro %}", "{% macro %} is not supported"),
        ("{% include 'x' %}", "{% include %} is not supported"),
        (
            "{% for a in parameters %}{% for b in parameters %}{% endfor %}{% endfor %}",
            "a loop within a loop",
        ),
        ("{{ caller.__class__ }}", "unknown variable 'caller.__class__'"),
        ("Press {# and wait", "comment"),
        ("x" * 200_000, "longer than"),
    ],
)
def test_a_wrong_template_is_explained(text: str, part: str) -> None:
    """The user learns of it when the file is checked, not in a call."""
    assert part in "; ".join(problems(text, AVAILABLE))


@pytest.mark.parametrize(
    "text",
    [
        'No template: {"a": {"b": 1}}',
        "{{ parameters.anything|default('there') }}",
        "{% if parameters.vip == 'yes' and not caller.number %}A{% else %}B{% endif %}",
        "{% for name, value in parameters|items %}{{ name }}: {{ value }}\n{% endfor %}",
        "{% raw %}{{ x }}{% endraw %}",
        "{{ caller.number ~ '!' }}",
    ],
)
def test_what_agents_need_is_allowed(text: str) -> None:
    """Conditions, defaults, filters, and a loop over the parameters."""
    assert list(problems(text, AVAILABLE)) == []


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Hello {{ parameters.name }}.", "Hello Ana."),
        ("Hello {{ parameters.nobody }}.", "Hello ."),
        ("Hello {{ parameters.nobody|default('there') }}.", "Hello there."),
        ("{{ parameters.nobody.deep.er }}", ""),
        ("{{ parameters.items }}{{ parameters['keys'] }}", "3"),
        (
            "{% for k, v in parameters|dictsort %}{{ k }}={{ v }} {% endfor %}",
            "evil={{ 7 * 7 }} items=3 name=Ana ",
        ),
        ("{{ parameters.evil }}", "{{ 7 * 7 }}"),
        ("{{ parameters.name|replace('A', '')|upper }}", "NA"),
        ("{{ parameters.name|round }}", ""),
        ("line\n", "line\n"),
    ],
)
def test_a_text_is_rendered(text: str, rendered: str) -> None:
    """A missing value is empty, a parameter may have any name, and no value is a template."""
    values: dict[str, Any] = {
        "caller": {"number": "+1"},
        "parameters": {"name": "Ana", "items": "3", "evil": "{{ 7 * 7 }}"},
    }

    assert render_text(text, values) == rendered


def test_the_size_and_time_of_a_text_are_bounded() -> None:
    """The longest values and templates that are possible."""
    values: dict[str, Any] = {"parameters": {f"p{n}": "x" * 1000 for n in range(50)}}
    loop = (
        "{% for c in parameters.p1 %}"
        + "{{ parameters.p1|replace('x', parameters.p2) }}" * 500
        + "{% endfor %}"
    )
    started_s = time.monotonic()

    text = render_text(loop, values)

    assert len(text) == MAX_TEXT_CHARS
    assert time.monotonic() - started_s < 10
