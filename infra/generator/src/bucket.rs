//! A bucket that only its writer reaches: encrypted, versioned, over TLS 1.2 at least, with nothing public.

use super::{
    document::{Waiver, waived},
    indent,
};
use std::fmt::Write;

/// A bucket and its policy.
pub(super) struct Bucket<'a> {
    /// Its logical id.
    pub(super) id: &'a str,
    /// The part of its name after the environment.
    pub(super) name: &'a str,
    /// The key that encrypts it, as YAML.
    pub(super) key: &'a str,
    /// Whether what it holds is locked for `ArchiveDays`. In compliance mode no one can shorten that, not even the account's root.
    pub(super) locked: bool,
    /// Statements of its policy beside those about TLS, as YAML.
    pub(super) statements: &'a str,
    /// Rules that it breaks on purpose.
    pub(super) waivers: &'a [Waiver],
    /// The condition under which it stands, if there is one.
    pub(super) condition: Option<&'a str>,
}

impl Bucket<'_> {
    /// Both resources, for a template's section of them.
    pub(super) fn yaml(&self) -> String {
        let (id, name, key) = (self.id, self.name, self.key);
        let condition = self.condition.map(|c| format!("  Condition: {c}\n"));
        let condition = condition.unwrap_or_default();
        let mut out = format!(
            "{id}:\n  Type: AWS::S3::Bucket\n{condition}  DeletionPolicy: Retain\n  UpdateReplacePolicy: Retain\n{}  Properties:
    BucketName: !Sub ledgerkeep-${{Environment}}-{name}-${{AWS::AccountId}}-${{AWS::Region}}
",
            indent(&waived(self.waivers), 2),
        );
        if self.locked {
            out.push_str(LOCK);
        }
        let _ = write!(
            out,
            "    VersioningConfiguration:
      Status: Enabled
    BucketEncryption:
      ServerSideEncryptionConfiguration:
        - BucketKeyEnabled: true
          ServerSideEncryptionByDefault:
            SSEAlgorithm: aws:kms
            KMSMasterKeyID: {key}
{REST}
{id}Policy:
  Type: AWS::S3::BucketPolicy
{condition}  DeletionPolicy: Retain
  UpdateReplacePolicy: Retain
  Properties:
    Bucket: !Ref {id}
    PolicyDocument:
      Version: '2012-10-17'
      Statement:
{}{}",
            indent(&TLS.replace("{id}", id), 8),
            indent(self.statements, 8),
        );
        indent(&out, 2)
    }
}

const LOCK: &str = "    \
    ObjectLockEnabled: true
    # In compliance mode no one can shorten it, not even the account's root. A writer may name a longer time.
    ObjectLockConfiguration:
      ObjectLockEnabled: Enabled
      Rule:
        DefaultRetention:
          Mode: COMPLIANCE
          Days: !Ref ArchiveDays
";

const REST: &str = "    \
    PublicAccessBlockConfiguration:
      BlockPublicAcls: true
      BlockPublicPolicy: true
      IgnorePublicAcls: true
      RestrictPublicBuckets: true
    OwnershipControls:
      Rules:
        - ObjectOwnership: BucketOwnerEnforced
    # What is past its time goes by itself, so that no role needs the right to remove anything. A lock that lasts longer wins.
    LifecycleConfiguration:
      Rules:
        - Id: past-its-time
          Status: Enabled
          ExpirationInDays: !Ref ArchiveDays
          NoncurrentVersionExpiration:
            NoncurrentDays: 1
          AbortIncompleteMultipartUpload:
            DaysAfterInitiation: 1
";

const TLS: &str = "\
- Sid: OnlyOverTls
  Effect: Deny
  Principal: '*'
  Action: s3:*
  Resource:
    - !GetAtt {id}.Arn
    - !Sub ${{id}.Arn}/*
  Condition:
    Bool:
      aws:SecureTransport: 'false'
- Sid: OnlyOverNewTls
  Effect: Deny
  Principal: '*'
  Action: s3:*
  Resource:
    - !GetAtt {id}.Arn
    - !Sub ${{id}.Arn}/*
  Condition:
    NumericLessThan:
      s3:TlsVersion: '1.2'
";
