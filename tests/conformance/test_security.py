"""Security: points 59 to 70, over the sockets of a served process."""

import json
import resource
import ssl
import stat
import subprocess
import time
import warnings
from contextlib import ExitStack
from pathlib import Path

import grpc
import httpx
import pytest

from otel_cert.otlp.requests import JSON, PROTOBUF, SIGNALS
from otel_cert.store.layout import Layout
from otel_cert.store.tokens import create
from tests.cli.serving import ask, cli, eventually
from tests.receivers.authority import PAST, Authority

from .http2 import Connection, message
from .messages import span_json, traces
from .secured import secured
from .served import STORE, faulty, served

CODE = grpc.StatusCode
TRANSPORTS = pytest.mark.parametrize("transport", ["grpc", "http"])
WITHOUT_LIMITS_S = 20.0
"""Less than the 30 s that hold by default, so that limits which are ignored show."""
QUICK_LIMITS = f"""{STORE}
receivers:
  otlp:
    protocols:
      grpc: {{body_timeout: 1s, handshake_timeout: 1s, max_connections: 300}}
      http: {{body_timeout: 1s, read_header_timeout: 1s, max_connections: 300}}
"""


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    """Serve with TLS and tokens."""
    with secured(tmp_path_factory.mktemp("tokens"), more="auth: tokens") as running:
        running.right = running.token("right")
        eventually(lambda: running.send(b"", f"Bearer {running.right}").status_code, 200)
        yield running


@pytest.fixture(scope="module")
def mutual(tmp_path_factory):
    """Serve with TLS and client certificates, whose authority is `clients`."""
    folder = tmp_path_factory.mktemp("mutual")
    clients = Authority(folder / "clients")
    with secured(folder, tls=f"client_ca_file: {clients.file}") as running:
        running.clients = clients
        yield running


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Serve in plain text with short times and few connections."""
    with served(tmp_path_factory.mktemp("limited"), QUICK_LIMITS) as running:
        yield running


def sent(service, transport, body, *arguments, **options):
    """Send over a new connection; whether it arrived."""
    if transport == "grpc":
        return service.export(body, *arguments, **options) is CODE.OK
    try:
        return service.send(body, *arguments, **options).status_code == 200
    except httpx.TransportError:
        return False


def names(service, like):
    sql = f"SELECT name, subject FROM spans WHERE name LIKE '{like}%' ORDER BY name"
    return [tuple(row) for row in ask(service.data, sql)]


@TRANSPORTS
def test_59_no_tls_below_1_2(tokens, transport):
    """TLS 1.2 and 1.3 are spoken, older versions are refused."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = tokens.authority.context()
        context.minimum_version = context.maximum_version = version
        with tokens.wrapped(transport, context) as connection:
            assert connection.version() == version.name.replace("_", ".")
    for version in ("TLSv1", "TLSv1_1"):
        context = tokens.authority.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        with pytest.raises(ssl.SSLError, match=r"ALERT_PROTOCOL_VERSION|EOF"):
            tokens.wrapped(transport, context)


@TRANSPORTS
def test_60_a_client_certificate_that_will_not_do_is_refused(mutual, tmp_path, transport):
    """With mTLS a missing, unknown or expired client certificate is refused at the handshake."""
    clients, body = mutual.clients, traces(f"mtls {transport}")
    stranger = Authority(tmp_path / "other").issue("shop", "shop")
    expired = clients.issue("expired", "shop", not_before=PAST, not_after=PAST.replace(year=2002))
    for pair in (None, stranger, expired):
        assert not sent(mutual, transport, body, pair=pair)
    assert sent(mutual, transport, body, pair=clients.issue("shop", "shop.example"))
    eventually(lambda: names(mutual, f"mtls {transport}"), [(f"mtls {transport}", "shop.example")])
    lines = mutual.log.read_text().splitlines()
    assert all(line.startswith("{") for line in lines), "no library writes past our log"


