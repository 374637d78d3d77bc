"""What npm brings, judged by the lock files of the repository.

npm.py check         licences that deny.toml allows, a hash of each package, none from elsewhere, none that runs while it is installed
npm.py audit         known vulnerabilities, as the registry's database has them: 0 none, 1 some, 75 the database did not answer

What the portal depends on goes to browsers, with its licences; everything else builds and tries things. `npm` is the first one in PATH."""

import json, pathlib, re, subprocess, sys, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What scan.sh takes for a scan that could not run.
NOT_RUN = 75
REGISTRY = "https://registry.npmjs.org/"
# Licences that are permissive and that nothing else here has, for the packages that have them, by name.
EXCEPTIONS = {
    "argparse": "Python-2.0",  # Python's own licence, as its argparse was ported
    "axe-core": "MPL-2.0",  # tests the portal, and is no part of it
    "tslib": "0BSD",  # asks for less than MIT does
    "wouter": "Unlicense",  # asks for nothing
    "sax": "BlueOak-1.0.0",  # as permissive as MIT, said more plainly; node-soap reads with it, in tests
}
# What has something to run while it is installed, which is never run (`.npmrc`), and works without.
SCRIPTS = {
    "esbuild": "it only looks whether the right binary was installed, which is a package of its own",
}


def locks(root):
    """The folders that have a lock file."""
    said = subprocess.run(["git", "ls-files", "--", "*package-lock.json"], cwd=root, capture_output=True, text=True, check=True)
    return [root / pathlib.PurePosixPath(line).parent for line in said.stdout.splitlines()]


def allowed(root):
    """The licences that may be linked into Ledgerkeep."""
    return set(tomllib.loads((root / "deny.toml").read_text())["licenses"]["allow"])


def permissive(licence, allow):
    """Whether an SPDX expression of single licences and choices has one that is allowed; what joins more than that is for people."""
    said = re.sub(r"^\((.*)\)$", r"\1", licence or "")
    choices = said.split(" OR ")
    return all(re.fullmatch(r"[\w.+-]+", choice) for choice in choices) and any(choice in allow for choice in choices)


def wrong(lock, allow):
    """What is wrong with the packages of a lock file."""
    for place, package in sorted(lock["packages"].items()):
        if not place:
            continue
        name = place.rpartition("node_modules/")[2]
        if not permissive(package.get("license"), allow | {EXCEPTIONS.get(name, "")}):
            yield f"{name}: its licence is not allowed: {package.get('license')}"
        if not package.get("integrity", "").startswith("sha512-"):
            yield f"{name}: no hash"
        if not package.get("resolved", REGISTRY).startswith(REGISTRY):
            yield f"{name}: it comes from {package['resolved']}"
        if package.get("hasInstallScript") and name not in SCRIPTS:
            yield f"{name}: it runs something while it is installed"


def check(root):
    """Everything that is wrong with what npm brings, and how many packages that is."""
    allow, found, count = allowed(root), [], 0
    for folder in locks(root):
        lock = json.loads((folder / "package-lock.json").read_text())
        found += wrong(lock, allow)
        count += len(lock["packages"]) - 1
    return found, count


def audit(root):
    """How a scan for known vulnerabilities ended. Each is printed with its severity and the packages that have it."""
    status = 0
    for folder in locks(root):
        command = ["npm", "audit", "--json", "--package-lock-only"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        try:
            told = json.loads(done.stdout)
        except ValueError:
            told = {}
        # A report has this; an error of the registry or of the network has a message instead.
        if "vulnerabilities" not in told:
            print(f"{folder.relative_to(root)}: not run: {told.get('message') or done.stderr}")
            status = status or NOT_RUN
            continue
        for name, one in sorted(told["vulnerabilities"].items()):
            print(f"{folder.relative_to(root)}: {name}: {one['severity']}: {'; '.join(map(title, one['via']))}")
            status = 1
    return status


def title(via):
    """What a vulnerability is called, or the package through which it comes."""
    return via if isinstance(via, str) else f"{via['title']} ({via['url']})"


def main(arguments):
    if arguments == ["audit"]:
        return audit(ROOT)
    if arguments != ["check"]:
        sys.exit(__doc__)
    found, count = check(ROOT)
    print(*found, f"{count} packages of npm, {len(found)} things wrong", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
