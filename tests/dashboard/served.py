"""A page as users serve it: `coalsim dashboard` as a process, spoken to byte by byte."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Served:
    """The process, and where it listens; it ends with Ctrl-C."""

    def __init__(self, *options, results="results", folder=ROOT):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.own = f"localhost:{self.port}"
        command = [sys.executable, "-m", "coalsim.cli", "dashboard", "--no-browser", "--port", str(self.port)]
        command += ["--scenarios", str(ROOT / "scenarios"), "--results", str(results), *options]
        self.temporary = tempfile.mkdtemp(prefix="served-")
        self._said = (Path(self.temporary) / "said").open("w+")
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=self._said, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "TMPDIR": self.temporary, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        until = time.monotonic() + 120
        while "the page" not in self.said() or self.ask("/_stcore/health")[0] == 0:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def said(self):
        """What it has written."""
        return Path(self._said.name).read_text()

    def ask(self, path, method="GET", **headers):
        """Status, headers and body of an answer; 0 while nobody answers. Without Host a header, it is its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in {"Host": self.own, **headers}.items():
                if value is not None:
                    connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except OSError:
            return 0, {}, b""
        finally:
            connection.close()

    def handshake(self, **headers):
        """The status of an answer to a websocket's first request."""
        opening = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
            "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Protocol": "streamlit",
        }  # fmt: skip
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            every = {"Host": self.own, "Origin": f"http://{self.own}", **opening, **headers}
            lines = [f"{name.replace('_', '-')}: {value}" for name, value in every.items() if value is not None]
            line.sendall("\r\n".join(["GET /_stcore/stream HTTP/1.1", *lines, "", ""]).encode())
            return int(line.recv(4096).split()[1])

    def end(self, number=signal.SIGINT):
        """Stop it; its exit code and how long that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - began

    def left(self):
        """Processes of its group, and temporary files."""
        alive = subprocess.run(["pgrep", "-s", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return alive, [path.name for path in Path(self.temporary).iterdir() if path.name != "said"]
