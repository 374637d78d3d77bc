//! `infra/stacks/portal.yaml`: the portal's files behind an API of their own. Its function is on no road and declares no need
//! (infra/decisions/0049): it has one role, which writes logs and traces, and none for data.

use super::{
    Stack, document, gateway, indent, monitoring,
    parameters::{self, FUNCTION_BOUNDARY, Parameters},
    service,
};
use names::files;
use serde_json::{Value, json};

/// Its stack, its API and the segment of a path that leads to it.
pub(super) const NAME: &str = files::PORTAL;
/// The logical id of its stack.
pub(super) const ID: &str = "Portal";
/// Its function.
const FUNCTION: &str = "serve_portal";
const ABOUT: &str = "The files of the portal, the same for everybody; nothing of any tenant.";

/// The template.
pub(super) fn stack() -> Stack {
    let parameters = Parameters::default().with([
        parameters::environment(),
        parameters::domain(),
        parameters::architecture(),
        parameters::log_retention(),
        parameters::log_key(),
        parameters::function_boundary(),
        parameters::network_policy(),
        parameters::vpc_subnets(),
        parameters::vpc_security_group(),
        parameters::deployment(),
        parameters::alarm_topic(),
        parameters::runbook_url(),
    ]);
    let api = gateway::resource(
        NAME,
        ABOUT,
        "",
        // Compressed files are bytes, which Lambda hands over as text.
        "    BinaryMediaTypes:\n      - '*~1*'\n",
    );
    let resources = [
        api,
        service::logs("Api", &format!("api-{NAME}")),
        function(),
        role(),
        service::logs("ServePortal", FUNCTION),
    ];
    let body = format!(
        "{}\n{GLOBALS}\nResources:\n{}\n{}\n{}",
        service::CONDITIONS,
        indent(&resources.join("\n"), 2),
        monitoring::portal().trim_end(),
        service::OUTPUTS,
    );
    let text = document::sam(&format!("Ledgerkeep portal: {ABOUT}"), &parameters, &body);
    Stack { text, parameters }
}

const GLOBALS: &str = "\
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    Architectures:
      - !Ref Architecture
    Timeout: 29
    Tracing: Active
    AutoPublishAlias: live
    DeploymentPreference:
      Type: !Ref Deployment
      Alarms:
        - !Ref CanaryAlarm
";

fn function() -> String {
    format!(
        "\
ServePortal:
  Type: AWS::Serverless::Function
{waived}  Properties:
    FunctionName: !Sub ledgerkeep-${{Environment}}-{FUNCTION}
    Description: 'GET /portal/{{path+}}: a file, or the page'
    PackageType: Zip
    CodeUri: {code}
    MemorySize: 256
    # A changed variable or size must reach the alias too.
    AutoPublishAliasAllProperties: true
{network}    Role: !GetAtt ServePortalRole.Arn
    LoggingConfig:
      LogGroup: !Ref ServePortalLogs
    Events:
      Entrance:
        Type: Api
        Properties:
          RestApiId: !Ref Api
          Path: '/portal'
          Method: GET
      File:
        Type: Api
        Properties:
          RestApiId: !Ref Api
          Path: '/portal/{{path+}}'
          Method: GET
",
        waived = indent(&document::waived(&service::WAIVERS), 2),
        code = files::code(FUNCTION),
        network = indent(service::NETWORK, 4),
    )
}

/// Logs and traces, and nothing else.
fn role() -> String {
    format!(
        "\
ServePortalRole:
  Type: AWS::IAM::Role
  Properties:
    Description: 'What {FUNCTION} needs: to log and to be traced; it reaches no data'
    PermissionsBoundary: !Ref {FUNCTION_BOUNDARY}
    ManagedPolicyArns: !If [InVpc, [!Ref NetworkPolicy], !Ref AWS::NoValue]
    AssumeRolePolicyDocument:
      Version: '2012-10-17'
      Statement:
        - Effect: Allow
          Principal:
            Service: lambda.amazonaws.com
          Action: sts:AssumeRole
    Policies:
      - PolicyName: needs
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
            - Sid: WriteLogs
              Effect: Allow
              Action:
                - logs:CreateLogStream
                - logs:PutLogEvents
              Resource:
                - !GetAtt ServePortalLogs.Arn
            - Sid: SendTraces
              Effect: Allow
              Action:
                - xray:PutTraceSegments
                - xray:PutTelemetryRecords
              Resource:
                - '*'
"
    )
}

/// A proxy event of its API: a browser asks for the page.
pub(super) fn event() -> Value {
    let path = "/portal/home";
    let headers = json!({
        "accept": "text/html", "accept-encoding": "gzip, br", "host": "localhost", "user-agent": "example/1.0",
        "x-forwarded-for": "192.0.2.10", "x-forwarded-proto": "https",
    });
    let each = headers.as_object().into_iter().flatten();
    let lists: serde_json::Map<String, Value> =
        each.map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": "/portal/{path+}", "path": path, "httpMethod": "GET", "headers": headers, "multiValueHeaders": lists,
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": {"path": "home"}, "stageVariables": null, "body": null, "isBase64Encoded": false,
        "requestContext": {
            "accountId": names::ACCOUNT, "apiId": "example", "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.10", "userAgent": "example/1.0"},
            "path": path, "protocol": "HTTP/1.1", "requestId": "3f1c2d4e-0000-4000-8000-000000000000",
            "requestTime": "15/Jan/2026:09:30:00 +0000", "requestTimeEpoch": 1_768_469_400_000_u64,
            "resourceId": "example", "resourcePath": "/portal/{path+}", "stage": "live",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What decision 0049 stands on: a role that could read something would have to say so here.
    #[test]
    fn its_function_may_log_and_be_traced_and_nothing_else() {
        let text = stack().text;
        let actions: Vec<&str> = text
            .lines()
            .filter_map(|l| l.trim().strip_prefix("- "))
            .filter(|a| a.contains(':') && !a.contains(' ') && !a.starts_with('\''))
            .collect();
        let may = [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
        ];
        assert_eq!(actions, may);
        assert_eq!(text.matches("Type: AWS::IAM::Role").count(), 1);
        for never in [names::DATA_ROLE, "Table", "KeyPii", "SecretPepper", "Variables:"] {
            assert!(!text.contains(never), "{never}");
        }
    }
}
