//! `infra/stacks/network.yaml`: a network without a way to the internet, for functions that call nobody outside of AWS.

use super::{
    document, indent,
    parameters::{self, Parameters},
    pascal,
};
use std::fmt::Write;

/// Subnets, each in a zone of its own.
const ZONES: u32 = 3;
/// Services that are reached over an address in the subnets.
const INTERFACES: [&str; 6] = ["kms", "secretsmanager", "sqs", "sts", "logs", "xray"];

/// The template of a region's network.
pub(super) fn stack() -> String {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::vpc_cidr(),
        parameters::log_key(),
        parameters::log_retention(),
    ]);
    let mut body = format!("Resources:\n{VPC}");
    let subnets: Vec<String> = (1..=ZONES).map(|n| format!("Subnet{n}")).collect();
    for (n, subnet) in subnets.iter().enumerate() {
        let _ = write!(
            body,
            "  {subnet}:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      AvailabilityZone: !Select [{n}, !GetAZs '']
      CidrBlock: !Select [{n}, !Cidr [!Ref VpcCidr, {ZONES}, 12]]
      MapPublicIpOnLaunch: false

  {subnet}Routes:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties:
      SubnetId: !Ref {subnet}
      RouteTableId: !Ref Routes

"
        );
    }
    for service in INTERFACES {
        let _ = write!(
            body,
            "  {id}Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Interface
      ServiceName: !Sub com.amazonaws.${{AWS::Region}}.{service}
      VpcId: !Ref Vpc
      PrivateDnsEnabled: true
      SecurityGroupIds:
        - !Ref Endpoints
      SubnetIds:
{list}{OWN_ACCOUNT}
",
            id = pascal(service),
            list = subnets
                .iter()
                .map(|s| format!("        - !Ref {s}\n"))
                .collect::<String>(),
        );
    }
    body.push_str(&GATEWAYS.replace("{own}", OWN_ACCOUNT));
    body.push_str(&indent(GROUPS, 2));
    let listed: Vec<String> = subnets.iter().map(|s| format!("!Ref {s}")).collect();
    let _ = write!(
        body,
        "
Outputs:
  VpcSubnets:
    Description: Ids of the subnets, separated by commas.
    Value: !Join [',', [{}]]
  VpcSecurityGroup:
    Description: Id of the functions' security group.
    Value: !Ref Functions
",
        listed.join(", ")
    );
    document::text(
        "Ledgerkeep: a network without a way to the internet. Functions that call nobody outside of AWS run in it once it stands.",
        &parameters,
        &body,
    )
}

const VPC: &str = "  \
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !Ref VpcCidr
      EnableDnsHostnames: true
      EnableDnsSupport: true
      Tags:
        - Key: Name
          Value: !Sub ledgerkeep-${Environment}

  # Only the two gateways are put into it: there is no way out.
  Routes:
    Type: AWS::EC2::RouteTable
    Properties:
      VpcId: !Ref Vpc

  FlowLogs:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      LogGroupName: !Sub /ledgerkeep/${Environment}/network
      RetentionInDays: !Ref LogRetention
      KmsKeyId: !Ref LogKey

  FlowRole:
    Type: AWS::IAM::Role
    Properties:
      Description: Writes down who talks to whom in the network
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: vpc-flow-logs.amazonaws.com
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
                  - logs:DescribeLogStreams
                Resource: !GetAtt FlowLogs.Arn

  Flow:
    Type: AWS::EC2::FlowLog
    Properties:
      ResourceId: !Ref Vpc
      ResourceType: VPC
      TrafficType: ALL
      LogDestinationType: cloud-watch-logs
      LogGroupName: !Ref FlowLogs
      DeliverLogsPermissionArn: !GetAtt FlowRole.Arn
      MaxAggregationInterval: 60

";

/// Roles say who may do what; an endpoint says that nobody of another account does anything through it.
const OWN_ACCOUNT: &str = "      \
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: OwnAccount
            Effect: Allow
            Principal: '*'
            Action: '*'
            Resource: '*'
            Condition:
              StringEquals:
                aws:PrincipalAccount: !Ref AWS::AccountId
";

const GATEWAYS: &str = "  \
  DynamodbEndpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Gateway
      ServiceName: !Sub com.amazonaws.${AWS::Region}.dynamodb
      VpcId: !Ref Vpc
      RouteTableIds:
        - !Ref Routes
{own}
  # What functions write goes to the archive of this account, and to no bucket of anybody else.
  S3Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Gateway
      ServiceName: !Sub com.amazonaws.${AWS::Region}.s3
      VpcId: !Ref Vpc
      RouteTableIds:
        - !Ref Routes
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: Archive
            Effect: Allow
            Principal: '*'
            Action:
              - s3:PutObject
              - s3:PutObjectRetention
            Resource: !Sub arn:${AWS::Partition}:s3:::ledgerkeep-${Environment}-archive-*
            Condition:
              StringEquals:
                aws:PrincipalAccount: !Ref AWS::AccountId
                aws:ResourceAccount: !Ref AWS::AccountId

";

/// The functions' group lets out what goes to the endpoints; the network has no other way anyhow.
const GROUPS: &str = "\
Functions:
  Type: AWS::EC2::SecurityGroup
  Properties:
    GroupDescription: Functions
    VpcId: !Ref Vpc
    SecurityGroupEgress:
      - Description: HTTPS to the endpoints of AWS, the only ones there are
        IpProtocol: tcp
        FromPort: 443
        ToPort: 443
        CidrIp: 0.0.0.0/0

Endpoints:
  Type: AWS::EC2::SecurityGroup
  Properties:
    GroupDescription: Endpoints of AWS services
    VpcId: !Ref Vpc
    SecurityGroupIngress:
      - Description: HTTPS from functions
        IpProtocol: tcp
        FromPort: 443
        ToPort: 443
        SourceSecurityGroupId: !Ref Functions
    SecurityGroupEgress:
      - Description: Nothing
        IpProtocol: tcp
        FromPort: 1
        ToPort: 1
        CidrIp: 127.0.0.1/32
";
