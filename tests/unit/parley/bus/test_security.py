"""Wrong files for the connection to NATS end the process with the name of the setting."""

from pathlib import Path

import pytest
import trustme

from parley.bus.security import Security
from parley.errors import ConfigError


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, cert.pem and key.pem."""
    folder = tmp_path_factory.mktemp("certificates")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    issued = ca.issue_cert("parley")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "text.pem").write_text("no certificate")
    return folder


def test_without_files_the_client_decides() -> None:
    """An address with tls:// then uses the system's authorities."""
    assert Security().connect_options() == {}


def test_files_become_options_of_the_client(certificates: Path) -> None:
    """Credentials are read by the client itself, at each connection."""
    options = Security(
        credentials_file=str(certificates / "text.pem"),
        ca_file=str(certificates / "ca.pem"),
        cert_file=str(certificates / "cert.pem"),
        key_file=str(certificates / "key.pem"),
    ).connect_options()

    assert options["user_credentials"] == str(certificates / "text.pem")
    assert options["tls"].check_hostname


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"credentials_file": "absent.creds"}, "PARLEY_NATS_CREDENTIALS_FILE: cannot read"),
        ({"ca_file": "absent.pem"}, "PARLEY_NATS_CA_FILE: cannot read"),
        ({"ca_file": "text.pem"}, "PARLEY_NATS_CA_FILE: no certificates"),
        ({"cert_file": "cert.pem"}, "set both or neither"),
        ({"cert_file": "cert.pem", "key_file": "absent.pem"}, "PARLEY_NATS_KEY_FILE: cannot read"),
        ({"cert_file": "cert.pem", "key_file": "ca.pem"}, "no certificate and matching key"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value.values()),
)
def test_an_unusable_file_is_named_by_its_setting(
    certificates: Path, names: dict[str, str], message: str
) -> None:
    """The message names the variable to correct."""
    files = {field: str(certificates / name) for field, name in names.items()}
    with pytest.raises(ConfigError, match=message):
        Security(**files).connect_options()
