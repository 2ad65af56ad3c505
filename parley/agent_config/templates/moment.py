"""The time at which a call started, in words. No clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time


@dataclass(frozen=True, slots=True)
class Moment:
    """The variable `now`: date and time at the start of the call, in the agent's zone and language."""

    at: datetime
    locale: Locale

    def __str__(self) -> str:
        return f"{self.date}, {self.time}"

    @property
    def date(self) -> str:
        """The date with its weekday, such as "Saturday, November 28, 2026"."""
        return str(format_date(self.at.date(), "full", locale=self.locale))

    @property
    def time(self) -> str:
        """The time without seconds, such as "2:53 PM"."""
        clock: time = self.at.time()
        # CLDR separates the period by a narrow space, which some voices misread.
        return str(format_time(clock, "short", locale=self.locale)).replace("\u202f", " ")

    @property
    def weekday(self) -> str:
        """The day of the week, such as "Saturday"."""
        return str(format_date(self.at.date(), "EEEE", locale=self.locale))

    @property
    def hour(self) -> int:
        """The hour, 0 to 23."""
        return self.at.hour

    @property
    def iso(self) -> str:
        """Date and time in ISO 8601 with the zone's offset."""
        return self.at.isoformat(timespec="minutes")


@dataclass(frozen=True, slots=True)
class Day:
    """The variable `today`: the date at the start of the call."""

    moment: Moment

    def __str__(self) -> str:
        return self.moment.date

    @property
    def weekday(self) -> str:
        """The day of the week, such as "Saturday"."""
        return self.moment.weekday

    @property
    def iso(self) -> str:
        """The date in ISO 8601."""
        day: date = self.moment.at.date()
        return day.isoformat()


def moment_at(at_us: int, timezone: str, language: str) -> Moment:
    """Return a moment (UTC wall clock, microseconds) in a zone and a language."""
    at = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(ZoneInfo(timezone))
    return Moment(at, _locale(language))


def language_name(tag: str) -> str:
    """Return a language's English name; the tag itself if it has none."""
    return _locale(tag).get_language_name("en") or tag


def _locale(tag: str) -> Locale:
    for candidate in (tag.replace("-", "_"), tag.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
