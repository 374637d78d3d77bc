//! `infra/stacks/boundaries.yaml`: what no role of a function may go beyond, whatever its own policy says. A boundary grants nothing; where a
//! role's policy is made wider by mistake, the boundary keeps the walls.

use super::{
    document::{self, Waiver, waived},
    indent,
    parameters::{self, Parameters},
};
use grants::access::partitions;
use shared::data_role::{FOUNDED_TAG, TENANT_TAG};
use std::fmt::Write;

/// The template of the boundaries.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([parameters::environment()]);
    let data = DATA
        .replace("{tenant}", &partitions(TENANT_TAG, ""))
        .replace("{founded}", &partitions(FOUNDED_TAG, ""));
    let policies = [
        (
            parameters::FUNCTION_BOUNDARY,
            "What a function may do at most with the role that Lambda gives it: no data of a tenant.",
            format!("{FUNCTION}{ATTACH}{THROUGH_SERVICES}"),
            "the boundary of the roles that Lambda gives functions",
        ),
        (
            parameters::DATA_BOUNDARY,
            "What a function may do at most in the session of a tenant: data of that tenant, and nothing else.",
            format!("{data}{THROUGH_SERVICES}"),
            "the boundary of the roles that reach data",
        ),
        (
            parameters::NETWORK_POLICY,
            "With which Lambda attaches functions to the network.",
            ATTACH.to_owned(),
            "the policy with which Lambda attaches functions to the network",
        ),
    ];
    let (mut resources, mut outputs) = (String::new(), String::new());
    for (id, about, statements, what) in policies {
        let waivers: &[Waiver] = if statements.contains(ATTACH) {
            &WAIVERS
        } else {
            &[]
        };
        let _ = write!(
            resources,
            "  {id}:
    Type: AWS::IAM::ManagedPolicy
{waived}    Properties:
      Description: '{about}'
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
{statements}
",
            waived = indent(&waived(waivers), 4),
            statements = indent(&statements, 10),
        );
        let _ = write!(
            outputs,
            "  {id}:\n    Description: ARN of {what}.\n    Value: !Ref {id}\n"
        );
    }
    document::text(
        "Ledgerkeep: permissions boundaries of the functions' roles.",
        &parameters,
        &format!("Resources:\n{resources}Outputs:\n{outputs}"),
    )
}

/// What Lambda itself does to attach a function: a network interface has no name before it is made. The function's own code may not.
const ATTACH: &str = "\
- Sid: AttachToNetwork
  Effect: Allow
  Action:
    - ec2:CreateNetworkInterface
    - ec2:DeleteNetworkInterface
    - ec2:DescribeNetworkInterfaces
    - ec2:DescribeSubnets
    - ec2:AssignPrivateIpAddresses
    - ec2:UnassignPrivateIpAddresses
  Resource: '*'
- Sid: NotByCode
  Effect: Deny
  Action: ec2:*
  Resource: '*'
  Condition:
    'Null':
      lambda:SourceFunctionArn: 'false'
";

/// Rules that policies about network interfaces break on purpose.
const WAIVERS: [Waiver; 1] = [(
    "CKV_AWS_111",
    "EC2 knows no resource of a network interface before it is made; the function's own code is denied all of it",
)];

