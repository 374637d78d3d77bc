//! `template.yaml`: one region, a nested stack for each service.

use super::{
    document,
    parameters::{ALARM_TOPIC, DATA_BOUNDARY, FUNCTION_BOUNDARY, NETWORK_POLICY, Parameters},
    portal,
    split::Piece,
};
use std::fmt::Write;

/// The nested stack that puts a value out, and the output; `None` for what comes from whoever deploys.
fn output(name: &str) -> Option<String> {
    let output = match name {
        FUNCTION_BOUNDARY | DATA_BOUNDARY | NETWORK_POLICY => format!("Boundaries.Outputs.{name}"),
        ALARM_TOPIC => format!("Monitoring.Outputs.{name}"),
        _ => format!("Messaging.Outputs.{}", name.strip_prefix("Queue")?),
    };
    Some(output)
}

/// A nested stack. Values are given under the names that the templates share.
fn nested(id: &str, file: &str, parameters: &Parameters, after: &[&str]) -> String {
    let mut out = format!("  {id}:\n    Type: AWS::Serverless::Application\n");
    if !after.is_empty() {
        let _ = writeln!(out, "    DependsOn: [{}]", after.join(", "));
    }
    let _ = write!(
        out,
        "    Properties:\n      Location: infra/stacks/{file}.yaml\n      Parameters:\n"
    );
    for name in parameters.names() {
        let value = match output(name) {
            Some(output) => format!("!GetAtt {output}"),
            None => format!("!Ref {name}"),
        };
        let _ = writeln!(out, "        {name}: {value}");
    }
    out.push('\n');
    out
}

/// The template of a region.
pub(super) fn stack(stacks: &[(&Piece, Parameters)], files: &Parameters, messaging: bool) -> String {
    let mut parameters = stacks.iter().fold(files.clone(), |all, (_, p)| all.merged(p));
    parameters = parameters.without(|name| output(name).is_some());
    let monitoring = super::monitoring::parameters();
    let own = Parameters::default().with([super::parameters::environment()]);
    let queues = own.clone().with([super::parameters::data_key()]);
    parameters = parameters.merged(&monitoring).merged(&queues);
    let mut out = "Resources:\n".to_owned();
    if messaging {
        out.push_str(&nested("Messaging", "messaging", &queues, &[]));
    }
    out.push_str(&nested("Gateway", "gateway", &own, &[]));
    out.push_str(&nested("Boundaries", "boundaries", &own, &[]));
    out.push_str(&nested("Monitoring", "monitoring", &monitoring, &[]));
    for (piece, parameters) in stacks {
        // A stage with a log asks for the role that API Gateway writes with.
        out.push_str(&nested(&piece.id(), &piece.file(), parameters, &["Gateway"]));
    }
    out.push_str(&nested(portal::ID, portal::NAME, files, &["Gateway"]));
    out.push_str(
        "Outputs:\n  AlarmTopic:\n    Description: ARN of the topic that alarms go to.\n    Value: !GetAtt Monitoring.Outputs.AlarmTopic\n",
    );
    let served = stacks.iter().filter(|(p, _)| !p.endpoints.is_empty());
    let apis = served.map(|(p, _)| (p.id(), p.name()));
    for (id, name) in apis.chain([(portal::ID.to_owned(), portal::NAME.to_owned())]) {
        let _ = write!(
            out,
            "  {id}Api:\n    Description: Id of the {name} API.\n    Value: !GetAtt {id}.Outputs.ApiId\n"
        );
    }
    document::sam(
        "Ledgerkeep: one region. Keys, tables and secrets are roots of their own and come as parameters.",
        &parameters,
        &out,
    )
}
