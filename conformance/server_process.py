"""A `torchferry serve` process with its own ports, and a REST client: plain HTTP with a kept connection.

Needs no packages. Not here: gRPC clients (serving_client.py).
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command import torchferry_arguments
from report import Unmet, require

SERVE_FLAGS = "TORCHFERRY_CONFORMANCE_SERVE"  # a variable with flags for every server, set by main.py
START_TIMEOUT_S = 60  # loading a small model takes well under a second; this is for a machine under load
STOP_TIMEOUT_S = 60
CALL_TIMEOUT_S = 120


class Server:
    """One running server process."""

    def __init__(self, name: str, log: Path, *arguments: object) -> None:
        self.name = name
        self.grpc_port, self.rest_port = free_ports(2)
        self.log = log
        ports = ("--port", self.grpc_port, "--rest_api_port", self.rest_port)
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                torchferry_arguments("serve", *arguments, *ports, *os.environ.get(SERVE_FLAGS, "").split()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_available(self) -> float:
        """Waits until a version is AVAILABLE over REST; returns the seconds it took."""
        started = time.monotonic()
        while time.monotonic() - started < START_TIMEOUT_S:
            if self.process.poll() is not None:
                raise Unmet(f"the server ended with {self.process.returncode}: {self.tail()}")
            if self.available():
                return time.monotonic() - started
            time.sleep(0.05)
        raise Unmet(f"no version is available after {START_TIMEOUT_S} s: {self.tail()}")

    def available(self) -> bool:
        """Whether REST tells an AVAILABLE version."""
        try:
            status, body = Rest(self).get(f"/v1/models/{self.name}")
        except OSError:
            return False
        versions = body.get("model_version_status", []) if status == 200 else []
        return any(version["state"] == "AVAILABLE" for version in versions)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Waits for the end of the process; returns its exit code."""
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Unmet(f"the server did not end within {STOP_TIMEOUT_S} s of SIGTERM: {self.tail()}") from None

    def tail(self) -> str:
        """The end of what the server printed."""
        return self.log.read_text(errors="replace")[-600:]


@contextmanager
def running(name: str, log: Path, *arguments: object) -> Iterator[Server]:
    """A server that is available inside the block and ends after it, with exit code 0."""
    server = Server(name, log, *arguments)
    try:
        server.wait_until_available()
        yield server
        server.terminate()
        code = server.wait()
        require(code == 0, f"the server's exit code is {code}: {server.tail()}")
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


class Rest:
    """One kept HTTP connection."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=CALL_TIMEOUT_S)
        self.predict_path = f"/v1/models/{server.name}:predict"

    def get(self, path: str) -> tuple[int, dict]:
        """GET; the status and the body's JSON."""
        return self.exchange("GET", path, None)

    def predict(self, body: object) -> tuple[int, dict]:
        """POST to the model's predict; the status and the body's JSON."""
        return self.exchange("POST", self.predict_path, json.dumps(body))

    def exchange(self, method: str, path: str, body: str | None) -> tuple[int, dict]:
        """One request and its answer."""
        try:
            self.connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
