"""The latency budget of a turn: `deploy/latency-budget.yaml`."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from parley.errors import ConfigError
from parley.latency.turn import PARTS, TurnLatency

_FILE = Path(__file__).parent.parent / "deploy" / "latency-budget.yaml"

Part = Literal["endpointing", "llm_ttft", "first_clause", "tts_ttfb", "playout"]


class Limit(BaseModel):
    """Limits of one part at p50 and p95, in milliseconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: int = Field(gt=0)
    p95_ms: int = Field(gt=0)


class LatencyBudget(BaseModel):
    """The content of the budget file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    turn: Limit
    parts: dict[Part, Limit]
    overhead: Limit
    """Limits of the latency that is not spent waiting for providers."""

    @model_validator(mode="after")
    def _check_sums(self) -> Self:
        if missing := [part for part in PARTS if part not in self.parts]:
            raise ValueError(f"parts: {missing[0]} is missing")
        for column in ("p50_ms", "p95_ms"):
            total, whole = (
                sum(getattr(part, column) for part in self.parts.values()),
                getattr(self.turn, column),
            )
            if total != whole:
                raise ValueError(f"the parts' {column} add up to {total}, turn has {whole}")
        return self

    def exceeded(self, timing: TurnLatency) -> tuple[Part, ...]:
        """The parts of a turn that took longer than their p95 limit."""
        took_ms = timing.parts_ms
        return tuple(part for part, share in self.parts.items() if took_ms.get(part, 0) > share.p95_ms)


def read_budget(path: Path = _FILE) -> LatencyBudget:
    """Read the budget.

    Raises:
        ConfigError: no such file, not YAML, a wrong value, or parts that do not add up.
    """
    try:
        return LatencyBudget.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise ConfigError(f"{path}: {problems}") from None
