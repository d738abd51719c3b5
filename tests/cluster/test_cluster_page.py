"""docs/howto/cluster.md: what it tells to run runs, on a small scenario and with stand-ins for Slurm's commands."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import environment, kill_group

from coalsim.experiments.manifest import read_manifest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "cluster.md").read_text(encoding="utf-8")
SMALL = ("--set", "sample=0.05", "--set", "months=6", "--replicates", "4")
RUNS = {"requested": 12, "done": 12, "failed": 0}

COALSIM = f'exec "{sys.executable}" -m coalsim.cli "$@" {" ".join(SMALL)}\n'
DASK = f'exec "{sys.executable}" -m dask "$@"\n'
# Runs the job at once, in the background, as sbatch would on a node; the script file may be gone when it starts.
SBATCH = """
job="$HERE/jobs/$$.sh"
mkdir -p "$HERE/jobs"
cp "$1" "$job"
setsid bash "$job" > "$HERE/jobs/$$.log" 2>&1 < /dev/null &
echo $! > "$HERE/jobs/$$.pid"
echo "Submitted batch job $$"
"""
SCANCEL = """
kill -TERM -- "-$(cat "$HERE/jobs/$1.pid")"
"""


def blocks(kind):
    """The blocks of a kind, in their order."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the scenarios, and on the path the commands that the page uses."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "bin").mkdir()
    for name, text in {"coalsim": COALSIM, "dask": DASK, "sbatch": SBATCH, "scancel": SCANCEL}.items():
        command = tmp_path / "bin" / name
        command.write_text(f"#!/usr/bin/env bash\n{text}")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HERE", str(tmp_path))
    yield tmp_path
    for pid in (tmp_path / "jobs").glob("*.pid"):
        subprocess.run(["kill", "-KILL", "--", f"-{pid.read_text().strip()}"], stderr=subprocess.DEVNULL, check=False)


def run(folder, *command, **variables):
    """A command in a folder, with everything that it starts; what it prints."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=120)
    finally:
        kill_group(process)
    assert process.returncode == 0, said
    return said


def parts(folder):
    """Name and sha256 of every part, as the manifest has them; every run must be done."""
    manifest = read_manifest(folder)
    assert manifest["runs"] == RUNS
    return {name: sha for name, sha in manifest["files"].items() if "/part-" in name}


def substituted(text, changes):
    """The text with every change made; each must apply once or more."""
    for there, instead in changes.items():
        assert there in text
        text = text.replace(there, instead)
    return text


def free_port():
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def test_the_commands_for_one_machine_run(here):
    said = run(here, "bash", "-c", substituted(blocks("bash")[0], {"8786": free_port()}))
    assert "12 of 12 runs" in said
    assert parts(here / "results" / "walsall")


def test_the_job_array_and_the_command_that_joins_it_give_the_same_parts(here):
    array, join = blocks("bash")[1:]
    job = substituted(array, {"#SBATCH --array=1-8": "#SBATCH --array=1-2"})
    for shard in ("1", "2"):
        said = run(
            here, "bash", "-c", job, SLURM_CPUS_PER_TASK="1", SLURM_ARRAY_TASK_ID=shard, SLURM_ARRAY_TASK_COUNT="2"
        )
        assert f"shard {shard}-of-2: " in said
    said = run(here, "bash", "-c", join)
    assert "12 of 12 runs" in said
    run(here, "coalsim", "compare", "scenarios/walsall.yaml", "--workers", "1", "--out", "results/local")
    assert parts(here / "results" / "walsall") == parts(here / "results" / "local")


def test_the_slurm_script_runs_with_a_stand_in_for_slurm(here):
    pytest.importorskip("dask_jobqueue")
    script = substituted(
        blocks("py")[0],
        {
            "cores=16": "cores=1",
            "processes=16": "processes=1",
            '"32GB"': '"2GB", interface="lo"',
            "minimum_jobs=4, maximum_jobs=4": "minimum_jobs=2, maximum_jobs=2",
            "replicates=200": "replicates=4, sample=0.05, months=6",
        },
    )
    (here / "slurm.py").write_text(script)
    said = run(here, sys.executable, "slurm.py")
    assert "Growth coalition" in said
    assert parts(here / "results" / "walsall")
    assert len(list((here / "jobs").glob("*.sh"))) == 2


@pytest.mark.filterwarnings("ignore:Port 8787")
def test_the_job_script_is_the_one_that_dask_jobqueue_writes():
    jobqueue = pytest.importorskip("dask_jobqueue")
    calls = [node for node in ast.walk(ast.parse(blocks("py")[0])) if isinstance(node, ast.Call)]
    (call,) = [node for node in calls if getattr(node.func, "id", "") == "SLURMCluster"]
    with jobqueue.SLURMCluster(**{word.arg: ast.literal_eval(word.value) for word in call.keywords}) as cluster:
        script = cluster.job_script()
        made = substituted(script, {sys.executable: "python", cluster.scheduler_address: "tcp://10.0.0.1:8786"})
    (shown,) = [text for text in blocks("text") if "#SBATCH" in text]
    assert shown.split() == made.split()
