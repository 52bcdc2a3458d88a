"""Where the measurements happen: a fake Zoom and Google behind nginx with TLS, under the same names for both clients.

rclone knows Drive by one fixed name. In namespaces of our own that name leads to the fake, without a proxy of which
the other client would know nothing.
"""

import base64
import contextlib
import json
import os
import select
import subprocess
import urllib.parse
import urllib.request

import machine
from report import Missing

ZOOM, MEDIA, GOOGLE = "10.77.0.1", "10.77.0.2", "10.77.0.3"
DRIVE = "www.googleapis.com"
# The other end of the link with a limited rate.
NEAR, FAR, FAR_NAME = "10.78.0.1", "10.78.0.2", "far"

# Seconds between the end of a program and the fake's answer about what it did.
GRACE = 5

NGINX = """
daemon off;
user root;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors;
events {{ worker_connections 512; }}
http {{
    access_log off;
    ssl_certificate {folder}/tls.crt;
    ssl_certificate_key {folder}/tls.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:1m;
    client_max_body_size 0;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-other;
    uwsgi_temp_path {folder}/nginx-other;
    scgi_temp_path {folder}/nginx-other;
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_buffer_size 64k;
    proxy_buffers 8 64k;
    client_body_buffer_size 64k;
    proxy_http_version 1.1;
    proxy_read_timeout 1h;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    keepalive_requests 1000000;
    upstream zoom {{ server 127.0.0.1:{zoom}; keepalive 32; }}
    upstream google {{ server 127.0.0.1:{google}; keepalive 32; }}
    server {{
        listen {at_zoom}:443 ssl;
        listen {at_media}:443 ssl;
        location / {{ proxy_pass http://zoom; }}
    }}
    server {{
        listen {at_google}:443 ssl;
        location / {{ proxy_pass http://google; }}
    }}
}}
"""


