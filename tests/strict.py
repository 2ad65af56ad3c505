"""Strict comparison of a payload with a type of a provider's SDK."""

from typing import Any

from pydantic import BaseModel


def assert_fits(model: type[BaseModel], payload: dict[str, Any]) -> None:
    """Validate strictly and reject unknown fields at every depth."""
    _assert_no_extra_fields(model.model_validate(payload, strict=True), model.__name__)


def _assert_no_extra_fields(value: Any, where: str) -> None:
    if isinstance(value, BaseModel):
        assert not value.model_extra, f"{where} has unknown fields {sorted(value.model_extra)}"
        for name in value.model_fields_set:
            _assert_no_extra_fields(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            _assert_no_extra_fields(item, where)
