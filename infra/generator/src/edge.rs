//! `infra/stacks/edge.yaml`: a region's host names, which service answers below them, and the firewall in front of every API.

use super::{
    document,
    parameters::{self, Parameters},
    pascal, portal,
    split::Piece,
};
use std::fmt::Write;

/// The domains: logical id, and the parameter that names each.
const DOMAINS: [(&str, &str); 2] = [("Global", "DomainName"), ("Regional", "RegionalDomain")];
/// Where passwords, codes and secrets are asked for, under `/identity/v1/`.
const SIGN_IN: [&str; 6] = [
    "sessions",
    "password-resets",
    "portal",
    "oauth",
    "me/password",
    "me/totp",
];
/// Between the priorities of rules, so that one fits in.
const GAP: usize = 10;

/// The template of a region's edge.
pub(super) fn stack(pieces: &[&Piece]) -> String {
    let parameters = Parameters::default()
        .with([
            parameters::environment(),
            parameters::domain(),
            parameters::regional_domain(),
            parameters::certificate(),
            parameters::truststore(),
            parameters::rate_limit(),
            parameters::sign_in_limit(),
            parameters::log_key(),
            parameters::log_retention(),
        ])
        .with(parameters::blocked_networks())
        .with(pieces.iter().map(|p| parameters::api(&p.name())))
        .with([parameters::api(portal::NAME)]);
    let mut body = format!("{CONDITIONS}\nResources:\n");
    for (id, name) in DOMAINS {
        body.push_str(&DOMAIN.replace("{id}", id).replace("{name}", name));
        for (n, (api, path)) in rules(pieces).iter().enumerate() {
            body.push_str(&rule(id, (n + 1) * GAP, api, path));
        }
    }
    let sign_in = format!("^/identity/v1/({})(/|$)", SIGN_IN.join("|"));
    body.push_str(&FIREWALL.replace("{sign_in}", &sign_in));
    for id in pieces.iter().map(|p| p.id()).chain([portal::ID.to_owned()]) {
        let _ = write!(
            body,
            "  {id}Guarded:
    Type: AWS::WAFv2::WebACLAssociation
    Properties:
      ResourceArn: !Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}::/restapis/${{{id}Api}}/stages/live
      WebACLArn: !GetAtt Firewall.Arn

"
        );
    }
    body.push_str("Outputs:\n");
    for (id, name) in DOMAINS {
        let _ = write!(
            body,
            "  {id}Target:
    Description: Host name that API Gateway gave {name}.
    Value: !GetAtt {id}Host.RegionalDomainName
  {id}TargetZone:
    Description: Id of the hosted zone of that name.
    Value: !GetAtt {id}Host.RegionalHostedZoneId
"
        );
    }
    document::text(
        "Ledgerkeep: the edge of one region: host names, their routes to the services, the firewall.",
        &parameters,
        &body,
    )
}

/// The APIs and the base paths that lead to each, in the order in which they are looked at: what is split off a service before the
/// service itself, whose base path they begin with; the portal last.
fn rules(pieces: &[&Piece]) -> Vec<(String, String)> {
    let (parts, whole): (Vec<&Piece>, Vec<&Piece>) = pieces.iter().copied().partition(|p| p.is_part());
    let rules = parts.into_iter().chain(whole);
    rules
        .flat_map(|p| p.base_paths().into_iter().map(|path| (p.id(), path)))
        .chain([(portal::ID.to_owned(), portal::NAME.to_owned())])
        .collect()
}

fn rule(domain: &str, priority: usize, api: &str, path: &str) -> String {
    let id: String = path.split(['/', '.', '-']).map(pascal).collect();
    format!(
        "  {domain}{id}Rule:
    Type: AWS::ApiGatewayV2::RoutingRule
    Properties:
      DomainNameArn: !GetAtt {domain}Host.DomainNameArn
      Priority: {priority}
      Conditions:
        - MatchBasePaths:
            AnyOf:
              - {path}
      Actions:
        - InvokeApi:
            ApiId: !Ref {api}Api
            Stage: live
            StripBasePath: false

",
    )
}

const CONDITIONS: &str = "\
Conditions:
  Mutual: !Not [!Equals [!Ref TruststoreUri, '']]
  BlocksV4: !Not [!Equals [!Ref BlockedNetworksV4, '']]
  BlocksV6: !Not [!Equals [!Ref BlockedNetworksV6, '']]
";

const DOMAIN: &str = "  \
  {id}Host:
    Type: AWS::ApiGateway::DomainName
    Properties:
      DomainName: !Ref {name}
      RegionalCertificateArn: !Ref CertificateArn
      SecurityPolicy: TLS_1_2
      RoutingMode: ROUTING_RULE_ONLY
      EndpointConfiguration:
        Types: [REGIONAL]
        IpAddressType: dualstack
      MutualTlsAuthentication: !If
        - Mutual
        - TruststoreUri: !Ref TruststoreUri
        - !Ref AWS::NoValue

";

