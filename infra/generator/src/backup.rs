//! `infra/stacks/backup.yaml`: a locked vault in each region, and in the first the plan that fills both.

use super::{
    document,
    parameters::{self, Parameters},
};

/// Days that a copy is kept, no more and no less: the certificate of an erasure (GDPR art. 17) names the day after which no backup
/// holds the person's key.
const DAYS: u32 = 35;

/// The template of a region's backups.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::second_region(),
        parameters::data_key(),
        parameters::place(),
    ]);
    document::text(
        "Ledgerkeep: backups of the tables, in a vault that nobody empties early. The second region first, as copies go there.",
        &parameters,
        &BODY.replace("{days}", &DAYS.to_string()),
    )
}

const BODY: &str = "\
Conditions:
  First: !Equals [!Ref Place, first]

Resources:
  Vault:
    Type: AWS::Backup::BackupVault
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BackupVaultName: !Sub ledgerkeep-${Environment}
      EncryptionKeyArn: !Ref DataKey
      # After three days nobody can loosen it, not even the account's root.
      LockConfiguration:
        MinRetentionDays: {days}
        MaxRetentionDays: {days}
        ChangeableForDays: 3

  Role:
    Type: AWS::IAM::Role
    Condition: First
    Properties:
      Description: What AWS Backup needs to copy the tables
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: backup.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
      ManagedPolicyArns:
        - !Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup

  Plan:
    Type: AWS::Backup::BackupPlan
    Condition: First
    Properties:
      BackupPlan:
        BackupPlanName: !Sub ledgerkeep-${Environment}
        BackupPlanRule:
          - RuleName: daily
            TargetBackupVault: !Ref Vault
            ScheduleExpression: cron(0 3 * * ? *)
            StartWindowMinutes: 60
            CompletionWindowMinutes: 480
            Lifecycle:
              DeleteAfterDays: {days}
            CopyActions:
              - DestinationBackupVaultArn: !Sub arn:${AWS::Partition}:backup:${SecondRegion}:${AWS::AccountId}:backup-vault:ledgerkeep-${Environment}
                Lifecycle:
                  DeleteAfterDays: {days}

  # Every table of the environment, also one that is added later.
  Selection:
    Type: AWS::Backup::BackupSelection
    Condition: First
    Properties:
      BackupPlanId: !Ref Plan
      BackupSelection:
        SelectionName: tables
        IamRoleArn: !GetAtt Role.Arn
        Resources:
          - !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/ledgerkeep-${Environment}-*

Outputs:
  BackupVault:
    Description: ARN of the vault in this region.
    Value: !GetAtt Vault.BackupVaultArn
";
