//! `infra/stacks/keys.yaml` and `infra/stacks/keys-replica.yaml`: the KMS keys of the first region, and their replicas in the second.

use super::{
    document::{self, Waiver, waived},
    indent,
    parameters::{self, Parameters},
    pascal, quoted,
};
use shared::crypto::KeyUse;

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

    /// Rules of others that it breaks on purpose.
    const fn waivers(self) -> &'static [Waiver] {
        match self {
            Self::Of(KeyUse::Fingerprint) => &[(
                "CKV_AWS_7",
                "KMS rotates symmetric encryption keys only; a new HMAC key would forget which cards are the same",
            )],
            Self::Data => &[(
                "CKV_AWS_33",
                "Whoever of this account may use the table, queue, secret or bucket, and only through that service, as with keys that AWS manages",
            )],
            _ => &[],
        }
    }

    /// Who may use it beside the roles that name it.
    fn policy(self) -> String {
        let mut out = ADMINISTRATION.to_owned();
        match self {
            Self::Of(KeyUse::Wrap(purpose)) => {
                out.push_str("    # Without the right context it serves nobody, whatever a role says.\n");
                for (sid, key, value) in [
                    ("OnlyInContext", "app", "ledgerkeep"),
                    ("OnlyInEnvironment", "env", "!Ref Environment"),
                    ("OnlyForItsPurpose", "purpose", purpose.name()),
                ] {
                    out.push_str(&indent(&refused_without(sid, key, value), 4));
                }
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

/// A statement that refuses whoever names another value, or none, in the encryption context.
fn refused_without(sid: &str, key: &str, value: &str) -> String {
    format!(
        "\
- Sid: {sid}
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
      kms:EncryptionContext:{key}: {value}
"
    )
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
            - !Sub backup.${AWS::Region}.amazonaws.com
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
          kms:EncryptionContext:aws:logs:arn:
            - !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ledgerkeep/${Environment}/*
            # The firewall's; AWS prescribes what its name begins with.
            - !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:aws-waf-logs-ledgerkeep-${Environment}
";

/// Which of the two templates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The first region, where keys are made.
    First,
    /// The second, whose keys are replicas of those.
    Second,
}

impl Place {
    /// The logical id of a key. In the second region the plain name is the parameter that names the primary.
    fn id(self, kind: Kind) -> String {
        match self {
            Self::First => kind.id(),
            Self::Second => format!("{}Replica", kind.id()),
        }
    }

    /// What differs: the resource's type, and the properties of that type.
    fn specifics(self, kind: Kind) -> (&'static str, String) {
        match self {
            Self::First => {
                let (spec, usage) = kind.spec();
                let mut out = format!("KeySpec: {spec}\nKeyUsage: {usage}\nMultiRegion: true\n");
                if kind.is_symmetric() {
                    out.push_str("EnableKeyRotation: true\nRotationPeriodInDays: 365\n");
                }
                ("Key", out)
            }
            Self::Second => ("ReplicaKey", format!("PrimaryKeyArn: !Ref {}\n", kind.id())),
        }
    }

    /// A key, its policy and its alias.
    fn resources(self, kind: Kind) -> String {
        let (id, (type_name, specifics)) = (self.id(kind), self.specifics(kind));
        let waivers = if self == Self::First { kind.waivers() } else { &[] };
        let key = format!(
            "\
{id}:
  Type: AWS::KMS::{type_name}
  DeletionPolicy: Retain
  UpdateReplacePolicy: Retain
{waived}  Properties:
    Description: {about}
    PendingWindowInDays: 30
{specifics}{policy}
{id}Alias:
  Type: AWS::KMS::Alias
  Properties:
    AliasName: !Sub alias/ledgerkeep-${{Environment}}-{name}
    TargetKeyId: !Ref {id}

",
            waived = indent(&waived(waivers), 2),
            about = kind.description(),
            specifics = indent(&specifics, 4),
            policy = indent(&kind.policy(), 4),
            name = kind.name(),
        );
        indent(&key, 2)
    }

    fn output(self, kind: Kind) -> String {
        let (id, name, resource) = (kind.id(), kind.name(), self.id(kind));
        format!("  {id}:\n    Description: ARN of the key {name}.\n    Value: !GetAtt {resource}.Arn\n")
    }

    fn template(self, about: &str, parameters: &Parameters) -> String {
        let resources: String = Kind::all().map(|kind| self.resources(kind)).collect();
        let outputs: String = Kind::all().map(|kind| self.output(kind)).collect();
        let body = format!("Resources:\n{resources}Outputs:\n{outputs}");
        document::text(about, parameters, &body)
    }
}

/// The template of the first region's keys.
pub(super) fn primary() -> String {
    let parameters = Parameters::default().with([parameters::environment()]);
    Place::First.template(
        "Ledgerkeep: the KMS keys. Deployed in the first region, once.",
        &parameters,
    )
}

/// The template of the second region's replicas.
pub(super) fn replica() -> String {
    let parameters = Parameters::default()
        .with([parameters::environment()])
        .with(Kind::all().map(|k| parameters::primary_key(&k.id())));
    Place::Second.template(
        "Ledgerkeep: the KMS keys' replicas. Deployed in the second region, after the keys.",
        &parameters,
    )
}
