//! `infra/keys.yaml` and `infra/keys-replica.yaml`: the KMS keys of the first region, and their replicas in the second.

use super::{
    HEADER, indent,
    parameters::{self, Parameters},
    pascal, quoted,
};
use shared::crypto::KeyUse;
use std::fmt::Write;

/// A KMS key: those that functions use, and two that AWS services use for them.
#[derive(Clone, Copy)]
enum Kind {
    /// By what it is for.
    Of(KeyUse),
    /// Encrypts tables, queues, secrets and the archive.
    Data,
    /// Encrypts logs.
    Log,
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        KeyUse::ALL
            .into_iter()
            .map(Self::Of)
            .chain([Self::Data, Self::Log])
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Of(key) => key.name(),
            Self::Data => "data",
            Self::Log => "log",
        }
    }

    /// As parameters of other templates name it.
    fn id(self) -> String {
        match self {
            Self::Of(key) => format!("Key{}", pascal(key.name())),
            Self::Data => "DataKey".to_owned(),
            Self::Log => "LogKey".to_owned(),
        }
    }

    /// In the second region, where the plain name is the parameter that names the primary.
    fn replica_id(self) -> String {
        format!("{}Replica", self.id())
    }

    fn about(self) -> String {
        match self {
            Self::Of(KeyUse::Wrap(purpose)) => format!("wraps the {} keys of tenants", purpose.name()),
            Self::Of(KeyUse::Token) => "signs access tokens".to_owned(),
            Self::Of(KeyUse::TokenBeside) => {
                "verifies access tokens while one key replaces the other".to_owned()
            }
            Self::Of(KeyUse::Checkpoint) => "signs audit checkpoints".to_owned(),
            Self::Of(KeyUse::Fingerprint) => "makes card fingerprints".to_owned(),
            Self::Data => "encrypts tables, queues, secrets and the archive at rest".to_owned(),
            Self::Log => "encrypts logs".to_owned(),
        }
    }

    /// Spec and usage.
    const fn spec(self) -> (&'static str, &'static str) {
        match self {
            Self::Of(KeyUse::Wrap(_)) | Self::Data | Self::Log => ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
            Self::Of(KeyUse::Token | KeyUse::TokenBeside | KeyUse::Checkpoint) => {
                ("ECC_NIST_P256", "SIGN_VERIFY")
            }
            Self::Of(KeyUse::Fingerprint) => ("HMAC_256", "GENERATE_VERIFY_MAC"),
        }
    }

    fn is_symmetric(self) -> bool {
        self.spec().0 == "SYMMETRIC_DEFAULT"
    }

    fn description(self) -> String {
        quoted(&format!("Ledgerkeep {}: {}", self.name(), self.about()))
    }

    /// Who may use it beside the roles that name it.
    fn policy(self) -> String {
        let mut out = ADMINISTRATION.to_owned();
        match self {
            Self::Of(KeyUse::Wrap(purpose)) => {
                let _ = write!(
                    out,
                    "    # Without the right context it serves nobody, whatever a role says.
    - Sid: OnlyInContext
      Effect: Deny
      Principal: '*'
      Action:
        - kms:Encrypt
        - kms:Decrypt
        - kms:ReEncrypt*
        - kms:GenerateDataKey*
      Resource: '*'
      Condition:
        StringNotEquals:
          kms:EncryptionContext:app: ledgerkeep
    - Sid: OnlyInEnvironment
      Effect: Deny
      Principal: '*'
      Action:
        - kms:Encrypt
        - kms:Decrypt
        - kms:ReEncrypt*
        - kms:GenerateDataKey*
      Resource: '*'
      Condition:
        StringNotEquals:
          kms:EncryptionContext:env: !Ref Environment
    - Sid: OnlyForItsPurpose
      Effect: Deny
      Principal: '*'
      Action:
        - kms:Encrypt
        - kms:Decrypt
        - kms:ReEncrypt*
        - kms:GenerateDataKey*
      Resource: '*'
      Condition:
        StringNotEquals:
          kms:EncryptionContext:purpose: {}
",
                    purpose.name()
                );
            }
            Self::Of(_) => {}
            Self::Data => {
                out.push_str(THROUGH_SERVICES);
                out.push_str(BY_ALARMS);
            }
            Self::Log => out.push_str(BY_LOGS),
        }
        out
    }
}

const ADMINISTRATION: &str = "\
KeyPolicy:
  Version: '2012-10-17'
  Statement:
    # Who may do what is said by IAM, in the roles that name this key.
    - Sid: ByIam
      Effect: Allow
      Principal:
        AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root
      Action: kms:*
      Resource: '*'
