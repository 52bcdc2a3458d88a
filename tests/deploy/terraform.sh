#!/usr/bin/env bash
# Everything about deploy/terraform that can be had without an account and without Terraform's registry: formatting,
# names, variables and their validation, and the droplet's cloud-init, rendered and held against its schema.
# Not had: the provider, and so neither `terraform validate` nor `plan` of the resources.
# Without terraform itself the rendering is left out, and said so; Z2D_TERRAFORM=required makes that a failure.
set -euo pipefail

cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
tools=$(cd "$target" && pwd)/deploy-tools
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir -p "$tools"
[ -x "$tools/venv/bin/python" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check \
    python-hcl2 'jsonschema<4.18' jinja2 configobj pyyaml oauthlib requests jsonpatch
# Unpacked, not installed: it would take hold of this machine's next start.
if [ ! -d "$tools/cloud-init/usr" ]; then
    (
        cd "$scratch"
        # Before the first update no package has an address.
        apt-get download -qq cloud-init 2>/dev/null || { apt-get update -qq && apt-get download -qq cloud-init; }
        dpkg -x cloud-init_*.deb "$tools/cloud-init"
    )
fi

"$tools/venv/bin/python" tests/deploy/check_terraform.py

if ! command -v terraform >/dev/null; then
    echo "SKIPPED: formatting, validation of variables and cloud-init: there is no terraform" >&2
    [ "${Z2D_TERRAFORM:-}" != required ] || exit 1
    exit 0
fi
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1
terraform fmt -check -diff -recursive deploy/terraform

# The variables with their validation, and the very call that makes the user data, without the provider.
stage=$scratch/stage
mkdir -p "$stage"
cp deploy/terraform/variables.tf deploy/terraform/cloud-init.yaml.tftpl "$stage"
cp -r deploy/droplet "$scratch/droplet"
{
    echo 'locals {'
    echo '  key = trimspace(var.ssh_public_key)'
    sed -n '/^  user_data = templatefile/,/^  })$/p' deploy/terraform/main.tf
    echo '}'
    # The text that Terraform is to expand, not the shell.
    printf 'output "user_data" {\n  value = local.user_data\n}\n'
} >"$stage/render.tf"
grep -q templatefile "$stage/render.tf"
cd "$stage"
terraform init -input=false >/dev/null

render() { # NAME [-var ...]
    local name=$1
    shift
    terraform apply -auto-approve -input=false -no-color \
        -var-file="$root/deploy/terraform/terraform.tfvars.example" "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
    terraform output -raw user_data >"$scratch/$name.yaml"
    mkdir -p "$scratch/$name"
    "$tools/venv/bin/python" "$root/tests/deploy/check_cloud_init.py" "$scratch/$name.yaml" "$scratch/$name"
    PYTHONWARNINGS=ignore PYTHONPATH="$tools/cloud-init/usr/lib/python3/dist-packages" "$tools/venv/bin/python" \
        -m cloudinit.cmd.main schema --config-file "$scratch/$name.yaml"
    shellcheck "$scratch/$name/usr/local/sbin/zoom2drive-fetch"
    bash -n "$scratch/$name/etc/zoom2drive/droplet.env"
    cmp "$scratch/$name/usr/local/sbin/zoom2drive-fetch" "$root/deploy/droplet/fetch.sh"
}

render default
render podman -var engine=podman -var volume_gib=1 -var swap_gib=0 -var reboot_at= -var git_repository=
grep -q 'scsi-0DO_Volume_zoom2drive-data", "/var/lib/containers/storage/volumes"' "$scratch/podman.yaml"
if grep -Eq 'swapfile|docker|Automatic-Reboot' "$scratch/podman.yaml"; then
    echo "what was not chosen is there all the same" >&2
    exit 1
fi
render odd -var 'ssh_public_key=ssh-ed25519 AAAAC3Nz "quoted": #name' -var user=zoe

refused() { # VARIABLE VALUE: its validation says so, in its own words
    if terraform plan -input=false -no-color -var-file="$root/deploy/terraform/terraform.tfvars.example" \
        -var "$1=$2" >"$scratch/log" 2>&1; then
        echo "$1=$2 was accepted" >&2
        exit 1
    fi
    grep -q 'Invalid value for variable' "$scratch/log" || { cat "$scratch/log"; exit 1; }
}

accepted() {
    terraform plan -input=false -no-color -var-file="$root/deploy/terraform/terraform.tfvars.example" \
        -var "$1=$2" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
}

refused domain https://hooks.example.com/
refused domain hooks
refused ssh_public_key '-----BEGIN OPENSSH PRIVATE KEY-----'
refused ssh_sources '[]'
refused ssh_sources '["everywhere"]'
refused git_repository 'https://me:password@git.example.com/z.git'
# It is read by a shell on the droplet.
refused git_repository "https://git.example.com/z.git\$(reboot)"
refused git_ref "main;reboot"
refused git_ref "../main"
refused name "Zoom 2 Drive"
refused region frankfurt
refused size small
refused image windows
refused engine lxc
refused user root
# A group of that name is there already: the user could not be made.
refused user operator
refused ssh_key_name " "
refused dns_zone "example"
refused swap_gib 3
refused volume_gib 0.5
refused alert_email nobody
refused reboot_at 25:00
accepted ssh_sources '["0.0.0.0/0", "::/0"]'
accepted git_ref v1.2.0
accepted git_repository https://git.example.com:8443/you/zoom2drive.git
echo "variables refuse what they should, and the droplet's first start is as cloud-init wants it"
