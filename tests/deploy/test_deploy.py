"""test_deploy.py: infra/tools/deploy.py without AWS. A `sam` that writes down what it is asked, and a CloudFormation and a DynamoDB
that answer what it left standing."""

import http.server
import json
import os
import pathlib
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
    """What CloudFormation and DynamoDB answer."""

    def do_POST(self):  # noqa: N802, the base class names it
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        region = self.headers["Authorization"].split("/")[2]
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
        (self.root / "infra").mkdir(parents=True)
        self.state.mkdir()
        for file in [ROOT / "template.yaml", ROOT / "samconfig.toml", *ROOT.glob("infra/stacks/*.yaml")]:
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

    def deploy(self, *arguments, fail=""):
        """Its exit code, and all that it said."""
        environment = {
            "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}", "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true", "STAND_IN": str(self.state), "FAIL": fail,
            "SAM": str(ROOT / "tests/deploy/sam"), "BUILD": str(self.folder / "build"),
        }
        (self.state / "calls").write_text("")
        done = subprocess.run([sys.executable, ROOT / "infra/tools/deploy.py", *arguments], cwd=self.root, env=environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
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


for check in (refusals, whole, resumed, states, lacks):
    check()
print(f"{held} things about deployments hold")
