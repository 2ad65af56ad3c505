"""Strict checks of the custom resources that the chart can render.

KEDA's and the Prometheus operator's come from published models, which drop unknown fields silently: what they
read is compared with what was written. The models of the others have the fields that the chart may use, with
the limits of their definitions; a field that is missing here is refused until it has been looked up.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from tests.deploy.objects import Object


class Strict(BaseModel):
    """A part of a custom resource; unknown fields are refused, as by `kubectl apply`."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


Duration = Annotated[str, Field(pattern=r"^([0-9]{1,5}(h|m|s|ms)){1,4}$")]
"""A duration of the Gateway API (GEP-2257)."""
DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
Hostname = Annotated[str, Field(pattern=rf"^(\*\.)?{_DNS_LABEL}(\.{_DNS_LABEL})*$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class _ParentRef(Strict):
    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: DnsName
    section_name: str | None = None
    port: Port | None = None


class _Path(Strict):
    type: Literal["Exact", "PathPrefix", "RegularExpression"]
    value: Annotated[str, Field(max_length=1024)]

    @model_validator(mode="after")
    def _absolute(self) -> "_Path":
        if self.type != "RegularExpression":
            if not self.value.startswith("/"):
                raise ValueError("an absolute path is required")
            if any(part in self.value for part in ("//", "/./", "/../")):
                raise ValueError("must not contain //, /./ or /../")
        return self


class _Header(Strict):
    type: Literal["Exact", "RegularExpression"] | None = None
    name: str
    value: str


_Method = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]


class _Match(Strict):
    path: _Path | None = None
    headers: Annotated[list[_Header], Field(max_length=16)] | None = None
    query_params: Annotated[list[_Header], Field(max_length=16)] | None = None
    method: _Method | None = None


class _BackendRef(Strict):
    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: DnsName
    port: Port
    weight: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class _Timeouts(Strict):
    request: Duration | None = None
    backend_request: Duration | None = None


class _Rule(Strict):
    name: str | None = None
    matches: Annotated[list[_Match], Field(max_length=64)] | None = None
    filters: Annotated[list[dict[str, Any]], Field(max_length=16)] | None = None
    backend_refs: Annotated[list[_BackendRef], Field(max_length=16)] | None = None
    timeouts: _Timeouts | None = None


class HttpRouteSpec(Strict):
    """HTTPRoute of gateway.networking.k8s.io/v1."""

    parent_refs: Annotated[list[_ParentRef], Field(min_length=1, max_length=32)]
    hostnames: Annotated[list[Hostname], Field(max_length=16)] | None = None
    rules: Annotated[list[_Rule], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _few_matches(self) -> "HttpRouteSpec":
        if sum(len(rule.matches or []) for rule in self.rules) > 128:
            raise ValueError("more than 128 matches in all rules")
        return self


class _StoreRef(Strict):
    name: DnsName
    kind: Literal["SecretStore", "ClusterSecretStore"] | None = None


class _Target(Strict):
    name: DnsName | None = None
    creation_policy: Literal["Owner", "Orphan", "Merge", "None"] | None = None
    deletion_policy: Literal["Delete", "Merge", "Retain"] | None = None
    immutable: bool | None = None
    template: dict[str, Any] | None = None


class _RemoteRef(Strict):
    key: Annotated[str, Field(min_length=1)]
    property: str | None = None
    version: str | None = None
    metadata_policy: Literal["None", "Fetch"] | None = None
    conversion_strategy: Literal["Default", "Unicode"] | None = None
    decoding_strategy: Literal["Auto", "Base64", "Base64URL", "None"] | None = None


class _SecretData(Strict):
    secret_key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
    remote_ref: _RemoteRef


_GoDuration = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$|^0$")]


class ExternalSecretSpec(Strict):
    """ExternalSecret of external-secrets.io/v1."""

    refresh_interval: _GoDuration | None = None
    refresh_policy: Literal["CreatedOnce", "Periodic", "OnChange"] | None = None
    secret_store_ref: _StoreRef
    target: _Target | None = None
    data: list[_SecretData] | None = None
    data_from: list[dict[str, Any]] | None = None


_OWN: dict[tuple[str, str], type[Strict]] = {
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): HttpRouteSpec,
    ("external-secrets.io/v1", "ExternalSecret"): ExternalSecretSpec,
}
_PUBLISHED = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
_BUILT_IN = ("k8s.io",)


def is_custom(item: Object) -> bool:
    """Whether an object's kind is defined by a CustomResourceDefinition."""
    group, _, version = item["apiVersion"].rpartition("/")
    if (item["apiVersion"], item["kind"]) in _OWN or item["apiVersion"] in _PUBLISHED:
        return True
    # The groups of Kubernetes itself are `apps` and the like, or end in k8s.io.
    return bool(version) and "." in group and not group.endswith(_BUILT_IN)


def custom_resource_problems(item: Object) -> Iterator[str]:
    """Fields that are unknown, missing or of the wrong type."""
    key = (item["apiVersion"], item["kind"])
    unknown = set(item) - {"apiVersion", "kind", "metadata", "spec"}
    if unknown:
        yield f"unknown fields {sorted(unknown)}"
    if key in _OWN:
        yield from _problems(lambda: _OWN[key].model_validate(item.get("spec", {})))
    elif item["apiVersion"] in _PUBLISHED and (model := _published(*key)) is not None:
        yield from _problems(lambda: model.model_validate(item))
        yield from _dropped(model, item)
    else:
        yield f"no model of {item['kind']} in {item['apiVersion']}"


def _problems(read: Callable[[], object]) -> Iterator[str]:
    try:
        read()
    except ValidationError as error:
        for problem in error.errors():
            yield f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


@cache
def _published(api_version: str, kind: str) -> type[BaseModel] | None:
    # Their import takes seconds, and most tests need neither.
    import importlib

    found: type[BaseModel] | None = getattr(importlib.import_module(_PUBLISHED[api_version]), kind, None)
    return found


def _dropped(model: type[BaseModel], item: Object) -> Iterator[str]:
    try:
        read = model.model_validate(item).model_dump(by_alias=True, exclude_unset=True, mode="json")
    except ValidationError:
        return
    for path in _missing(item, read):
        if not path.startswith("metadata."):
            yield f"{path}: unknown field"


def _missing(written: Any, read: Any, path: str = "") -> Iterator[str]:
    """Paths of what was written and is not in what was read."""
    if isinstance(written, dict):
        for key, value in written.items():
            inner = f"{path}.{key}" if path else str(key)
            if not isinstance(read, dict) or key not in read:
                yield inner
            else:
                yield from _missing(value, read[key], inner)
    elif isinstance(written, list):
        for index, value in enumerate(written):
            if not isinstance(read, list) or index >= len(read):
                yield f"{path}.{index}"
            else:
                yield from _missing(value, read[index], f"{path}.{index}")
