//! What an environment needs of its account: a house has one account per environment.

use super::{Placed, VERSIONS, read::Template};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where quotas that hold for the whole account are asked for.
const GLOBAL: &str = "us-east-1";
/// Bytes that an archive may have (`infra/decisions/0024-small-archives.md`); they are 3.7 to 4.5 million.
const ARCHIVE: u64 = 6_000_000;

/// What is counted for a quota.
enum Of {
    /// Resources of these types in a region.
    Types(&'static [&'static str]),
    /// Resources of these types in all regions: the quota is the account's.
    Everywhere(&'static [&'static str]),
    /// Stacks, nested ones too.
    Stacks,
    /// Gigabytes of code: the versions that stay, and the one that is about to come.
    Storage,
}

/// A quota of the account, as Service Quotas knows it.
struct Quota {
    service: &'static str,
    /// Its code, where there is one.
    code: Option<&'static str>,
    name: &'static str,
    /// What AWS gives a new account.
    default: u64,
    of: Of,
}

const fn quota(
    service: &'static str,
    code: Option<&'static str>,
    name: &'static str,
    default: u64,
    of: Of,
) -> Quota {
    Quota {
        service,
        code,
        name,
        default,
        of,
    }
}

const ROLE: &str = "AWS::IAM::Role";
const FUNCTION: &str = "AWS::Lambda::Function";
const TABLE: &str = "AWS::DynamoDB::GlobalTable";
const SECRET: &str = "AWS::SecretsManager::Secret";
const KEYS: &[&str] = &["AWS::KMS::Key", "AWS::KMS::ReplicaKey"];
/// What a stack of the first region makes in the second, too.
const REPLICATED: [&str; 2] = [TABLE, SECRET];

const QUOTAS: &[Quota] = &[
    quota(
        "iam",
        Some("L-FE177D64"),
        "Roles per account",
        1_000,
        Of::Everywhere(&[ROLE]),
    ),
    quota(
        "iam",
        Some("L-E95E4862"),
        "Customer managed policies per account",
        1_500,
        Of::Everywhere(&["AWS::IAM::ManagedPolicy"]),
    ),
    quota(
        "s3",
        Some("L-DC2B2D3D"),
        "General purpose buckets",
        10_000,
        Of::Everywhere(&["AWS::S3::Bucket"]),
    ),
    quota(
        "cloudformation",
        Some("L-0485CB21"),
        "Stack count",
        2_000,
        Of::Stacks,
    ),
    quota(
        "lambda",
        Some("L-2ACBD22F"),
        "Function and layer storage",
        75,
        Of::Storage,
    ),
    quota(
        "apigateway",
        None,
        "Regional APIs",
        600,
        Of::Types(&["AWS::ApiGateway::RestApi"]),
    ),
    quota(
        "apigateway",
        Some("L-A93447B8"),
        "Custom Domain Names",
        120,
        Of::Types(&["AWS::ApiGateway::DomainName"]),
    ),
    quota(
        "dynamodb",
        Some("L-F98FE922"),
        "Maximum number of tables",
        2_500,
        Of::Types(&[TABLE]),
    ),
    quota(
        "kms",
        Some("L-C2F1777E"),
        "Customer Master Keys (CMKs)",
        100_000,
        Of::Types(KEYS),
    ),
    quota("secretsmanager", None, "Secrets", 500_000, Of::Types(&[SECRET])),
    quota(
        "events",
        Some("L-244521F2"),
        "Number of rules",
        300,
        Of::Types(&["AWS::Events::Rule"]),
    ),
    quota(
        "monitoring",
        None,
        "Number of alarms",
        5_000,
        Of::Types(&["AWS::CloudWatch::Alarm"]),
    ),
    quota(
        "sns",
        None,
        "Topics per Account",
        100_000,
        Of::Types(&["AWS::SNS::Topic"]),
    ),
    quota(
        "wafv2",
        None,
        "Maximum number of web ACLs per account in WAF for regional",
        100,
        Of::Types(&["AWS::WAFv2::WebACL"]),
    ),
    quota(
        "codedeploy",
        None,
        "Number of applications",
        1_000,
        Of::Types(&["AWS::CodeDeploy::Application"]),
    ),
    quota(
        "vpc",
        Some("L-F678F1CE"),
        "VPCs per Region",
        5,
        Of::Types(&["AWS::EC2::VPC"]),
    ),
    quota(
        "vpc",
        Some("L-29B6F2EB"),
        "Interface VPC endpoints per VPC",
        50,
        Of::Types(&["AWS::EC2::VPCEndpoint"]),
    ),
    quota(
        "backup",
        None,
        "Backup vaults per Region",
        100,
        Of::Types(&["AWS::Backup::BackupVault"]),
    ),
    quota(
        "cloudtrail",
        None,
        "Trails per Region",
        5,
        Of::Types(&["AWS::CloudTrail::Trail"]),
    ),
];

