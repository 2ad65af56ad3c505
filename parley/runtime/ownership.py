"""Why a process came to own a stage of a call, decided by the call's log, and the metrics of ownership."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from prometheus_client import CollectorRegistry

from parley.events.facts import CallFacts
from parley.telemetry.catalogue.capacity import CALLS, CALLS_LIMIT
from parley.telemetry.catalogue.survival import CLAIMS, EPOCH, LEASES_ENDED, STAGES_ABANDONED, TAKEOVER
from parley.telemetry.collected import Collected


class ClaimKind(Enum):
    """Why a stage of a call needed an owner."""

    FIRST = "first"
    """No process has owned it before."""
    HANDOVER = "handover"
    """The previous owner gave it back."""
    TAKEOVER = "takeover"
    """The previous owner stopped responding."""


def claim_kind(facts: CallFacts, stage: str) -> ClaimKind:
    """Return why the stage needed an owner, from the facts before a claim.

    An owner appends StageClaimed, and StageReleased before it gives the stage back; one that dies or loses
    its claim appends nothing more.
    """
    owner = facts.owners.get(stage)
    if owner is None:
        return ClaimKind.FIRST
    return ClaimKind.HANDOVER if owner.released else ClaimKind.TAKEOVER


@dataclass(frozen=True, slots=True)
class Holdings:
    """The calls that a process owns now."""

    calls: int
    max_epoch: int
    """Highest epoch of the owned calls; 0 without one."""


class OwnershipMetrics:
    """The metrics of one process on the calls that it claims, owns and gives up."""

    def __init__(self, registry: CollectorRegistry, stage: str, limit: int) -> None:
        self._registry = registry
        self._stage = stage
        claims, leases = CLAIMS.counter(registry), LEASES_ENDED.counter(registry)
        # Every series exists from the start: a counter that appears with 1 hides its first increase.
        self._claims = {kind: claims.labels(stage=stage, kind=kind.value) for kind in ClaimKind}
        self._leases = {
            outcome: leases.labels(stage=stage, outcome=outcome)
            for outcome in ("done", "handed_over", "superseded", "failed")
        }
        self._takeover = TAKEOVER.histogram(registry).labels(stage=stage)
        self._abandoned = STAGES_ABANDONED.counter(registry).labels(stage=stage)
        CALLS_LIMIT.gauge(registry).labels(stage=stage).set(limit)

    def watch(self, holdings: Callable[[], Holdings]) -> None:
        """Export what the process owns, which is read when scraped."""
        stage = (self._stage,)
        self._registry.register(Collected(CALLS, lambda: {stage: holdings().calls}))
        self._registry.register(Collected(EPOCH, lambda: {stage: holdings().max_epoch}))

    def claimed(self, kind: ClaimKind, began_s: float) -> None:
        """Count a claim whose log has been read; `began_s` is the monotonic time of the claim."""
        self._claims[kind].inc()
        if kind is not ClaimKind.FIRST:
            self._takeover.observe(time.monotonic() - began_s)

    def lease_ended(self, outcome: str) -> None:
        """Count the end of an ownership."""
        self._leases[outcome].inc()

    def abandoned(self) -> None:
        """Count a stage that was abandoned after all attempts."""
        self._abandoned.inc()
