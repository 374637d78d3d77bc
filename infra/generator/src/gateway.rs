//! A service's API: how it logs, what it answers by itself, and what it checks before it calls a function.

use super::{
    document::{Waiver, waived},
    indent,
    model::Check,
    pascal, quoted, refusals,
    split::Piece,
};
use serde_json::{Map, json};
use shared::endpoint::Declaration;
use std::{collections::BTreeMap, fmt::Write};

/// Public rules that every stage breaks on purpose.
const WAIVERS: [Waiver; 1] = [(
    "CKV_AWS_120",
    "Every answer is for its caller alone; what a cache kept could be given to another",
)];

/// The API, as a resource.
pub(super) fn api(piece: &Piece, checks: &BTreeMap<&str, Check>) -> String {
    let elsewhere: String = match piece.is_part() {
        true => "# Its rules stand before that of its service.\n".to_owned(),
        false => piece
            .base_paths()
            .iter()
            .skip(1)
            .fold(String::new(), |mut all, path| {
                let _ = writeln!(all, "# A second rule leads here, by the base path {path}.");
                all
            }),
    };
    let mut out = resource(&piece.name(), piece.service.about, &elsewhere, "");
    let mut models = Map::new();
    for (name, check) in checks {
        models.extend(check.model.clone().map(|model| (pascal(name), model)));
    }
    if !models.is_empty() {
        // JSON is YAML, so this cannot fail; a template without its models would not pass the tests.
        let models = serde_yaml_ng::to_string(&json!({"Models": models})).unwrap_or_default();
        out.push_str(&indent(&models, 4));
    }
    out
}

/// An API by its name: `elsewhere` are comments about rules that lead here, `more` are properties.
pub(super) fn resource(name: &str, about: &str, elsewhere: &str, more: &str) -> String {
    let mut out = format!(
        "\
# Paths are whole, service name included. The custom domain routes to this API by a rule on the first segment that does
# not strip it (StripBasePath of AWS::ApiGatewayV2::RoutingRule), so what is matched here is what the client sent.
{elsewhere}Api:
  Type: AWS::Serverless::Api
{waived}  Properties:
    Name: !Sub ledgerkeep-${{Environment}}-{name}
    Description: {about}
    StageName: live
    OpenApiVersion: 3.0.1
    EndpointConfiguration:
      Type: REGIONAL
    SecurityPolicy: SecurityPolicy_TLS13_1_2_2021_06
    # Where there is a host name, nothing gets past its edge.
    DisableExecuteApiEndpoint: !If [HasDomain, true, false]
    # SAM writes parameters in the manner of OpenAPI 2, which API Gateway takes with a warning.
    FailOnWarnings: false
    TracingEnabled: true
    AccessLogSetting:
      DestinationArn: !GetAtt ApiLogs.Arn
      # The path without its query, and nothing of headers or bodies: personal data stays out of logs.
      Format: '{{\"request_id\":\"$context.requestId\",\"extended_id\":\"$context.extendedRequestId\",\"time\":\"$context.requestTime\",\"address\":\"$context.identity.sourceIp\",\"method\":\"$context.httpMethod\",\"resource\":\"$context.resourcePath\",\"status\":\"$context.status\",\"error\":\"$context.error.responseType\",\"millis\":\"$context.responseLatency\",\"trace\":\"$context.xrayTraceId\"}}'
    MethodSettings:
      - ResourcePath: /*
        HttpMethod: '*'
        LoggingLevel: ERROR
        DataTraceEnabled: false
        MetricsEnabled: true
        ThrottlingRateLimit: 500
        ThrottlingBurstLimit: 1000
",
        waived = indent(&waived(&WAIVERS), 2),
        about = quoted(about),
    );
    out.push_str(more);
    out.push_str(&indent(&refusals::yaml(), 4));
    out
}

/// What the gateway checks before it calls the function.
pub(super) fn checked(d: &Declaration, check: &Check) -> String {
    let mut out = String::new();
    if check.model.is_some() {
        let _ = write!(
            out,
            "    RequestModel:\n      Model: {}\n      Required: {required}\n      ValidateBody: {required}\n      ValidateParameters: true\n",
            pascal(d.name),
            required = check.required,
        );
    }
    if !check.parameters.is_empty() {
        out.push_str("    RequestParameters:\n");
    }
    for parameter in &check.parameters {
        let _ = write!(
            out,
            "      - method.request.{parameter}:\n          Required: true\n          Caching: false\n"
        );
    }
    out
}
