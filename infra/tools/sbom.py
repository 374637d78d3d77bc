"""Bills of materials (CycloneDX 1.6) of what is deployed: sbom.py FOLDER writes one for each service, and validates it.

A bill names every crate that is linked into the service's functions for Lambda on arm64: `cargo metadata` says which, Cargo.lock has
their checksums. Macros and build scripts run on the build machine and are not part of it. The same sources make the same bytes."""

import json, pathlib, subprocess, sys, tomllib, uuid

import license_expression
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = "aarch64-unknown-linux-gnu"
OWN = "LicenseRef-Ledgerkeep"
SPDX = license_expression.get_spdx_licensing()


def cargo(*arguments):
    done = subprocess.run(["cargo", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


class Workspace:
    """What cargo knows: packages, who links whom, and checksums."""

    def __init__(self):
        told = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET))
        self.packages = {package["id"]: package for package in told["packages"]}
        self.links = {node["id"]: sorted({dep["pkg"] for dep in node["deps"] if self.linked(dep)})
                      for node in told["resolve"]["nodes"]}
        lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
        self.checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}

    def linked(self, dep):
        """Whether a dependency ends up in the binary."""
        normal = any(kind["kind"] is None for kind in dep["dep_kinds"])
        macro = any("proc-macro" in target["kind"] for target in self.packages[dep["pkg"]]["targets"])
        return normal and not macro

    def services(self):
        """The packages that have functions, by their names."""
        folder = str(ROOT / "functions")
        return {p["name"]: i for i, p in self.packages.items()
                if p["manifest_path"].startswith(folder) and any("bin" in target["kind"] for target in p["targets"])}

    def reach(self, start):
        """Everything linked into a package, but itself."""
        seen, next_ones = set(), [start]
        while next_ones:
            for package in self.links[next_ones.pop()]:
                if package not in seen:
                    seen.add(package)
                    next_ones.append(package)
        return seen


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def licence(package):
    """The SPDX expression of a package. Crates from before 2018 write a choice with a slash."""
    said = (package["license"] or "").replace("/", " OR ")
    if said == OWN:
        return said
    try:
        known = said and not SPDX.unknown_license_keys(said)
    except license_expression.ExpressionError:
        known = False
    if not known:
        sys.exit(f"{reference(package)}: no licence that SPDX knows: {package['license']}")
    return said


def component(workspace, package, kind):
    said = {"type": kind, "bom-ref": reference(package), "name": package["name"], "version": package["version"],
            "purl": reference(package), "licenses": [{"expression": licence(package)}]}
    checksum = workspace.checksums.get((package["name"], package["version"]))
    if checksum:
        said["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        said["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return said


def bill(workspace, start):
    """The bill of one service."""
    reached = sorted(workspace.reach(start), key=lambda i: reference(workspace.packages[i]))
    nodes = [start, *reached]
    graph = [{"ref": reference(workspace.packages[node]),
              "dependsOn": sorted(reference(workspace.packages[i]) for i in workspace.links[node])} for node in nodes]
    said = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": component(workspace, workspace.packages[start], "application"),
                     "properties": [{"name": "ledgerkeep:target", "value": TARGET}]},
        "components": [component(workspace, workspace.packages[i], "library") for i in reached],
        "dependencies": graph,
    }
    # A serial number that is the same for the same content (RFC 9562, section 5.5).
    content = json.dumps(said, sort_keys=True)
    return {**said, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"}


def validate(text):
    """What the schema of CycloneDX has against a bill; nothing when it is valid."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def write(folder):
    """Writes every bill; how many components each has, by service."""
    workspace, counts = Workspace(), {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, start in sorted(workspace.services().items()):
        text = json.dumps(bill(workspace, start), indent=1, sort_keys=True) + "\n"
        wrong = validate(text)
        if wrong:
            sys.exit(f"{name}: not CycloneDX 1.6: {wrong}")
        (folder / f"{name}.json").write_text(text)
        counts[name] = text.count('"type": "library"')
    return counts


if __name__ == "__main__":
    made = write(pathlib.Path(sys.argv[1]))
    for service, components in made.items():
        print(f"{service}: {components} components")
    print(f"{len(made)} bills of materials in {sys.argv[1]}")
