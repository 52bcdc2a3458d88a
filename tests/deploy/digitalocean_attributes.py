"""Writes digitalocean_attributes.json: which arguments each resource of the provider takes.

The provider itself comes from Terraform's registry, which tests must not need. The npm package
@cdktf/provider-digitalocean is generated from the provider's schema and lists the same names:

    npm pack @cdktf/provider-digitalocean && tar xzf cdktf-provider-digitalocean-*.tgz
    python3 tests/deploy/digitalocean_attributes.py package > tests/deploy/digitalocean_attributes.json
"""

import json
import pathlib
import re
import sys

RESOURCES = [
    "domain", "droplet", "firewall", "monitor-alert", "record", "reserved-ip", "reserved-ip-assignment", "ssh-key",
    "volume", "data-digitalocean-ssh-key",
]


def keys(body: str) -> list[str]:
    return sorted(set(re.findall(r"^\s+([a-z_0-9]+): ", body, re.M)))


def main() -> None:
    package = pathlib.Path(sys.argv[1])
    version = json.loads((package / "package.json").read_text())["version"]
    found = {"package": f"@cdktf/provider-digitalocean {version}"}
    for resource in RESOURCES:
        text = (package / "lib" / resource / "index.js").read_text()
        body = re.search(r"synthesizeAttributes\(\) \{\n\s+return \{\n(.*?)\n\s+\};", text, re.S).group(1)
        blocks = {}
        for block in keys(body):
            name = "".join(part.capitalize() for part in resource.split("-"))
            name = name[0].lower() + name[1:] + "".join(part.capitalize() for part in block.split("_"))
            inner = re.search(rf"^function {name}ToTerraform\(struct\) \{{.*?return \{{\n(.*?)\n    \}};", text, re.M | re.S)
            if inner:
                blocks[block] = keys(inner.group(1))
        found[resource.replace("-", "_")] = {"arguments": keys(body), "blocks": blocks}
    json.dump(found, sys.stdout, indent=1, sort_keys=True)
    print()


main()
