//! `template.yaml`: one region, a nested stack for each service.

use super::{
    HEADER,
    parameters::{DATA_BOUNDARY, FUNCTION_BOUNDARY, Parameters},
    pascal, quoted,
};
use shared::endpoint::Service;
use std::fmt::Write;

/// What comes from the queues' stack and not from whoever deploys.
fn is_queue(name: &str) -> bool {
    name.starts_with("Queue")
}

/// What comes from the boundaries' stack.
fn is_boundary(name: &str) -> bool {
    [FUNCTION_BOUNDARY, DATA_BOUNDARY].contains(&name)
}

/// The template of a region.
pub(super) fn stack(stacks: &[(&Service, Parameters)], messaging: bool) -> String {
    let mut parameters = stacks
        .iter()
        .fold(Parameters::default(), |all, (_, p)| all.merged(p));
    parameters = parameters.without(|name| is_queue(name) || is_boundary(name));
    if messaging {
        parameters = parameters.with([super::parameters::data_key()]);
    }
    let monitoring = super::monitoring::parameters();
    parameters = parameters.merged(&monitoring);
    let mut out = format!(
        "{HEADER}AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: {about}

{parameters}
Resources:
",
        about = quoted(
            "Ledgerkeep: one region. Keys, tables and secrets are roots of their own and come as parameters."
        ),
        parameters = parameters.section(),
    );
    if messaging {
        out.push_str(
            "  Messaging:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/messaging.yaml
      Parameters:
        DataKey: !Ref DataKey
        Environment: !Ref Environment

",
        );
    }
    out.push_str(
        "  Boundaries:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/boundaries.yaml
      Parameters:
        Environment: !Ref Environment

",
    );
    out.push_str(
        "  Monitoring:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/monitoring.yaml
      Parameters:
",
    );
    for name in monitoring.names() {
        let _ = writeln!(out, "        {name}: !Ref {name}");
    }
    out.push('\n');
    for (service, parameters) in stacks {
        let _ = write!(
            out,
            "  {}:
    Type: AWS::Serverless::Application
    Properties:
      Location: infra/service-{}.yaml
      Parameters:
",
            pascal(service.name),
            service.name
        );
        for name in parameters.names() {
            let value = match name.strip_prefix("Queue") {
                Some(output) => format!("!GetAtt Messaging.Outputs.{output}"),
                None if is_boundary(name) => format!("!GetAtt Boundaries.Outputs.{name}"),
                None => format!("!Ref {name}"),
            };
            let _ = writeln!(out, "        {name}: {value}");
        }
        out.push('\n');
    }
    out.push_str(
        "Outputs:\n  AlarmTopic:\n    Description: ARN of the topic that alarms go to.\n    Value: !GetAtt Monitoring.Outputs.AlarmTopic\n",
    );
    for (service, _) in stacks.iter().filter(|(s, _)| !s.endpoints.is_empty()) {
        let id = pascal(service.name);
        let _ = write!(
            out,
            "  {id}Api:\n    Description: Id of the {} API.\n    Value: !GetAtt {id}.Outputs.ApiId\n",
            service.name
        );
    }
    out
}