/// Resources by type, in one region or in several.
type Counts = BTreeMap<String, u64>;

/// Adds what a stack makes, with what it nests.
fn add(counts: &mut Counts, templates: &[Template], name: &str, only: Option<&[&str]>) -> Result<(), String> {
    let template = templates.iter().find(|t| t.name == name);
    let template = template.ok_or_else(|| format!("{name}: there is no such template"))?;
    for (kind, count) in template.expanded() {
        if only.is_none_or(|only| only.contains(&kind)) {
            *counts.entry(kind.to_owned()).or_default() += count;
        }
    }
    for nested in template.nests() {
        add(counts, templates, &nested, only)?;
    }
    Ok(())
}

fn sum(counts: &Counts, kinds: &[&str]) -> u64 {
    kinds.iter().filter_map(|kind| counts.get(*kind)).sum()
}

/// What each environment needs, a line each quota and region.
///
/// # Errors
/// Names a stack that has no template.
pub(crate) fn needs(templates: &[Template], placed: &[Placed]) -> Result<Vec<Value>, String> {
    let environments: BTreeSet<&str> = placed.iter().map(|p| p.environment).collect();
    let mut out = Vec::new();
    for environment in environments {
        let own: Vec<&Placed> = placed.iter().filter(|p| p.environment == environment).collect();
        let regions: BTreeSet<&str> = own.iter().map(|p| p.region).collect();
        let (mut everywhere, mut by_region) = (Counts::new(), BTreeMap::new());
        for region in &regions {
            let mut counts = Counts::new();
            for stack in &own {
                let here = stack.region == *region;
                let only: Option<&[&str]> = if here { None } else { Some(&REPLICATED) };
                add(&mut counts, templates, &stack.template, only)?;
            }
            let roots = own.iter().filter(|p| p.region == *region).count() as u64;
            for (kind, count) in &counts {
                *everywhere.entry(kind.clone()).or_default() += count;
            }
            by_region.insert(*region, (counts, roots));
        }
        for quota in QUOTAS {
            let line = |region: &str, needed: Value| {
                json!({"environment": environment, "region": region, "service": quota.service, "code": quota.code,
                    "quota": quota.name, "default": quota.default, "needed": needed})
            };
            if let Of::Everywhere(kinds) = quota.of {
                out.push(line(GLOBAL, json!(sum(&everywhere, kinds))));
                continue;
            }
            for (region, (counts, roots)) in &by_region {
                let needed = match quota.of {
                    Of::Types(kinds) | Of::Everywhere(kinds) => json!(sum(counts, kinds)),
                    Of::Stacks => json!(roots + sum(counts, &["AWS::CloudFormation::Stack"])),
                    Of::Storage => gigabytes(sum(counts, &[FUNCTION])),
                };
                if needed != json!(0) {
                    out.push(line(region, needed));
                }
            }
        }
    }
    Ok(out)
}

/// What the code of so many functions takes, in gigabytes, with two decimals.
fn gigabytes(functions: u64) -> Value {
    let bytes = functions
        .saturating_mul(ARCHIVE)
        .saturating_mul(VERSIONS.saturating_add(1));
    let hundredths = bytes.div_ceil(10_000_000);
    serde_json::from_str(&format!("{}.{:02}", hundredths / 100, hundredths % 100)).unwrap_or_default()
}
