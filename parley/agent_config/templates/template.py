"""Jinja templates in a subset that ends in bounded time and space, whatever they contain. No I/O."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEMPLATE_CHARS = 100_000
MAX_TEXT_CHARS = 100_000
"""Longest rendered text; the rest is cut off."""
_MAX_FILTERED_CHARS = 10_000
_FILTERS = frozenset(
    (
        *("capitalize", "d", "default", "dictsort", "first", "int", "items", "join", "last", "length"),
        *("lower", "replace", "round", "title", "trim", "truncate", "upper"),
    )
)
_ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Test,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Tuple,
    nodes.List,
    nodes.Keyword,
)
"""No assignments, macros, arithmetic or calls: with them, a short template could take forever."""
_HINTS: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calls, such as f(), are not supported; use a filter, such as {{ parameters.name|upper }}",
    nodes.Assign: "{% set %} is not supported",
    nodes.Include: "{% include %} is not supported",
    nodes.Import: "{% import %} is not supported",
    nodes.Extends: "{% extends %} is not supported",
    nodes.Macro: "{% macro %} is not supported",
}


class _Environment(ImmutableSandboxedEnvironment):
    """An environment in which a mapping has entries and no methods."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute of an object, or an entry of a mapping."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an entry of a mapping, or an element of a list."""
        if isinstance(obj, Mapping):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)


def _replace(value: object, old: str, new: str) -> str:
    text = str(value)[:_MAX_FILTERED_CHARS].replace(str(old) or "\0", str(new)[:100])
    return text[:_MAX_FILTERED_CHARS]


def _environment() -> _Environment:
    environment = _Environment(undefined=ChainableUndefined, autoescape=False, keep_trailing_newline=True)
    environment.globals.clear()
    environment.filters = {name: each for name, each in environment.filters.items() if name in _FILTERS}
    environment.filters["replace"] = _replace
    return environment


_ENVIRONMENT = _environment()
_Variables = Mapping[str, frozenset[str] | None]


def is_template(text: str) -> bool:
    """Whether a text contains anything to render."""
    return "{{" in text or "{%" in text or "{#" in text


def problems(text: str, available: _Variables) -> Iterator[str]:
    """Yield what is wrong with a template, each with its line within the text.

    `available` contains the variables and the attributes that each of them may have (None: any).
    """
    if len(text) > MAX_TEMPLATE_CHARS:
        yield f"longer than {MAX_TEMPLATE_CHARS} characters"
        return
    if not is_template(text):
        return
    try:
        tree = _ENVIRONMENT.parse(text)
        if found := list(_problems_in(tree, available)):
            # Not compiled: that would compute constants, such as an enormous power.
            yield from found
            return
        _ENVIRONMENT.compile(tree)
    except TemplateSyntaxError as error:
        yield (
            f"line {error.lineno} of the text: {error.message}; to write braces literally, put "
            "{% raw %} before and {% endraw %} after them"
        )
    except TemplateError as error:
        yield str(error)


def _problems_in(tree: nodes.Template, available: _Variables) -> Iterator[str]:
    loops = {name.name for loop in tree.find_all(nodes.For) for name in loop.target.find_all(nodes.Name)}
    loops |= {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)}
    names = {**available, **dict.fromkeys(loops)}
    seen: set[str] = set()
    for node in tree.find_all(nodes.Node):
        for problem in _problems_of(node, names):
            if problem not in seen:
                seen.add(problem)
                yield problem


def _problems_of(node: nodes.Node, available: _Variables) -> Iterator[str]:
    match node:
        case nodes.For() if any(True for _ in (each for part in node.body for each in _loops(part))):
            yield "a loop within a loop is not supported"
        case nodes.Name(name=name) if name not in available and name not in ("true", "false", "none"):
            yield f"unknown variable {name!r}; there are: {', '.join(sorted(available))}"
        case nodes.Getattr(node=nodes.Name(name=name), attr=attribute):
            attributes = available.get(name)
            if attributes is not None and attribute not in attributes:
                has = f"it has: {', '.join(sorted(attributes))}" if attributes else "it has no attributes"
                yield f"unknown variable {name + '.' + attribute!r}; {has}"
        case _ if not isinstance(node, _ALLOWED_NODES):
            yield _HINTS.get(type(node), f"{type(node).__name__} is not supported in a template")
        case _:
            pass


def _loops(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.For):
        yield node
    yield from node.find_all(nodes.For)


def render_text(text: str, variables: Mapping[str, object]) -> str:
    """Render a text whose `problems` were checked; a missing value is empty, and values are never templates.

    It never fails: a text that cannot be rendered with these values is left out.
    """
    if not is_template(text):
        return text
    try:
        parts: list[str] = []
        length = 0
        for part in _compiled(text).generate(**variables):
            parts.append(part[: MAX_TEXT_CHARS - length])
            length += len(part)
            if length >= MAX_TEXT_CHARS:
                break
        return "".join(parts)
    except Exception:  # values of the caller may have any form
        return ""


@lru_cache(maxsize=1000)
def _compiled(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)
