"""Processor time and memory of the services during a call."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """One process's use of the machine."""

    cpu_s: float
    """Processor time since the process started."""
    memory_mb: float
    """Resident memory."""


def measure(pids: Mapping[str, int]) -> dict[str, Usage]:
    """The usage of processes by name; one that has ended is left out."""
    found = {}
    for name, pid in pids.items():
        try:
            process = psutil.Process(pid)
            times, memory = process.cpu_times(), process.memory_info()
        except psutil.Error:
            continue
        found[name] = Usage(times.user + times.system, memory.rss / _MB)
    return found


def between(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Usage]:
    """The processor time between two measurements, and the memory at the second one."""
    return {
        name: Usage(usage.cpu_s - before[name].cpu_s, usage.memory_mb)
        for name, usage in after.items()
        if name in before
    }
