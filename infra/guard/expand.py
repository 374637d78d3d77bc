"""Expands the SAM templates as CloudFormation does, so that rules see every resource that will stand."""

import copy
import json
import logging
import os
import pathlib

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

REGION = "eu-west-1"
TRANSFORM = "AWS::Serverless-2016-10-31"
# What CloudFormation takes out of a template.
NO_VALUE = {"Ref": "AWS::NoValue"}

logging.getLogger("samtranslator").setLevel(logging.ERROR)


class NoManagedPolicies:
    """No role here names a policy of AWS by its short name, so none is looked up."""

    def load(self):
        return {}


def read(path):
    """A template as it stands in the repository, intrinsic functions in their long form."""
    return json.loads(json.dumps(yaml_parse(pathlib.Path(path).read_text()), default=str))


def defaults(template):
    """The value of each parameter that has a default."""
    return {name: given["Default"] for name, given in template.get("Parameters", {}).items() if "Default" in given}



def expand(template, at="https://artifacts.s3.amazonaws.com/"):
    """What CloudFormation makes of a template whose files lie in a bucket."""
    template = copy.deepcopy(template)
    if template.get("Transform") != TRANSFORM:
        return template
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    waived = {}
    for name, resource in template["Resources"].items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = "s3://artifacts/" + properties["CodeUri"].strip("./") + ".zip"
        elif resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = at + properties["Location"]
        elif resource["Type"] == "AWS::Serverless::Api" and "Metadata" in resource:
            waived[name] = resource.pop("Metadata")
    expanded = transform(template, defaults(template), NoManagedPolicies())
    # What is written beside an API holds for the stage that is made of it.
    for resource in expanded["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::Stage":
            metadata = waived.get(resource["Properties"]["RestApiId"].get("Ref"))
            if metadata:
                resource["Metadata"] = metadata
    return expanded


def settled(template):
    """The template with everything in it that conditions allow: each of them holds."""

    def settle(value):
        if isinstance(value, dict):
            if set(value) == {"Fn::If"}:
                return settle(value["Fn::If"][1])
            return {name: settle(member) for name, member in value.items() if settle(member) != NO_VALUE}
        if isinstance(value, list):
            return [settled for member in value if (settled := settle(member)) != NO_VALUE]
        return value

    return {**template, "Resources": settle(template["Resources"])}
