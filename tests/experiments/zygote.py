"""Real processes of the command line, cheaply: one that has imported everything forks a fresh one whenever asked."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import kept

HERE = Path(__file__).parent
NOISE = re.compile(r"\S+/resource_tracker\.py:\d+: UserWarning: .*\n( +warnings\.warn\(.*\n)?")


class Zygote:
    """The tests' end."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0

    def __enter__(self):
        path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        self._server = subprocess.Popen(
            [sys.executable, "-c", "import zygote; zygote.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, *_):
        self._server.stdin.close()
        self._server.wait(timeout=60)

    def start(self, *arguments):
        """`coalsim ARGUMENTS` in a process group of its own, as a shell starts it."""
        self.count += 1
        out = str(self.folder / str(self.count))
        return Process(self, self._ask(start=list(map(str, arguments)), out=out), out)

    def call(self, *arguments, code=0, timeout=60):
        """The same, awaited; the exit code must be as said, and there must be no traceback."""
        process = self.start(*arguments)
        assert process.wait(timeout) == code, process.said
        assert "Traceback" not in process.said
        return process

    def _ask(self, **asked):
        print(json.dumps(asked), file=self._server.stdin, flush=True)
        return json.loads(self._server.stdout.readline())


class Process:
    """A process that was started."""

    def __init__(self, zygote, pid, out):
        self._zygote, self.pid, self._out = zygote, pid, Path(out)

    @property
    def shown(self):
        """What it has written to stdout."""
        return self._out.with_suffix(".out").read_text()

    @property
    def said(self):
        """What it has written to stderr, without what loky now and then says of semaphores after its workers were killed."""
        return NOISE.sub("", self._out.with_suffix(".err").read_text())

    def wait(self, timeout=60):
        """Its exit code, negative for a signal."""
        code = self._zygote._ask(wait=self.pid, timeout=timeout)
        assert code is not None, f"still running after {timeout} s: {self.said}"
        return code

    def wait_for(self, condition, timeout=60):
        """Wait until something holds while it runs."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.01)

    def signal(self, number, *, to_group):
        """Send a signal; a terminal does it to the group."""
        (os.killpg if to_group else os.kill)(self.pid, number)

    def kill(self):
        """As power is lost."""
        os.kill(self.pid, signal.SIGKILL)


def serve():
    """Fork and wait as asked on stdin."""
    import poison

    import coalsim
    from coalsim.cli import main
    from coalsim.experiments import design, verify  # noqa: F401
    from coalsim.experiments.comparison import Comparison

    design.PART_S = kept.PART_S
    Comparison.figures = kept.figures
    poison.enlist()
    coalsim.simulate(kept.WALSALL, sample=0.05, months=6)
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for number, name in enumerate((os.devnull, f"{asked['out']}.out", f"{asked['out']}.err")):
                    os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
                sys.argv = ["coalsim", *asked["start"]]
                main()  # ends with sys.exit, as after `python -m coalsim.cli`
            os.setpgid(pid, pid)
            answer = pid
        else:
            answer = _wait(asked["wait"], time.monotonic() + asked["timeout"])
        print(json.dumps(answer), flush=True)


def _wait(pid, deadline):
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None