@TRANSPORTS
def test_61_certificates_rotate_without_a_restart(mutual, tmp_path, transport):
    """Renewed certificates and client authorities hold for new connections at once; open connections go on."""
    before, old_clients = mutual.authority, mutual.clients
    pair = old_clients.issue("shop", "shop")
    with mutual.channel(pair) as channel, httpx.Client(base_url=mutual.url(), verify=before.context(pair)) as client:
        export = channel.unary_unary(f"/{SIGNALS['traces'].service}/Export")
        one = (lambda: export(b"", timeout=60)) if transport == "grpc" else (lambda: client.get("/healthz").content)
        first = one()
        mutual.authority = Authority(mutual.key.parent, f"renewed-{transport}")
        mutual.authority.issue("server")
        mutual.clients = Authority(tmp_path / "clients")
        old_clients.file.write_bytes(mutual.clients.pem)
        mutual.clients.file = old_clients.file
        assert not sent(mutual, transport, b"", pair=pair), "its authority is no longer one"
        new = mutual.clients.issue("new", "shop")
        assert sent(mutual, "grpc", b"", pair=new)
        assert sent(mutual, "http", b"", pair=new)
        assert one() == first
        fitting = mutual.key.read_bytes()
        mutual.key.write_bytes(new[1].read_bytes())
        assert sent(mutual, transport, b"", pair=new), "the fitting pair stays"
        assert f'renewal_failed{{transport="{transport}"}} 1.0' in mutual.page("/metrics", pair=new).text
        mutual.key.write_bytes(fitting)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic {}",
        "{}",
        "Bearer {}x",
        ["Bearer {}", "Bearer {}"],
        "Bearer " + "x" * 5000,
    ],
)
def test_62_a_wrong_token_is_unauthenticated(tokens, given):
    """A missing, malformed or wrong bearer token is 401 / UNAUTHENTICATED, a scope it has not 403 / PERMISSION_DENIED."""
    secret = tokens.right
    wrong = [one.replace("{}", secret) for one in ([given] if isinstance(given, str) else given or [])]
    answer = tokens.send(traces("wrong"), wrong)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == PROTOBUF
    assert secret.encode() not in answer.content
    assert tokens.export(traces("wrong"), wrong) is CODE.UNAUTHENTICATED
    assert tokens.page("/metrics", ", ".join(wrong) or None).status_code == 401


def test_62_scopes_expiry_and_revocation_hold_while_serving(tokens):
    """A token is bound to its scopes, expires, and is revoked without a restart."""
    only_logs, reads = (
        f"Bearer {tokens.token('logs', '--scope', 'logs')}",
        f"bearer {tokens.token('r', '--scope', 'read')}",
    )
    eventually(lambda: tokens.send(b"", only_logs, signal="logs").status_code, 200)
    assert tokens.export(b"", only_logs, signal="logs") is CODE.OK
    assert tokens.send(b"", only_logs).status_code == 403
    assert tokens.export(b"", only_logs) is CODE.PERMISSION_DENIED
    assert tokens.page("/metrics", only_logs).status_code == 403
    assert tokens.page("/metrics", reads).status_code == 200
    short = f"Bearer {create(Layout(tokens.data), 'short', ['ingest'], lifetime_s=8)[0]}"
    eventually(lambda: tokens.send(b"", short).status_code, 200)
    assert cli("token", "revoke", "logs", "--data-dir", tokens.data).returncode == 0
    eventually(lambda: tokens.send(b"", only_logs, signal="logs").status_code, 401, timeout_s=20)
    eventually(lambda: tokens.export(b"", short), CODE.UNAUTHENTICATED)
    assert [tokens.page(page).status_code for page in ("/healthz", "/readyz")] == [200, 200]


@TRANSPORTS
def test_63_the_subject_comes_from_the_token_alone(tokens, transport):
    """Who sent a span is what its token says; nothing in headers or payload changes that."""
    authorization = f"Bearer {tokens.token('checkout')}"
    body = traces(f"whose {transport}", attributes=[{"key": "subject", "value": {"string_value": "somebody else"}}])
    headers = dict.fromkeys(("x-subject", "x-scope-orgid", "tenant", "x-forwarded-user", "subject"), "somebody-else")
    eventually(lambda: sent(tokens, transport, b"", authorization), True)
    assert sent(tokens, transport, body, authorization, **headers)
    eventually(lambda: names(tokens, f"whose {transport}"), [(f"whose {transport}", "checkout")])


