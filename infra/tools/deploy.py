"""deploy.py <environment or stack> [--yes] [--dry-run]: deploys what samconfig.toml has under that name, in its order.

What a stack puts out is gathered in infra/parameters/<environment>-<region>.json for those that come later. CloudFormation is
asked what stands; nothing is kept about that here, so a deployment that was cut off goes on from any machine.
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
import botocore.exceptions
from samtranslator.yaml_helper import yaml_parse

PARAMETERS = pathlib.Path("infra/parameters")
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
