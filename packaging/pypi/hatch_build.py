"""Hatchling hooks: metadata from Cargo's manifests, and a wheel of one binary."""

import json
import os
import re
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).resolve().parents[2]
# The oldest macOS that Rust supports on each processor.
MACOS = {"x86_64": "macosx_10_12_x86_64", "aarch64": "macosx_11_0_arm64"}
WINDOWS = {"x86_64": "win_amd64", "aarch64": "win_arm64"}
ARCHITECTURES = ("x86_64", "aarch64")


def platform_tag(target, binary):
    """The platforms of a wheel with this binary, as the wheel's tag names them."""
    architecture, _, system = (target.split("-") + ["", ""])[:3]
    if architecture in ARCHITECTURES and system == "linux":
        versions = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", binary)]
        if versions:
            # Rust itself needs 2.17.
            return f"manylinux_2_{max(17, *versions)}_{architecture}"
        # A static binary, which needs no libc.
        return f"manylinux_2_17_{architecture}.musllinux_1_1_{architecture}"
    tags = {"darwin": MACOS, "windows": WINDOWS}.get(system, {})
    if architecture not in tags:
        raise SystemExit(
            f"WSCLOSE_TARGET={target}: expected a target such as x86_64-unknown-linux-musl or aarch64-apple-darwin"
        )
    return tags[architecture]


class CargoMetadata(MetadataHookInterface):
    """States what Cargo's manifests state."""

    def update(self, metadata):
        cargo = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
        packages = json.loads(subprocess.check_output(cargo, cwd=ROOT))["packages"]
        package = next(package for package in packages if package["name"] == "wsclose-cli")
        for key in ("version", "description", "license", "keywords"):
            metadata[key] = package[key]
        metadata["urls"] = {"Repository": package["repository"]}
        about = (ROOT / "packaging/about.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": about}


class Binary(BuildHookInterface):
    """Adds the binary, which pip installs as the command `wsclose`."""

    def initialize(self, version, build_data):
        try:
            path, target = os.environ["WSCLOSE_BINARY"], os.environ["WSCLOSE_TARGET"]
        except KeyError as missing:
            raise SystemExit(f"{missing.args[0]} is not set; set it as packaging/README.md shows") from None
        try:
            binary = Path(path).read_bytes()
        except OSError as error:
            raise SystemExit(f"WSCLOSE_BINARY={path}: {error.strerror}; build the command first") from None
        build_data["tag"] = f"py3-none-{platform_tag(target, binary)}"
        build_data["pure_python"] = False
        name = "wsclose.exe" if "windows" in target else "wsclose"
        build_data["shared_scripts"] = {os.path.abspath(path): name}
