"""The two programs that are measured, and what the system says of them."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import machine
from report import Missing
from world import FAR, ZOOM

MIB = 1024 * 1024
READS = {"read", "readv", "recvfrom", "recvmsg", "pread64"}
WRITES = {"write", "writev", "sendto", "sendmsg", "pwrite64"}


class Watched:
    """A child of ours, and what it has used. Its peak memory is read while it runs, the rest also when it has ended."""

    def __init__(self, process, pid=None):
        self.process, self.pid = process, pid or process.pid
        self.peak = self.written = 0
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def _look(self):
        while True:
            self._read()
            if self._ended.wait(0.02):
                return

    def _read(self):
        with contextlib.suppress(OSError):
            status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+)", status):
                self.peak = max(self.peak, int(found[1]) / 1024)
            written = re.search(r"^write_bytes: (\d+)", pathlib.Path(f"/proc/{self.pid}/io").read_text(), re.M)
            self.written = int(written[1])

    def cpu(self):
        """Seconds of user and system time, also of one that has ended and was not waited for."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def usage(self):
        """CPU seconds, peak memory in MiB, bytes written to disk."""
        self._read()
        return {"cpu": self.cpu(), "peak": self.peak, "written": self.written}

    def has_ended(self):
        """Waits for its end, but leaves what the system knows of it."""
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)

    def kill(self):
        """kill -9, and its end."""
        self._ended.set()
        self._watch.join()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait()


def system_calls(path):
    """Reads, writes and all system calls in a summary of strace."""
    found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", path.read_text(), re.M)
    calls = {name: int(count) for count, name in found if name != "total"}
    if not calls:
        raise RuntimeError("strace counted nothing")
    of = lambda names: sum(count for name, count in calls.items() if name in names)  # noqa: E731
    return {"reads": of(READS), "writes": of(WRITES), "calls": sum(calls.values())}


class Zoom2drive:
    """The service, in a folder of its own. It can be started again there."""

    name = "zoom2drive"

    def __init__(self, place, before=(), far=False, **settings):
        self.place, self.before = place, list(before)
        place.folder.joinpath("services").mkdir(exist_ok=True)
        self.folder = place.folder / "services" / str(len(os.listdir(place.folder / "services")))
        self.folder.mkdir()
        self.environment = {
            **place.environment,
            "DATABASE_URL": f"sqlite://{self.folder}/zoom2drive.db",
            "LISTEN_ADDR": f"{FAR if far else '127.0.0.1'}:0",
            "AFTER_ARCHIVE": "keep",
            "SSL_CERT_FILE": str(place.authority),
            **settings,
        }
        self.watched = self.hook = None

    def start(self, traced=False):
        """Starts it, and waits until it listens."""
        summary = self.folder / "strace"
        tracer = [machine.path_of("strace"), "-c", "-f", "-o", str(summary)] if traced else []
        command = [*self.before, *tracer, str(machine.TARGET / "zoom2drive"), "serve"]
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        address, said = None, []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"listening on ([\d.]+:\d+)", line):
                address = found[1]
                break
        if not address:
            process.wait()
            raise RuntimeError(f"zoom2drive does not start: {''.join(said[-5:])}")
        threading.Thread(target=self._keep, args=(process.stdout, said), daemon=True).start()
        self.hook = f"http://{address}/webhooks/zoom"
        pid = process.pid
        if traced:
            pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        self.watched = Watched(process, pid)

    def _keep(self, output, said):
        """Its log, which must be read, or it would wait."""
        with open(self.folder / "log", "a", buffering=1, encoding="utf-8") as log:
            log.writelines(said)
            log.writelines(output)

    def move(self, uuids):
        """Zoom says that these recordings are complete."""
        for uuid in uuids:
            said = self.place.order("deliver", uuid=uuid, to=self.hook)
            if said["status"] != 200:
                raise RuntimeError(f"the event was answered {said['status']}")

    def complaint(self):
        """The end of what it said."""
        return (self.folder / "log").read_text()[-500:]

    def finish(self):
        """After the last byte: what it has used. It goes on running."""
        return self.watched.usage()

    def stop_traced(self):
        """Ends it in order, so that strace sums up."""
        os.kill(self.watched.pid, signal.SIGTERM)
        self.watched.process.wait()
        self.watched.kill()
        return system_calls(self.folder / "strace")

    def kill(self):
        """kill -9."""
        self.watched.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.watched:
            self.kill()
        # What it leaves is looked at only when something went wrong.
        shutil.rmtree(self.folder / "zoom2drive.db", ignore_errors=True)


class Rclone:
    """`rclone copy` from the list of Zoom's links to Drive, with rclone's own defaults."""

    name = "rclone"

    def __init__(self, place, before=(), far=False):
        del far
        if not machine.path_of("rclone"):
            raise Missing("no rclone")
        self.place, self.before = place, list(before)
        self.watched = self.command = self.environment = None
        self.is_traced = False

    def start(self, traced=False):
        """It is no service: it starts with the files."""
        self.is_traced = traced

    def prepare(self, uuids):
        """The list of files, for which it has to ask Zoom itself in life."""
        token, paths = self.place.links(uuids)
        folder = self.place.folder
        (folder / "links").write_text("".join(path.removeprefix("/") + "\n" for path in paths))
        key, root = self.place.environment["GOOGLE_APPLICATION_CREDENTIALS"], self.place.environment["DRIVE_FOLDER_ID"]
        drive = f":drive,scope=drive,service_account_file={key},root_folder_id={root}:{uuids[0]}"
        tracer = [machine.path_of("strace"), "-c", "-f", "-o", str(folder / "strace")] if self.is_traced else []
        self.command = [*self.before, *tracer, machine.path_of("rclone"), "copy", ":http:", drive, "--quiet", "--no-traverse",
                        "--ca-cert", str(self.place.authority), "--files-from-raw", str(folder / "links")]  # fmt: skip
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "RCLONE_CONFIG": str(folder / "no-config"),
                            "RCLONE_HTTP_URL": f"https://{ZOOM}",
                            "RCLONE_HTTP_HEADERS": f"Authorization,Bearer {token}"}  # fmt: skip

    def move(self, uuids):
        """Starts to copy the files of these recordings."""
        if not self.command:
            self.prepare(uuids)
        errors = open(self.place.folder / "rclone-says", "wb")  # noqa: SIM115 the child has it
        process = subprocess.Popen(self.command, env=self.environment, cwd=self.place.folder, stdin=subprocess.DEVNULL,
                                   stdout=errors, stderr=errors)  # fmt: skip
        errors.close()
        self.watched = Watched(process)

    def complaint(self):
        """The end of what it said."""
        return (self.place.folder / "rclone-says").read_text()[-500:]

    def finish(self):
        """Waits for its end: what it has used."""
        self.watched.has_ended()
        usage = self.watched.usage()
        self.watched.kill()
        if self.watched.process.returncode != 0:
            raise RuntimeError(f"rclone: {self.complaint()}")
        return usage

    def stop_traced(self):
        """It has ended."""
        return system_calls(self.place.folder / "strace")

    def kill(self):
        """kill -9."""
        self.watched.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.watched:
            self.kill()
