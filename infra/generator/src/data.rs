//! `infra/stacks/data.yaml`: the tables, deployed once for both regions.

use super::{
    HEADER, indent,
    parameters::{self, Parameters},
    pascal, quoted,
};
use shared::store::Table;
use std::fmt::Write;

/// The template of the tables.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::second_region(),
        parameters::data_key(),
    ]);
    let mut out = format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Description: {about}

{parameters}
Resources:
",
        about = quoted("Ledgerkeep: the tables of both regions. Deployed from the first region only."),
        parameters = parameters.section(),
    );
    let mut outputs = "Outputs:\n".to_owned();
    // The home table is one over all regions, and a stack of its own.
    for table in Table::ALL.into_iter().filter(|t| *t != Table::Home) {
        let id = pascal(table.name());
        out.push_str(&indent(&resource(table), 2));
        out.push('\n');
        let _ = write!(
            outputs,
            "  Table{id}:
    Description: Name of the {name} table.
    Value: !Ref {id}
  Stream{id}:
    Description: ARN of the {name} table's stream in this region.
    Value: !GetAtt {id}.StreamArn
",
            name = table.name()
        );
    }
    out + &outputs
}

/// Whether items may run out. Entries are kept for a year at least, keys until they are destroyed on purpose.
const fn expires(table: Table) -> bool {
    !matches!(table, Table::Audit | Table::Journal | Table::Keys)
}

fn resource(table: Table) -> String {
    let mut out = format!(
        "{id}:
  Type: AWS::DynamoDB::GlobalTable
  DeletionPolicy: Retain
  UpdateReplacePolicy: Retain
  Properties:
    TableName: !Sub ledgerkeep-${{Environment}}-{name}
    BillingMode: PAY_PER_REQUEST
    AttributeDefinitions:
",
        id = pascal(table.name()),
        name = table.name(),
    );
    for attribute in ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"] {
        let _ = writeln!(
            out,
            "      - AttributeName: {attribute}\n        AttributeType: S"
        );
    }
    out.push_str(&indent(&key_schema("pk", "sk"), 4));
    out.push_str("    GlobalSecondaryIndexes:\n");
    for index in ["gsi1", "gsi2"] {
        let _ = writeln!(out, "      - IndexName: {index}");
        out.push_str(&indent(
            &key_schema(&format!("{index}pk"), &format!("{index}sk")),
            8,
        ));
        out.push_str("        Projection:\n          ProjectionType: ALL\n");
    }
    // Replicas demand a stream of both images. Outbox records are read from it, and changed entries are seen in it.
    out.push_str("    StreamSpecification:\n      StreamViewType: NEW_AND_OLD_IMAGES\n");
    if expires(table) {
        out.push_str("    TimeToLiveSpecification:\n      AttributeName: expires\n      Enabled: true\n");
    }
    out.push_str("    SSESpecification:\n      SSEEnabled: true\n      SSEType: KMS\n    Replicas:\n");
    let replica = indent(parameters::DATA_KEY_REPLICA, 10).trim().to_owned();
    for (region, key) in [
        ("AWS::Region", "!Ref DataKey"),
        ("SecondRegion", replica.as_str()),
    ] {
        let _ = write!(
            out,
            "      - Region: !Ref {region}
        DeletionProtectionEnabled: true
        PointInTimeRecoverySpecification:
          PointInTimeRecoveryEnabled: true
        ContributorInsightsSpecification:
          Enabled: false
        SSESpecification:
          KMSMasterKeyId: {key}
"
        );
        if matches!(table, Table::Audit | Table::Journal) {
            out.push_str(&append_only(table, region));
        }
    }
    out
}

fn key_schema(hash: &str, range: &str) -> String {
    format!(
        "KeySchema:\n  - AttributeName: {hash}\n    KeyType: HASH\n  - AttributeName: {range}\n    KeyType: RANGE\n"
    )
}

/// What no role of the account may do, whatever it allows itself. DynamoDB's own replication must stay out of it.
fn append_only(table: Table, region: &str) -> String {
    format!(
        "        ResourcePolicy:
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: AppendOnly
                Effect: Deny
                Principal: '*'
                Action:
                  - dynamodb:UpdateItem
                  - dynamodb:DeleteItem
                  - dynamodb:BatchWriteItem
                  - dynamodb:PartiQLUpdate
                  - dynamodb:PartiQLDelete
                  - dynamodb:PartiQLInsert
                Resource: !Sub arn:${{AWS::Partition}}:dynamodb:${{{region}}}:${{AWS::AccountId}}:table/ledgerkeep-${{Environment}}-{name}
                Condition:
                  ArnNotLike:
                    aws:PrincipalArn:
{purge}                      - !Sub arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication
",
        name = table.name(),
        // Nothing is ever purged from the journal.
        purge = match table {
            Table::Audit => {
                "                      - !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ledgerkeep/${Environment}/audit-purge/*\n"
            }
            _ => "",
        },
    )
}
