"""Whether clients that are generated from the platform's document get on with it: generated.py LEDGERKEEP BIN starts a platform of its
own, asks it for its document, makes a client of it in TypeScript and one in Python, has both checked by their compilers, counts their
types and makes payments with them. BIN is where node.sh has put the tools of npm. What is generated is gone afterwards.

Run it with the Python of requirements-generated.lock."""

import argparse, ast, json, os, pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "contract")]

import names
from walk import Platform

# What the Python package is called.
PACKAGE = "ledgerkeep_client"


def run(what, command, folder, **environment):
    """Runs a command in a folder, and ends everything with what it said when it fails; what it printed otherwise."""
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{what}:\n{done.stdout}")
    print(f"{what}: ok", flush=True)
    return done.stdout


class Client:
    """A client in one language, made in a folder of its own."""

    def __init__(self, folder, document):
        self.folder, self.document = folder, document
        folder.mkdir()

    def copy(self, *files):
        for file in files:
            shutil.copy(HERE / file, self.folder)


class TypeScript(Client):
    """openapi-typescript's types, with which openapi-fetch knows every call."""

    def __init__(self, folder, document, bin):
        super().__init__(folder, document)
        self.bin = bin

    def tool(self, what, name, *arguments, **environment):
        return run(f"TypeScript: {what}", [self.bin / "node", self.bin / name, *arguments], self.folder, **environment)

    def make(self):
        (self.folder / "node_modules").symlink_to(self.bin.parent)
        (self.folder / "package.json").write_text('{"type": "module"}')
        self.copy("payment.test.ts", "tsconfig.json")
        # A field that has a default may be left out of a request; without the last option it must be there.
        self.tool("types", "openapi-typescript", self.document, "--output", "ledgerkeep.ts", "--root-types",
                  "--root-types-no-schema-prefix", "--default-non-nullable=false")
        self.tool("tsc", "../typescript/bin/tsc", "--project", ".")

    def names(self):
        """The types of components, and no others: the rest has no names in TypeScript."""
        text = (self.folder / "ledgerkeep.ts").read_text()
        return re.findall(r"^export type (\w+) = components\['schemas'\]", text, re.M)

    def pay(self, platform, first):
        done = run("TypeScript: payments", [self.bin / "node", "--test", "--test-reporter=tap", "payment.test.ts"], self.folder,
                   LEDGERKEEP_ADDRESS=platform.address, LEDGERKEEP_FIRST=str(first), NODE_EXTRA_CA_CERTS=platform.ca)
        return int(re.search(r"^# pass (\d+)$", done, re.M)[1])


class Python(Client):
    """A package by openapi-python-client."""

    def tool(self, what, name, *arguments, **environment):
        return run(f"Python: {what}", [pathlib.Path(sys.executable).parent / name, *arguments], self.folder, **environment)

    def make(self):
        self.copy("pay.py", "mypy.ini")
        # It formats with ruff, which stands beside it.
        path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.tool("package", "openapi-python-client", "generate", "--path", self.document, "--meta", "none", "--output-path", PACKAGE,
                  "--fail-on-warning", PATH=path)
        self.tool("mypy", "mypy", "--config-file", "mypy.ini", "--cache-dir", "mypy", PACKAGE, "pay.py")

    def names(self):
        """Every class that it has made, but those without fields: of maps, and of bodies in which nothing stands."""
        files = (self.folder / PACKAGE / "models").glob("*.py")
        return [made.name for file in files for made in ast.parse(file.read_text()).body if isinstance(made, ast.ClassDef) and fields(made)]

    def pay(self, platform, first):
        done = run("Python: payments", [sys.executable, "pay.py", platform.address, platform.ca, first], self.folder)
        return int(re.search(r"^(\d+) things hold$", done, re.M)[1])


def fields(made):
    """The fields of a generated class, or the values of a generated enumeration."""
    targets = [line.target for line in made.body if isinstance(line, ast.AnnAssign)]
    targets += [target for line in made.body if isinstance(line, ast.Assign) for target in line.targets]
    return {target.id for target in targets} - {"additional_properties"}


def misnamed(document, clients):
    """What is wrong with the names that types have."""
    for where in names.inlined(document):
        yield f"no name: {where}"
    for both in names.twins(document):
        yield f"the same under two names: {both}"
    for client in clients:
        language, made = type(client).__name__, client.names()
        for wrong in [*names.concepts(made), *(f"not in the document: {name}" for name in names.invented(made, document))]:
            yield f"{language}: {wrong}"
        print(f"{language}: {len(made)} types, one each of {', '.join(names.CONCEPTS)}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("ledgerkeep")
    arguments.add_argument("bin", type=pathlib.Path)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledgerkeep-generated-") as directory:
        directory = pathlib.Path(directory)
        platform = Platform(given.ledgerkeep, directory)
        try:
            document = platform.call("GET", "/openapi.json")
            kept = directory / "openapi.json"
            kept.write_text(json.dumps(document))
            clients = [TypeScript(directory / "typescript", kept, given.bin), Python(directory / "python", kept)]
            for client in clients:
                client.make()
            wrong = list(misnamed(document, clients))
            if wrong:
                sys.exit("\n".join(wrong))
            held = [client.pay(platform, platform.data / "first-sign-in.json") for client in clients]
        finally:
            platform.stop()
    # No test that ran is none that passed.
    if not all(held):
        sys.exit(f"a client has tried nothing: {held}")
    print(f"{len(clients)} generated clients made a payment, {sum(held)} things about them hold")


if __name__ == "__main__":
    main()
