"""The objects that a Helm hook needs exist when Helm runs it, and a failed run does not block the next."""

from collections.abc import Iterator, Sequence

from tests.deploy.objects import Object, Workload, hooks_of, label_of, of_kind, workloads
from tests.deploy.rules.references import GIVEN, references_of

_BEFORE = {"pre-install", "pre-upgrade", "pre-rollback"}
_HOOKS = {
    *_BEFORE,
    "post-install",
    "post-upgrade",
    "post-rollback",
    "pre-delete",
    "post-delete",
    "test",
}


def hook_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Hooks with unknown names, without a policy for old Jobs, or that need what does not exist yet."""
    for item in objects:
        for problem in _annotations(item):
            yield f"{label_of(item)}: {problem}"
    for workload in workloads(objects):
        for hook in sorted(_BEFORE & set(hooks_of(workload.object))):
            for problem in _needs(workload, hook, objects):
                yield f"{workload.name} at {hook}: {problem}"
    for job in of_kind(objects, "Job"):
        for field in ("activeDeadlineSeconds", "backoffLimit"):
            if job["spec"].get(field) is None:
                yield f"{label_of(job)} has no {field}"


def _annotations(item: Object) -> Iterator[str]:
    annotations = item["metadata"].get("annotations") or {}
    yield from (f"there is no hook {hook}" for hook in hooks_of(item) if hook not in _HOOKS)
    # The default of Helm.
    policy = annotations.get("helm.sh/hook-delete-policy", "before-hook-creation")
    if hooks_of(item) and "before-hook-creation" not in policy:
        yield "an object left by a failed hook would block the next one"
    weight = annotations.get("helm.sh/hook-weight", "0")
    if not weight.lstrip("-").isdigit():
        yield f"hook weight {weight}"


def _needs(workload: Workload, hook: str, objects: Sequence[Object]) -> Iterator[str]:
    for reference in references_of(workload):
        if reference.name.startswith(GIVEN):
            continue
        for item in of_kind(objects, reference.kind):
            # Helm creates hooks of one weight in the order of their kinds, configuration first.
            late = hook not in hooks_of(item) or _weight(item) > _weight(workload.object)
            if item["metadata"]["name"] == reference.name and late:
                yield f"{label_of(item)} does not exist yet"
        if reference.kind == "Secret" and not any(
            item["metadata"]["name"] == reference.name for item in of_kind(objects, "Secret")
        ):
            for item in of_kind(objects, "ExternalSecret"):
                target = (item["spec"].get("target") or {}).get("name", item["metadata"]["name"])
                if target == reference.name and hook not in hooks_of(item):
                    yield f"Secret/{reference.name} of {label_of(item)} does not exist yet"


def _weight(item: Object) -> int:
    return int((item["metadata"].get("annotations") or {}).get("helm.sh/hook-weight", "0"))
