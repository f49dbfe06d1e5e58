"""Servers whose certificate is not to be trusted: nothing is sent to them, nothing is lost, and the log says why."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import ssl
import subprocess
import warnings

import pytest

from ..servers.environments import lacking
from ..servers.recorder import Recorder
from .events import all_arrive, said, tell

DAY = dt.timedelta(days=1)
CA = """
[ca]
default_ca = ours
[ours]
dir = {folder}
database = $dir/index.txt
serial = $dir/serial
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """Signs certificates, in a folder of its own."""

    def __init__(self, folder):
        if not shutil.which("openssl"):
            lacking("openssl (Debian: openssl)")
        self.folder = folder
        folder.mkdir()
        (folder / "ca.cnf").write_text(CA.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        self._openssl(
            "req", "-x509", *self._new_key("ca"), "-out", "ca.pem", "-days", "30", "-subj", "/CN=of the tests"
        )

    @property
    def certificate(self):
        return self.folder / "ca.pem"

    def sign(self, name, host="IP:127.0.0.1", age=DAY, left=DAY):
        """Return the files of a certificate for *host*, made *age* ago, which has some time *left*."""
        now = dt.datetime.now(dt.timezone.utc)
        begin, end = (f"{moment:%Y%m%d%H%M%SZ}" for moment in (now - age, now + left))
        subject = (
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName={host}",
            "-addext",
            "extendedKeyUsage=serverAuth",
        )
        self._openssl("req", *self._new_key(name), "-out", f"{name}.csr", *subject)
        period = ("-startdate", begin, "-enddate", end)
        self._openssl("ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", *period)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def _trusted(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))


@pytest.fixture
def secured(authority):
    """Return what a server needs to talk TLS, with a certificate that is in order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("good"))
    return context


@pytest.fixture
def server(secured):
    with contextlib.closing(Recorder(secured=secured)) as server:
        yield server


def old_versions_only(context):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is deprecated is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT@SECLEVEL=0")


FAULTS = {
    "expired": lambda context, authority: context.load_cert_chain(*authority.sign("old", age=9 * DAY, left=-DAY)),
    "wrong host": lambda context, authority: context.load_cert_chain(*authority.sign("other", "DNS:other.example")),
    "TLS 1.0 only": lambda context, authority: old_versions_only(context),
}
REASONS = {"expired": "expired", "wrong host": "not valid for", "TLS 1.0 only": "ProtocolVersion"}


def assert_kept(client, caplog, reason):
    """The events wait on disk, and one line says why."""
    client.flush(30)
    assert client.stats()["waiting"] == 5, client.stats()
    lines = [line for line in said(caplog) if "error uploading" in line]
    assert len(lines) == 1
    assert reason.lower() in lines[0].lower()


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_of_a_trusted_authority_is_taken(server, make_client):
    assert all_arrive(server, tell(make_client(server.url), 25)) == 0


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_is_not_to_be_trusted_gets_nothing_and_the_log_says_why(
    server, secured, authority, make_client, caplog, fault
):
    """Row 14."""
    FAULTS[fault](secured, authority)
    client = make_client(server.url, max_retries=0)
    tell(client, 5)
    assert_kept(client, caplog, REASONS[fault])
    assert server.requests == []


def test_an_unknown_authority_is_not_trusted_and_the_log_says_so(server, make_client, caplog):
    """Row 14."""
    client = make_client(server.url, max_retries=0)
    tell(client, 5)
    assert_kept(client, caplog, "UnknownIssuer")
    assert server.requests == []


def test_a_server_without_tls_gets_nothing_and_the_log_says_so(recorder, make_client, caplog):
    """Row 14."""
    client = make_client(recorder.url.replace("http:", "https:"), max_retries=0)
    tell(client, 5)
    assert_kept(client, caplog, "corrupt message")
    assert recorder.requests == []


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("fault", ["expired", "wrong host"])
def test_events_arrive_once_the_certificate_is_renewed(server, secured, authority, make_client, fault):
    """Row 14."""
    FAULTS[fault](secured, authority)
    client = make_client(server.url)
    uuids = tell(client, 25)
    client.flush(0.5)
    assert client.stats()["waiting"] == 25
    secured.load_cert_chain(*authority.sign("renewed"))
    assert all_arrive(server, uuids) == 0


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_carries_what_it_cannot_read(server, make_client, lay, variable):
    """Row 16."""
    proxy = lay(variable)
    assert all_arrive(server, tell(make_client(server.url), 25)) == 0
    assert proxy.asked == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]