def test_64_slow_heads_are_cut_off(limited):
    """A connection whose request head does not arrive in time is closed, also when it trickles; others are served."""
    slow = [limited.connect() for _ in range(50)]
    began = time.monotonic()
    for connection in slow:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n")
    assert limited.send(traces("beside slow heads")).status_code == 200
    open_ = list(slow)
    while open_ and time.monotonic() - began < WITHOUT_LIMITS_S:
        time.sleep(0.2)
        open_ = [connection for connection in open_ if trickles(connection, b"a: b\r\n")]
    assert not open_
    for connection in slow:
        connection.close()


def test_64_a_head_without_end_is_cut_off(limited):
    """A head that only grows is closed long before it fills the memory."""
    with limited.connect() as connection:
        head = b"GET /healthz HTTP/1.1\r\n" + b"a: bbbbbbbbb\r\n" * 1_000_000
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(head)


def trickles(connection, data):
    """Send a little more; false when the other side has closed."""
    try:
        connection.sendall(data)
        connection.setblocking(False)
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_65_slow_bodies_are_cut_off(limited):
    """A body that does not arrive in time ends its request with 503, over gRPC with CANCELLED; others are served."""
    with limited.connect() as connection:
        head = f"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: {PROTOBUF}\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + b"\n")
        began = time.monotonic()
        assert connection.recv(65536).startswith(b"HTTP/1.1 503")
        assert time.monotonic() - began < WITHOUT_LIMITS_S


def test_65_slow_bodies_over_grpc_hold_no_thread_for_long(limited):
    """More slow calls than there are threads do not keep an honest one from being served."""
    with Connection(limited.connect("grpc")) as slow:
        streams = [slow.begin() for _ in range(90)]
        for stream in streams:
            slow.data(stream, message(b"x" * 100)[:9], end=False)
        assert limited.export(traces("beside slow bodies")).partial_success.rejected_spans == 0
        slow.until(lambda: all(slow.ended(stream) for stream in streams))


