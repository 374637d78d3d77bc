"""stack.py: deploys the expanded templates of a region on ministack, an AWS of this machine, with the parameters that samconfig.toml
gives and the outputs that earlier stacks put out. What ministack does not carry out is taken out of the templates, and listed."""

import collections
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
import zipfile

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra/guard"))
import expand  # noqa: E402

REGION, ACCOUNT, BUCKET = "eu-west-1", "123456789012", "artifacts"
# What stands for the name of something that ministack does not make.
ABSENT = "not-carried-out"
# Resources that ministack has no provider of.
UNKNOWN = {
    "AWS::ApiGatewayV2::RoutingRule", "AWS::Backup::BackupSelection", "AWS::CloudTrail::Trail", "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup", "AWS::Config::ConfigurationRecorder", "AWS::Config::DeliveryChannel", "AWS::EC2::FlowLog",
    "AWS::GuardDuty::Detector", "AWS::KMS::ReplicaKey", "AWS::Route53::HealthCheck", "AWS::WAFv2::IPSet",
    "AWS::WAFv2::LoggingConfiguration", "AWS::WAFv2::WebACLAssociation",
}
# What whoever deploys writes by hand.
BY_HAND = {
    "CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef",
    "MailIdentity": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/ledgerkeep.example",
}


