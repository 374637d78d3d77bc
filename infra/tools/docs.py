"""What the documents of operations name, and whether it is there.

docs.py check        the control matrix, the threat model, the runbooks, README.md and the handbook, against code, templates, tests and commands
docs.py write        infra/controls.md anew from infra/controls.toml
docs.py ran KIND F   every test that they name has run: KIND is `unit` (F: nextest's list as JSON) or `e2e` (F: the log of the run)

Run it with the Python of requirements.lock, which brings PyYAML and the model of AWS's commands (botocore)."""

import json, os, pathlib, re, subprocess, sys, tomllib

import controls as matrix
import handbook
import threats

ROOT = pathlib.Path(os.environ.get("LEDGERKEEP_DOCS_ROOT", pathlib.Path(__file__).resolve().parent.parent.parent))
TEST = re.compile(r"^\s*#\[(?:tokio::)?test\b")
IGNORED = re.compile(r"^\s*#\[ignore")
FUNCTION = re.compile(r"^\s*(?:pub\s+)?(?:async\s+)?fn\s+(\w+)")


class Tests:
    """The tests of the repository, by file."""

    def __init__(self, root):
        self.root, self.seen = root, {}

    def of(self, path):
        """Names of the tests in a file that run: marked as such, and not ignored."""
        if path not in self.seen:
            self.seen[path] = self.read(self.root / path)
        return self.seen[path]

    def read(self, file):
        if not file.is_file():
            return None
        lines = file.read_text().splitlines()
        if file.suffix == ".py":
            return set(re.findall(r"^\s+def (test_\w+)\(", "\n".join(lines), re.M))
        names, marked, ignored = set(), False, False
        for line in lines:
            marked, ignored = marked or bool(TEST.match(line)), ignored or bool(IGNORED.match(line))
            function = FUNCTION.match(line)
            if function:
                if marked and not ignored:
                    names.add(function[1])
                marked = ignored = False
        return names

    def wrong(self, name):
        """What is wrong with a test's name; nothing when it runs."""
        if name.startswith("check:"):
            return None if name.removeprefix("check:") in self.checks() else "no check that `make test` runs"
        path, _, function = name.partition("::")
        there = self.of(path)
        if there is None:
            return "there is no such file"
        if function not in there:
            return f"{path} has no test of that name that runs"
        return None if path.endswith(".py") or self.declared(path) else "its module is nowhere declared"

    def checks(self):
        text = (self.root / "infra/tools/test.sh").read_text()
        every = re.search(r"checks=\((\w[\w ]+)\)\n", text)[1].split()
        return {check for check in every if f"check_{check}()" in text}

    def declared(self, path):
        """Whether a Rust file belongs to a crate: its parent names it, and so on up to the crate's root."""
        file = pathlib.PurePosixPath(path)
        if file.name in ("lib.rs", "main.rs") or (file.parent.name == "tests" and not (self.root / file.parent / "main.rs").exists()
                                                 and (self.root / file.parent.parent / "Cargo.toml").exists()):
            return True
        stem, folder = (file.parent.name, file.parent.parent) if file.name == "mod.rs" else (file.stem, file.parent)
        candidates = [folder / "lib.rs", folder / "main.rs", folder / "mod.rs", folder.with_suffix(".rs")]
        for parent in candidates:
            text = (self.root / parent).read_text() if (self.root / parent).is_file() else ""
            if parent != file and re.search(rf"^\s*(?:pub(?:\([\w ]+\))?\s+)?mod {stem}\b", text, re.M):
                return self.declared(str(parent))
        return False


class Templates:
    """What the templates deploy, read once."""

    def __init__(self, root):
        import yaml

        class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            pass

        def tagged(loader, suffix, node):
            if isinstance(node, yaml.ScalarNode):
                return {suffix: loader.construct_scalar(node)}
            if isinstance(node, yaml.SequenceNode):
                return {suffix: loader.construct_sequence(node, deep=True)}
            return {suffix: loader.construct_mapping(node, deep=True)}

        Loader.add_multi_constructor("!", tagged)
        self.files = {}
        for file in [root / "template.yaml", *sorted((root / "infra/stacks").glob("*.yaml"))]:
            self.files[str(file.relative_to(root))] = yaml.load(file.read_text(), Loader)["Resources"]

    def has(self, name):
        file, _, resource = name.partition("#")
        return resource in self.files.get(file, {})

    def flows(self):
        """Everything that data goes through: gateways, triggers, stores, and the services that roles may call."""
        kinds = {"AWS::DynamoDB::GlobalTable": "table", "AWS::SQS::Queue": "queue", "AWS::S3::Bucket": "bucket",
                 "AWS::SNS::Topic": "topic", "AWS::SecretsManager::Secret": "secret", "AWS::KMS::Key": "key"}
        found = set()
        for file, resources in self.files.items():
            service = pathlib.Path(file).stem.removeprefix("service-").split(".")[0]
            for name, resource in resources.items():
                kind, properties = resource["Type"], resource.get("Properties", {})
                if kind in kinds:
                    found.add(f"{kinds[kind]}:{name}")
                if kind == "AWS::Serverless::Api":
                    found.add(f"api:{service}")
                for event in (properties.get("Events") or {}).values():
                    if event["Type"] == "Schedule":
                        found.add(f"schedule:{name}")
                    elif event["Type"] == "DynamoDB":
                        found.add(f"stream:{name}")
                    elif event["Type"] == "SQS":
                        found.add(f"receive:{name}")
                    elif event["Type"] == "Api":
                        found.add(f"invoke:{service}")
                    else:
                        found.add(f"event:{event['Type']}")
                found |= {f"service:{action.partition(':')[0]}" for action in allowed(properties)}
        return found


