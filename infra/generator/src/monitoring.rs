//! `infra/stacks/monitoring.yaml`: alarms, each with the link of its runbook, the topic that they go to, and a dashboard for each service.

mod alarms;
mod dashboards;

use super::{
    document,
    parameters::{self, Parameters},
    split::Piece,
};
use shared::{
    endpoint::Service,
    store::Table,
    worker::{Trigger, Worker},
};
use std::collections::BTreeMap;

/// Where metrics of the functions stand; the environment follows.
const NAMESPACE: &str = "Ledgerkeep/${Environment}";

/// What the template asks its parent for.
pub(super) fn parameters() -> Parameters {
    Parameters::default()
        .with([
            parameters::environment(),
            parameters::data_key(),
            parameters::runbook_url(),
        ])
        .with(Table::ALL.map(parameters::table))
}

/// The workers of a service that read streams.
fn stream_workers(service: &Service) -> impl Iterator<Item = &'static Worker> {
    service
        .workers
        .iter()
        .filter(|w| matches!(w.trigger, Trigger::Stream(_)))
}

/// The template.
pub(super) fn stack(
    services: &[&'static Service],
    pieces: &[&Piece],
    queues: &BTreeMap<&str, u32>,
) -> String {
    let alarms: String = alarms::all(services, pieces, queues)
        .iter()
        .map(alarms::Alarm::yaml)
        .collect();
    let dashboards: String = dashboards::all(services, pieces, queues).concat();
    document::text(
        "Ledgerkeep: alarms with their runbooks, and dashboards, of one region. Whoever is on call subscribes to the topic.",
        &parameters(),
        &format!(
            "Resources:
{TOPIC}{alarms}{dashboards}
Outputs:
  AlarmTopic:
    Description: ARN of the topic that alarms go to; whoever is on call subscribes to it.
    Value: !Ref AlarmTopic
"
        ),
    )
}

/// The APIs of a service by their names.
fn apis(service: &Service, pieces: &[&Piece]) -> Vec<String> {
    let own = pieces
        .iter()
        .filter(|p| p.service.name == service.name && !p.endpoints.is_empty());
    own.map(|p| p.name()).collect()
}

/// The alarm that stops a deployment of a service's functions and moves traffic back, as a resource of its stack.
pub(super) fn canary(piece: &Piece) -> String {
    of_stack(&piece.name(), &alarms::canary(piece))
}

/// The same of the portal.
pub(super) fn portal() -> String {
    of_stack(super::portal::NAME, &alarms::portal())
}

/// Its id does not name the stack, so that what every stack says about it is the same.
fn of_stack(name: &str, alarm: &alarms::Alarm) -> String {
    let id = format!("{}Alarm:", super::pascal(&format!("{name}-canary")));
    alarm.yaml().replacen(&id, "CanaryAlarm:", 1)
}

const TOPIC: &str = "  \
  AlarmTopic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub ledgerkeep-${Environment}-alarms
      DisplayName: Ledgerkeep alarms
      KmsMasterKeyId: !Ref DataKey

  AlarmTopicPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics:
        - !Ref AlarmTopic
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Sid: AlarmsOfThisAccount
            Effect: Allow
            Principal:
              Service: cloudwatch.amazonaws.com
            Action: sns:Publish
            Resource: !Ref AlarmTopic
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
          - Sid: OnlyOverTls
            Effect: Deny
            Principal: '*'
            Action: sns:Publish
            Resource: !Ref AlarmTopic
            Condition:
              Bool:
                aws:SecureTransport: 'false'

";
