"""A Twilio account, or a region of one, that calls may belong to."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from parley.settings import HttpUrl

NO_ACCOUNT_SID = "AC" + "0" * 32
"""Stands for an account that is not configured: Twilio rejects each of its requests."""


class TwilioAccount(BaseModel):
    """An account's credentials. A subaccount has its own token, and so has an account in each region."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$")
    auth_token: SecretStr = Field(min_length=1)
    region: str = Field(default="", pattern=r"^[a-z0-9-]*$")
    """Region that processes the account's calls, such as `ie1` or `au1`; empty for `us1`."""
    edge: str = Field(default="", pattern=r"^[a-z0-9-]*$")
    """Location at which Twilio's REST API is reached, such as `dublin`; the region needs one."""
    url: HttpUrl = ""
    """Base URL of the REST API; empty for the region's."""

    @property
    def key(self) -> tuple[str, str]:
        """The account and its region, which identify it."""
        return self.account_sid, self.region
