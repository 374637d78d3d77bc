"""deploy.py <environment or stack> [--yes] [--dry-run]: deploys what samconfig.toml has under that name, in its order.

What a stack puts out is gathered in infra/parameters/<environment>-<region>.json for those that come later. CloudFormation is
asked what stands; nothing is kept about that here, so a deployment that was cut off goes on from any machine.

Before anything is changed, what the environment needs (infra/stacks/quotas.json) is compared with the account's quotas. After everything
stands, old versions of the functions go.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

import boto3
import botocore.config
import botocore.exceptions
from samtranslator.yaml_helper import yaml_parse

PARAMETERS = pathlib.Path("infra/parameters")
# What the generator has counted.
QUOTAS = pathlib.Path("infra/stacks/quotas.json")
# From these `sam deploy` goes on; whatever else is no state to go on from.
STANDS = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
# The first change set of a stack was looked at and not carried out.
EMPTY = "REVIEW_IN_PROGRESS"

# What defaults name that are the local platform's.
LOCAL = re.compile(r"000000000000|ledgerkeep-local|ledgerkeep/local|^local$|localhost")


class Step:
    """A stack of samconfig.toml."""

    def __init__(self, name, given):
        self.name = name
        self.stack, self.template, self.region = given["stack_name"], given["template_file"], given["region"]
        files = [text.removeprefix("file://") for text in given["parameter_overrides"] if text.startswith("file://")]
        self.file = pathlib.Path(files[0]) if files else None
        self.values = dict(text.split("=", 1) for text in given["parameter_overrides"] if "=" in text)
        self.environment = self.values["Environment"]

    def lacking(self):
        """Parameters that nothing gives a value, or none but a default that names the local platform."""
        parameters = yaml_parse(pathlib.Path(self.template).read_text()).get("Parameters", {})
        known = {**gathered(self.file), **self.values}
        return sorted(name for name, given in parameters.items()
                      if name not in known and LOCAL.search(str(given.get("Default", "localhost"))))


def gathered(file):
    return json.loads(file.read_text()) if file and file.exists() else {}


def read_config():
    config = tomllib.loads(pathlib.Path("samconfig.toml").read_text())
    return [Step(name, value["deploy"]["parameters"]) for name, value in config.items()
            if isinstance(value, dict) and "deploy" in value]


def status(step):
    """What CloudFormation says of a stack, and what it puts out; None where there is none."""
    client = boto3.client("cloudformation", region_name=step.region)
    try:
        found = client.describe_stacks(StackName=step.stack)["Stacks"][0]
    except botocore.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None, {}
        raise
    return found["StackStatus"], {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}


def gather(step, outputs, steps):
    """Adds what a stack puts out to what later ones take in, in its region and, as it is there, in the other."""
    first, second = regions(steps)
    own = PARAMETERS / f"{step.environment}-{step.region}.json"
    if "KeyPii" in outputs:
        # A role cannot name a list of nothing: without keys that tenants bring it names one of ours.
        outputs = {"TenantKeys": gathered(own).get("TenantKeys", outputs["KeyPii"]), **outputs}
    add(own, outputs)
    if step.region == second:
        if any(s.template == "infra/stacks/routing.yaml" for s in steps):
            add(PARAMETERS / f"{step.environment}-{first}.json",
                {f"Second{name}": value for name, value in outputs.items() if "Target" in name})
        return
    if any(s.template == step.template and s.region == second for s in steps):
        return
    # Tables and secrets of the second region are made with those of the first, under the same names; a replica of a key has the
    # id of its primary.
    there = {name: value.replace(f":{first}:", f":{second}:") for name, value in outputs.items()}
    streams = boto3.client("dynamodb", region_name=second)
    for name in [n for n in there if n.startswith("Stream")]:
        table = there.get(name.replace("Stream", "Table", 1))
        there[name] = streams.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    add(PARAMETERS / f"{step.environment}-{second}.json", there)


def regions(steps):
    """The first region is the one of the first stack."""
    first = steps[0].region
    return first, next((s.region for s in steps if s.region != first), first)


def add(file, values):
    if not values:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({**gathered(file), **values}, indent=2, sort_keys=True) + "\n")
    beside.replace(file)


# Service Quotas answers slowly when many ask, and is asked only a few dozen times.
PATIENT = botocore.config.Config(connect_timeout=5, read_timeout=20, retries={"mode": "adaptive", "max_attempts": 6})


def account_quotas(client, service, call):
    """The quotas of a service in a region, by their codes and by their names."""
    found = {}
    for page in client.get_paginator(call).paginate(ServiceCode=service):
        for quota in page["Quotas"]:
            if "Value" in quota:
                found[quota["QuotaCode"]] = found[quota["QuotaName"].lower()] = quota["Value"]
    return found


def lookup(needs, region, service):
    """What the account may have of each need of a service, and the names of those that Service Quotas does not list: for them
    what AWS documents is taken."""
    client = boto3.client("service-quotas", region_name=region, config=PATIENT)
    applied, usual = account_quotas(client, service, "list_service_quotas"), None
    allowed, unlisted = {}, []
    for need in needs:
        keys = [key for key in (need["code"], need["quota"].lower()) if key]
        value = next((applied[key] for key in keys if key in applied), None)
        if value is None:
            usual = account_quotas(client, service, "list_aws_default_service_quotas") if usual is None else usual
            value = next((usual[key] for key in keys if key in usual), None)
        if value is None:
            value = need["default"]
            unlisted.append(f"{service}: {need['quota']}")
        allowed[need["quota"]] = value
    return allowed, unlisted


def quotas(environment):
    """Compares what an environment needs with its account's quotas. Gives a line for each that does not suffice, how many were
    compared, and those that Service Quotas does not list."""
    needs = [need for need in json.loads(QUOTAS.read_text())["needs"] if need["environment"] == environment]
    if not needs:
        sys.exit(f"{QUOTAS} says nothing about {environment}: run `make templates`")
    places = {}
    for need in needs:
        places.setdefault((need["region"], need["service"]), []).append(need)
    short, unlisted = [], set()
    for (region, service), wanted in places.items():
        allowed, missing = lookup(wanted, region, service)
        unlisted.update(missing)
        for need in wanted:
            have = allowed[need["quota"]]
            if need["needed"] > have:
                code = f" ({need['code']})" if need["code"] else ""
                short.append(f"{service} in {region}: {need['quota']}{code} is {have:g}, {environment} needs {need['needed']:g}: "
                             "ask Service Quotas for more")
    return short, len(needs), sorted(unlisted)


def suffices(environment, asked):
    """Stops where the account's quotas do not suffice, or are not known and nobody takes that upon themselves."""
    try:
        short, compared, unlisted = quotas(environment)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        print(f"the account's quotas cannot be asked for: {error}", flush=True)
        if asked.unchecked_quotas:
            print("going on without, as --unchecked-quotas says")
            return
        if asked.yes or input("type YES to deploy without knowing whether they suffice: ") != "YES":
            sys.exit("nothing was changed; --unchecked-quotas deploys without knowing whether they suffice")
        return
    for line in short:
        print(line)
    if short:
        sys.exit(f"the account's quotas do not suffice for {environment}; nothing was changed")
    print(f"{compared} quotas suffice for {environment}"
          + (f"; not listed by Service Quotas, held against what AWS documents: {', '.join(unlisted)}" if unlisted else ""), flush=True)


