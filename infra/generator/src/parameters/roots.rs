//! Parameters of the edge, the network, backups, routing and detection.

use super::{Allowed, Parameter, text};
use names::{ACCOUNT, REGION, pascal};

fn choice(
    name: &str,
    about: &str,
    default: &str,
    values: &'static [&'static str],
    number: bool,
) -> (String, Parameter) {
    let parameter = Parameter {
        about: about.to_owned(),
        default: Some(default.to_owned()),
        allowed: Allowed::Values(values),
        number,
    };
    (name.to_owned(), parameter)
}

const HOST: &str = "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$";

/// `WitnessRegion`.
pub(crate) fn witness_region() -> (String, Parameter) {
    let about = "A third region of the same set (EU, US or AP), which holds no data and decides with the two which write came first.";
    text(
        "WitnessRegion",
        about,
        Some("eu-west-3".into()),
        "^[a-z]{2}(-[a-z]+)+-[0-9]$",
    )
}

/// `VpcSubnets`.
pub(crate) fn vpc_subnets() -> (String, Parameter) {
    let about = "Subnets (separated by commas) that functions run in which call nobody outside of AWS; empty for none.";
    text(
        "VpcSubnets",
        about,
        Some(String::new()),
        "^(subnet-[0-9a-f]{8,17}(,subnet-[0-9a-f]{8,17})*)?$",
    )
}

/// `VpcSecurityGroup`.
pub(crate) fn vpc_security_group() -> (String, Parameter) {
    let about = "Security group of the functions that run in VpcSubnets.";
    text(
        "VpcSecurityGroup",
        about,
        Some("sg-00000000".into()),
        "^sg-[0-9a-f]{8,17}$",
    )
}

/// `VpcCidr`.
pub(crate) fn vpc_cidr() -> (String, Parameter) {
    text(
        "VpcCidr",
        "Addresses of the network (CIDR, /16 to /18), which nothing else that it is peered with has.",
        Some("10.64.0.0/16".into()),
        "^10[.][0-9]{1,3}[.][0-9]{1,3}[.]0/1[6-8]$",
    )
}

/// `NetworkPolicy`: from the boundaries' stack.
pub(crate) const NETWORK_POLICY: &str = "NetworkPolicy";

/// `NetworkPolicy`.
pub(crate) fn network_policy() -> (String, Parameter) {
    text(
        NETWORK_POLICY,
        "ARN of the policy with which Lambda attaches functions to VpcSubnets.",
        Some(format!("arn:aws:iam::{ACCOUNT}:policy/{NETWORK_POLICY}")),
        "^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$",
    )
}

/// `Deployment`: how an alias moves to a new version.
pub(crate) fn deployment() -> (String, Parameter) {
    choice(
        "Deployment",
        "How traffic moves to a new version of a function; an alarm meanwhile moves it back.",
        "Canary10Percent5Minutes",
        &[
            "AllAtOnce",
            "Canary10Percent5Minutes",
            "Canary10Percent15Minutes",
            "Linear10PercentEvery1Minute",
        ],
        false,
    )
}

/// The topic that alarms go to: from the monitoring stack.
pub(crate) const ALARM_TOPIC: &str = "AlarmTopic";

/// `AlarmTopic`.
pub(crate) fn alarm_topic() -> (String, Parameter) {
    text(
        ALARM_TOPIC,
        "ARN of the topic that alarms go to.",
        Some(format!("arn:aws:sns:{REGION}:{ACCOUNT}:ledgerkeep-local-alarms")),
        "^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$",
    )
}

/// `RegionalDomain`.
pub(crate) fn regional_domain() -> (String, Parameter) {
    let about = "Host name of the API in this region, which clients use that know where their data lives.";
    text("RegionalDomain", about, Some("eu-west-1.localhost".into()), HOST)
}

/// `SecondRegionalDomain`.
pub(crate) fn second_regional_domain() -> (String, Parameter) {
    let about = "Host name of the API in the second region.";
    text(
        "SecondRegionalDomain",
        about,
        Some("eu-central-1.localhost".into()),
        HOST,
    )
}

/// `CertificateArn`. There is no default: it names an account.
pub(crate) fn certificate() -> (String, Parameter) {
    text(
        "CertificateArn",
        "ARN of the certificate (ACM, in this region) for DomainName and RegionalDomain.",
        None,
        "^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$",
    )
}

/// `TruststoreUri`.
pub(crate) fn truststore() -> (String, Parameter) {
    text(
        "TruststoreUri",
        "Where the certificates lie (s3://bucket/key) of which clients must show one; empty asks for none.",
        Some(String::new()),
        "^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+)?$",
    )
}

/// `BlockedNetworksV4` and `BlockedNetworksV6`.
pub(crate) fn blocked_networks() -> [(String, Parameter); 2] {
    let about = |version| {
        format!(
            "IPv{version} networks (CIDR, separated by commas) that nothing is answered to; empty for none."
        )
    };
    [
        text(
            "BlockedNetworksV4",
            &about(4),
            Some(String::new()),
            "^([0-9.]+/[0-9]{1,2}(,[0-9.]+/[0-9]{1,2})*)?$",
        ),
        text(
            "BlockedNetworksV6",
            &about(6),
            Some(String::new()),
            "^([0-9a-f:]+/[0-9]{1,3}(,[0-9a-f:]+/[0-9]{1,3})*)?$",
        ),
    ]
}

/// `RateLimit`.
pub(crate) fn rate_limit() -> (String, Parameter) {
    let about = "Calls of one address in five minutes, after which it is refused.";
    choice(
        "RateLimit",
        about,
        "10000",
        &["1000", "2000", "5000", "10000", "20000", "50000"],
        true,
    )
}

/// `SignInLimit`.
pub(crate) fn sign_in_limit() -> (String, Parameter) {
    let about = "Calls of one address in five minutes to where passwords and tokens are asked for, after which it is refused.";
    choice("SignInLimit", about, "300", &["100", "300", "1000", "3000"], true)
}

/// `BillingApi`: the id of a service's API. There is no default: AWS makes it.
pub(crate) fn api(service: &str) -> (String, Parameter) {
    text(
        &format!("{}Api", pascal(service)),
        &format!("Id of the {service} API."),
        None,
        "^[a-z0-9]{8,12}$",
    )
}

/// `HostedZone`. There is no default: it names an account.
pub(crate) fn hosted_zone() -> (String, Parameter) {
    text(
        "HostedZone",
        "Id of the hosted zone (Route 53) of DomainName.",
        None,
        "^Z[A-Z0-9]{4,31}$",
    )
}

/// `GlobalTarget`, `GlobalTargetZone`, and so on: where the edge of a region puts its host names.
pub(crate) fn target(name: &str) -> [(String, Parameter); 2] {
    [
        text(
            name,
            "Host name that API Gateway gave the domain.",
            None,
            "^[a-z0-9-]+[.]execute-api[.][a-z0-9-]+[.]amazonaws[.]com([.]cn)?$",
        ),
        text(
            &format!("{name}Zone"),
            "Id of the hosted zone of that name.",
            None,
            "^Z[A-Z0-9]{4,31}$",
        ),
    ]
}

/// `Place`: which region of the environment this is.
pub(crate) fn place() -> (String, Parameter) {
    choice(
        "Place",
        "Which region of the environment this is.",
        "first",
        &["first", "second"],
        false,
    )
}
