"""Long work is divided, and several tasks share one slice in each iteration of the event loop."""

import asyncio

import pytest

from parley.events import time_slices
from parley.events.time_slices import TimeSlices


async def worked_in(*pieces: int) -> list[int]:
    """The iterations of the loop in which tasks with so many pieces of work, 0.8 ms each, worked."""
    slices, iteration, found = TimeSlices(), 0, list[int]()

    async def work(count: int) -> None:
        await slices.breathe()
        for _ in range(count):
            found.append(iteration)
            CLOCK.now_s += 0.0008
            await slices.breathe()

    working = [asyncio.ensure_future(work(count)) for count in pieces]
    while not all(task.done() for task in working):
        iteration += 1
        await asyncio.sleep(0)
    return found


class Clock:
    """A clock that only work moves."""

    now_s = 0.0


CLOCK = Clock()


@pytest.mark.parametrize("pieces", [(30,), (20,) * 10, (1,) * 100, (3, 0, 50, 2)], ids=str)
async def test_the_work_of_all_tasks_takes_one_slice_per_iteration(
    monkeypatch: pytest.MonkeyPatch, pieces: tuple[int, ...]
) -> None:
    """A hundred short takeovers at once keep other calls waiting no longer than one long takeover."""
    monkeypatch.setattr(time_slices, "perf_counter", lambda: CLOCK.now_s)
    found = await worked_in(*pieces)

    assert len(found) == sum(pieces)
    assert all(found.count(iteration) <= 4 for iteration in found)
    assert max(found) <= len(found) / 4 + 3


async def test_a_task_without_much_work_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most takeovers fold a few events."""
    monkeypatch.setattr(time_slices, "perf_counter", lambda: CLOCK.now_s)
    assert len(set(await worked_in(3))) == 1
