"""The tool that looks a customer up."""

from typing import Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.tools.records import FieldName, RecordsTool


class LookupCustomerTool(RecordsTool):
    """Looks the caller up by the number they call from, or by what they say."""

    type: Literal["lookup_customer"] = "lookup_customer"
    by_caller: bool = True
    """Whether the caller's number identifies them."""
    by: tuple[FieldName, ...] = Field(default=(), max_length=10)
    """Fields by which a customer is found, such as `customer_id`; `number` is another telephone number."""
    returns: tuple[FieldName, ...] = Field(default=("name",), min_length=1, max_length=30)
    """Fields that the model gets to know."""
    country_code: str = Field(default="", pattern=r"^([1-9][0-9]{0,2})?$")
    """Country code of spoken numbers without one, such as `49`."""

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        if not self.by_caller and not self.by:
            raise ValueError("by: name at least one field, because by_caller is false")
        return self
