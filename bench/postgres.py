"""A PostgreSQL server of our own, with its defaults."""

import os
import pwd
import shutil
import subprocess

import machine
from report import Missing

PORT = 54399


class Server:
    """Starts when it is entered."""

    def __init__(self, folder):
        if not machine.postgres_folder():
            raise Missing("no initdb")
        self.folder = folder / "postgres"
        self.data = self.folder / "data"
        self.url = f"postgres://bench@127.0.0.1:{PORT}/postgres"
        self.as_user = []

    def __enter__(self):
        self.folder.mkdir()
        # It refuses to run as root.
        if os.getuid() == 0:
            try:
                user = pwd.getpwnam("postgres")
                os.chown(self.folder, user.pw_uid, user.pw_gid)
            except (KeyError, OSError) as error:
                raise Missing(f"no user for PostgreSQL: {error}") from error
            self.as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._run("initdb", "-D", self.data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-p {PORT} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-w", "-D", self.data, "-l", self.folder / "log", "-o", options, "start")
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-w", "-m", "immediate", "-D", self.data, "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *words):
        command = [*self.as_user, machine.postgres_folder() / program, *words]
        with open(self.folder / "said", "wb") as said:
            done = subprocess.run(command, cwd=self.folder, stdout=said, stderr=said, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {(self.folder / 'said').read_text()[-500:]}")
