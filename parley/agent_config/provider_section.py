"""Sections that name a provider and its fallbacks."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from parley.agent_config.located import located, relocated
from parley.agent_config.section import Section


class ProviderSection(Section):
    """A section that names a provider, and fallbacks to use when that provider fails."""

    _PER_PROVIDER: ClassVar[frozenset[str]] = frozenset({"model", "voice", "options"})
    """Keys that a fallback with another provider does not inherit."""
    _PER_MODEL: ClassVar[frozenset[str]] = frozenset()
    """Keys that a fallback with another provider, model or server does not inherit."""
    _PER_STAGE: ClassVar[frozenset[str]] = frozenset({"fallbacks"})
    """Keys that the stage itself reads, whichever provider is used; a fallback cannot change them."""

    provider: str = Field(min_length=1)
    """Name of an installed provider."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Settings that only this provider has."""
    fallbacks: tuple[dict[str, Any], ...] = ()
    """Partial sections, merged over this one; used in this order when it fails."""

    @property
    def chain(self) -> tuple[Self, ...]:
        """This section and its fallbacks as complete sections, in order of preference."""
        return (self.merged({}), *(self.merged(entry) for entry in self.fallbacks))

    def merged(self, entry: Mapping[str, Any]) -> Self:
        """This section with the keys of `entry`, and without fallbacks.

        Raises:
            ValueError: a key is unknown or its value is wrong.
        """
        if refused := sorted(self._PER_STAGE & entry.keys()):
            raise ValueError(f"{refused[0]}: belongs to the section itself, not to a fallback")
        base = self.inherited(self.model_dump(exclude={"fallbacks"}, exclude_unset=True), entry)
        if self._PER_MODEL and self._is_other_model(entry):
            base = {key: value for key, value in base.items() if key not in self._PER_MODEL}
        options = entry.get("options")
        if "options" in base and isinstance(options, Mapping):
            entry = {**entry, "options": {**self._inherited_options(options), **options}}
        return self.model_validate({**base, **entry})

    @classmethod
    def inherited(cls, base: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the unvalidated keys of a section that one with the keys of `entry` inherits."""
        default = cls.model_fields["provider"].default
        own = base.get("provider", default)
        if entry.get("provider", own) == own:
            return dict(base)
        return {key: value for key, value in base.items() if key not in cls._PER_PROVIDER}

    def _is_other_model(self, entry: Mapping[str, Any]) -> bool:
        return any(
            key in entry and entry[key] != getattr(self, key, None) for key in ("provider", "model")
        ) or (self._is_other_server(entry.get("options")))

    def _is_other_server(self, options: object) -> bool:
        return isinstance(options, Mapping) and (
            "base_url" in options and options["base_url"] != self.options.get("base_url")
        )

    def _inherited_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that a fallback with these options inherits; a key stays with its server."""
        if self._is_other_server(options):
            return {key: value for key, value in self.options.items() if key != "api_key_env"}
        return self.options

    @model_validator(mode="after")
    def _check_fallbacks(self) -> Self:
        problems: list[InitErrorDetails] = []
        for number, entry in enumerate(self.fallbacks):
            try:
                self.merged(entry)
            except ValidationError as error:
                problems += relocated(error, "fallbacks", number)
            except ValueError as error:
                problems.append(located(("fallbacks", number), str(error)))
        if problems:
            raise ValidationError.from_exception_data(type(self).__name__, problems)
        return self
