"""Takes a rendered cloud-init file apart: `check_cloud_init.py FILE FOLDER` writes its scripts and settings into
FOLDER, for other checks, and holds what cloud-init's schema does not."""

import base64
import json
import pathlib
import sys

import yaml

text = pathlib.Path(sys.argv[1]).read_text()
folder = pathlib.Path(sys.argv[2])
data = yaml.safe_load(text)

# DigitalOcean takes 64 KiB.
assert len(text) < 60_000, len(text)
assert data["disable_root"] is True and data["ssh_pwauth"] is False
(user,) = data["users"]
assert user["lock_passwd"] is True and len(user["ssh_authorized_keys"]) == 1, user
for file in data["write_files"]:
    content = file["content"]
    if file.get("encoding") == "b64":
        content = base64.b64decode(content).decode()
    assert content.endswith("\n") and not content.startswith("\n"), file["path"]
    place = folder / file["path"].lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)
    if place.suffix == ".json":
        json.loads(content)
commands = [command[0] for command in data["runcmd"]]
assert commands[-1] == "/usr/local/sbin/zoom2drive-fetch", commands
print(len(data["packages"]), "packages,", len(data["write_files"]), "files,", len(commands), "commands")
