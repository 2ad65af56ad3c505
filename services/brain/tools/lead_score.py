"""The score of a lead by the rules of the agent file. No I/O, no clock."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from parley.agent_config.tools import ScoreRule
from parley.records.numbers import comparable

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def lead_score(rules: Iterable[ScoreRule], fields: Mapping[str, str], budget: Decimal | None) -> int:
    """Return the sum of the points of all rules that the lead fulfils."""
    return sum(rule.points for rule in rules if _is_fulfilled(rule, fields, budget))


def _is_fulfilled(rule: ScoreRule, fields: Mapping[str, str], budget: Decimal | None) -> bool:
    text = fields.get(rule.field, "")
    if rule.field == "budget":
        text = "" if budget is None else f"{budget:f}"
    if rule.present is not None:
        return bool(text) == rule.present
    if rule.contains:
        words = f" {comparable(text)} "
        return any(f" {comparable(word)} " in words for word in rule.contains)
    if rule.equals:
        return comparable(text) in {comparable(value) for value in rule.equals}
    amount = _amount(text)
    if amount is None:
        return False
    is_enough = rule.at_least is None or amount >= rule.at_least
    return is_enough and (rule.at_most is None or amount <= rule.at_most)


def _amount(text: str) -> Decimal | None:
    found = _NUMBER.search(text.replace(",", ""))
    try:
        return Decimal(found[0]) if found else None
    except InvalidOperation:
        return None