def allowed(value):
    """Every action that statements below a value allow."""
    if isinstance(value, dict):
        if value.get("Effect") == "Allow" and "Action" in value:
            actions = value["Action"]
            yield from [actions] if isinstance(actions, str) else actions
        for part in value.values():
            yield from allowed(part)
    elif isinstance(value, list):
        for part in value:
            yield from allowed(part)


class Commands:
    """The commands that documents tell people to run."""

    def __init__(self, root, ledgerkeep):
        self.ledgerkeep = ledgerkeep
        self.targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.M))
        self.helps = {}
        self.subcommands = set(re.findall(r"^  ([a-z][a-z-]*)  ", self.help(), re.M)) - {"help"}
        said = subprocess.run([ledgerkeep, "endpoints"], capture_output=True, text=True, check=True).stdout
        self.endpoints = {tuple(line.split()[:2]) for line in said.splitlines() if line.split()[1].startswith("/")}
        self.models = {}

    def help(self, *command):
        if command not in self.helps:
            done = subprocess.run([self.ledgerkeep, *command, "--help"], capture_output=True, text=True)
            self.helps[command] = done.stdout if done.returncode == 0 else ""
        return self.helps[command]

    def wrong(self, text):
        """What is wrong with the commands in a piece of code."""
        for target in re.findall(r"(?:^|[\s;&|`(])make ([a-z]+)\b", text):
            if target not in self.targets:
                yield f"the Makefile has no target {target}"
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w./{}*-]+)", text):
            if not any(m == method and same(p, path) for m, p in self.endpoints):
                yield f"no service answers {method} {path}"
        for line in text.replace("\\\n", " ").splitlines():
            for words in re.findall(r"(?:^|[\s;&|(/])ledgerkeep ((?:[^|;&#`]|&&)+)", line):
                yield from self.ours(words.split())
            for words in re.findall(r"(?:^|[\s;&|(])aws ((?:[^|;#`])+)", line):
                yield from self.aws(words.split())

    def ours(self, words):
        name = words[0]
        if not re.fullmatch(r"[a-z][a-z-]*", name):
            return
        if name not in self.subcommands:
            yield f"there is no `ledgerkeep {name}`"
            return
        said = self.help(name)
        if len(words) > 1 and self.help(name, words[1]) and words[1] in said and "Commands:" in said:
            said = self.help(name, words[1])
        for option in options(words):
            if not re.search(rf"(?<![\w-]){option}\b", said):
                yield f"`ledgerkeep {name}` has no option {option}"

    def aws(self, words):
        """`aws SERVICE OPERATION --parameter`, as botocore, which the command is made of, knows them."""
        import botocore.session
        from botocore import xform_name
        service, operation = words[0], words[1] if len(words) > 1 else ""
        if service == "s3":
            if operation not in ("cp", "ls", "sync"):
                yield f"there is no `aws s3 {operation}`"
            return
        if service not in self.models:
            session = botocore.session.get_session()
            known = service in session.get_available_services()
            self.models[service] = session.get_service_model(service) if known else None
        model = self.models[service]
        if model is None:
            yield f"there is no `aws {service}`"
            return
        if operation == "wait":
            return
        names = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in names:
            yield f"there is no `aws {service} {operation}`"
            return
        shape = model.operation_model(names[operation]).input_shape
        known = {"--" + xform_name(name, "-") for name in (shape.members if shape else {})}
        known |= {"--region", "--query", "--output", "--profile", "--no-cli-pager"}
        for option in options(words):
            if option not in known and option.replace("--no-", "--") not in known:
                yield f"`aws {service} {operation}` has no option {option}"


def options(words):
    return [word.split("=")[0] for word in words if re.match(r"--[a-z]", word)]


