"""Oracles of the contracts with a validator of their own: every example fits its schema; what a function accepts, no model of
the gateway refuses; what the contract declares of a success, the answer keeps."""

import copy, json, pathlib, secrets

import jsonschema_rs
import requests
import yaml

import hooks

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Wrong passwords lock the account, so what asks for one is tried with its good body only.
ONCE = {"create_session", "change_password"}


class Template(yaml.SafeLoader):
    """Reads a template; what CloudFormation computes is of no interest."""


Template.add_multi_constructor("!", lambda loader, tag, node: str(node.value))


def models(service):
    """The models that bodies are held against, by operation."""
    stacks, found = ROOT / "infra/stacks", {}
    # What is split off a service stands in files of its own.
    for file in [stacks / f"service-{service}.yaml", *stacks.glob(f"service-{service}.*.yaml")]:
        resources = yaml.load(file.read_text(), Template)["Resources"]
        for resource in resources.values():
            properties = resource.get("Properties", {})
            event = properties.get("Events", {}).get("Api", {}).get("Properties", {})
            if "RequestModel" in event:
                name = properties["CodeUri"].rstrip("/").rsplit("/", 1)[1]
                schema = resources["Api"]["Properties"]["Models"][event["RequestModel"]["Model"]]
                found[name] = jsonschema_rs.Draft4Validator(schema)
    return found


def validator(schema, document):
    return jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]})


def others(value):
    """What somebody might send in its place."""
    yield from (None, "", " ", "\ufeff", 0, 1.0, True, [], {}, "\U0001f4b6" * 200, "\U0001f4b6" * 100)
    if isinstance(value, str):
        yield from (f" {value} ", f"\u00a0{value}\u2003", f"{value}\n", f"{value}e\u0301", value.lower(), value.upper(),
                    value + "x" * 200)
    elif isinstance(value, int):
        yield from (value + 1, -value, value * 1000, str(value))
    elif isinstance(value, list):
        yield from (value + value, [None])


def variants(body):
    """Every body that differs from a good one in one place."""
    yield body
    yield body | {"nobody_knows_this": 1}
    for name, value in body.items():
        yield {n: v for n, v in body.items() if n != name}
        for other in others(value):
            yield body | {name: other}
        if isinstance(value, dict):
            for inner in variants(value):
                yield body | {name: inner}
        if isinstance(value, list) and value:
            for inner in variants(value[0]) if isinstance(value[0], dict) else others(value[0]):
                yield body | {name: [inner] + value[1:]}


def named(schema, document):
    """A schema, or the one that it refers to, alone or beside null."""
    for choice in schema.get("anyOf", []):
        if "$ref" in choice:
            return named(choice, document)
    if "$ref" in schema:
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def placed(operation, example, schema, document):
    """An example with objects that exist, and with every optional field that has an example."""
    body = copy.deepcopy(example)
    for name, field in named(schema, document).get("properties", {}).items():
        field = named(field, document)
        if field.get("examples"):
            body.setdefault(name, field["examples"][0])
    body |= {name: values[0] for name, values in hooks.WORLD["fields"].items() if name in body}
    return body | hooks.WORLD["bodies"].get(operation, {})


class Check:
    def __init__(self):
        self.findings, self.accepted, self.refused, self.examples = [], 0, 0, 0

    def service(self, service):
        answer = requests.get(f"{hooks.WORLD['address']}/{service}/v1/openapi.json", verify=hooks.WORLD["ca"], timeout=30)
        document, known = answer.json(), models(service)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                self.fits(operation, document)
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if content:
                    self.oracle(method, path, operation, content, document, known.pop(operation["operationId"]))
        self.findings += [f"{name}: a model of no operation" for name in known]

    def fits(self, operation, document):
        holders = [operation.get("requestBody", {})] + list(operation["responses"].values())
        contents = [content for holder in holders for content in holder.get("content", {}).values()]
        for content in contents + [p for p in operation["parameters"] if p["required"]]:
            self.examples += 1
            for error in validator(content["schema"], document).iter_errors(content["example"]):
                self.findings.append(f"{operation['operationId']}: example {content['example']}: {error.message}")

    def oracle(self, method, path, operation, content, document, model):
        name = operation["operationId"]
        good = placed(name, content["example"], content["schema"], document)
        for body in [good] if name in ONCE else variants(good):
            answer = self.call(method, path, name, operation, body)
            # 404 and 409 say that the body itself was accepted.
            taken = answer.ok or answer.status_code in (404, 409)
            fits = model.is_valid(body)
            self.accepted += taken
            self.refused += not fits
            if taken and not fits:
                self.findings.append(f"{name}: the model refuses {json.dumps(body)[:300]}, the function said {answer.status_code}")
            if answer.status_code >= 500 or str(answer.status_code) not in operation["responses"]:
                self.findings.append(f"{name}: {json.dumps(body)[:300]}: {answer.status_code} {answer.text[:200]}")
            # A call that needs a second person has two successes: what it does, and waiting for them.
            success = operation["responses"].get(str(answer.status_code), {})
            if answer.ok and "content" in success:
                schema = success["content"]["application/json"]["schema"]
                for error in validator(schema, document).iter_errors(answer.json()):
                    self.findings.append(f"{name}: the answer: {error.message}")

    def call(self, method, path, name, operation, body):
        ids = hooks.WORLD["ids"].get(name, [""])
        headers = {"idempotency-key": secrets.token_hex(16), "x-access-reason": "The contract is walked"}
        if operation["security"]:
            headers["authorization"] = f"Bearer {hooks.token(hooks.caller(name))}"
        return requests.request(method, hooks.WORLD["address"] + path.replace("{id}", hooks.pick(ids)), json=body,
                                headers=headers, verify=hooks.WORLD["ca"], timeout=30)


def check(services):
    """What was found wrong, after one line about how much was looked at."""
    found = Check()
    for service in services:
        found.service(service)
    print(f"-- models: {found.examples} examples, {found.accepted} bodies accepted, {found.refused} refused by a model", flush=True)
    if len(services) > 3 and not (found.accepted > 50 and found.refused > 50):
        found.findings.append("too little was accepted or refused to say anything")
    return found.findings
