"""The machine, the tools on it, and the build."""

import functools
import os
import pathlib
import platform
import re
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).absolute() / "release"
EXAMPLES = ("bench_world", "webhook_bench")
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child")


# Some programs are where only root looks.
os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

path_of = shutil.which


def build():
    """The program and the examples that are used here."""
    examples = [word for name in EXAMPLES for word in ("--example", name)]
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--bin", "zoom2drive", *examples]
    subprocess.run(command, cwd=REPOSITORY, check=True)


def unshare_command():
    """The words that begin a command in its own namespaces, if that is allowed."""
    if not path_of("unshare"):
        return None
    for words in ([], ["--map-root-user"]):
        command = [path_of("unshare"), *words, *NAMESPACES]
        probe = [*command, "mount", "-t", "proc", "proc", "/proc"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return command
    return None


@functools.cache
def postgres_folder():
    """The folder of PostgreSQL's programs, if there is one: initdb finds the others beside itself."""
    places = [path_of("initdb"), *sorted(map(str, pathlib.Path("/").glob("usr/lib/postgresql/*/bin/initdb")))]
    return next((pathlib.Path(place).resolve().parent for place in places if place), None)


def load():
    """The load averages."""
    return " ".join(pathlib.Path("/proc/loadavg").read_text().split()[:3])


def _first_line(*command):
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except OSError:
        return "none"
    said = (done.stdout or done.stderr).strip()
    return said.splitlines()[0] if said and done.returncode == 0 else "none"


def facts(load_at_start):
    """Pairs of a name and what it is here."""
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 1024 / 1024
    program = _first_line("git", "describe", "--always", "--dirty", "--tags")
    if program == "none":
        program = _first_line(str(TARGET / "zoom2drive"), "--version")
    yield "machine", f"{len(os.sched_getaffinity(0))} cores, {cpu[1] if cpu else platform.machine()}, {memory:.0f} GiB"
    yield "kernel", platform.release()
    yield "load at the start", load_at_start
    yield "zoom2drive", program
    yield "rclone", _first_line(path_of("rclone") or "rclone", "version")
    yield "nginx (TLS before the fake of both sides)", _first_line(path_of("nginx") or "nginx", "-v")
    yield "PostgreSQL", _first_line(f"{postgres_folder()}/postgres", "--version")
    yield "compiler", _first_line("rustc", "--version")
