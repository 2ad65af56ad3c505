"""Requests that send data of a call to systems of the user's own."""

from pydantic import Field

from parley.agent_config.section import Section


class Webhook(Section):
    """A URL that receives a signed POST."""

    url: str = Field(pattern=r"^https?://[^\s/]+")
    secret_env: str = ""
    """Environment variable of the recorder with the secret that signs the request; empty for no signature."""
    timeout_s: float = Field(default=10.0, gt=0, le=60)
    """Time limit of one attempt."""


class Webhooks(Section):
    """The webhooks of an agent."""

    call_ended: Webhook | None = None
    """Receives the record of each call, with the collected data, once it is stored."""
