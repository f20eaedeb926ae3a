import datetime
import ipaddress
import socket
import ssl
import threading

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights.hub import Hub, Interrupted, endpoint, host


@pytest.fixture
def certificate(tmp_path):
    """Return the file of a certificate for this machine that nobody has signed, with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    form, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def serve_once(talk):
    """Run ``talk(connection)`` for the first connection to a new port, and return the port and the thread."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listening, listening.accept()[0] as connection:
            talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    return listening.getsockname()[1], thread


def test_a_hub_that_cannot_prove_who_it_is_is_not_talked_to(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(connection):
        with pytest.raises(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secure:
            received.append(secure.recv(1000))

    received = []
    port, thread = serve_once(talk)
    hub = Hub(f"https://127.0.0.1:{port}", lambda name: "hf_secret")
    with pytest.raises(UserError, match="could not prove") as caught:
        hub.manifest("org/name")
    hub.close()
    thread.join(10)
    assert "listening in" in caught.value.advice
    assert received == []


@pytest.mark.parametrize(
    "said", [b"", b"not http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"]
)
def test_nonsense_on_the_line_may_pass(said):
    def talk(connection):
        connection.recv(10_000)
        connection.sendall(said)

    port, thread = serve_once(talk)
    hub = Hub(f"http://127.0.0.1:{port}", lambda name: "")
    with pytest.raises(Interrupted, match="lost"):
        hub.manifest("org/name")
    hub.close()
    thread.join(10)


def test_an_answer_without_end_is_not_read_to_its_end():
    def talk(connection):
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        try:
            for _ in range(1000):
                connection.sendall(b" " * 1_000_000)
                sent.append(1)
        except OSError:
            pass

    sent = []
    port, thread = serve_once(talk)
    hub = Hub(f"http://127.0.0.1:{port}", lambda name: "")
    with pytest.raises(UserError, match="could not be understood"):
        hub.manifest("org/name")
    hub.close()
    thread.join(10)
    assert len(sent) < 100


def test_the_token_is_asked_for_once_and_for_the_hub_s_host(hub, repo):
    def token(name):
        asked.append(name)
        return ""

    asked = []
    connection = Hub(endpoint(), token)
    manifest = connection.manifest("org/name")
    with connection.open(manifest, "config.json") as body:
        assert b"".join(body.blocks) == repo.files["config.json"]
    connection.close()
    assert asked == [host(hub.address)]


def test_a_file_is_read_from_any_byte_on(hub, repo):
    connection = Hub(endpoint(), lambda name: "")
    manifest = connection.manifest("org/name")
    with connection.open(manifest, "model.safetensors", 1_499_990) as body:
        assert (body.start, b"".join(body.blocks)) == (1_499_990, repo.files["model.safetensors"][-10:])
    connection.close()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://huggingface.co", "huggingface.co"),
        ("http://127.0.0.1:80/x", "127.0.0.1"),
        ("http://[::1]:8080", "::1:8080"),
    ],
)
def test_host(address, name):
    assert host(address) == name


@pytest.mark.parametrize(
    "address", ["http://mirror.example", "ftp://127.0.0.1", "huggingface.co", "https://", "http://[", "x"]
)
def test_an_endpoint_that_is_not_secure_is_refused(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(UserError, match="not secure"):
        endpoint()


@pytest.mark.parametrize("address", ["", " ", "https://huggingface.co/"])
def test_the_endpoint_is_hugging_face_unless_told_otherwise(monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    assert endpoint() == "https://huggingface.co"


def test_the_guard_against_other_hosts_works():
    hub = Hub("https://huggingface.co", lambda name: "")
    with pytest.raises((AssertionError, ValueError)):
        hub.manifest("org/name")
    hub.close()
