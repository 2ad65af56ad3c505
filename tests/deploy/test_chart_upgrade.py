"""An upgrade or a rollback between any two of the matrix's values changes nothing that is fixed."""

import itertools
from collections.abc import Callable
from pathlib import Path

from tests.deploy.helm import template
from tests.deploy.matrix import DECISIONS, name_of, tuples, values_of
from tests.deploy.rules.upgrades import upgrade_problems

_NEW_RELEASE = {"names", "recordings", "addresses"}
"""Other names are other objects; volumes and address families are decided once."""


def test_no_change_of_one_decision_needs_another_release(tool: Callable[[str], Path]) -> None:
    found = {}
    for decision in sorted(set(DECISIONS) - _NEW_RELEASE):
        rendered = [
            template(tool("helm4"), values_of({decision: alternative})) for alternative in DECISIONS[decision]
        ]
        for number, before in enumerate(rendered):
            for after in rendered[number + 1 :]:
                for problems in ([*upgrade_problems(before, after)], [*upgrade_problems(after, before)]):
                    if problems:
                        found[decision] = problems
    assert found == {}


def test_a_change_of_many_decisions_upgrades(tool: Callable[[str], Path]) -> None:
    rows = [{**row, **dict.fromkeys(_NEW_RELEASE, "")} for row in tuples(2)]
    choices = [{key: value for key, value in row.items() if value} for row in rows]
    rendered = [(name_of(choice), template(tool("helm4"), values_of(choice))) for choice in choices]
    for (old, before), (new, after) in itertools.pairwise(rendered):
        assert [*upgrade_problems(before, after)] == [], f"{old} -> {new}"


def test_a_new_version_keeps_selectors(tool: Callable[[str], Path]) -> None:
    before = template(tool("helm4"), values_of({"servers": "trial"}))
    after = template(tool("helm4"), {**values_of({"servers": "trial"}), "image": {"tag": "9.9.9"}})
    assert [*upgrade_problems(before, after)] == []