def room_for_keys(environment, steps):
    """Roles name the KMS keys that tenants bring, and a role's policies hold so many characters."""
    most = json.loads(QUOTAS.read_text())["tenant_keys"]
    for step in steps:
        keys = len([key for key in gathered(step.file).get("TenantKeys", "").split(",") if key])
        if keys > most:
            sys.exit(f"{step.file}: TenantKeys names {keys} keys, and the roles of {environment} have room for {most}; nothing was changed")


def pages(client, call, key, **arguments):
    for page in client.get_paginator(call).paginate(**arguments):
        yield from page[key]


def prune(step):
    """Removes what is older than the newest versions of the environment's functions, except what an alias names. Gives the versions
    that went, by function."""
    client = boto3.client("lambda", region_name=step.region)
    keep, gone = json.loads(QUOTAS.read_text())["versions"], {}
    for function in pages(client, "list_functions", "Functions"):
        name = function["FunctionName"]
        if not name.startswith(f"ledgerkeep-{step.environment}-"):
            continue
        versions = [v["Version"] for v in pages(client, "list_versions_by_function", "Versions", FunctionName=name)]
        old = sorted((v for v in versions if v != "$LATEST"), key=int)[:-keep]
        if not old:
            continue
        named = set()
        for alias in pages(client, "list_aliases", "Aliases", FunctionName=name):
            # While traffic moves, an alias names two.
            named |= {alias["FunctionVersion"], *alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})}
        for version in old:
            if version not in named:
                client.delete_function(FunctionName=name, Qualifier=version)
                gone.setdefault(name, []).append(version)
    return gone