const FIREWALL: &str = "  \
  BlockedV4:
    Type: AWS::WAFv2::IPSet
    Properties:
      Name: !Sub ledgerkeep-${Environment}-blocked-v4
      Scope: REGIONAL
      IPAddressVersion: IPV4
      Addresses: !If [BlocksV4, !Split [',', !Ref BlockedNetworksV4], []]

  BlockedV6:
    Type: AWS::WAFv2::IPSet
    Properties:
      Name: !Sub ledgerkeep-${Environment}-blocked-v6
      Scope: REGIONAL
      IPAddressVersion: IPV6
      Addresses: !If [BlocksV6, !Split [',', !Ref BlockedNetworksV6], []]

  Firewall:
    Type: AWS::WAFv2::WebACL
    Properties:
      Name: !Sub ledgerkeep-${Environment}
      Scope: REGIONAL
      DefaultAction:
        Allow: {}
      VisibilityConfig:
        CloudWatchMetricsEnabled: true
        SampledRequestsEnabled: false
        MetricName: !Sub ledgerkeep-${Environment}
      Rules:
        - Name: blocked
          Priority: 0
          Statement:
            OrStatement:
              Statements:
                - IPSetReferenceStatement:
                    Arn: !GetAtt BlockedV4.Arn
                - IPSetReferenceStatement:
                    Arn: !GetAtt BlockedV6.Arn
          Action:
            Block: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: blocked
        # Where passwords, codes and secrets are asked for.
        - Name: sign-in
          Priority: 1
          Statement:
            RateBasedStatement:
              AggregateKeyType: IP
              Limit: !Ref SignInLimit
              EvaluationWindowSec: 300
              ScopeDownStatement:
                RegexMatchStatement:
                  RegexString: '{sign_in}'
                  FieldToMatch:
                    UriPath: {}
                  TextTransformations:
                    - Priority: 0
                      Type: NORMALIZE_PATH
          Action:
            Block: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: sign-in
        - Name: rate
          Priority: 2
          Statement:
            RateBasedStatement:
              AggregateKeyType: IP
              Limit: !Ref RateLimit
              EvaluationWindowSec: 300
          Action:
            Block: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: rate
        - Name: reputation
          Priority: 3
          Statement:
            ManagedRuleGroupStatement:
              VendorName: AWS
              Name: AWSManagedRulesAmazonIpReputationList
          OverrideAction:
            None: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: reputation
        - Name: known-bad
          Priority: 4
          Statement:
            ManagedRuleGroupStatement:
              VendorName: AWS
              Name: AWSManagedRulesKnownBadInputsRuleSet
          OverrideAction:
            None: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: known-bad
        # Bodies are larger than the 8 KiB that it allows; the gateway and the functions hold them to their own limits.
        - Name: common
          Priority: 5
          Statement:
            ManagedRuleGroupStatement:
              VendorName: AWS
              Name: AWSManagedRulesCommonRuleSet
              RuleActionOverrides:
                - Name: SizeRestrictions_BODY
                  ActionToUse:
                    Count: {}
          OverrideAction:
            None: {}
          VisibilityConfig:
            CloudWatchMetricsEnabled: true
            SampledRequestsEnabled: false
            MetricName: common

  # AWS prescribes what its name begins with.
  FirewallLogs:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: !Sub aws-waf-logs-ledgerkeep-${Environment}
      RetentionInDays: !Ref LogRetention
      KmsKeyId: !Ref LogKey

  # Only what was refused, without what could let somebody in or tell about a person.
  FirewallLogging:
    Type: AWS::WAFv2::LoggingConfiguration
    Properties:
      ResourceArn: !GetAtt Firewall.Arn
      LogDestinationConfigs:
        - !Select [0, !Split [':*', !GetAtt FirewallLogs.Arn]]
      RedactedFields:
        - SingleHeader:
            Name: authorization
        - SingleHeader:
            Name: cookie
        - SingleHeader:
            Name: dpop
        - QueryString: {}
      LoggingFilter:
        DefaultBehavior: DROP
        Filters:
          - Behavior: KEEP
            Requirement: MEETS_ANY
            Conditions:
              - ActionCondition:
                  Action: BLOCK
              - ActionCondition:
                  Action: COUNT

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_limited_is_declared() {
        let paths = identity::SERVICE.endpoints.iter().map(|f| f.declaration.path);
        let paths: Vec<&str> = paths.collect();
        for limited in SIGN_IN {
            let path = format!("/identity/v1/{limited}");
            assert!(
                paths
                    .iter()
                    .any(|p| *p == path || p.starts_with(&format!("{path}/"))),
                "{path}"
            );
        }
    }

    /// Where a request goes: the first rule whose base path it begins with.
    fn led<'r>(rules: &'r [(String, String)], path: &str) -> Option<&'r str> {
        let path = path.trim_start_matches('/');
        let leads = |base: &str| path == base || path.starts_with(&format!("{base}/"));
        rules
            .iter()
            .find(|(_, base)| leads(base))
            .map(|(api, _)| api.as_str())
    }

    #[test]
    fn every_path_leads_to_its_service() {
        for parts in [&[][..], &[crate::split::tests::INVOICES]] {
            let pieces = crate::split::pieces(services::SERVICES, parts).unwrap();
            let pieces: Vec<&Piece> = pieces.iter().collect();
            let rules = rules(&pieces);
            for piece in &pieces {
                for function in &piece.endpoints {
                    let path = function.declaration.path;
                    assert_eq!(led(&rules, path), Some(piece.id().as_str()), "{path}");
                }
            }
            for path in ["/portal", "/portal/home", "/portal/assets/portal.js"] {
                assert_eq!(led(&rules, path), Some(portal::ID), "{path}");
            }
        }
    }
}
