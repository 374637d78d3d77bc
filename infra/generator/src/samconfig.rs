//! `samconfig.toml`: the environments, and in which order their stacks are deployed.

use super::HEADER;
use quotas::Placed;
use std::fmt::Write;

/// An environment and what differs in it.
struct Environment {
    name: &'static str,
    domain: &'static str,
    retention: u32,
    /// Days that the archive locks what it gets: what is locked there stays, and is paid for, whoever asks.
    archive: u32,
    /// Whether functions that call nobody outside of AWS run in a network of their own, which costs by the hour.
    network: bool,
    /// How traffic moves to new versions.
    deployment: &'static str,
}

const ENVIRONMENTS: [Environment; 2] = [
    Environment {
        name: "dev",
        domain: "api.dev.ledgerkeep.example",
        retention: 30,
        archive: 1,
        network: false,
        deployment: "AllAtOnce",
    },
    Environment {
        name: "prod",
        domain: "api.ledgerkeep.example",
        retention: 400,
        archive: 400,
        network: true,
        deployment: "Canary10Percent5Minutes",
    },
];

/// A region of an environment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    First,
    Second,
}

impl Region {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "eu-west-1",
            Self::Second => "eu-central-1",
        }
    }

    const fn place(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }
}

/// Holds no data, and decides with the two.
const WITNESS: &str = "eu-west-3";

const ABOUT: &str = "#
# `make deploy ENV=<dev or prod>` deploys an environment's stacks in the order in which they stand here. What outlives the code and
# changes seldom comes first:
#   <env>-keys, <env>-keys-replica            the KMS keys of the first region, and their replicas in the second
#   <env>-data, <env>-home, <env>-secrets     tables and secrets of both regions
#   <env>-archive-<region>, <env>-network-<region>
#   <env>-<region>                            the code
#   <env>-edge-<region>, <env>-backup-<region>
#   <env>-routing, <env>-detect-<region>
#
# What a stack puts out is what later ones take in, under the same names. It is gathered in
# infra/parameters/<env>-<region>.json, which is not checked in, as it names an account. What no stack puts out is written there
# by hand, once, before the first deployment: CertificateArn in either region, HostedZone in the first, and whatever shall differ
# from a default: MailIdentity, MailSender, RunbookUrl, TruststoreUri, AllowedNetworks.
";

/// The roots in the order of their deployment: template, region, and whether its name says the region.
fn roots(secrets: bool, network: bool) -> Vec<(&'static str, Region, bool)> {
    use Region::{First, Second};
    let mut roots = vec![
        ("keys", First, false),
        ("keys-replica", Second, false),
        ("data", First, false),
        ("home", First, false),
    ];
    if secrets {
        roots.push(("secrets", First, false));
    }
    let mut both = |root| roots.extend([(root, First, true), (root, Second, true)]);
    both("archive");
    if network {
        both("network");
    }
    both("");
    both("edge");
    // Copies go to the second region's vault, so that stands first.
    roots.extend([("backup", Second, true), ("backup", First, true)]);
    roots.push(("routing", First, false));
    roots.extend([("detect", First, true), ("detect", Second, true)]);
    roots
}

/// What a root is given beside the outputs of others.
fn given(environment: &Environment, root: &str, region: Region) -> Vec<String> {
    let regional = |region: Region| format!("{}.{}", region.name(), environment.domain);
    let domain = format!("DomainName={}", environment.domain);
    let second = format!("SecondRegion={}", Region::Second.name());
    let days = format!("ArchiveDays={}", environment.archive);
    let retention = format!("LogRetention={}", environment.retention);
    let place = format!("Place={}", region.place());
    match root {
        "data" | "secrets" => vec![second],
        "home" => vec![second, format!("WitnessRegion={WITNESS}")],
        "archive" => vec![days],
        "network" => vec![retention],
        "" => vec![
            domain,
            "Architecture=arm64".to_owned(),
            format!("Deployment={}", environment.deployment),
            retention,
            format!(
                "RegionalUrls={}",
                [Region::First, Region::Second]
                    .map(|r| format!("{}=https://{}", r.name(), regional(r)))
                    .join(",")
            ),
        ],
        "edge" => vec![domain, format!("RegionalDomain={}", regional(region)), retention],
        "backup" => vec![second, place],
        "routing" => vec![
            domain,
            format!("RegionalDomain={}", regional(Region::First)),
            format!("SecondRegionalDomain={}", regional(Region::Second)),
        ],
        "detect" => vec![days, place],
        _ => Vec::new(),
    }
}

