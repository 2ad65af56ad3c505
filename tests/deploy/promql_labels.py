"""Which labels a PromQL expression's series have, by the catalogue; unknown metrics and labels are errors."""

import promql_parser as promql

from parley.telemetry.catalogue import METRICS
from parley.telemetry.catalogue.metric import Kind

SCRAPE = frozenset({"job", "instance", "namespace", "pod"})
"""Labels that the scrape adds; `namespace` and `pod` in Kubernetes."""
_FOREIGN = {"process_start_time_seconds": SCRAPE}
_SUFFIXES = {"_bucket": frozenset({"le"}), "_count": frozenset[str](), "_sum": frozenset[str]()}
_SET_OPERATORS = {"and", "unless"}


class UnknownName(Exception):
    """A metric or label that does not exist."""


def labels_of(expression: str) -> frozenset[str]:
    """Labels of the series of an expression; raises UnknownName, or ValueError for wrong syntax."""
    return _labels(promql.parse(expression))


def _is_scalar(node: promql.Expr) -> bool:
    match node:
        case promql.NumberLiteral():
            return True
        case promql.ParenExpr() | promql.UnaryExpr():
            return _is_scalar(node.expr)
        case promql.Call():
            return node.func.name in {"time", "scalar"}
        case promql.BinaryExpr():
            return _is_scalar(node.lhs) and _is_scalar(node.rhs)
        case _:
            return False


def _labels(node: promql.Expr) -> frozenset[str]:
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return frozenset()
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr)
        case promql.MatrixSelector():
            return _of_selector(node.vector_selector)
        case promql.VectorSelector():
            return _of_selector(node)
        case promql.AggregateExpr():
            return _of_aggregation(node)
        case promql.Call():
            return _of_call(node)
        case promql.BinaryExpr():
            return _of_operator(node)
        case _:
            raise AssertionError(f"unknown node {node}")


def _of_selector(node: promql.VectorSelector) -> frozenset[str]:
    labels = _of_metric(node.name or "")
    for matcher in node.matchers.matchers:
        _require({matcher.name}, labels, node)
    return labels


def _of_metric(name: str) -> frozenset[str]:
    if name in _FOREIGN:
        return _FOREIGN[name]
    if name in METRICS and METRICS[name].kind is not Kind.HISTOGRAM:
        return SCRAPE | set(METRICS[name].labels)
    for suffix, more in _SUFFIXES.items():
        metric = METRICS.get(name.removesuffix(suffix))
        if name.endswith(suffix) and metric and metric.kind is Kind.HISTOGRAM:
            return SCRAPE | set(metric.labels) | more
    raise UnknownName(f"the catalogue has no metric {name}")


def _of_aggregation(node: promql.AggregateExpr) -> frozenset[str]:
    inner = _labels(node.expr)
    if node.modifier is None:
        return frozenset()
    named = set(node.modifier.labels)
    _require(named, inner, node)
    return frozenset(named) if node.modifier.type == promql.AggModifierType.By else inner - named


def _of_call(node: promql.Call) -> frozenset[str]:
    inner = frozenset[str]().union(*(_labels(argument) for argument in node.args))
    match node.func.name:
        case "histogram_quantile":
            _require({"le"}, inner, node)
            return inner - {"le"}
        case "label_replace":
            return inner | {node.args[1].val}
        case _:
            return inner


def _of_operator(node: promql.BinaryExpr) -> frozenset[str]:
    left, right = _labels(node.lhs), _labels(node.rhs)
    matching, group = None, set[str]()
    if node.modifier is not None:
        matching, group = node.modifier.matching, set(node.modifier.group_labels or ())
    if matching is not None:
        _require(set(matching.labels), left, node)
        _require(set(matching.labels), right, node)
        _require(group, left | right, node)
    operator = str(node.op)
    if operator == "or":
        return left | right
    if operator in _SET_OPERATORS or _is_scalar(node.rhs):
        return left
    if _is_scalar(node.lhs):
        return right
    if matching is None and left != right:
        raise UnknownName(f"the sides have different labels, {set(left)} and {set(right)}: {node.prettify()}")
    return left | group


def _require(named: set[str], labels: frozenset[str], node: promql.Expr) -> None:
    if missing := sorted(named - labels):
        raise UnknownName(f"no label {', '.join(missing)} in {node.prettify()}; there are {sorted(labels)}")
