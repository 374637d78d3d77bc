//! `infra/stacks/home.yaml`: the small table that says where each tenant lives, the only one with strong consistency over regions.

use super::{
    document, indent,
    parameters::{self, Parameters},
};

/// The template of the table.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::second_region(),
        parameters::witness_region(),
        parameters::data_key(),
    ]);
    let replica = indent(parameters::DATA_KEY_REPLICA, 12).trim().to_owned();
    document::text(
        "Ledgerkeep: where each tenant lives. Deployed from the first region only, once: its consistency cannot be changed.",
        &parameters,
        &BODY.replace("{replica}", &replica),
    )
}

const BODY: &str = "\
Resources:
  # A write is acknowledged when two of the three regions have it, and a consistent read sees it in each. Such tables take neither
  # transactions nor expiry.
  Home:
    Type: AWS::DynamoDB::GlobalTable
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub ledgerkeep-${Environment}-home
      BillingMode: PAY_PER_REQUEST
      MultiRegionConsistency: STRONG
      GlobalTableWitnesses:
        - Region: !Ref WitnessRegion
      AttributeDefinitions:
        - AttributeName: pk
          AttributeType: S
        - AttributeName: sk
          AttributeType: S
      KeySchema:
        - AttributeName: pk
          KeyType: HASH
        - AttributeName: sk
          KeyType: RANGE
      StreamSpecification:
        StreamViewType: NEW_AND_OLD_IMAGES
      SSESpecification:
        SSEEnabled: true
        SSEType: KMS
      Replicas:
        - Region: !Ref AWS::Region
          DeletionProtectionEnabled: true
          PointInTimeRecoverySpecification:
            PointInTimeRecoveryEnabled: true
          SSESpecification:
            KMSMasterKeyId: !Ref DataKey
        - Region: !Ref SecondRegion
          DeletionProtectionEnabled: true
          PointInTimeRecoverySpecification:
            PointInTimeRecoveryEnabled: true
          SSESpecification:
            KMSMasterKeyId: {replica}

Outputs:
  TableHome:
    Description: Name of the home table.
    Value: !Ref Home
";
