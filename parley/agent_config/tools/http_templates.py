"""Templates of HTTP tools: Jinja2 expressions over the arguments and the call, and references to secrets."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

SECRET = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
"""`${env:NAME}`: the environment variable NAME of the brain."""
VARIABLES = ("args", "call")
"""The arguments of the model, and the data of the call."""
_MAX_CHARS = 10_000
_FORBIDDEN = (
    nodes.For,
    nodes.Call,
    nodes.Macro,
    nodes.Include,
    nodes.Import,
    nodes.Mul,
    nodes.Pow,
    nodes.Assign,
)
"""With them a short template could take forever, or read other files."""


class TemplateFailed(Exception):
    """A value could not be rendered; the message is the reason, for the model."""


def template_problem(text: str) -> str:
    """Return why a text is not a template of an HTTP tool; empty if it is."""
    if len(text) > _MAX_CHARS:
        return f"longer than {_MAX_CHARS} characters"
    try:
        tree = _environment().parse(SECRET.sub("", text))
        for node in tree.find_all(_FORBIDDEN):
            return f"{type(node).__name__} is not supported in a template"
        for name in tree.find_all(nodes.Name):
            if name.name not in VARIABLES:
                return f"unknown variable {name.name!r}; write {{{{ args.{name.name} }}}}, or call.…"
        _environment().compile(tree)
    except TemplateError as error:
        return f"not a template: {error}"
    return ""


def argument_names(text: str) -> Iterator[str]:
    """Yield the arguments that a template names."""
    tree = _environment().parse(SECRET.sub("", text))
    for attribute in tree.find_all(nodes.Getattr):
        if _is_args(attribute.node):
            yield attribute.attr
    for entry in tree.find_all(nodes.Getitem):
        if _is_args(entry.node) and isinstance(entry.arg, nodes.Const) and isinstance(entry.arg.value, str):
            yield entry.arg.value


def _is_args(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Name) and node.name == "args"


def is_fixed(text: str) -> bool:
    """Whether a text contains neither an expression nor a secret."""
    return not ("{{" in text or "{%" in text or "{#" in text or SECRET.search(text))


def secret_names(value: Any) -> Iterator[str]:
    """Yield the environment variables to which a value of the agent file refers."""
    if isinstance(value, str):
        yield from SECRET.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secret_names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secret_names(inner)


def render(text: str, variables: Mapping[str, Any], secrets: Mapping[str, str], finalize: Any = None) -> str:
    """Render a text; `finalize` is applied to the value of each expression.

    A secret is inserted after rendering, so that no argument of the model can refer to one.

    Raises:
        TemplateFailed: an argument is missing.
    """
    parts: list[str] = []
    position = 0
    try:
        for match in SECRET.finditer(text):
            parts.append(_render_part(text[position : match.start()], variables, finalize))
            parts.append(secrets.get(match[1], ""))
            position = match.end()
        parts.append(_render_part(text[position:], variables, finalize))
    except TemplateError as error:
        raise TemplateFailed(str(error)) from None
    return "".join(parts)


def render_value(value: Any, variables: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
    """Render all texts in a JSON value; a text that is one expression keeps the type of its value.

    Raises:
        TemplateFailed: an argument is missing.
    """
    if isinstance(value, Mapping):
        return {key: render_value(inner, variables, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [render_value(inner, variables, secrets) for inner in value]
    if not isinstance(value, str):
        return value
    if (expression := _single_expression(value)) is None:
        return render(value, variables, secrets)
    try:
        return _environment().compile_expression(expression, undefined_to_none=True)(**variables)
    except TemplateError as error:
        raise TemplateFailed(str(error)) from None


def _single_expression(text: str) -> str | None:
    match = re.fullmatch(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*", text, re.DOTALL)
    return match[1].strip() if match else None


def _render_part(text: str, variables: Mapping[str, Any], finalize: Any) -> str:
    if is_fixed(text):
        return text
    return _environment(finalize).from_string(text).render(**variables)


class _Environment(ImmutableSandboxedEnvironment):
    """An environment in which a mapping has entries and no methods."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an entry of a mapping, or an attribute of an object."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@lru_cache(maxsize=8)
def _environment(finalize: Any = None) -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined, autoescape=False, finalize=finalize, keep_trailing_newline=True
    )
    environment.globals.clear()
    return environment