def same(declared, named):
    """Whether a path of a document is that of an endpoint; what stands in braces may have any name."""
    return re.sub(r"\{\w+\}", "{}", declared) == re.sub(r"\{\w+\}", "{}", named.rstrip("./"))


def code(text):
    """Code of a Markdown text: fenced blocks, and spans outside of them."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    outside = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.M | re.S)
    return fenced + re.findall(r"`([^`\n]+)`", outside)


# What a procedure, which no alarm leads to, must say.
PARTS = ["**Detect.**", "**Decide.**", "**Do.**", "**Verify.**", "**Afterwards.**"]
PROCEDURES = ["restore-drill", "key-compromise", "secret-leak"]


def runbooks(root, templates, commands):
    """What is wrong with the runbooks and README.md."""
    folder = root / "infra/runbooks"
    for file in [root / "README.md", *sorted(folder.glob("*.md"))]:
        for piece in code(file.read_text()):
            for wrong in commands.wrong(piece):
                yield f"{file.relative_to(root)}: {wrong}"
    for name in PROCEDURES:
        text = (folder / f"{name}.md").read_text() if (folder / f"{name}.md").is_file() else ""
        missing = [part for part in PARTS if part not in text]
        if missing:
            yield f"infra/runbooks/{name}.md: it does not say {', '.join(missing)}"
    for name, resource in templates.files["infra/stacks/monitoring.yaml"].items():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        about = json.dumps(resource["Properties"].get("AlarmDescription", ""))
        link = re.search(r"Runbook: \$\{RunbookUrl\}/([\w-]+\.md)", about)
        if not link or not (folder / link[1]).is_file():
            yield f"infra/stacks/monitoring.yaml: {name} has no runbook"


def check(root, ledgerkeep):
    """Everything that is wrong, and what was counted."""
    tests, templates = Tests(root), Templates(root)
    commands = Commands(root, ledgerkeep)
    wrong, counts = [], []
    try:
        data = matrix.read(root)
    except ValueError as refused:
        return [str(refused)], []
    wrong += matrix.check(data, root, tests, templates)
    if (root / matrix.PAGE).read_text() != matrix.page(data):
        wrong.append(f"{matrix.PAGE}: not what {matrix.DATA} makes; run `infra/tools/docs.sh write`")
    rows, found = threats.read(root)
    wrong += found + threats.check(rows, root, {c["id"] for c in data}, tests, templates)
    wrong += runbooks(root, templates, commands)
    wrong += handbook.check(root, commands, tests.checks(), code, same)
    open_ = sum(c["state"] == "open" for c in data)
    counts = [f"{len(data)} controls, {open_} of them open", f"{len(rows.threats)} threats in {len(rows.flows)} flows",
              f"{len(handbook.pages(root))} pages of README and handbook"]
    return wrong, counts


def named(root):
    """Every test that a document names."""
    data, (rows, _) = matrix.read(root), threats.read(root)
    every = {test for c in data for test in c["tests"]} | {test for row in rows.threats for test in row.tests}
    return {tuple(test.split("::", 1)) for test in every if ".rs::" in test}


def module(path):
    """The module path of a Rust file's tests within their binary."""
    parts = pathlib.PurePosixPath(path).with_suffix("").parts
    if parts[:2] == ("tests", "it"):
        return "::".join(parts[2:])
    if "src" not in parts:
        return ""
    inside = list(parts[parts.index("src") + 1:])
    return "::".join(part for part in inside if part not in ("lib", "mod", "main"))


def ran(kind, file, wanted):
    """Which of the tests wanted have not run."""
    text = pathlib.Path(file).read_text()
    if kind == "e2e":
        names = set(re.findall(r"^test (\S+) \.\.\. ok$", text, re.M))
    else:
        suites = json.loads(text)["rust-suites"].values()
        names = {name for suite in suites for name, case in suite["testcases"].items()
                 if not case["ignored"] and case["filter-match"]["status"] == "matches"}
    mine = {(path, function) for path, function in wanted if path.startswith("tests/it/") == (kind == "e2e")}
    missing = []
    for path, function in sorted(mine):
        inside = module(path)
        there = [name for name in names if name.split("::")[-1] == function and name.startswith(inside)]
        if not there:
            missing.append(f"{path}::{function} has not run")
    return missing, len(mine)


def main(arguments):
    if arguments[:1] == ["write"]:
        (ROOT / matrix.PAGE).write_text(matrix.page(matrix.read(ROOT)))
        return 0
    if arguments[:1] == ["ran"]:
        missing, count = ran(arguments[1], arguments[2], named(ROOT))
        print(*missing, f"{count} tests that the documents name, {count - len(missing)} have run", sep="\n")
        return 1 if missing else 0
    wrong, counts = check(ROOT, arguments[1])
    print(*wrong, *([] if wrong else counts), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
