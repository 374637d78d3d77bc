//! `infra/stacks/archive.yaml`: the bucket of the archive, one in each region, for what that region's log has signed and
//! for what has been issued there.

use super::{
    bucket::Bucket,
    document,
    parameters::{self, Parameters},
};

/// The template of a region's archive.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::data_key(),
        parameters::archive_days(),
    ]);
    let bucket = Bucket {
        id: "Archive",
        name: "archive",
        key: "!Ref DataKey",
        locked: true,
        statements: STATEMENTS,
        waivers: &[(
            "CKV_AWS_18",
            "The trail of infra/stacks/detect.yaml records who reads and writes its objects, with whom they are, and cannot be changed",
        )],
        condition: None,
    };
    document::text(
        "Ledgerkeep: the archive of one region's audit logs and issued documents. Nobody can change or remove what it holds before its time.",
        &parameters,
        &format!("Resources:\n{}{OUTPUTS}", bucket.yaml()),
    )
}

const STATEMENTS: &str = "\
# Two functions write here: of logs, and of issued documents; whatever other roles of the account allow themselves.
- Sid: OnlyByTheArchivers
  Effect: Deny
  Principal: '*'
  Action:
    - s3:PutObject
    - s3:PutObjectRetention
    - s3:PutObjectLegalHold
    - s3:BypassGovernanceRetention
  Resource: !Sub ${Archive.Arn}/*
  Condition:
    ArnNotLike:
      aws:PrincipalArn: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ledgerkeep/${Environment}/audit-archive/*
";

const OUTPUTS: &str = "
Outputs:
  BucketArchive:
    Description: Name of the archive's bucket in this region.
    Value: !Ref Archive
";

#[cfg(test)]
mod tests {
    use serde_yaml_ng::Value;

    #[test]
    fn what_is_written_stays_and_nobody_else_reads_or_writes_it() {
        let template: Value = serde_yaml_ng::from_str(&super::stack()).unwrap();
        let bucket = &template["Resources"]["Archive"]["Properties"];
        assert_eq!(bucket["ObjectLockEnabled"], Value::from(true));
        assert_eq!(
            bucket["VersioningConfiguration"]["Status"],
            Value::from("Enabled")
        );
        let lock = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        assert_eq!(lock["Mode"], Value::from("COMPLIANCE"));
        let public = bucket["PublicAccessBlockConfiguration"].as_mapping().unwrap();
        assert_eq!(
            (public.len(), public.values().all(|v| v == &Value::from(true))),
            (4, true)
        );
        let statements = template["Resources"]["ArchivePolicy"]["Properties"]["PolicyDocument"]["Statement"]
            .as_sequence()
            .unwrap();
        assert!(statements.iter().all(|s| s["Effect"] == "Deny"));
        assert_eq!(
            template["Resources"]["Archive"]["DeletionPolicy"],
            Value::from("Retain")
        );
    }

    #[test]
    fn two_functions_write_and_none_reads_or_removes() {
        let files = crate::generate(services::SERVICES).unwrap();
        let actions = files
            .iter()
            .filter(|(name, _)| name.starts_with("infra/stacks/service-"))
            .flat_map(|(name, text)| text.lines().map(move |line| (name.as_str(), line.trim())))
            .filter(|(_, line)| line.starts_with("- s3:"));
        let stacks = [
            "infra/stacks/service-audit.yaml",
            "infra/stacks/service-billing.yaml",
        ];
        let both = ["- s3:PutObject", "- s3:PutObjectRetention"];
        let expected = stacks
            .iter()
            .flat_map(|stack| both.map(|action| (*stack, action)));
        assert_eq!(actions.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        // The roles that may are the ones that the bucket's policy lets through.
        let path = "/ledgerkeep/${Environment}/audit-archive/";
        for stack in stacks {
            assert_eq!(files[stack].matches(path).count(), 1, "{stack}");
        }
        assert!(super::STATEMENTS.contains(&format!("role{path}*")));
    }
}
