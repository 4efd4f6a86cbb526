#!/usr/bin/env python3
"""Makes the files of a release from what `sam build` has built: an archive of each
function, the list of what is in them (an SBOM in CycloneDX's form), and their hashes.

    infra/runbooks/release-files.py FOLDER      writes them into FOLDER
    infra/runbooks/release-files.py --check     makes the archives and the SBOM twice
                                                and fails unless they are the same

The same commit gives the same files: archives have one fixed time, entries are sorted,
and nothing says when or where it was made. The SBOM lists the crates that a function
links, with the checksums of Cargo.lock; what only tests use is left out. Needs the
packages of tests/outside-requirements.txt.
"""

import hashlib
import io
import json
import subprocess
import sys
import tomllib
import uuid
import warnings
import zipfile
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.factory.license import LicenseFactory
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

# The list has no graph of who needs whom; Cargo.lock has it.
warnings.filterwarnings("ignore", message="The Component this BOM is describing")
ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".aws-sam/build"
TARGETS = ("aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")


def archive(bootstrap):
    """A function as Lambda takes it; the bytes depend on the binary alone."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        entry.create_system = 3
        file.writestr(entry, bootstrap.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def functions():
    """The package of each function."""
    return sorted(tomllib.loads((path / "Cargo.toml").read_text())["package"]["name"] for path in (ROOT / "functions").iterdir() if path.is_dir())


def linked(target):
    """Ids of the crates that the functions link on a target, with build dependencies."""
    ids = set()
    for function in functions():
        command = ["cargo", "tree", "--locked", "--package", function, "--target", target, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]
        lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
        ids |= {tuple(line.split()[:2]) for line in lines if line.strip()}
    return {(name, version.removeprefix("v")) for name, version in ids}


def sbom():
    """The list, as text."""
    metadata = subprocess.run(["cargo", "metadata", "--locked", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    packages = {(it["name"], it["version"]): it for it in json.loads(metadata)["packages"]}
    checksums = {(it["name"], it["version"]): it.get("checksum") for it in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    bom, licences = Bom(), LicenseFactory()
    bom.metadata.component = Component(name="dedicated-api", version=version, type=ComponentType.APPLICATION, bom_ref="dedicated-api")
    found = sorted(set().union(*map(linked, TARGETS)))
    for key in found:
        name, number = key
        package, checksum = packages[key], checksums.get(key)
        expression = package["license"] and package["license"].replace("/", " OR ")
        bom.components.add(
            Component(
                name=name,
                version=number,
                type=ComponentType.LIBRARY,
                bom_ref=f"{name}@{number}",
                purl=PackageURL("cargo", None, name, number) if checksum else None,
                licenses=[licences.make_from_string(expression)] if expression else [],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
                properties=[] if checksum else [Property(name="part", value="this repository")],
            )
        )
    # A number of its own for each list, and the same for the same list.
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, repr([(key, checksums.get(key)) for key in found]) + version)
    bom.metadata.timestamp = None
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"].pop("timestamp", None)
    document["metadata"].pop("tools", None)
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the SBOM is not CycloneDX 1.6: {problem}")
    return text.encode(), len(found)


def files():
    """Every file of a release by its name."""
    built = sorted(path for path in BUILD.glob("*Function/bootstrap"))
    if not built:
        sys.exit(f"{BUILD} is empty: `sam build` fills it")
    made = {f"{path.parent.name}.zip": archive(path) for path in built}
    made["sbom.cdx.json"], components = sbom()
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(made.items()))
    made["SHA256SUMS"] = sums.encode()
    return made, components


def main():
    made, components = files()
    if sys.argv[1] == "--check":
        again, _ = files()
        different = [name for name in made if made[name] != again.get(name)]
        if different:
            sys.exit(f"made twice, and not the same: {different}")
    else:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_bytes(content)
    print(made["SHA256SUMS"].decode(), end="")
    print(f"{len(made) - 2} archives, {components} components")


if __name__ == "__main__":
    main()
