"""test_deploy.py: infra/tools/deploy.py without AWS. A `sam` that writes down what it is asked, and a CloudFormation, a DynamoDB, a
Lambda and a Service Quotas that answer what it left standing."""

import http.server
import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
import urllib.parse
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parents[2]
CERTIFICATE = "arn:aws:acm:{region}:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
held = 0


def holds(what, truth):
    global held
    if not truth:
        sys.exit(f"FAILED {what}")
    held += 1


class Answers(http.server.BaseHTTPRequestHandler):
    """What CloudFormation, DynamoDB, Lambda and Service Quotas answer."""

    def region(self):
        return self.headers["Authorization"].split("/")[2]

    def lambdas(self):
        """The functions of a region: versions and aliases."""
        file = self.server.state / f"functions-{self.region()}.json"
        return file, json.loads(file.read_text()) if file.exists() else {}

    def do_GET(self):  # noqa: N802
        path = urllib.parse.urlparse(self.path)
        parts = [urllib.parse.unquote(p) for p in path.path.strip("/").split("/")]
        _, functions = self.lambdas()
        if len(parts) == 2:
            return self.answer(200, json.dumps({"Functions": [{"FunctionName": name} for name in functions]}))
        held = functions[parts[2]]
        if parts[3] == "versions":
            # A page at a time.
            versions = ["$LATEST", *held["versions"]]
            at = int(urllib.parse.parse_qs(path.query).get("Marker", ["0"])[0])
            more = {"NextMarker": str(at + 2)} if at + 2 < len(versions) else {}
            return self.answer(200, json.dumps({"Versions": [{"Version": v} for v in versions[at:at + 2]], **more}))
        return self.answer(200, json.dumps({"Aliases": held["aliases"]}))

    def do_DELETE(self):  # noqa: N802
        path = urllib.parse.urlparse(self.path)
        file, functions = self.lambdas()
        name = urllib.parse.unquote(path.path.strip("/").split("/")[2])
        qualifier = urllib.parse.parse_qs(path.query)["Qualifier"][0]
        functions[name]["versions"].remove(qualifier)
        file.write_text(json.dumps(functions))
        return self.answer(204, "")

    def quotas(self, call, service):
        """Quotas are what AWS gives a new account, unless a test has said otherwise."""
        asked = self.server.state / "quotas-asked"
        asked.write_text((asked.read_text() if asked.exists() else "") + f"{self.region()} {service} {call}\n")
        if (self.server.state / "quotas-refused").exists():
            return self.answer(400, json.dumps({"__type": "AccessDeniedException", "Message": "no"}))
        file = self.server.state / "quotas.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        listed = []
        for need in json.loads((ROOT / "infra/stacks/quotas.json").read_text())["needs"]:
            default = call == "ListAWSDefaultServiceQuotas"
            if need["service"] == service and need["code"] and not (not default and need["code"] in known.get("only by default", [])):
                value = need["default"] if default else known.get(need["code"], need["default"])
                listed.append({"QuotaCode": need["code"], "QuotaName": "another name", "Value": value})
        return self.answer(200, json.dumps({"Quotas": listed}))

    def do_POST(self):  # noqa: N802, the base class names it
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        region = self.region()
        target = self.headers.get("X-Amz-Target", "")
        if target.startswith("ServiceQuotas"):
            return self.quotas(target.split(".")[1], json.loads(body)["ServiceCode"])
        if self.headers.get("X-Amz-Target", "").endswith("DescribeTable"):
            table = json.loads(body)["TableName"]
            arn = f"arn:aws:dynamodb:{region}:123456789012:table/{table}/stream/second"
            return self.answer(200, json.dumps({"Table": {"LatestStreamArn": arn}}))
        stack = urllib.parse.parse_qs(body)["StackName"][0]
        file = self.server.state / f"{region}--{stack}"
        if not file.exists():
            return self.answer(400, "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>"
                                    f"<Message>Stack with id {stack} does not exist</Message></Error></ErrorResponse>")
        known = json.loads(file.read_text())
        outputs = "".join(f"<member><OutputKey>{k}</OutputKey><OutputValue>{escape(v)}</OutputValue></member>"
                          for k, v in known.get("outputs", {}).items())
        return self.answer(200, "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
                                f"<StackName>{stack}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
                                f"<StackStatus>{known['status']}</StackStatus><Outputs>{outputs}</Outputs>"
                                "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Account:
    """An account with nothing in it, and a copy of the templates."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.root, self.state = self.folder / "root", self.folder / "state"
        (self.root / "infra/stacks").mkdir(parents=True)
        self.state.mkdir()
        for file in [ROOT / "template.yaml", ROOT / "samconfig.toml", ROOT / "infra/stacks/quotas.json", *ROOT.glob("infra/stacks/*.yaml")]:
            shutil.copy(file, self.root / file.relative_to(ROOT))
        build = self.folder / "build"
        build.write_text('#!/bin/sh\necho "{\\"build\\": \\"$ARCH\\"}" >> "$STAND_IN/calls"\n')
        build.chmod(0o755)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.state = self.state
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        shutil.rmtree(self.folder)

    def deploy(self, *arguments, fail="", typed=None):
        """Its exit code, and all that it said. What is typed is typed at a terminal."""
        environment = {
            "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}", "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true", "STAND_IN": str(self.state), "FAIL": fail,
            "SAM": str(ROOT / "tests/deploy/sam"), "BUILD": str(self.folder / "build"),
        }
        (self.state / "calls").write_text("")
        ours, theirs = pty.openpty() if typed is not None else (None, subprocess.DEVNULL)
        if typed is not None:
            os.write(ours, f"{typed}\n".encode())
        done = subprocess.run([sys.executable, ROOT / "infra/tools/deploy.py", *arguments], cwd=self.root, env=environment,
                              capture_output=True, text=True, stdin=theirs, check=False)
        if typed is not None:
            os.close(ours)
            os.close(theirs)
        return done.returncode, done.stdout + done.stderr

    def calls(self):
        return [json.loads(line) for line in (self.state / "calls").read_text().splitlines()]

    def deployed(self):
        return [call["sam"] for call in self.calls() if "sam" in call]

    def give(self, region, **values):
        """What an operator writes by hand."""
        file = self.root / f"infra/parameters/prod-{region}.json"
        file.parent.mkdir(exist_ok=True)
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**known, **values}))

    def prepared(self):
        for region in ("eu-west-1", "eu-central-1"):
            mail = f"arn:aws:ses:{region}:123456789012:identity/ledgerkeep.example"
            self.give(region, CertificateArn=CERTIFICATE.format(region=region), MailIdentity=mail)
        self.give("eu-west-1", HostedZone="Z0123456789")
        return self

    def stack(self, name):
        found = [json.loads(f.read_text()) for f in self.state.glob(f"*--ledgerkeep-{name}")]
        return found[0] if found else None


def planned():
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    return [name for name in config if name.startswith("prod")]


def refusals():
    with Account() as account:
        for name in ("staging", "", "prod-", "PROD", "prod; true"):
            code, said = account.deploy(name, "--yes")
            holds(f"{name!r} is refused", code != 0 and "has no environment" in said and "dev, prod" in said)
            holds(f"nothing is called for {name!r}", account.calls() == [])
        code, said = account.deploy("prod")
        holds("without --yes somebody must be there to ask", code != 0 and "--yes" in said and account.calls() == [])
        code, said = account.deploy("prod", "--dry-run")
        names = [line.split()[1] for line in said.splitlines()]
        holds("a dry run says every stack in its order", code == 0 and names == planned())
        holds("a dry run does nothing", account.calls() == [] and list(account.state.glob("*--*")) == [])


def whole():
    with Account().prepared() as account:
        code, said = account.deploy("prod", "--yes")
        holds(f"everything is deployed: {said}", code == 0)
        holds("in the order of samconfig.toml", account.deployed() == planned())
        calls = account.calls()
        built = [n for n, call in enumerate(calls) if "build" in call]
        first = next(n for n, call in enumerate(calls) if call.get("sam") == "prod-eu-west-1")
        holds("the functions are built once, for their processor, right before they are deployed",
              built == [first - 1] and calls[built[0]]["build"] == "arm64")
        holds("no change set is asked about, and one without a change is none",
              all({"--no-confirm-changeset", "--no-fail-on-empty-changeset"} <= set(c["arguments"]) for c in calls if "sam" in c))
        west, central = (json.loads((account.root / f"infra/parameters/prod-{r}.json").read_text())
                         for r in ("eu-west-1", "eu-central-1"))
        holds("each region has its own streams", west["StreamAudit"].endswith("first") and central["StreamAudit"].endswith("second"))
        holds("a replica has the id of its primary",
              west["KeyPii"].split("/")[1] == central["KeyPii"].split("/")[1] and ":eu-central-1:" in central["KeyPii"])
        routing = account.stack("prod-routing")["values"]
        holds("the names lead to both regions", "eu-west-1" in routing["GlobalTarget"] and "eu-central-1" in routing["SecondGlobalTarget"])
        before = {name: account.stack(name)["changes"] for name in planned()}
        code, _ = account.deploy("prod", "--yes")
        holds("a second deployment changes nothing",
              code == 0 and {name: account.stack(name)["changes"] for name in planned()} == before)


def resumed():
    for victim in ("prod-home", "prod-eu-central-1"):
        with Account().prepared() as account:
            code, said = account.deploy("prod", "--yes", fail=victim)
            until = planned()[: planned().index(victim) + 1]
            holds(f"{victim} fails, and nothing after it is tried", code != 0 and account.deployed() == until and victim in said)
            code, _ = account.deploy("prod", "--yes")
            holds(f"after {victim} it goes on", code == 0 and account.deployed() == planned())
            stands = [account.stack(name) for name in planned()]
            holds("every stack stands", all(s and s["status"].endswith("_COMPLETE") for s in stands))


def states():
    with Account().prepared() as account:
        account.deploy("prod", "--yes")
        file = account.state / "eu-west-1--ledgerkeep-prod-data"
        known = json.loads(file.read_text())
        for state, what in (("UPDATE_IN_PROGRESS", "wait until"), ("ROLLBACK_COMPLETE", "see its events"),
                            ("UPDATE_ROLLBACK_FAILED", "see its events"), ("DELETE_IN_PROGRESS", "wait until")):
            file.write_text(json.dumps({**known, "status": state}))
            code, said = account.deploy("prod", "--yes")
            holds(f"{state} is no state to go on from", code != 0 and state in said and what in said)
            holds(f"before it: what comes first ({state})", account.deployed() == ["prod-keys", "prod-keys-replica"])


def lacks():
    with Account() as account:
        code, said = account.deploy("prod", "--yes")
        holds("what nobody gave is named, and where it belongs",
              code != 0 and "prod-eu-west-1 lacks MailIdentity" in said and "infra/parameters/prod-eu-west-1.json" in said)
        account.prepared()
        code, _ = account.deploy("prod-edge-eu-west-1", "--yes")
        holds("an edge before its region is refused", code != 0 and account.deployed() == [])
        code, _ = account.deploy("prod", "--yes")
        holds("once given, it goes on", code == 0)
        code, _ = account.deploy("prod-edge-eu-west-1", "--yes")
        holds("one stack alone", code == 0 and account.deployed() == ["prod-edge-eu-west-1"])


def needed(quota, region):
    lines = json.loads((ROOT / "infra/stacks/quotas.json").read_text())["needs"]
    return next(n for n in lines if n["environment"] == "prod" and n["quota"] == quota and n["region"] == region)


def enough():
    with Account().prepared() as account:
        code, said = account.deploy("prod", "--yes")
        holds(f"a new account has enough: {said}", code == 0 and "quotas suffice for prod" in said)
        holds("what Service Quotas does not list is named", "not listed by Service Quotas" in said and "apigateway: Regional APIs" in said)
        asked = (account.state / "quotas-asked").read_text().splitlines()
        holds("IAM is asked where it answers for the account", "us-east-1 iam ListServiceQuotas" in asked)
        holds("both regions are asked", {"eu-west-1 lambda ListServiceQuotas", "eu-central-1 lambda ListServiceQuotas"} <= set(asked))
        (account.state / "quotas.json").write_text(json.dumps({"only by default": ["L-FE177D64"]}))
        code, said = account.deploy("prod-home", "--yes")
        holds("what was never applied for is what AWS gives by default", code == 0 and "iam: " not in said)


def not_enough():
    roles = needed("Roles per account", "us-east-1")
    with Account().prepared() as account:
        for value, wanted in ((roles["needed"] - 1, False), (roles["needed"], True)):
            (account.state / "quotas.json").write_text(json.dumps({roles["code"]: value}))
            code, said = account.deploy("prod", "--yes")
            holds(f"{value} roles are enough: {wanted}", (code == 0) is wanted)
            if not wanted:
                holds("nothing is changed where the account has too little", account.calls() == [] and "nothing was changed" in said)
                holds("what to ask for is named", f"Roles per account (L-FE177D64) is {value:g}, prod needs {roles['needed']}" in said)
        (account.state / "quotas.json").write_text(json.dumps({"L-2ACBD22F": 0.5, "L-F98FE922": 1}))
        code, said = account.deploy("prod-eu-west-1", "--yes")
        holds("every quota that is short is named, in both regions, for one stack too",
              code != 0 and all(f"{service} in {region}" in said for service in ("lambda", "dynamodb") for region in ("eu-west-1", "eu-central-1")))
        code, said = account.deploy("prod", "--yes", "--unchecked-quotas")
        holds("what is known to be too little is not passed over", code != 0 and account.calls() == [])


def keys_of_tenants():
    most = json.loads((ROOT / "infra/stacks/quotas.json").read_text())["tenant_keys"]
    key = "arn:aws:kms:eu-west-1:123456789012:key/mrk-" + "ab" * 16
    with Account() as account:
        for count, wanted in ((most, True), (most + 1, False)):
            account.give("eu-west-1", TenantKeys=",".join([key] * count))
            # Where they have room it goes on, to what else is lacking.
            code, said = account.deploy("prod-eu-west-1", "--yes")
            holds(f"{count} keys have room: {wanted}", code != 0 and (f"room for {most}" not in said) is wanted and ("lacks" in said) is wanted)
            holds(f"with {count} keys nothing is changed", account.calls() == [])


def not_reachable():
    with Account().prepared() as account:
        (account.state / "quotas-refused").write_text("")
        code, said = account.deploy("prod", "--yes")
        holds("nobody who could be asked: a pipeline stops", code != 0 and account.calls() == [] and "cannot be asked for" in said
              and "--unchecked-quotas" in said)
        code, said = account.deploy("prod", "--yes", "--unchecked-quotas")
        holds("unless it says so", code == 0 and account.deployed() == planned() and "cannot be asked for" in said)
        for answer, wanted in (("yes", False), ("", False), ("YES", True)):
            code, said = account.deploy("prod-home", typed=answer)
            holds(f"who is asked answers {answer!r}", (account.deployed() == ["prod-home"]) is wanted)


def pruned():
    with Account().prepared() as account:
        functions = {
            "ledgerkeep-prod-a": {"versions": ["8", "9", "10", "11", "12"], "aliases": [{"FunctionVersion": "12"}]},
            # Taken back to an old one, and on the way from another.
            "ledgerkeep-prod-b": {"versions": ["1", "2", "3", "4", "5", "6"], "aliases": [
                {"FunctionVersion": "2", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}]},
            "ledgerkeep-prod-c": {"versions": ["1", "2", "3"], "aliases": []},
            "ledgerkeep-production-d": {"versions": ["1", "2", "3", "4", "5"], "aliases": []},
            "other": {"versions": ["1", "2", "3", "4", "5"], "aliases": []},
        }
        west = account.state / "functions-eu-west-1.json"
        west.write_text(json.dumps(functions))
        code, said = account.deploy("prod", "--yes", fail="prod-routing")
        holds("a deployment that failed removes nothing", code != 0 and json.loads(west.read_text()) == functions)
        code, said = account.deploy("prod", "--yes")
        left = {name: held["versions"] for name, held in json.loads(west.read_text()).items()}
        holds(f"the newest three stay: {said}", code == 0 and left["ledgerkeep-prod-a"] == ["10", "11", "12"])
        holds("and what an alias names", left["ledgerkeep-prod-b"] == ["1", "2", "4", "5", "6"])
        holds("three are not too many", left["ledgerkeep-prod-c"] == ["1", "2", "3"])
        holds("nothing of others is touched", all(len(left[name]) == 5 for name in ("ledgerkeep-production-d", "other")))
        holds("what went is said", "ledgerkeep-prod-a: removed versions 8, 9" in said and "ledgerkeep-prod-b: removed version 3" in said
              and "eu-west-1: 3 versions of 2 functions removed" in said and "eu-central-1: 0 versions" in said)
        code, said = account.deploy("prod-home", "--yes")
        holds("a stack without functions removes none", code == 0 and "functions removed" not in said)


for check in (refusals, whole, resumed, states, lacks, enough, not_enough, keys_of_tenants, not_reachable, pruned):
    check()
print(f"{held} things about deployments hold")