def test_66_idle_connections_leave_others_served(tmp_path):
    """Ten thousand idle connections (fewer where files are short) are kept within a limit; senders are served beside."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with served(tmp_path) as running:
        assert arrives(running, running.http)
        for transport in ("grpc", "http"):
            with ExitStack() as crowd:
                for _ in range(min(10_000, most - 500)):
                    crowd.enter_context(running.connect(transport))
                assert arrives(running, running.http), "over the connections of before"
                with httpx.Client(base_url=running.http.base_url, timeout=30) as new:
                    assert arrives(running, new)
                assert open_files(running) <= 4096 + 300, "the limit holds"


def arrives(service, client):
    """Send over both transports."""
    answer = client.post("/v1/traces", content=traces("beside"), headers={"Content-Type": PROTOBUF})
    return answer.is_success and not service.export(traces("beside"), wait_for_ready=True).HasField("partial_success")


def test_67_accepting_goes_on_after_emfile(tmp_path):
    """When no file can be opened any more, connections wait or are closed; once there is room, both transports serve."""
    with served(tmp_path) as running:
        assert arrives(running, running.http)
        few = open_files(running) + 10
        _, most = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (few, most))
        for transport in ("grpc", "http"):
            with ExitStack() as crowd:
                for _ in range(100):
                    crowd.enter_context(running.connect(transport))
                eventually(lambda: open_files(running) >= few - 1, True)
                assert running.process.poll() is None
            with httpx.Client(base_url=running.http.base_url, timeout=30) as new:
                eventually(lambda client=new: arrives(running, client), True)
        assert "Too many open files" in running.log.read_text()


def open_files(service):
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


SECRET = "the-patient-is-Ada-Lovelace"
DEBUG = f"{STORE}\nservice: {{telemetry: {{log_level: debug}}}}\nreceivers: {{otlp: {{auth: tokens}}}}"


def hostile(secret):
    """Yield (body, content type, headers) of requests that go wrong in every way, with the secret in them."""
    yield secret.encode(), PROTOBUF, {}
    yield secret.encode(), JSON, {}
    yield json.dumps({"resourceSpans": secret}).encode(), JSON, {}
    yield json.dumps({secret: secret, "resourceSpans": [{secret: 1}]}).encode(), JSON, {}
    for field in (
        "traceId",
        "spanId",
        "kind",
        "startTimeUnixNano",
        "attributes",
        "flags",
        "status",
        "droppedEventsCount",
    ):
        yield span_json(secret, **{field: secret}), JSON, {}
        yield span_json(secret, **{field: {secret: secret}}), JSON, {}
    yield span_json(secret, attributes=[{"key": secret, "value": {"intValue": secret}}]), JSON, {}
    yield span_json(secret, attributes=[{"key": secret, "value": {secret: secret}}]), JSON, {}
    yield b"{" + secret.encode(), JSON, {}
    yield traces(secret)[:-3] + secret.encode(), PROTOBUF, {}
    yield traces(secret), PROTOBUF, {"content-encoding": "gzip"}
    yield traces(secret), PROTOBUF, {"content-encoding": secret}
    yield traces(secret), f"text/{secret}", {}
    yield traces(secret), PROTOBUF, {secret: secret, "user-agent": secret}
    yield traces(secret, end_time_unix_nano=1), PROTOBUF, {"x-secret": secret, "cookie": secret}
    yield span_json(secret, traceId=""), JSON, {}


def test_68_no_content_in_logs_errors_or_metrics(tmp_path):
    """Nothing that was sent, and no token, is in any log line, error body, warning or metric, whatever goes wrong."""
    secret = cli("token", "create", "--name", "shop", "--data-dir", tmp_path / "data").stdout.strip()
    reader = cli("token", "create", "--name", "r", "--scope", "read", "--data-dir", tmp_path / "data").stdout.strip()
    right = f"Bearer {secret}"
    with served(tmp_path, DEBUG, environment=faulty(tmp_path)) as running:
        said = [text for request in hostile(SECRET) for text in answers(running, right, *request)]
        with running.fault("broken", f"{SECRET} {secret}"):
            broken = answers(running, right, traces(SECRET), PROTOBUF, {})
        assert ("503" in broken[0], "UNAVAILABLE" in broken[-1]) == (True, True)
        pages = (f"/{SECRET}", f"/v1/traces?{SECRET}", "/readyz", "/healthz")
        said += [running.http.get(path, headers={"Authorization": right}).text for path in pages]
        metrics = running.http.get("/metrics", headers={"Authorization": f"Bearer {reader}"})
        assert metrics.status_code == 200
        with running.connect() as raw:
            raw.sendall(f"{SECRET} {SECRET}\r\n\r\n".encode())
            said.append(raw.recv(65536).decode())
        said.append(cli("token", "list", "--format", "json", "--data-dir", running.data).stdout)
        said.append(command_lines(running.process.pid))
        eventually(lambda: ask(running.data, f"SELECT count(*) > 0 FROM spans WHERE name = '{SECRET}'"), [(True,)])
        eventually(lambda: "analysed" in running.log.read_text(), True)
        running.stop()
        log = running.log.read_text()
    assert "sealed" in log, "the log is at debug"
    for text in (*said, *broken, metrics.text, log):
        assert SECRET not in text
        assert not any(token.removeprefix("otelcert_") in text for token in (secret, reader))


def answers(service, right, body, content_type, headers):
    """Send a request with a right, a wrong and a malformed token, and return everything that is answered."""
    said = []
    for authorization in (right, f"Bearer {SECRET}", f"{right} {SECRET}"):
        sent = {"Content-Type": content_type, **headers, "Authorization": authorization}
        answer = service.http.post("/v1/traces", content=body, headers=sent)
        said.append(f"{answer.status_code} {answer.headers} {answer.text}")
        assert answer.status_code < 500 or answer.status_code == 503
    try:
        service.export(body, metadata=[("authorization", right), ("x-secret", SECRET)])
    except grpc.RpcError as error:
        said.append(f"{error.code()} {error.details()} {error.trailing_metadata()} {error.debug_error_string()}")
    return said


def command_lines(pid):
    """Return the command lines and environments of a process and its children."""
    listed = subprocess.run(["ps", "eww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if str(pid) in line.split()[:2])


def test_69_by_default_only_this_machine_can_connect(tmp_path):
    """Without configuration both transports listen on loopback; another address without protection is refused."""
    shown = cli("print-config").stdout
    assert "endpoint: 127.0.0.1:4317" in shown
    assert "endpoint: 127.0.0.1:4318" in shown
    for flag, address in (("--grpc", "0.0.0.0:0"), ("--http", "[::]:0")):
        done = cli("serve", flag, address, "--data-dir", tmp_path / "data")
        assert (done.returncode, done.stdout) == (4, "")
        assert all(word in done.stderr for word in (address, "tls.cert_file", "auth: tokens", "--insecure"))
    assert not (tmp_path / "data").exists(), "nothing was begun"
    config = tmp_path / "open.yaml"
    config.write_text("receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}")
    assert cli("validate", config).returncode == 4


def test_69_what_is_wanted_insecure_is_served_with_a_warning(tmp_path):
    """`--insecure` listens on every address, and says so in the log."""
    with served(tmp_path, STORE, ports=("--grpc", "0.0.0.0:0", "--http", "127.0.0.1:0", "--insecure")) as running:
        assert running.ready["grpc"].startswith("0.0.0.0:")
        assert "insecure: others on the network" in running.log.read_text()


EVIL = [
    "../../../evil",
    "/etc/evil",
    "evil\0",
    "..",
    ".",
    "a/../../evil",
    "C:\\evil",
    "evil\n",
    "~/evil",
    "%2e%2e%2fevil",
]


def test_70_no_name_becomes_a_path(tmp_path):
    """Service names, ids of receivers, subjects and attribute values with `../`, NUL or slashes never become a path."""
    config = f"{STORE}\nservice: {{pipelines: {{traces: {{receivers: [otlp, 'otlp/..']}}}}}}\n"
    other = "'otlp/..': {protocols: {grpc: {endpoint: null}, http: {endpoint: null}}}"
    clients = Authority(tmp_path / "clients")
    evil_subject = clients.issue("evil", "shop", common_name="../../../evil")
    tls = f"client_ca_file: {clients.file}"
    with secured(tmp_path, tls=tls, others=other, config=config) as running:
        for name in EVIL:
            request = json.loads(span_json(name))
            named = {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]}
            request["resourceSpans"][0]["resource"] = named
            assert running.send(json.dumps(request).encode(), pair=evil_subject, content_type=JSON).status_code == 200
        eventually(lambda: ask(running.data, "SELECT count(*) FROM spans"), [(len(EVIL),)])
        stored = {name for (name,) in ask(running.data, "SELECT service_name FROM spans")}
        assert stored == set(EVIL)
        assert cli("token", "create", "--name", "../evil", "--data-dir", running.data).returncode == 2
        assert_private(running.data)
        logs = {path.name for path in (running.data / "log").iterdir()}
        assert logs == {"otlp", "otlp-.."}
        known = {running.data / "log" / name for name in logs} | set(clients.file.parent.iterdir())
        evil = [path for path in tmp_path.parent.rglob("*evil*") if path not in known]
        assert [path for path in evil if path.name != "receiver-otlp-...lock"] == []


def assert_private(data):
    """Every file and folder of a data directory is its owner's alone."""
    modes = {path: stat.filemode(path.stat().st_mode) for path in (data, *data.rglob("*"))}
    assert {path: mode for path, mode in modes.items() if mode[4:] != "------"} == {}