const FUNCTION: &str = "\
- Sid: Log
  Effect: Allow
  Action:
    - logs:CreateLogStream
    - logs:PutLogEvents
  Resource: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ledgerkeep/${Environment}/*
- Sid: Trace
  Effect: Allow
  Action:
    - xray:PutTraceSegments
    - xray:PutTelemetryRecords
  Resource: '*'
- Sid: AssumeDataRoles
  Effect: Allow
  Action:
    - sts:AssumeRole
    - sts:TagSession
  Resource:
    - !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ledgerkeep/${Environment}/data/${AWS::Region}/*
    - !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ledgerkeep/${Environment}/audit-purge/*
- Sid: UseKeysThatWrapNothing
  Effect: Allow
  Action:
    - kms:Sign
    - kms:GetPublicKey
    - kms:GenerateMac
  Resource: !Sub arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*
- Sid: ReadSecrets
  Effect: Allow
  Action: secretsmanager:GetSecretValue
  Resource: !Sub arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:ledgerkeep/${Environment}/*
- Sid: UseQueues
  Effect: Allow
  Action:
    - sqs:SendMessage
    - sqs:ReceiveMessage
    - sqs:DeleteMessage
    - sqs:GetQueueAttributes
  Resource: !Sub arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:ledgerkeep-${Environment}-*
- Sid: FollowStreams
  Effect: Allow
  Action:
    - dynamodb:DescribeStream
    - dynamodb:GetRecords
    - dynamodb:GetShardIterator
    - dynamodb:ListStreams
  Resource: !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/ledgerkeep-${Environment}-*/stream/*
- Sid: SendMail
  Effect: Allow
  Action: ses:SendEmail
  Resource: !Sub arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*
- Sid: PutIntoArchive
  Effect: Allow
  Action:
    - s3:PutObject
    - s3:PutObjectRetention
  Resource: !Sub arn:${AWS::Partition}:s3:::ledgerkeep-${Environment}-archive-*
";

const DATA: &str = "\
- Sid: OwnPartitions
  Effect: Allow
  Action:
    - dynamodb:GetItem
    - dynamodb:BatchGetItem
    - dynamodb:Query
    - dynamodb:PutItem
    - dynamodb:UpdateItem
    - dynamodb:DeleteItem
    - dynamodb:ConditionCheckItem
  Resource: !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/ledgerkeep-${Environment}-*
  Condition:
    ForAllValues:StringLike:
      dynamodb:LeadingKeys: [{tenant}, {founded}]
    'Null':
      dynamodb:LeadingKeys: 'false'
- Sid: Maintain
  Effect: Allow
  Action: dynamodb:Scan
  Resource: !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/ledgerkeep-${Environment}-*
  Condition:
    'Null':
      aws:PrincipalTag/tenant: 'false'
- Sid: OwnKeys
  Effect: Allow
  Action:
    - kms:Decrypt
    - kms:GenerateDataKey
  Resource: !Sub arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*
  Condition:
    StringEquals:
      kms:EncryptionContext:app: ledgerkeep
      kms:EncryptionContext:env: !Ref Environment
      kms:EncryptionContext:tenant: ${aws:PrincipalTag/tenant}
- Sid: NothingWithoutTenant
  Effect: Deny
  Action:
    - dynamodb:*
    - kms:Decrypt
    - kms:GenerateDataKey
  Resource: '*'
  Condition:
    'Null':
      aws:PrincipalTag/tenant: 'true'
- Sid: AppendOnly
  Effect: Deny
  Action:
    - dynamodb:UpdateItem
    - dynamodb:DeleteItem
    - dynamodb:Scan
  Resource: !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/ledgerkeep-${Environment}-audit
  Condition:
    ArnNotLike:
      aws:PrincipalArn: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ledgerkeep/${Environment}/audit-purge/*
";

/// What the key of tables, queues and secrets lets everybody do through those services; its own policy says through which.
const THROUGH_SERVICES: &str = "\
- Sid: ThroughServices
  Effect: Allow
  Action:
    - kms:Encrypt
    - kms:Decrypt
    - kms:ReEncryptFrom
    - kms:ReEncryptTo
    - kms:GenerateDataKey
    - kms:GenerateDataKeyWithoutPlaintext
    - kms:CreateGrant
    - kms:DescribeKey
  Resource: !Sub arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*
  Condition:
    StringLike:
      kms:ViaService:
        - !Sub dynamodb.${AWS::Region}.amazonaws.com
        - !Sub sqs.${AWS::Region}.amazonaws.com
        - !Sub secretsmanager.${AWS::Region}.amazonaws.com
";
