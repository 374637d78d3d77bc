"""The platform's own rules for its expanded templates. Public packs know no global tables, and pass by skipping what they do not know.

A rule looks at every resource of its types. `plant` breaks a rule in a resource that keeps it, so that each run shows that the
rule finds what it is for.
"""

import json
import pathlib
import re
from dataclasses import dataclass, field
from typing import Callable

RULES = []
RESOURCE_LIMIT = 400
# Parameters that name something of an account, which no default can.
OF_AN_ACCOUNT = re.compile(r"^(CertificateArn|HostedZone|(Second)?(Global|Regional)Target(Zone)?|[A-Z][A-Za-z]+Api)$")


@dataclass
class Seen:
    """A resource, where it stands, and everything else."""

    stack: str
    name: str
    resource: dict
    template: dict
    templates: dict

    @property
    def properties(self):
        return self.resource.get("Properties", {})

    def others(self, kind):
        """The template's resources of a type."""
        return {n: r for n, r in self.template["Resources"].items() if r["Type"] == kind}


@dataclass
class Rule:
    name: str
    about: str
    types: tuple
    check: Callable
    plant: Callable
    applied: int = 0
    broken: list = field(default_factory=list)

    def applies(self, templates):
        """Every resource that the rule is about. Without types it is about each template as a whole."""
        for stack, template in templates.items():
            if not self.types:
                yield Seen(stack, "template", {}, template, templates)
                continue
            for name, resource in template["Resources"].items():
                if resource["Type"] in self.types:
                    yield Seen(stack, name, resource, template, templates)

    def run(self, templates):
        """How many resources it looked at, and which break it."""
        applied, broken = 0, []
        for seen in self.applies(templates):
            answer = self.check(seen)
            if answer is None:
                continue
            applied += 1
            if answer is not True:
                broken.append(f"{seen.stack}: {seen.name}: {answer or self.about}")
        return applied, broken


def rule(about, *types, plant):
    """Makes a rule of a function that answers True, None where it says nothing, and else what is wrong, or False."""

    def made(check):
        RULES.append(Rule(check.__name__.replace("_", "-"), about, types, check, plant))
        return check

    return made


def properties(change):
    """A planted violation in the properties."""
    return lambda seen: change(seen.properties)


def all_of(items, test):
    items = list(items)
    return bool(items) and all(test(item) for item in items)


def text(value):
    return json.dumps(value, sort_keys=True)


TABLE = "AWS::DynamoDB::GlobalTable"


@rule("every replica of a table recovers to a point in time", TABLE,
      plant=properties(lambda p: p["Replicas"][1].pop("PointInTimeRecoverySpecification")))
def tables_recover(seen):
    return all_of(seen.properties["Replicas"],
                  lambda r: r.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is True)


@rule("no replica of a table can be deleted by mistake", TABLE,
      plant=properties(lambda p: p["Replicas"][0].update(DeletionProtectionEnabled=False)))
def tables_are_protected(seen):
    return all_of(seen.properties["Replicas"], lambda r: r.get("DeletionProtectionEnabled") is True)


@rule("every replica of a table is encrypted by a key of ours", TABLE,
      plant=properties(lambda p: p["Replicas"][1].pop("SSESpecification")))
def tables_have_our_key(seen):
    return seen.properties.get("SSESpecification", {}).get("SSEType") == "KMS" and all_of(
        seen.properties["Replicas"], lambda r: r.get("SSESpecification", {}).get("KMSMasterKeyId"))


@rule("a table has a stream of both images, and two replicas", TABLE,
      plant=properties(lambda p: p["StreamSpecification"].update(StreamViewType="KEYS_ONLY")))
def tables_stream(seen):
    return (seen.properties.get("StreamSpecification", {}).get("StreamViewType") == "NEW_AND_OLD_IMAGES"
            and len(seen.properties["Replicas"]) == 2)


def is_home(seen):
    return text(seen.properties["TableName"]).endswith('-home"}')


@rule("the home table is strongly consistent, with a witness, and expires nothing", TABLE,
      plant=lambda seen: is_home(seen) and seen.properties.update(MultiRegionConsistency="EVENTUAL"))
def home_is_consistent(seen):
    if not is_home(seen):
        return None
    return (seen.properties.get("MultiRegionConsistency") == "STRONG"
            and len(seen.properties.get("GlobalTableWitnesses", [])) == 1
            and "TimeToLiveSpecification" not in seen.properties)


@rule("the audit table refuses, in both regions, whatever is not an append", TABLE,
      plant=properties(lambda p: p["Replicas"][1].pop("ResourcePolicy", None)))