/// Which template is deployed where.
pub(super) fn placed(secrets: bool) -> Vec<Placed> {
    let of = |environment: &Environment| {
        let name = environment.name;
        let roots = roots(secrets, environment.network).into_iter();
        roots.map(move |(root, region, _)| Placed {
            environment: name,
            region: region.name(),
            template: template(root),
        })
    };
    ENVIRONMENTS.iter().flat_map(of).collect()
}

fn template(root: &str) -> String {
    match root {
        "" => names::files::REGION.to_owned(),
        root => names::files::stack(root),
    }
}

/// The file.
pub(super) fn file(secrets: bool) -> String {
    let mut out = format!("{HEADER}{ABOUT}\nversion = 0.1\n");
    for environment in &ENVIRONMENTS {
        for (root, region, says_region) in roots(secrets, environment.network) {
            let mut name = vec![environment.name];
            name.extend(Some(root).filter(|r| !r.is_empty()));
            name.extend(says_region.then_some(region.name()));
            let template = template(root);
            // A replica copies the key that stands in the first region.
            let source = if root == "keys-replica" {
                Region::First
            } else {
                region
            };
            let mut parameters = Vec::new();
            if root != "keys" {
                parameters.push(format!(
                    "file://infra/parameters/{}-{}.json",
                    environment.name,
                    source.name()
                ));
            }
            parameters.push(format!("Environment={}", environment.name));
            parameters.extend(given(environment, root, region));
            out.push_str(&section(&name.join("-"), &template, region, &parameters));
        }
    }
    out
}

fn section(stack: &str, template: &str, region: Region, given: &[String]) -> String {
    let mut out = format!(
        "
[{stack}.deploy.parameters]
stack_name = \"ledgerkeep-{stack}\"
template_file = \"{template}\"
region = \"{region}\"
capabilities = [\"CAPABILITY_IAM\", \"CAPABILITY_AUTO_EXPAND\"]
resolve_s3 = true
confirm_changeset = true
fail_on_empty_changeset = false
tags = [\"app=ledgerkeep\"]
parameter_overrides = [
",
        region = region.name(),
    );
    for parameter in given {
        let _ = writeln!(out, "  \"{parameter}\",");
    }
    out.push_str("]\n");
    out
}

#[cfg(test)]
mod tests {
    use super::{
        Region::{First, Second},
        *,
    };

    #[test]
    fn what_is_needed_stands_before_what_needs_it() {
        let roots = roots(true, true);
        let at = |root: &str, region: Region| {
            let found = roots
                .iter()
                .position(|(r, place, _)| *r == root && *place == region);
            found.unwrap_or_else(|| panic!("{root}"))
        };
        for (before, after) in [
            (at("keys", First), at("keys-replica", Second)),
            (at("keys-replica", Second), at("data", First)),
            (at("data", First), at("", First)),
            (at("home", First), at("", First)),
            (at("secrets", First), at("", First)),
            (at("archive", Second), at("", First)),
            (at("network", First), at("", First)),
            (at("network", Second), at("", Second)),
            (at("", Second), at("edge", First)),
            (at("backup", Second), at("backup", First)),
            (at("edge", Second), at("routing", First)),
        ] {
            assert!(before < after, "{before} < {after}");
        }
    }
}