";

const THROUGH_SERVICES: &str = "    \
    # As with keys that AWS manages: whoever may use the table, queue, secret or bucket may use its key, through that service only.
    - Sid: ThroughServices
      Effect: Allow
      Principal:
        AWS: '*'
      Action:
        - kms:Encrypt
        - kms:Decrypt
        - kms:ReEncrypt*
        - kms:GenerateDataKey*
        - kms:CreateGrant
        - kms:DescribeKey
      Resource: '*'
      Condition:
        StringEquals:
          kms:CallerAccount: !Ref AWS::AccountId
          kms:ViaService:
            - !Sub dynamodb.${AWS::Region}.amazonaws.com
            - !Sub sqs.${AWS::Region}.amazonaws.com
            - !Sub secretsmanager.${AWS::Region}.amazonaws.com
            - !Sub s3.${AWS::Region}.amazonaws.com
";

const BY_ALARMS: &str = "    \
    # Alarms go to a topic that this key encrypts.
    - Sid: ByAlarms
      Effect: Allow
      Principal:
        Service: cloudwatch.amazonaws.com
      Action:
        - kms:Decrypt
        - kms:GenerateDataKey*
      Resource: '*'
      Condition:
        StringEquals:
          aws:SourceAccount: !Ref AWS::AccountId
";

const BY_LOGS: &str = "    \
    - Sid: ByLogs
      Effect: Allow
      Principal:
        Service: !Sub logs.${AWS::Region}.amazonaws.com
      Action:
        - kms:Encrypt
        - kms:Decrypt
        - kms:ReEncrypt*
        - kms:GenerateDataKey*
        - kms:DescribeKey
      Resource: '*'
      Condition:
        ArnLike:
          kms:EncryptionContext:aws:logs:arn: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ledgerkeep/${Environment}/*
";

fn head(about: &str, parameters: &Parameters) -> String {
    format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Description: {}

{}
Resources:
",
        quoted(about),
        parameters.section(),
    )
}

fn alias(id: &str, kind: Kind) -> String {
    format!(
        "
  {id}Alias:
    Type: AWS::KMS::Alias
    Properties:
      AliasName: !Sub alias/ledgerkeep-${{Environment}}-{name}
      TargetKeyId: !Ref {id}

",
        name = kind.name(),
    )
}

fn outputs(resource: fn(Kind) -> String) -> String {
    let mut out = "Outputs:\n".to_owned();
    for kind in Kind::all() {
        let (id, name, resource) = (kind.id(), kind.name(), resource(kind));
        let _ = write!(
            out,
            "  {id}:\n    Description: ARN of the key {name}.\n    Value: !GetAtt {resource}.Arn\n"
        );
    }
    out
}

/// The template of the first region's keys.
pub(super) fn primary() -> String {
    let parameters = Parameters::default().with([parameters::environment()]);
    let mut out = head(
        "Ledgerkeep: the KMS keys. Deployed in the first region, once.",
        &parameters,
    );
    for kind in Kind::all() {
        let (spec, usage) = kind.spec();
        let _ = write!(
            out,
            "  {id}:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: {about}
      KeySpec: {spec}
      KeyUsage: {usage}
      MultiRegion: true
      PendingWindowInDays: 30
",
            id = kind.id(),
            about = kind.description(),
        );
        if kind.is_symmetric() {
            out.push_str("      EnableKeyRotation: true\n      RotationPeriodInDays: 365\n");
        }
        out.push_str(&indent(&kind.policy(), 6));
        out.push_str(&alias(&kind.id(), kind));
    }
    out + &outputs(Kind::id)
}

/// The template of the second region's replicas.
pub(super) fn replica() -> String {
    let parameters = Parameters::default()
        .with([parameters::environment()])
        .with(Kind::all().map(|k| parameters::primary_key(&k.id())));
    let mut out = head(
        "Ledgerkeep: the KMS keys' replicas. Deployed in the second region, after the keys.",
        &parameters,
    );
    for kind in Kind::all() {
        let (id, primary) = (kind.replica_id(), kind.id());
        let _ = write!(
            out,
            "  {id}:
    Type: AWS::KMS::ReplicaKey
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: {about}
      PrimaryKeyArn: !Ref {primary}
      PendingWindowInDays: 30
",
            about = kind.description(),
        );
        out.push_str(&indent(&kind.policy(), 6));
        out.push_str(&alias(&id, kind));
    }
    out + &outputs(Kind::replica_id)
}
