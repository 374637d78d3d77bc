//! `infra/stacks/gateway.yaml`: the role with which API Gateway writes logs, a setting of the account that every stage with a log asks for.

use super::{
    document,
    parameters::{self, Parameters},
};

/// The template of the setting.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([parameters::environment()]);
    document::text(
        "Ledgerkeep: how API Gateway writes its logs in this region, before the first API.",
        &parameters,
        BODY,
    )
}

const BODY: &str = "\
Resources:
  Account:
    Type: AWS::ApiGateway::Account
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      CloudWatchRoleArn: !GetAtt Role.Arn

  Role:
    Type: AWS::IAM::Role
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: !Sub With which API Gateway writes logs, set up for ${Environment}
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: apigateway.amazonaws.com
            Action: sts:AssumeRole
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs

Outputs:
  Account:
    Description: Id of the setting.
    Value: !Ref Account
";