def shell(*command):
    """A command that must succeed; its complaint if it does not."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class World:
    """Starts when it is entered, and ends with everything in it when it is left."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "tls.crt"
        self.environment = {}
        self._ending = contextlib.ExitStack()
        self._recordings = 0
        self._link = None

    def __enter__(self):
        self._prepare_names()
        self._make_certificate()
        command = [machine.TARGET / "examples/bench_world", self.folder]
        command += [f"https://{ZOOM}", f"https://{MEDIA}", f"https://{DRIVE}"]
        self._sandbox = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ending.callback(self._stop, self._sandbox)
        ports = json.loads(self._sandbox.stdout.readline())
        self._zoom = f"http://127.0.0.1:{ports['zoom']}"
        lines = (self.folder / "environment").read_text().splitlines()
        self.environment = dict(line.split("=", 1) for line in lines)
        self._start_nginx(ports)
        return self

    def __exit__(self, *_):
        self._ending.close()

    @staticmethod
    def _stop(process):
        process.kill()
        process.wait()

    def _prepare_names(self):
        shell("mount", "--make-rprivate", "/")
        shell("mount", "-t", "proc", "proc", "/proc")
        shell("ip", "link", "set", "lo", "up")
        for address in (ZOOM, MEDIA, GOOGLE):
            shell("ip", "address", "add", f"{address}/32", "dev", "lo")
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{GOOGLE} {DRIVE}\n")
        shell("mount", "--bind", str(hosts), "/etc/hosts")

    def _make_certificate(self):
        names = f"subjectAltName=DNS:{DRIVE},IP:{ZOOM},IP:{MEDIA},IP:{GOOGLE}"
        shell("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
              "-days", "2", "-subj", "/CN=bench", "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE",
              "-keyout", f"{self.folder}/tls.key", "-out", f"{self.folder}/tls.crt")  # fmt: skip

    def _start_nginx(self, ports):
        text = NGINX.format(folder=self.folder, at_zoom=ZOOM, at_media=MEDIA, at_google=GOOGLE, **ports)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text)
        command = [machine.path_of("nginx"), "-p", str(self.folder), "-e", f"{self.folder}/nginx-errors",
                   "-c", str(configuration)]  # fmt: skip
        shell(*command, "-t")
        # The sockets are open before it becomes a daemon, so there is nothing to wait for.
        configuration.write_text(text.replace("daemon off;", "daemon on;"))
        shell(*command)
        self._ending.callback(shell, *command, "-s", "stop")

    def order(self, name, **words):
        """An order to the fake, and its answer."""
        return self.ask(name, **words)()

    def expect(self, program, name, **words):
        """The same while a program works for it: no answer comes if the program gives up."""
        answer = self.ask(name, **words)
        end, said = os.pidfd_open(program.watched.process.pid), self._sandbox.stdout
        try:
            if end in select.select([said, end], [], [])[0] and not select.select([said], [], [], GRACE)[0]:
                # Another order ends the wait for the first.
                self._sandbox.stdin.write('{"violations": {}}\n')
                self._sandbox.stdin.flush()
                said.readline(), said.readline()
                raise RuntimeError(f"{program.name} has ended: {program.complaint()}")
        finally:
            os.close(end)
        return answer()

    def ask(self, name, **words):
        """The same, with a function that waits for the answer: the fake watches meanwhile."""
        self._sandbox.stdin.write(json.dumps({name: words}) + "\n")
        self._sandbox.stdin.flush()

        def answer():
            said = json.loads(self._sandbox.stdout.readline() or '{"error": "the fake has ended"}')
            if "error" in said:
                raise RuntimeError(said["error"])
            return said

        return answer

    def record(self, files, size):
        """A new recording; its uuid."""
        self._recordings += 1
        uuid = f"bench{self._recordings:05}"
        self.order("record", uuid=uuid, files=files, bytes=size)
        return uuid

    def links(self, uuids):
        """A token of Zoom's and the paths of the files' download links, as a client gets them from Zoom's API."""
        client = f"{self.environment['ZOOM_CLIENT_ID']}:{self.environment['ZOOM_CLIENT_SECRET']}"
        form = {"grant_type": "account_credentials", "account_id": self.environment["ZOOM_ACCOUNT_ID"]}
        basic = {"Authorization": f"Basic {base64.b64encode(client.encode()).decode()}"}
        body = urllib.parse.urlencode(form).encode()
        token = self._call("/oauth/token", basic, body)["access_token"]
        paths = []
        for uuid in uuids:
            said = self._call(f"/v2/meetings/{uuid}/recordings", {"Authorization": f"Bearer {token}"})
            paths += [urllib.parse.urlparse(file["download_url"]).path for file in said["recording_files"]]
        return token, paths

    def _call(self, path, headers, body=None):
        request = urllib.request.Request(self._zoom + path, body, headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @contextlib.contextmanager
    def link(self, megabytes_per_second):
        """The clients that run within are at the other end of a link of this rate, each way. Its first words."""
        if not self._link:
            self._make_link()
        enter = ["ip", "netns", "exec", FAR_NAME]
        for words, device in (([], "near"), (enter, "far")):
            try:
                shell(*words, "tc", "qdisc", "replace", "dev", device, "root", "tbf", "rate",
                      f"{megabytes_per_second * 8}mbit", "burst", "256kb", "latency", "50ms")  # fmt: skip
            except RuntimeError as error:
                raise Missing(f"no limit of a link's rate here: {error}") from error
        yield enter

    def _make_link(self):
        if not machine.path_of("tc"):
            raise Missing("no tc")
        enter = ["ip", "netns", "exec", FAR_NAME]
        try:
            shell("mount", "-t", "tmpfs", "tmpfs", "/run")
            shell("ip", "netns", "add", FAR_NAME)
            shell("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", FAR_NAME)
            shell("ip", "address", "add", f"{NEAR}/24", "dev", "near")
            shell("ip", "link", "set", "near", "up")
            shell(*enter, "ip", "link", "set", "lo", "up")
            shell(*enter, "ip", "address", "add", f"{FAR}/24", "dev", "far")
            shell(*enter, "ip", "link", "set", "far", "up")
            shell(*enter, "ip", "route", "add", "10.77.0.0/24", "via", NEAR)
        except RuntimeError as error:
            raise Missing(f"no link between two namespaces here: {error}") from error
        self._link = enter

    def delays_packets(self):
        """Whether this kernel can delay packets."""
        try:
            shell("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
            shell("tc", "qdisc", "del", "dev", "lo", "root")
        except RuntimeError:
            return False
        return True
