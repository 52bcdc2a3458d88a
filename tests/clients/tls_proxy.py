"""A CONNECT proxy that ends TLS itself and hands every request to the sandbox.

rclone has no option for another Drive endpoint: it believes that it talks to www.googleapis.com.

Usage: tls_proxy.py CERTIFICATE KEY SANDBOX_PORT
Prints its own port and runs until its standard input is closed.
"""

import contextlib
import socket
import socketserver
import ssl
import sys
import threading

HEAD_BYTES_MAX = 65536


def pump(source, sink):
    """Copies bytes one way until either side is done."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Connect(socketserver.BaseRequestHandler):
    """One CONNECT request, whatever host it names."""

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_BYTES_MAX:
            data = self.request.recv(1)
            if not data:
                return
            head += data
        if not head.startswith(b"CONNECT "):
            self.request.sendall(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
            return
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with contextlib.suppress(OSError):
            client = self.server.tls.wrap_socket(self.request, server_side=True)
            sandbox = socket.create_connection(("127.0.0.1", self.server.sandbox_port))
            back = threading.Thread(target=pump, args=(sandbox, client), daemon=True)
            back.start()
            pump(client, sandbox)
            back.join()


class Proxy(socketserver.ThreadingTCPServer):
    """Loopback only, one thread per connection."""

    daemon_threads = True
    allow_reuse_address = True


def main():
    certificate, key, port = sys.argv[1:]
    with Proxy(("127.0.0.1", 0), Connect) as proxy:
        proxy.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        proxy.tls.load_cert_chain(certificate, key)
        proxy.sandbox_port = int(port)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        print(proxy.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
