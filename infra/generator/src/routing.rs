//! `infra/stacks/routing.yaml`: the host names. Each region has its own, and the global one follows health checks.

use super::{
    document,
    parameters::{self, Parameters},
};
use std::fmt::Write;

/// The template of the records.
pub(super) fn stack() -> String {
    let targets = [
        "GlobalTarget",
        "RegionalTarget",
        "SecondGlobalTarget",
        "SecondRegionalTarget",
    ];
    let parameters = Parameters::default()
        .with([
            parameters::environment(),
            parameters::domain(),
            parameters::regional_domain(),
            parameters::second_regional_domain(),
            parameters::hosted_zone(),
        ])
        .with(targets.into_iter().flat_map(parameters::target));
    let mut body = "Resources:\n".to_owned();
    for (place, other, role) in [("First", "", "PRIMARY"), ("Second", "Second", "SECONDARY")] {
        let _ = write!(
            body,
            "  {place}Health:
    Type: AWS::Route53::HealthCheck
    Properties:
      HealthCheckConfig:
        Type: HTTPS
        FullyQualifiedDomainName: !Ref {other}RegionalDomain
        Port: 443
        EnableSNI: true
        ResourcePath: {HEALTH}
        RequestInterval: 10
        FailureThreshold: 3
      HealthCheckTags:
        - Key: Name
          Value: !Sub ledgerkeep-${{Environment}}-{role}

"
        );
        for version in ["A", "AAAA"] {
            let _ = write!(
                body,
                "  {place}Regional{version}:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref HostedZone
      Name: !Ref {other}RegionalDomain
      Type: {version}
      AliasTarget:
        DNSName: !Ref {other}RegionalTarget
        HostedZoneId: !Ref {other}RegionalTargetZone
        EvaluateTargetHealth: false

  # No health of the target itself is known to Route 53; that of the check is.
  {place}Global{version}:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref HostedZone
      Name: !Ref DomainName
      Type: {version}
      SetIdentifier: {role}
      Failover: {role}
      HealthCheckId: !Ref {place}Health
      AliasTarget:
        DNSName: !Ref {other}GlobalTarget
        HostedZoneId: !Ref {other}GlobalTargetZone
        EvaluateTargetHealth: false

"
            );
        }
    }
    body.push_str(
        "Outputs:\n  FirstHealth:\n    Description: Id of the first region's health check.\n    Value: !Ref FirstHealth\n  SecondHealth:\n    Description: Id of the second region's health check.\n    Value: !Ref SecondHealth\n",
    );
    document::text(
        "Ledgerkeep: host names. Each region has its own; the global one leads to the first region while that is well.",
        &parameters,
        &body,
    )
}

/// What tells how a region is, without a sign-in.
const HEALTH: &str = "/tenancy/v1/health";

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_asked_is_declared() {
        let declared = tenancy::SERVICE.endpoints.iter().map(|f| f.declaration.path);
        assert_eq!(declared.filter(|path| *path == super::HEALTH).count(), 1);
    }
}
