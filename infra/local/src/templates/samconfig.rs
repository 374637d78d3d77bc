//! `samconfig.toml`: the environments, and in which order their stacks are deployed.

use super::HEADER;
use std::fmt::Write;

/// An environment and what differs in it.
struct Environment {
    name: &'static str,
    domain: &'static str,
    retention: u32,
    /// Days that the archive locks what it gets: what is locked there stays, and is paid for, whoever asks.
    archive: u32,
    confirm: bool,
}

const ENVIRONMENTS: [Environment; 2] = [
    Environment {
        name: "dev",
        domain: "api.dev.ledgerkeep.example",
        retention: 30,
        archive: 1,
        confirm: false,
    },
    Environment {
        name: "prod",
        domain: "api.ledgerkeep.example",
        retention: 400,
        archive: 400,
        confirm: true,
    },
];
const REGIONS: [&str; 2] = ["eu-west-1", "eu-central-1"];

const ABOUT: &str = "#
# An environment is deployed in this order; the first five outlive the code and change seldom:
#   <env>-keys          the KMS keys, first region
#   <env>-keys-replica  their replicas, second region
#   <env>-data          the tables of both regions
#   <env>-secrets       the secrets of both regions
#   <env>-archive-<region>  the archive, in either region
#   <env>-<region>      the code, in either region
#
# What a stack puts out is what later ones take in, under the same names. So every output is added to
# infra/parameters/<env>-<region>.json, which is not checked in, as it names an account. It starts as {}; after each stack:
#   aws cloudformation describe-stacks --region <region> --stack-name ledgerkeep-<env>-<stack> \\
#     --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text |
#     jq -Rn '[inputs / \"\\t\" | {(.[0]): .[1]}] | add'
# Names, keys and secrets of the second region are those of the first with the region's name changed. Only its stream ARNs
# are its own: `aws dynamodb describe-table --query Table.LatestStreamArn` tells them.
";

/// The file.
pub(super) fn file(secrets: bool) -> String {
    let mut out = format!("{HEADER}{ABOUT}\nversion = 0.1\n");
    let [first, second] = REGIONS;
    for environment in &ENVIRONMENTS {
        let name = environment.name;
        let mut roots = vec![("keys", first), ("keys-replica", second), ("data", first)];
        if secrets {
            roots.push(("secrets", first));
        }
        for (root, region) in roots {
            let mut given = Vec::new();
            if root != "keys" {
                given.push(format!("file://infra/parameters/{name}-{first}.json"));
            }
            given.push(format!("Environment={name}"));
            if matches!(root, "data" | "secrets") {
                given.push(format!("SecondRegion={second}"));
            }
            let stack = format!("{name}-{root}");
            out.push_str(&section(
                &stack,
                &format!("infra/{root}.yaml"),
                region,
                &given,
                true,
            ));
        }
        for region in REGIONS {
            let given = [
                format!("file://infra/parameters/{name}-{region}.json"),
                format!("Environment={name}"),
                format!("ArchiveDays={}", environment.archive),
            ];
            let stack = format!("{name}-archive-{region}");
            out.push_str(&section(&stack, "infra/archive.yaml", region, &given, true));
        }
        for region in REGIONS {
            let given = [
                format!("file://infra/parameters/{name}-{region}.json"),
                format!("Environment={name}"),
                format!("DomainName={}", environment.domain),
                "Architecture=arm64".to_owned(),
                format!("LogRetention={}", environment.retention),
            ];
            let stack = format!("{name}-{region}");
            out.push_str(&section(
                &stack,
                "template.yaml",
                region,
                &given,
                environment.confirm,
            ));
        }
    }
    out
}

fn section(stack: &str, template: &str, region: &str, given: &[String], confirm: bool) -> String {
    let mut out = format!(
        "
[{stack}.deploy.parameters]
stack_name = \"ledgerkeep-{stack}\"
template_file = \"{template}\"
region = \"{region}\"
capabilities = [\"CAPABILITY_IAM\", \"CAPABILITY_AUTO_EXPAND\"]
resolve_s3 = true
confirm_changeset = {confirm}
fail_on_empty_changeset = false
tags = [\"app=ledgerkeep\"]
parameter_overrides = [
"
    );
    for parameter in given {
        let _ = writeln!(out, "  \"{parameter}\",");
    }
    out.push_str("]\n");
    out
}
