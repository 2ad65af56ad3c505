"""The callers reach every agent, and each kind of event occurs."""

import random

from bench.dashboards.load import FAILING_MODEL, agents, callers, lost_caller
from sandbox.twilio.faults import Faults


def test_every_agent_is_called() -> None:
    people = callers(8, random.Random(1))
    assert {caller.agent for caller in people} | {"archive"} == set(agents("http://127.0.0.1:1/"))


def test_faults_are_those_of_the_emulator() -> None:
    chance = random.Random(1)
    for caller in [*callers(8, chance), lost_caller(chance)]:
        Faults.model_validate(caller.faults)


def test_one_agent_has_a_model_of_its_own() -> None:
    models = [agent["llm"]["model"] for agent in agents("http://127.0.0.1:1/").values()]
    assert models.count(FAILING_MODEL) == 1
