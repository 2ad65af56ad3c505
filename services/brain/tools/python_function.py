"""A Python function as a tool: its signature and docstring become the definition. No I/O."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from parley.errors import ConfigError
from parley.tools import CallInfo
from services.brain.tools import ToolFailed

_ARGUMENT = re.compile(r"^\s{2,}\*{0,2}(\w+)(?: \([^)]*\))?:\s*(.+)$")
_MAX_DESCRIPTION_CHARS = 2000


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function that the model may call."""

    function: Callable[..., Any]
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    _model: type[BaseModel]
    _call_parameter: str

    @property
    def is_async(self) -> bool:
        """Whether it runs in the event loop; other functions run in a thread."""
        return inspect.iscoroutinefunction(self.function)

    def bind(self, arguments: Mapping[str, Any], call: CallInfo) -> dict[str, Any]:
        """Return the keyword arguments, converted to the types of the signature.

        Raises:
            ToolFailed: an argument has another type, or is missing; the reason names it.
        """
        try:
            model = self._model.model_validate(arguments)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            path = ".".join(str(part) for part in first["loc"])
            raise ToolFailed(f"argument {path}: {first['msg']}") from None
        values = {name: getattr(model, name) for name in type(model).model_fields}
        return {**values, **({self._call_parameter: call} if self._call_parameter else {})}


def read_function(function: object, description: str = "") -> PythonFunction:
    """Return the definition of a function.

    Raises:
        ConfigError: it is not a function, has no description, or a parameter has no usable type.
    """
    if not callable(function) or isinstance(function, type):
        raise ConfigError("it is not a function")
    text, documented = _documentation(function)
    description = description or text
    if not description:
        raise ConfigError("it has no docstring, and the agent file no `description`")
    fields: dict[str, Any] = {}
    call_parameter = ""
    try:
        hints = get_type_hints(function, include_extras=True)
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ConfigError(f"parameter {name}: only named parameters are supported")
            if hints.get(name) is CallInfo:
                call_parameter = name
            elif name not in hints:
                raise ConfigError(f"parameter {name}: a type annotation is missing")
            else:
                fields[name] = (hints[name], _field(parameter, documented.get(name)))
        model = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        parameters = model.model_json_schema()
    except (NameError, TypeError, ValueError, PydanticUserError) as error:
        raise ConfigError(f"its signature cannot be read: {error}") from None
    parameters.pop("title", None)
    return PythonFunction(function, description[:_MAX_DESCRIPTION_CHARS], parameters, model, call_parameter)


def result_of(value: object) -> Any:
    """Return what a function returned as a JSON value.

    Raises:
        ToolFailed: the value has no JSON form.
    """
    if value is None:
        return {"ok": True}
    try:
        return to_jsonable_python(value)
    except (ValueError, RecursionError):
        raise ToolFailed("the tool returned a value without a JSON form") from None


def _field(parameter: inspect.Parameter, description: str | None) -> FieldInfo:
    default = ... if parameter.default is parameter.empty else parameter.default
    if isinstance(default, FieldInfo):
        return default
    field: FieldInfo = Field(default, description=description)
    return field


def _documentation(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The docstring's text before its sections, and what it states about each argument."""
    lines = (inspect.getdoc(function) or "").splitlines()
    end = next((n for n, line in enumerate(lines) if re.fullmatch(r"[A-Z]\w+:", line.strip())), len(lines))
    text = " ".join(line.strip() for line in lines[:end] if line.strip())
    found = (_ARGUMENT.match(line) for line in lines[end:])
    return text, {match[1]: match[2].strip() for match in found if match}
