//! `infra/stacks/messaging.yaml`: queues, each with one for the messages that never got through.

use super::{
    HEADER,
    parameters::{self, Parameters},
    pascal, quoted,
};
use std::{collections::BTreeMap, fmt::Write};

/// Seconds that a message stays hidden where nobody receives.
const LEAST_VISIBILITY: u32 = 30;

/// The template of the queues, with the seconds that the slowest worker of each may take.
pub(super) fn stack(queues: &BTreeMap<&str, u32>) -> String {
    let parameters = Parameters::default().with([parameters::environment(), parameters::data_key()]);
    let mut out = format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Description: {about}

{parameters}
Resources:
",
        about = quoted("Ledgerkeep: queues. They are clocks only; what they tell of stands in the tables."),
        parameters = parameters.section(),
    );
    let mut outputs = "Outputs:\n".to_owned();
    for (queue, slowest) in queues {
        let id = pascal(queue);
        let visibility = slowest.saturating_mul(6).max(LEAST_VISIBILITY);
        let _ = write!(
            out,
            "  {id}:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      QueueName: !Sub ledgerkeep-${{Environment}}-{queue}
      KmsMasterKeyId: !Ref DataKey
      KmsDataKeyReusePeriodSeconds: 300
      MessageRetentionPeriod: 345600
      # Six times what the worker may take, as Lambda asks for.
      VisibilityTimeout: {visibility}
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt {id}Dead.Arn
        maxReceiveCount: 5

  {id}Dead:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      QueueName: !Sub ledgerkeep-${{Environment}}-{queue}-dead
      KmsMasterKeyId: !Ref DataKey
      KmsDataKeyReusePeriodSeconds: 300
      MessageRetentionPeriod: 1209600
      RedriveAllowPolicy:
        redrivePermission: byQueue
        sourceQueueArns:
          - !Sub arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:ledgerkeep-${{Environment}}-{queue}

  {id}Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues:
        - !Ref {id}
        - !Ref {id}Dead
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: OnlyOverTls
            Effect: Deny
            Principal: '*'
            Action: sqs:*
            Resource:
              - !GetAtt {id}.Arn
              - !GetAtt {id}Dead.Arn
            Condition:
              Bool:
                aws:SecureTransport: 'false'

"
        );
        let _ = write!(
            outputs,
            "  {id}Url:
    Description: Address of the queue {queue}.
    Value: !Ref {id}
  {id}Arn:
    Description: ARN of the queue {queue}.
    Value: !GetAtt {id}.Arn
"
        );
    }
    out + &outputs
}