def prune_all(steps):
    for step in steps:
        if step.template != "template.yaml":
            continue
        try:
            gone = prune(step)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            sys.exit(f"every stack stands, but old versions in {step.region} could not be removed: {error}")
        for name, versions in gone.items():
            print(f"{name}: removed version{'s' if len(versions) > 1 else ''} {', '.join(versions)}")
        print(f"{step.region}: {sum(map(len, gone.values()))} versions of {len(gone)} functions removed")


def build(step):
    """Builds the functions that a template points at, for the processor that it names."""
    arch = step.values.get("Architecture", "arm64")
    if os.environ.get("ARCH") not in (None, "", arch):
        sys.exit(f"{step.name} runs on {arch}, not on {os.environ['ARCH']}: change Architecture in samconfig.toml first")
    subprocess.run([os.environ["BUILD"]], check=True, env={**os.environ, "ARCH": arch})


def deploy(step, yes):
    # Both files are named: sam would rather take what an earlier `sam build` left behind, and look for samconfig.toml beside
    # the template.
    command = [os.environ["SAM"], "deploy", "--config-env", step.name, "--config-file", str(pathlib.Path("samconfig.toml").resolve()),
               "--template-file", step.template, "--no-fail-on-empty-changeset"]
    command += ["--no-confirm-changeset"] if yes else ["--confirm-changeset"]
    return subprocess.run(command, check=False).returncode


def main():
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--yes", action="store_true", help="carry out every change set without asking")
    parser.add_argument("--unchecked-quotas", action="store_true", help="deploy although the account's quotas cannot be asked for")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and ask nobody")
    asked = parser.parse_args()
    steps = read_config()
    environments = sorted({s.environment for s in steps})
    if asked.name in environments:
        steps = wanted = [s for s in steps if s.environment == asked.name]
    else:
        wanted = [s for s in steps if s.name == asked.name]
        if not wanted:
            sys.exit(f"samconfig.toml has no environment {asked.name!r}; it has: {', '.join(environments)}; "
                     f"and their stacks: {', '.join(s.name for s in steps)}")
        steps = [s for s in steps if s.environment == wanted[0].environment]
    if asked.dry_run:
        for number, step in enumerate(wanted, 1):
            print(f"{number:2} {step.name:28} {step.template:26} {step.region:14} {step.stack}")
        return
    if not asked.yes and not sys.stdin.isatty():
        sys.exit("nobody can be asked about the change sets here: give --yes to carry them out")
    room_for_keys(wanted[0].environment, steps)
    suffices(wanted[0].environment, asked)
    built = False
    for number, step in enumerate(wanted, 1):
        state, _ = status(step)
        print(f"== {number} of {len(wanted)}: {step.name} ({step.template}, {step.region}): {state or 'does not stand yet'}", flush=True)
        if state not in STANDS | {None, EMPTY}:
            sys.exit(f"{step.stack} is {state}: " + (
                "wait until it is done, then deploy again" if state.endswith("_IN_PROGRESS") else
                "see its events for why, mend or delete it in CloudFormation, then deploy again"))
        lacking = step.lacking()
        if lacking:
            sys.exit(f"{step.name} lacks {', '.join(lacking)}: write {'them' if len(lacking) > 1 else 'it'} into {step.file}")
        if step.template == "template.yaml" and not built:
            build(step)
            built = True
        if deploy(step, asked.yes):
            sys.exit(f"{step.name} failed; those before it stand. Deploy again to go on here")
        state, outputs = status(step)
        if state not in STANDS:
            sys.exit(f"{step.name} is {state or 'not there'}: its change set was not carried out. Deploy again to go on here")
        gather(step, outputs, steps)
    prune_all(wanted)
    print(f"{asked.name}: {len(wanted)} stacks stand")


if __name__ == "__main__":
    try:
        main()
    except botocore.exceptions.BotoCoreError as error:
        sys.exit(f"AWS cannot be asked: {error}")
    except botocore.exceptions.ClientError as error:
        sys.exit(f"AWS refuses: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed")
