"""Does a payload fit a provider's own type, field by field, with nothing that the type does not know?"""

from typing import Any

from pydantic import BaseModel


def assert_fits(model: type[BaseModel], payload: dict[str, Any]) -> None:
    """Validate strictly, and look for unknown fields at every depth."""
    _assert_known(model.model_validate(payload, strict=True), model.__name__)


def _assert_known(value: Any, where: str) -> None:
    if isinstance(value, BaseModel):
        assert not value.model_extra, f"{where} does not know {sorted(value.model_extra)}"
        for name in value.model_fields_set:
            _assert_known(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for item in value:
            _assert_known(item, where)