def audit_is_append_only(seen):
    if seen.name != "Audit":
        return None
    wanted = {f"dynamodb:{a}" for a in ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete", "PartiQLInsert")}

    def refuses(replica):
        statements = replica.get("ResourcePolicy", {}).get("PolicyDocument", {}).get("Statement", [])
        return any(s["Effect"] == "Deny" and s["Principal"] == "*" and wanted <= set(s["Action"]) for s in statements)

    return all_of(seen.properties["Replicas"], refuses)


KEPT = (TABLE, "AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup",
        "AWS::Backup::BackupVault")


@rule("what holds data outlives its stack", *KEPT, plant=lambda seen: seen.resource.update(DeletionPolicy="Delete"))
def data_is_retained(seen):
    return {seen.resource.get("DeletionPolicy"), seen.resource.get("UpdateReplacePolicy")} == {"Retain"}


@rule("a log group has a key and an end", "AWS::Logs::LogGroup", plant=properties(lambda p: p.pop("KmsKeyId")))
def logs_are_sealed_and_end(seen):
    return bool(seen.properties.get("KmsKeyId")) and bool(seen.properties.get("RetentionInDays"))


@rule("a key rotates where KMS can, is there in both regions where functions use it, and goes after a month", "AWS::KMS::Key",
      plant=properties(lambda p: p.update(PendingWindowInDays=7)))
def keys_rotate(seen):
    p = seen.properties
    symmetric = p.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    shared = p.get("MultiRegion") is True or seen.stack == "infra/stacks/detect.yaml"
    return p.get("PendingWindowInDays") == 30 and shared and (p.get("EnableKeyRotation") is True or not symmetric)


@rule("a secret is encrypted by a key of ours and is there in both regions", "AWS::SecretsManager::Secret",
      plant=properties(lambda p: p.pop("ReplicaRegions")))
def secrets_are_replicated(seen):
    return bool(seen.properties.get("KmsKeyId")) and all_of(
        seen.properties.get("ReplicaRegions", []), lambda r: r.get("KmsKeyId"))


@rule("a bucket is private, versioned and encrypted by a key of ours", "AWS::S3::Bucket",
      plant=properties(lambda p: p["PublicAccessBlockConfiguration"].update(BlockPublicPolicy=False)))
def buckets_are_private(seen):
    p = seen.properties
    public = p.get("PublicAccessBlockConfiguration", {})
    encryption = p.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    return (len(public) == 4 and all(value is True for value in public.values())
            and p.get("VersioningConfiguration", {}).get("Status") == "Enabled"
            and all_of(encryption, lambda e: e["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"))


@rule("a bucket is reached over TLS 1.2 at least", "AWS::S3::Bucket",
      plant=lambda seen: seen.template["Resources"].pop(f"{seen.name}Policy"))
def buckets_want_tls(seen):
    policies = [p["Properties"] for p in seen.others("AWS::S3::BucketPolicy").values()]
    own = [p for p in policies if p["Bucket"] == {"Ref": seen.name}]
    said = text([s for p in own for s in p["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"])
    return "aws:SecureTransport" in said and "s3:TlsVersion" in said


@rule("a queue is encrypted by a key of ours, and what is never taken off it is kept", "AWS::SQS::Queue",
      plant=properties(lambda p: p.pop("KmsMasterKeyId")))
def queues_are_sealed(seen):
    p = seen.properties
    return bool(p.get("KmsMasterKeyId")) and ("RedrivePolicy" in p or "RedriveAllowPolicy" in p)


@rule("a topic is encrypted by a key of ours", "AWS::SNS::Topic", plant=properties(lambda p: p.pop("KmsMasterKeyId")))
def topics_are_sealed(seen):
    return bool(seen.properties.get("KmsMasterKeyId"))


ROLE, FUNCTION = "AWS::IAM::Role", "AWS::Lambda::Function"


def role_of(function):
    got = function["Properties"]["Role"].get("Fn::GetAtt", [None])
    return got[0]


def told(function):
    """What tells a function's needs: what its variables name, and whether it runs in the network. Its triggers, too, as what starts it
    is read with its role."""
    properties = function["Properties"]
    return text([properties.get("Environment"), properties.get("VpcConfig")])


def readers(seen, role):
    """What the functions of a role read off streams and queues."""
    own = {name for name, function in seen.others(FUNCTION).items() if role_of(function) == role}
    sources = seen.others("AWS::Lambda::EventSourceMapping").values()
    return {text(s["Properties"]["EventSourceArn"]) for s in sources if s["Properties"]["FunctionName"].get("Ref") in own}


@rule("a function has a role of its own, or one of those who are told the same and start the same way; each writes its own logs", FUNCTION,
      plant=lambda seen: seen.properties.update(Role={"Fn::GetAtt": [role_of(next(
          f for n, f in seen.others(FUNCTION).items() if n != seen.name and told(f) != told(seen.resource))), "Arn"]}))
def functions_have_own_roles(seen):
    own = role_of(seen.resource)
    role = seen.others(ROLE).get(own)
    if role is None:
        return "has no role of its stack"
    sharers = {n: f for n, f in seen.others(FUNCTION).items() if role_of(f) == own}
    if len({told(f) for f in sharers.values()}) != 1:
        return f"has the role {own} together with functions that are told something else"
    if len(readers(seen, own)) not in (0, 1) and len(sharers) > 1:
        return f"has the role {own} together with functions that read something else"
    logs = {}
    for statement in statements(role["Properties"]):
        for resource in listed(statement["Resource"]):
            if statement["Sid"].startswith("WriteLogs"):
                logs[resource["Fn::GetAtt"][0]] = text(statement.get("Condition", {}))
    if len(sharers) == 1:
        return set(logs) == {f"{seen.name}Logs"}
    # Lambda says for which function it writes.
    bound = logs.get(f"{seen.name}Logs", "")
    name = seen.properties["FunctionName"]["Fn::Sub"]
    return set(logs) == {f"{n}Logs" for n in sharers} and "lambda:SourceFunctionArn" in bound and f":function:{name}\"" in bound


def statements(properties):
    for policy in properties.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def listed(value):
    return value if isinstance(value, list) else [value]


@rule("no role allows every action of a service, or an action on everything, but those that know no resource", ROLE,
      plant=properties(lambda p: next(statements(p))["Action"].append("dynamodb:*")))
def roles_name_what_they_allow(seen):
    said = list(statements(seen.properties))
    if not said:
        return None
    for statement in said:
        actions = listed(statement["Action"])
        wild = [a for a in actions if "*" in a]
        if statement["Effect"] == "Allow" and wild:
            return f"allows {', '.join(wild)}"
        if "*" in listed(statement["Resource"]) and not all(a.startswith("xray:") for a in actions):
            return f"{statement['Sid']} is about everything"
    return True


@rule("a function's roles stay within a boundary", ROLE, plant=properties(lambda p: p.pop("PermissionsBoundary")))
def roles_are_bounded(seen):
    trust = text(seen.properties["AssumeRolePolicyDocument"])
    if "lambda.amazonaws.com" not in trust and "TagSession" not in trust:
        return None
    return bool(seen.properties.get("PermissionsBoundary"))


@rule("what AWS services may assume, they may for this account alone", ROLE,
      plant=properties(lambda p: p["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition")))
def services_act_for_us(seen):
    trust = seen.properties["AssumeRolePolicyDocument"]["Statement"]
    # These two act for whoever owns the function or the API; they send no account along.
    known = ("lambda.amazonaws.com", "apigateway.amazonaws.com", "codedeploy.amazonaws.com")
    services = [s for s in trust if "Service" in s["Principal"]
                and not any(k in text(s["Principal"]) for k in known)]
    if not services:
        return None
    return all("aws:SourceAccount" in text(s.get("Condition")) for s in services)


@rule("a function is traced and writes to a log group of its own stack", FUNCTION,
      plant=properties(lambda p: p.pop("LoggingConfig")))
def functions_log(seen):
    group = seen.properties.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
    return group in seen.others("AWS::Logs::LogGroup") and seen.properties.get("TracingConfig", {}).get("Mode") == "Active"


@rule("a new version takes over step by step, and an alarm takes it back", "AWS::Lambda::Alias",
      plant=lambda seen: seen.template["Resources"].pop(seen.resource["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]))
def versions_are_taken_back(seen):
    update = seen.resource.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
    group = seen.others("AWS::CodeDeploy::DeploymentGroup").get(update.get("DeploymentGroupName", {}).get("Ref"))
    if seen.properties["Name"] != "live" or group is None:
        return False
    p = group["Properties"]
    alarms = p.get("AlarmConfiguration", {})
    known = seen.others("AWS::CloudWatch::Alarm")
    return (p["AutoRollbackConfiguration"]["Enabled"] is True
            and "DEPLOYMENT_STOP_ON_ALARM" in p["AutoRollbackConfiguration"]["Events"]
            and alarms.get("Enabled") is True
            and all_of(alarms.get("Alarms", []), lambda a: a["Name"].get("Ref") in known))


@rule("a function in the network has its subnets and its group from whoever made it", FUNCTION,
      plant=properties(lambda p: p.get("VpcConfig", {}).update(SecurityGroupIds=[])))
def functions_in_the_network(seen):
    vpc = seen.properties.get("VpcConfig")
    if vpc is None:
        return None
    return "VpcSubnets" in text(vpc["SubnetIds"]) and vpc["SecurityGroupIds"] == [{"Ref": "VpcSecurityGroup"}]


@rule("records that fail come again by themselves, not with their whole batch", "AWS::Lambda::EventSourceMapping",
      plant=properties(lambda p: p.pop("FunctionResponseTypes")))
def batches_fail_in_part(seen):
    return seen.properties.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]


API, STAGE = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage"


def configuration_of(properties):
    """Where SAM says it for OpenAPI 3."""
    servers = listed(properties.get("Body", {}).get("servers", []))
    return next((s["x-amazon-apigateway-endpoint-configuration"] for s in servers
                 if "x-amazon-apigateway-endpoint-configuration" in s), {})


def door_of(properties):
    return configuration_of(properties).get("disableExecuteApiEndpoint")


@rule("an API is reached by its host name only, over TLS 1.2 at least", API,
      plant=properties(lambda p: configuration_of(p).update(disableExecuteApiEndpoint=False)))
def apis_have_one_door(seen):
    return door_of(seen.properties) is True and "TLS13_1_2" in seen.properties.get("SecurityPolicy", "")


@rule("a stage writes who called, and no bodies; it is traced and throttled", STAGE,
      plant=properties(lambda p: p["MethodSettings"][0].update(DataTraceEnabled=True)))
def stages_log(seen):
    p = seen.properties
    return (bool(p.get("AccessLogSetting", {}).get("DestinationArn")) and p.get("TracingEnabled") is True
            and all_of(p.get("MethodSettings", []), lambda m: m["DataTraceEnabled"] is False and m["ThrottlingRateLimit"] > 0))


def stack_of(seen):
    """The service of a stack, and the logical id of its API elsewhere: `billing` and `BillingInvoices` of
    `service-billing.invoices.yaml`."""
    name = pathlib.Path(seen.stack).stem.removeprefix("service-")
    return name.split(".")[0], "".join(word.capitalize() for word in re.split("[._-]", name))


@rule("every stage has the firewall in front", STAGE,
      plant=lambda seen: [seen.templates["infra/stacks/edge.yaml"]["Resources"].pop(name)
                          for name, r in list(seen.templates["infra/stacks/edge.yaml"]["Resources"].items())
                          if r["Type"] == "AWS::WAFv2::WebACLAssociation"])
def stages_are_guarded(seen):
    _, api = stack_of(seen)
    guarded = [text(r["Properties"]["ResourceArn"]) for r in seen.templates["infra/stacks/edge.yaml"]["Resources"].values()
               if r["Type"] == "AWS::WAFv2::WebACLAssociation"]
    return any(f"/restapis/${{{api}Api}}/stages/{seen.properties['StageName']}" in g for g in guarded)


@rule("the firewall limits rates, knows bad addresses and inputs, and writes what it refused", "AWS::WAFv2::WebACL",
      plant=properties(lambda p: p["Rules"].pop(1)))
def firewall_is_whole(seen):
    said = text(seen.properties["Rules"])
    groups = ("IpReputationList", "KnownBadInputsRuleSet", "CommonRuleSet")
    return (all(f"AWSManagedRules{g}" in said or f"AWSManagedRulesAmazon{g}" in said for g in groups)
            and said.count("RateBasedStatement") == 2 and "IPSetReferenceStatement" in said
            and len(seen.others("AWS::WAFv2::LoggingConfiguration")) == 1)


@rule("a host name takes TLS 1.2 at least and leads nowhere but where a rule says", "AWS::ApiGateway::DomainName",
      plant=properties(lambda p: p.update(SecurityPolicy="TLS_1_0")))
def hosts_want_tls(seen):
    return seen.properties.get("SecurityPolicy") == "TLS_1_2" and seen.properties.get("RoutingMode") == "ROUTING_RULE_ONLY"


@rule("every API is routed to from both host names of its region", API,
      plant=lambda seen: [seen.templates["infra/stacks/edge.yaml"]["Resources"].pop(name)
                          for name, r in list(seen.templates["infra/stacks/edge.yaml"]["Resources"].items())
                          if r["Type"] == "AWS::ApiGatewayV2::RoutingRule"])
def apis_are_routed(seen):
    service, api = stack_of(seen)
    rules = [r["Properties"] for r in seen.templates["infra/stacks/edge.yaml"]["Resources"].values()
             if r["Type"] == "AWS::ApiGatewayV2::RoutingRule"]
    bases = [[], []]
    for at, domain in enumerate(("Global", "Regional")):
        here = [r for r in rules if text(r["DomainNameArn"]) == text({"Fn::GetAtt": [f"{domain}Host", "DomainNameArn"]})]
        whole = next((r["Priority"] for r in here if r["Conditions"][0]["MatchBasePaths"]["AnyOf"] == [service]), 0)
        for r in here:
            if r["Actions"][0]["InvokeApi"]["ApiId"] != {"Ref": f"{api}Api"}:
                continue
            bases[at] += r["Conditions"][0]["MatchBasePaths"]["AnyOf"]
            # What is split off a service is looked for before the service itself.
            if bases[at][-1].startswith(f"{service}/") and r["Priority"] >= whole:
                return f"the rule of {bases[at][-1]} stands behind that of {service}"
    own = [base for base in bases[0] if base == service or base.startswith(f"{service}/")]
    # All of the service, or nouns of it.
    return bases[0] == bases[1] and bool(own) and (own == [service]) is ("." not in pathlib.Path(seen.stack).stem)


@rule("an alarm tells somebody, and names a runbook that there is", "AWS::CloudWatch::Alarm",
      plant=properties(lambda p: p.update(AlarmDescription="Something is wrong.")))
def alarms_have_runbooks(seen):
    named = re.findall(r"\$\{RunbookUrl\}/([a-z-]+)\.md", text(seen.properties.get("AlarmDescription", "")))
    if not seen.properties.get("AlarmActions") or seen.properties.get("ActionsEnabled") is not True:
        return "tells nobody"
    return len(named) == 1 and pathlib.Path(f"infra/runbooks/{named[0]}.md").is_file()


@rule("a vault keeps copies as long as it says, no more and no less", "AWS::Backup::BackupVault",
      plant=properties(lambda p: p.pop("LockConfiguration")))
def vaults_are_locked(seen):
    lock = seen.properties.get("LockConfiguration", {})
    plans = text(list(seen.others("AWS::Backup::BackupPlan").values()))
    return (lock.get("MinRetentionDays") == lock.get("MaxRetentionDays") is not None and "ChangeableForDays" in lock
            and bool(seen.properties.get("EncryptionKeyArn"))
            and plans.count(f'"DeleteAfterDays": {lock["MinRetentionDays"]}') == 2)


@rule("the trail covers every region, is validated, encrypted and locked", "AWS::CloudTrail::Trail",
      plant=properties(lambda p: p.update(EnableLogFileValidation=False)))
def trail_is_whole(seen):
    p = seen.properties
    bucket = seen.others("AWS::S3::Bucket").get(p["S3BucketName"]["Ref"], {}).get("Properties", {})
    return (p.get("EnableLogFileValidation") is True and p.get("IsMultiRegionTrail") is True and p.get("IsLogging") is True
            and bool(p.get("KMSKeyId")) and bucket.get("ObjectLockEnabled") is True)


@rule("an endpoint of the network serves this account alone", "AWS::EC2::VPCEndpoint",
      plant=properties(lambda p: p.pop("PolicyDocument")))
def endpoints_serve_us(seen):
    said = seen.properties.get("PolicyDocument", {}).get("Statement", [])
    return all_of(said, lambda s: "aws:PrincipalAccount" in text(s.get("Condition")))


@rule(f"a stack has at most {RESOURCE_LIMIT} resources, of the 500 that it may",
      plant=lambda seen: seen.template["Resources"].update(
          {f"More{n}": {"Type": "AWS::Logs::LogGroup"} for n in range(RESOURCE_LIMIT)}))
def stacks_have_room(seen):
    count = len(seen.template["Resources"])
    return count <= RESOURCE_LIMIT or f"has {count} resources"


@rule("a parameter says what it is and what it must look like, and its default does",
      plant=lambda seen: next(iter(seen.template["Parameters"].values())).pop("Description"))
def parameters_are_described(seen):
    for name, given in seen.template.get("Parameters", {}).items():
        pattern, values = given.get("AllowedPattern"), given.get("AllowedValues")
        if not given.get("Description") or not (pattern or values):
            return f"{name} says too little"
        if "Default" not in given:
            if not (OF_AN_ACCOUNT.match(name) or seen.stack == "infra/stacks/keys-replica.yaml"):
                return f"{name} has no default"
        elif values and str(given["Default"]) not in [str(v) for v in values]:
            return f"{name}: its default is not allowed"
        elif pattern and not re.search(pattern, str(given["Default"])):
            return f"{name}: its default is not allowed"
    return True