# What ministack gives instead of what AWS gives, by the parameter that it does not fit.
LOOSER = {
    "QueueDeliveriesUrl": ("^http://[^/]+/[0-9]{12}/.+$", "a queue's address is http on this machine"),
    "QueueDocumentsUrl": ("^http://[^/]+/[0-9]{12}/.+$", "a queue's address is http on this machine"),
    **{f"{other}{which}Target": ("^[a-z0-9.-]+$", "the host name that API Gateway gives a domain is that domain's, with dots")
       for other in ("", "Second") for which in ("Global", "Regional")},
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Ministack:
    """Ministack, on the loopback interface only, without its listeners for MQTT and SFTP."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "MINISTACK_REGION": REGION, "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LAMBDA_EXECUTOR": "local", "DOCKER_HOST": "tcp://127.0.0.1:1", "LOG_LEVEL": "WARNING", "CLOUDTRAIL_RECORDING": "0",
            "AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "none", "AWS_ENDPOINT_URL": self.url,
        }
        self.log = open(pathlib.Path(folder, "ministack.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen([pathlib.Path(sys.executable).parent / "ministack"], env=environment, cwd=folder,
                                        stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                sys.exit(pathlib.Path(self.log.name).read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("ministack does not listen")

    def client(self, service):
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, aws_access_key_id=ACCOUNT,
                            aws_secret_access_key="none",
                            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=300))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()


def unknown(resource):
    """What ministack does not carry out, or None."""
    kind = resource["Type"]
    if kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return f"{kind} over several metrics"
    return kind if kind in UNKNOWN else None


def without_unknown(template, listed, stack):
    """The template without what ministack does not carry out, and without what names that."""
    gone = {name: kind for name, resource in template["Resources"].items() if (kind := unknown(resource))}
    for name, kind in gone.items():
        listed[kind].append(f"{stack}: {name}")

    def clean(value):
        if isinstance(value, dict):
            if value.get("Ref") in gone:
                return ABSENT
            target = value.get("Fn::GetAtt")
            if target and (target[0] if isinstance(target, list) else target.split(".")[0]) in gone:
                return ABSENT
            return {k: clean(v) for k, v in value.items()}
        if isinstance(value, list):
            return [clean(member) for member in value]
        if isinstance(value, str):
            return re.sub(r"\$\{(%s)(\.[A-Za-z]+)?\}" % "|".join(gone or {"-"}), ABSENT, value)
        return value

    resources = {}
    for name, resource in template["Resources"].items():
        if name in gone:
            continue
        depends = [d for d in [resource.get("DependsOn", [])] for d in (d if isinstance(d, list) else [d]) if d not in gone]
        resource = {k: clean(v) for k, v in resource.items() if k not in ("DependsOn", "Metadata")}
        if "CodeDeployLambdaAliasUpdate" in resource.get("UpdatePolicy", {}):
            del resource["UpdatePolicy"]
        resources[name] = {**resource, **({"DependsOn": depends} if depends else {})}
    parameters = {name: {"Type": "String", "AllowedPattern": LOOSER[name][0]} if name in LOOSER else about for name, about in template.get("Parameters", {}).items()}
    return {**template, "Parameters": parameters, "Resources": resources, "Outputs": clean(template.get("Outputs", {}))}


def built(name):
    """Where the release binary of a function would be."""
    return pathlib.Path(os.environ.get("LEDGERKEEP_BINARIES") or "/nowhere", name, "bootstrap")


def bootstrap(name):
    """The zip of a function: its release binary where there is one, else a placeholder that is never called."""
    binary = built(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        about = zipfile.ZipInfo("bootstrap")
        about.external_attr = 0o755 << 16
        file.writestr(about, binary.read_bytes() if binary.is_file() else b"#!/bin/sh\nexit 1\n")
    return out.getvalue()


def templates():
    paths = ["template.yaml", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("infra/stacks/*.yaml"))]
    return {path: expand.read(ROOT / path) for path in paths}


def steps():
    """The stacks of production in the first region, in the order of samconfig.toml."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for name, value in config.items():
        if name.startswith("prod"):
            given = value["deploy"]["parameters"]
            if given["region"] == REGION:
                values = dict(t.split("=", 1) for t in given["parameter_overrides"] if not t.startswith("file://"))
                yield given["stack_name"], given["template_file"], values


def deploy(aws, sources, expanded, failures, differs):
    cloudformation = aws.client("cloudformation")
    zone = aws.client("route53").create_hosted_zone(Name="ledgerkeep.example", CallerReference="tests")["HostedZone"]["Id"]
    known = {**BY_HAND, "HostedZone": zone.rsplit("/", 1)[-1]}
    for stack, path, values in steps():
        began = time.monotonic()
        parameters = sources[path].get("Parameters", {})
        given = {**known, **values}
        # The second region's edge is not here.
        given.update({f"Second{n}": v for n, v in known.items() if "Target" in n})
        cloudformation.create_stack(
            StackName=stack, TemplateURL=f"{aws.url}/{BUCKET}/{path}", Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": n, "ParameterValue": given[n]} for n in parameters if n in given])
        while True:
            found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
            if not found["StackStatus"].endswith("IN_PROGRESS"):
                break
            time.sleep(0.2)
        print(f"{stack:38} {found['StackStatus']:18} {time.monotonic() - began:5.1f} s", flush=True)
        if found["StackStatus"] != "CREATE_COMPLETE":
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            whys = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events if "FAILED" in e["ResourceStatus"]]
            failures.append(f"{stack}: {found['StackStatus']}: {found.get('StackStatusReason', '')} {'; '.join(whys[:5])}")
            return
        outputs = {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
        # On AWS a reference to a secret is its ARN, on ministack its name.
        for name in [n for n, value in outputs.items() if n.startswith("Secret") and not value.startswith("arn:")]:
            outputs[name] = aws.client("secretsmanager").describe_secret(SecretId=outputs[name])["ARN"]
            differs.add("a reference to a secret is its name, not its ARN")
        for name, output in expanded[path].get("Outputs", {}).items():
            if not outputs.get(name):
                failures.append(f"{stack}: puts out no {name}")
        known.update(outputs)
        known.setdefault("TenantKeys", known.get("KeyPii"))


def counted(aws, sources, expanded, failures):
    """What stands, beside what the templates say."""
    declared = {"functions": 0, "routes": 0, "event sources": 0}
    for template in sources.values():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                declared["functions"] += 1
                kinds = [e["Type"] for e in resource["Properties"].get("Events", {}).values()]
                declared["routes"] += kinds.count("Api")
                declared["event sources"] += kinds.count("DynamoDB") + kinds.count("SQS")
    declared["tables"] = sum(r["Type"] == "AWS::DynamoDB::GlobalTable" for t in sources.values() for r in t["Resources"].values())
    lambdas, gateway = aws.client("lambda"), aws.client("apigateway")
    functions = [f for page in lambdas.get_paginator("list_functions").paginate() for f in page["Functions"]]
    aliased = sum(any(a["Name"] == "live" for a in lambdas.list_aliases(FunctionName=f["FunctionName"])["Aliases"]) for f in functions)
    routes = 0
    for api in gateway.get_rest_apis(limit=500)["items"]:
        resources = gateway.get_resources(restApiId=api["id"], limit=500)["items"]
        routes += sum(len(set(r.get("resourceMethods", {})) - {"OPTIONS"}) for r in resources)
        if [s["stageName"] for s in gateway.get_stages(restApiId=api["id"])["item"]] != ["live"]:
            failures.append(f"{api['name']} has no stage live")
    sources_found = [m for page in lambdas.get_paginator("list_event_source_mappings").paginate() for m in page["EventSourceMappings"]]
    standing = {"functions": len(functions), "routes": routes, "event sources": len(sources_found),
                "tables": len([t for page in aws.client("dynamodb").get_paginator("list_tables").paginate() for t in page["TableNames"]])}
    for what, count in declared.items():
        if standing[what] != count:
            failures.append(f"{what}: {count} are declared, {standing[what]} stand")
    if aliased != declared["functions"]:
        failures.append(f"{aliased} of {declared['functions']} functions have the alias live")
    return standing


# What real binaries answer to their sample events, which nobody has signed.
EXPECTED = {"read_health": 200, "create_tenant": 401, "list_users": 401}


def invoked(aws, failures):
    """Release binaries, where the caller has some, under their aliases and through the gateway. Each leaves its audit entry."""
    there = [name for name in EXPECTED if built(name).is_file()]
    if not there:
        return "not run: LEDGERKEEP_BINARIES names no folder with release binaries"
    lambdas = aws.client("lambda")
    for name in there:
        event = (ROOT / f"events/{name}.json").read_bytes()
        answer = lambdas.invoke(FunctionName=f"ledgerkeep-prod-{name}", Qualifier="live", Payload=event)
        body = json.loads(answer["Payload"].read())
        if body.get("statusCode") != EXPECTED[name]:
            failures.append(f"{name}: {EXPECTED[name]} is expected, not {json.dumps(body)[:400]}")
    calls = len(there)
    if "read_health" in there:
        apis = aws.client("apigateway").get_rest_apis(limit=500)["items"]
        tenancy = next(api["id"] for api in apis if api["name"] == "ledgerkeep-prod-tenancy")
        with urllib.request.urlopen(f"{aws.url}/restapis/{tenancy}/live/_user_request_/tenancy/v1/health") as answer:
            calls += 1
            if answer.status != 200 or "no-store" not in answer.headers["cache-control"]:
                failures.append(f"the gateway answers {answer.status} {answer.headers}")
    entries = aws.client("dynamodb").scan(TableName="ledgerkeep-prod-audit", Select="COUNT")["Count"]
    if entries < calls:
        failures.append(f"{calls} calls left {entries} audit entries")
    return f"{', '.join(there)}: {calls} calls answered as expected, each with its audit entry"


def main():
    failures, listed, differs = [], collections.defaultdict(list), {why for _, why in LOOSER.values()}
    with tempfile.TemporaryDirectory() as folder:
        aws = Ministack(folder)
        try:
            sources = templates()
            expanded = {p: without_unknown(expand.expand(t, at=f"{aws.url}/{BUCKET}/"), listed, p) for p, t in sources.items()}
            aws.wait()
            bucket = aws.client("s3")
            bucket.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
            for path, template in expanded.items():
                bucket.put_object(Bucket=BUCKET, Key=path, Body=json.dumps(template).encode())
                for resource in template["Resources"].values():
                    if resource["Type"] == "AWS::Lambda::Function":
                        key = resource["Properties"]["Code"]["S3Key"]
                        bucket.put_object(Bucket=BUCKET, Key=key, Body=bootstrap(pathlib.Path(key).stem))
            deploy(aws, sources, expanded, failures, differs)
            standing = counted(aws, sources, expanded, failures) if not failures else {}
            run = invoked(aws, failures) if not failures else "not run"
        finally:
            aws.stop()
            if failures:
                print(pathlib.Path(aws.log.name).read_text()[-3000:])
    print("not carried out by ministack:")
    for kind, names in sorted(listed.items()):
        print(f"  {kind}: {len(names)} ({names[0]}{', …' if len(names) > 1 else ''})")
    for what in sorted(differs):
        print(f"unlike AWS: {what}")
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"real binaries: {run}")
    count = sum(len(t["Resources"]) for t in expanded.values())
    print(f"{len(list(steps()))} stacks of one region deployed: {', '.join(f'{n} {w}' for w, n in standing.items())}; "
          f"{sum(map(len, listed.values()))} resources not carried out, of {count + sum(map(len, listed.values()))}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
