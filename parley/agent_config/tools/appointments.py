"""Tools that book and cancel appointments."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.tools.records import CalendarName, RecordsTool

Minutes = Annotated[int, Field(ge=5, le=24 * 60)]


class BookAppointmentTool(RecordsTool):
    """Finds free slots and books them; also defines the tool `find_free_slots`."""

    type: Literal["book_appointment"] = "book_appointment"
    calendars: tuple[CalendarName, ...] = ()
    """Calendars in which the agent books; empty for all that the backend has."""
    services: dict[str, Minutes | None] = Field(default_factory=dict, max_length=50)
    """Services that can be booked, each with its length in minutes; null for the calendar's slot length."""
    offers: int = Field(default=4, ge=1, le=12)
    """Free slots that a search returns at most."""
    alternatives: int = Field(default=3, ge=0, le=12)
    """Free slots that are returned when the wanted one cannot be booked."""
    any_caller: bool = False
    """Whether a caller may move an appointment that was not booked from their number, with its reference."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Both tools."""
        return ("find_free_slots", "book_appointment")

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if any(not name.strip() or len(name) > 100 for name in self.services):
            raise ValueError("services: each needs a name of 1 to 100 characters")
        if len(set(self.calendars)) < len(self.calendars):
            raise ValueError("calendars: names must be unique")
        return self


class CancelAppointmentTool(RecordsTool):
    """Cancels an appointment of the caller."""

    type: Literal["cancel_appointment"] = "cancel_appointment"
    calendars: tuple[CalendarName, ...] = ()
    """Calendars in which the agent cancels; empty for all."""
    any_caller: bool = False
    """Whether a reference suffices to cancel an appointment that was not booked from the caller's number."""
