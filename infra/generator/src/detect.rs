//! `infra/stacks/detect.yaml`: what an account is watched with: its trail, its configuration, and the detector of threats.

use super::{
    bucket::Bucket,
    document,
    parameters::{self, Parameters},
};

/// The template of a region. The trail stands in the first and covers every region.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::archive_days(),
        parameters::place(),
    ]);
    let trail = Bucket {
        id: "Trails",
        name: "trails",
        key: "!GetAtt Key.Arn",
        locked: true,
        statements: &delivered("Trails", "cloudtrail.amazonaws.com", "trail/AWSLogs"),
        waivers: &[("CKV_AWS_18", "The trail itself records who reads what lies here")],
        condition: Some("First"),
    };
    // AWS Config does not deliver to a bucket that locks by default.
    let configuration = Bucket {
        id: "Configurations",
        name: "configurations",
        key: "!GetAtt Key.Arn",
        locked: false,
        statements: &delivered("Configurations", "config.amazonaws.com", "AWSLogs"),
        waivers: &[("CKV_AWS_18", "The trail records who reads what lies here")],
        condition: None,
    };
    let body = format!(
        "Conditions:\n  First: !Equals [!Ref Place, first]\n\nResources:\n{KEY}{}\n{}\n{WATCHERS}",
        trail.yaml(),
        configuration.yaml()
    );
    document::text(
        "Ledgerkeep: trail, configuration and threats of an account, which one environment has for itself.",
        &parameters,
        &body,
    )
}

/// What lets a service put files into a bucket, for this account alone.
fn delivered(id: &str, service: &str, prefix: &str) -> String {
    format!(
        "\
- Sid: AskWhoseItIs
  Effect: Allow
  Principal:
    Service: {service}
  Action:
    - s3:GetBucketAcl
    - s3:ListBucket
  Resource: !GetAtt {id}.Arn
  Condition:
    StringEquals:
      aws:SourceAccount: !Ref AWS::AccountId
- Sid: Deliver
  Effect: Allow
  Principal:
    Service: {service}
  Action: s3:PutObject
  Resource: !Sub ${{{id}.Arn}}/{prefix}/${{AWS::AccountId}}/*
  Condition:
    StringEquals:
      aws:SourceAccount: !Ref AWS::AccountId
"
    )
}

const KEY: &str = "  \
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: 'Ledgerkeep: encrypts what the account is watched with'
      EnableKeyRotation: true
      PendingWindowInDays: 30
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Sid: ByIam
            Effect: Allow
            Principal:
              AWS: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:root
            Action: kms:*
            Resource: '*'
          - Sid: ByTheTrail
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action:
              - kms:GenerateDataKey*
              - kms:DescribeKey
            Resource: '*'
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
          - Sid: ByTheRecorder
            Effect: Allow
            Principal:
              Service: config.amazonaws.com
            Action:
              - kms:GenerateDataKey*
              - kms:Decrypt
            Resource: '*'
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
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
          - Sid: ByTopics
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: kms:Decrypt
            Resource: '*'
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId

";

const WATCHERS: &str = "  \
  TrailLogs:
    Type: AWS::Logs::LogGroup
    Condition: First
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: !Sub /ledgerkeep/${Environment}/trail
      RetentionInDays: 400
      KmsKeyId: !GetAtt Key.Arn

  TrailRole:
    Type: AWS::IAM::Role
    Condition: First
    Properties:
      Description: Writes the trail into its log group
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
      Policies:
        - PolicyName: write
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: WriteLogs
                Effect: Allow
                Action:
                  - logs:CreateLogStream
                  - logs:PutLogEvents
                Resource: !GetAtt TrailLogs.Arn

  TrailTopic:
    Type: AWS::SNS::Topic
    Condition: First
    Properties:
      TopicName: !Sub ledgerkeep-${Environment}-trail
      KmsMasterKeyId: !Ref Key

  TrailTopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Condition: First
    Properties:
      Topics:
        - !Ref TrailTopic
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: Tell
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: sns:Publish
            Resource: !Ref TrailTopic
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId

  # Digests are signed and chained, so that `aws cloudtrail validate-logs` finds a file that was changed, removed or forged.
  Trail:
    Type: AWS::CloudTrail::Trail
    Condition: First
    DependsOn:
      - TrailsPolicy
      - TrailTopicPolicy
    Properties:
      TrailName: !Sub ledgerkeep-${Environment}
      IsLogging: true
      IsMultiRegionTrail: true
      IncludeGlobalServiceEvents: true
      EnableLogFileValidation: true
      S3BucketName: !Ref Trails
      S3KeyPrefix: trail
      KMSKeyId: !GetAtt Key.Arn
      SnsTopicName: !GetAtt TrailTopic.TopicName
      CloudWatchLogsLogGroupArn: !GetAtt TrailLogs.Arn
      CloudWatchLogsRoleArn: !GetAtt TrailRole.Arn
      AdvancedEventSelectors:
        - Name: everything that manages
          FieldSelectors:
            - Field: eventCategory
              Equals: [Management]
        - Name: objects of the buckets
          FieldSelectors:
            - Field: eventCategory
              Equals: [Data]
            - Field: resources.type
              Equals: [AWS::S3::Object]
            - Field: resources.ARN
              StartsWith:
                - !Sub arn:${AWS::Partition}:s3:::ledgerkeep-${Environment}-archive-
                - !Sub arn:${AWS::Partition}:s3:::ledgerkeep-${Environment}-trails-
                - !Sub arn:${AWS::Partition}:s3:::ledgerkeep-${Environment}-configurations-

  Detector:
    Type: AWS::GuardDuty::Detector
    Properties:
      Enable: true
      FindingPublishingFrequency: FIFTEEN_MINUTES
      Features:
        - Name: S3_DATA_EVENTS
          Status: ENABLED
        - Name: LAMBDA_NETWORK_LOGS
          Status: ENABLED

  RecorderRole:
    Type: AWS::IAM::Role
    Properties:
      Description: Reads the configuration of the account and writes it into its bucket
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: config.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWS_ConfigRole
      Policies:
        - PolicyName: deliver
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: Deliver
                Effect: Allow
                Action: s3:PutObject
                Resource: !Sub ${Configurations.Arn}/AWSLogs/${AWS::AccountId}/*
              - Sid: AskWhoseItIs
                Effect: Allow
                Action: s3:GetBucketAcl
                Resource: !GetAtt Configurations.Arn
              - Sid: Encrypt
                Effect: Allow
                Action:
                  - kms:GenerateDataKey
                  - kms:Decrypt
                Resource: !GetAtt Key.Arn

  Recorder:
    Type: AWS::Config::ConfigurationRecorder
    Properties:
      Name: !Sub ledgerkeep-${Environment}
      RoleARN: !GetAtt RecorderRole.Arn
      RecordingGroup:
        AllSupported: true
        # What belongs to no region is recorded once.
        IncludeGlobalResourceTypes: !If [First, true, false]

  Channel:
    Type: AWS::Config::DeliveryChannel
    DependsOn: ConfigurationsPolicy
    Properties:
      Name: !Sub ledgerkeep-${Environment}
      S3BucketName: !Ref Configurations
      S3KmsKeyArn: !GetAtt Key.Arn
      ConfigSnapshotDeliveryProperties:
        DeliveryFrequency: TwentyFour_Hours

Outputs:
  Detector:
    Description: Id of the detector.
    Value: !Ref Detector
";
