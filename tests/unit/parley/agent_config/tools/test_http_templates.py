"""Templates of HTTP tools."""

import pytest

from parley.agent_config.tools.http_templates import (
    TemplateFailed,
    argument_names,
    is_fixed,
    render,
    render_value,
    secret_names,
    template_problem,
)

VARIABLES = {"args": {"day": "friday", "n": 2, "items": [1, 2]}, "call": {"caller": "+15550100"}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/visits/{{ args.day }}", ""),
        ("{{ args.note | default('none') }}", ""),
        ("{% if args.day %}x{% endif %} ${env:KEY}", ""),
        ("{{ day }}", "unknown variable 'day'; write {{ args.day }}"),
        ("{{ args.day", "not a template"),
        ("{{ cycler() }}", "Call is not supported"),
        ("{{ args.n * 9 }}", "Mul is not supported"),
        ("{% for x in args.items %}{% endfor %}", "For is not supported"),
        ("{{ args.day | nothing }}", "nothing"),
        ("x" * 20_000, "longer than"),
    ],
)
def test_a_wrong_template_is_refused(text: str, reason: str) -> None:
    """When the agent file is read, not in a call."""
    problem = template_problem(text)

    assert reason in problem
    assert bool(problem) == bool(reason)


def test_values_are_inserted() -> None:
    """A text that is one expression keeps the type, and is null without the argument; other texts need it."""
    body = {
        "n": "{{ args.n }}",
        "note": "{{ args.note }}",
        "text": "on {{ args.day }}",
        "list": ["{{args.items}}"],
    }

    assert render_value(body, VARIABLES, {}) == {"n": 2, "note": None, "text": "on friday", "list": [[1, 2]]}
    with pytest.raises(TemplateFailed, match="note"):
        render("{{ args.note }}", VARIABLES, {})


def test_a_secret_is_inserted_where_the_agent_file_refers_to_it() -> None:
    """An argument cannot refer to one: it is inserted after rendering, and is never a template."""
    secrets = {"KEY": "{{ args.day }}"}
    hostile = {"args": {"day": "${env:KEY}"}, "call": {}}

    assert render("k=${env:KEY};{{ args.day }}", VARIABLES, secrets) == "k={{ args.day }};friday"
    assert render("{{ args.day }}", hostile, secrets) == "${env:KEY}"
    assert set(secret_names({"a": "${env:KEY}", "b": ["x ${env:OTHER}", 1]})) == {"KEY", "OTHER"}
    assert not is_fixed("${env:KEY}")
    assert is_fixed("plain {text}")


def test_the_arguments_of_a_template_are_listed() -> None:
    """By attribute or by key, without the data of the call."""
    text = "{{ args.day }} {{ args['time'] | default('') }} {{ call.sid }} {{ args[args.key] }}"

    assert set(argument_names(text)) == {"day", "time", "key"}
