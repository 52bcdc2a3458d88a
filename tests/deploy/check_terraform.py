"""Holds deploy/terraform against the provider's own names, without the provider.

Checked: the files parse; every argument and block of every resource is one that the provider has; every variable
is described, used and in terraform.tfvars.example, and all but booleans are validated; every reference leads to
something. Not checked: types and whether DigitalOcean accepts the values. Only `terraform plan` with an account
tells that.
"""

import json
import pathlib
import re
import sys

import hcl2

HERE = pathlib.Path(__file__).parent
FOLDER = HERE.parent.parent / "deploy" / "terraform"
KNOWN = json.loads((HERE / "digitalocean_attributes.json").read_text())
# What Terraform itself takes in every resource.
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "dynamic"}

faults = []


def plain(value):
    """Newer releases of the parser quote names and add marks of their own."""
    if isinstance(value, dict):
        return {key.strip('"'): plain(inner) for key, inner in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.strip('"') if isinstance(value, str) else value


def each(blocks, depth):
    for block in blocks:
        for kind, named in block.items():
            yield from (([kind, name], body) for name, body in named.items()) if depth == 2 else [([kind], named)]


def check_body(where, body, known):
    for name, value in body.items():
        if name in META:
            continue
        if name not in known["arguments"] and name not in known["blocks"]:
            faults.append(f"{where}: the provider knows no {name}")
        for block in value if name in known["blocks"] and isinstance(value, list) else []:
            unknown = set(block) - set(known["blocks"][name])
            if unknown:
                faults.append(f"{where}.{name}: the provider knows no {sorted(unknown)}")


texts = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.tf"))}
parsed = {name: plain(hcl2.loads(text)) for name, text in texts.items()}
everything = "\n".join(texts.values())
used = re.sub(r"^\s*#.*$", "", everything, flags=re.M)
resources = set()
for content in parsed.values():
    for (kind, name), body in each(content.get("resource", []), 2):
        resources.add(f"{kind}.{name}")
        check_body(f"{kind}.{name}", body, KNOWN[kind.removeprefix("digitalocean_")])
    for (kind, name), body in each(content.get("data", []), 2):
        resources.add(f"data.{kind}.{name}")
        check_body(f"data.{kind}.{name}", body, KNOWN[f"data_{kind}"])
    for (name,), body in each(content.get("output", []), 1):
        if not body.get("description"):
            faults.append(f"output {name} is not described")

for prefix, kind, name in re.findall(r"(data\.)?(digitalocean_\w+)\.(\w+)", used):
    if f"{prefix}{kind}.{name}" not in resources:
        faults.append(f"there is no {prefix}{kind}.{name}")

variables = {name: body for (name,), body in each(parsed["variables.tf"]["variable"], 1)}
example = re.findall(r"^(?:# )?(\w+) +=", (FOLDER / "terraform.tfvars.example").read_text(), re.M)
if example != list(variables):
    faults.append(f"terraform.tfvars.example has {example}, variables.tf has {list(variables)}")
for name, body in variables.items():
    if not body.get("description") or "type" not in body:
        faults.append(f"variable {name} needs a description and a type")
    if "bool" not in body.get("type", "") and "validation" not in body:
        faults.append(f"variable {name} is not validated")
    if not re.search(rf"\bvar\.{name}\b", "".join(text for file, text in texts.items() if file != "variables.tf")):
        faults.append(f"variable {name} is not used")
    if re.search(r"token|secret|password", name):
        faults.append(f"variable {name}: secrets have no place in Terraform's state")
for name in set(re.findall(r"\bvar\.(\w+)", used)) - set(variables):
    faults.append(f"there is no variable {name}")

print("\n".join(faults) or f"{len(resources)} resources and {len(variables)} variables hold together")
sys.exit(bool(faults))
