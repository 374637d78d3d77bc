//! A planted violation of each limit, and counts that were taken by hand.

use super::*;

/// Every limit: one that is not planted below is not held.
const LIMITS: [&Limit; 37] = [
    &RESOURCES,
    &BODY,
    &PARAMETERS,
    &OUTPUTS,
    &LOGICAL_ID,
    &ABOUT,
    &VALUE,
    &INLINE,
    &MANAGED,
    &TRUST,
    &ATTACHED,
    &ROLE_NAME,
    &ROLE_PATH,
    &ROLE_ABOUT,
    &API_RESOURCES,
    &RULES,
    &MODEL,
    &ACCESS_LOG,
    &INTEGRATION,
    &VARIABLES,
    &LAYERS,
    &TIMEOUT,
    &MEMORY,
    &FUNCTION_NAME,
    &FUNCTION_ABOUT,
    &READERS,
    &INDEXES,
    &TARGETS,
    &QUEUE_NAME,
    &VISIBILITY,
    &RETENTION,
    &ALARM_METRICS,
    &ALARM_ABOUT,
    &ALARM_NAME,
    &WIDGETS,
    &WIDGET_METRICS,
    &DASHBOARD_METRICS,
];
/// Those whose names say enough.
const OTHERS: [&Limit; 2] = [&LOG_GROUP, &KEY_POLICY];

/// A template of these resources: type and properties.
fn of(resources: &[(&str, Json)]) -> Json {
    let named = resources.iter().enumerate();
    let named = named
        .map(|(n, (kind, properties))| (format!("R{n}"), json!({"Type": kind, "Properties": properties})));
    json!({"Description": "x", "Resources": named.collect::<serde_json::Map<_, _>>()})
}

fn one(kind: &str, properties: Json) -> Json {
    of(&[(kind, properties)])
}

fn many(of: usize, one: impl Fn(usize) -> Json) -> Json {
    (0..of).map(one).collect()
}

fn entries(of: usize) -> Json {
    (0..of)
        .map(|n| (format!("E{n}"), json!({"Type": "String"})))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn role(properties: Json) -> Json {
    one("AWS::IAM::Role", properties)
}

fn function(properties: Json) -> Json {
    one("AWS::Serverless::Function", properties)
}

fn long(of: usize) -> String {
    "x".repeat(of)
}

fn policy(length: usize) -> Json {
    json!({"Statement": [long(length)]})
}

fn dashboard(widgets: &[usize]) -> Json {
    let widget = |metrics: &usize| json!({"properties": {"metrics": many(*metrics, |n| json!([n]))}});
    let body = json!({"widgets": widgets.iter().map(widget).collect::<Vec<_>>()});
    one(
        "AWS::CloudWatch::Dashboard",
        json!({"DashboardBody": body.to_string()}),
    )
}

fn api(paths: usize) -> Json {
    let route = |n: usize| json!({"CodeUri": "x", "Role": "r", "Events": {"Api": {"Type": "Api", "Properties": {"Path": format!("/a/v1/n{n}"), "Method": "GET"}}}});
    let mut resources = vec![("AWS::Serverless::Api", json!({}))];
    resources.extend((0..paths).map(|n| ("AWS::Serverless::Function", route(n))));
    of(&resources)
}

/// What is beyond a limit by as little as can be, and what just keeps it.
fn planted(limit: &'static Limit) -> (Json, Json) {
    let most = usize::try_from(limit.most()).unwrap();
    let both = |make: &dyn Fn(usize) -> Json| (make(most + 1), make(most));
    // What stands around a text of a document.
    let empty = serde_yaml_ng::to_string(&one("AWS::KMS::Key", json!({"KeyPolicy": policy(0)}))).unwrap();
    let empty = Template::read("t", &empty)
        .unwrap()
        .resources()
        .next()
        .unwrap()
        .length("KeyPolicy");
    let frame = usize::try_from(empty.unwrap()).unwrap();
    let text = |kind: &'static str, name: &'static str| both(&move |n| one(kind, json!({name: long(n)})));
    let number = |kind: &'static str, name: &'static str| both(&move |n| one(kind, json!({name: n})));
    match limit {
        l if *l == RESOURCES => both(&|n| of(&vec![("AWS::Logs::LogGroup", json!({})); n])),
        l if *l == BODY => both(&|n| {
            let empty = json!({"Resources": {}, "Metadata": ""});
            let frame = serde_yaml_ng::to_string(&empty).unwrap().len();
            json!({"Resources": {}, "Metadata": long(n - frame + 2)})
        }),
        l if *l == PARAMETERS => both(&|n| json!({"Resources": {}, "Parameters": entries(n)})),
        l if *l == OUTPUTS => both(&|n| json!({"Resources": {}, "Outputs": entries(n)})),
        l if *l == LOGICAL_ID => both(&|n| json!({"Resources": {long(n): {"Type": "AWS::SNS::Topic"}}})),
        l if *l == ABOUT => both(&|n| json!({"Resources": {}, "Description": long(n)})),
        l if *l == VALUE => both(&|n| json!({"Resources": {}, "Parameters": {"P": {"Default": long(n)}}})),
        l if *l == INLINE => both(&|n| {
            let half = n / 2;
            role(
                json!({"Policies": [{"PolicyDocument": policy(half - frame)}, {"PolicyDocument": policy(n - half - frame)}]}),
            )
        }),
        l if *l == MANAGED => both(&|n| {
            one(
                "AWS::IAM::ManagedPolicy",
                json!({"PolicyDocument": policy(n - frame)}),
            )
        }),
        l if *l == TRUST => both(&|n| role(json!({"AssumeRolePolicyDocument": policy(n - frame)}))),
        l if *l == ATTACHED => {
            both(&|n| role(json!({"ManagedPolicyArns": many(n, |n| json!(n.to_string()))})))
        }
        l if *l == ROLE_NAME => text("AWS::IAM::Role", "RoleName"),
        l if *l == ROLE_PATH => text("AWS::IAM::Role", "Path"),
        l if *l == ROLE_ABOUT => text("AWS::IAM::Role", "Description"),
        // Every path adds one to what begins them all: the root, the service and the version.
        l if *l == API_RESOURCES => (api(most - 2), api(most - 3)),
        l if *l == RULES => both(&|n| {
            of(&vec![
                (
                    "AWS::ApiGatewayV2::RoutingRule",
                    json!({"DomainNameArn": "d"})
                );
                n
            ])
        }),
        l if *l == MODEL => both(&|n| {
            one(
                "AWS::Serverless::Api",
                json!({"Models": {"A": {}, "B": policy(n - frame)}}),
            )
        }),
        l if *l == ACCESS_LOG => both(&|n| {
            one(
                "AWS::Serverless::Api",
                json!({"AccessLogSetting": {"Format": long(n)}}),
            )
        }),
        l if *l == INTEGRATION => both(&|n| {
            let route = json!({"Type": "Api", "Properties": {"Path": "/a", "Method": "GET"}});
            function(json!({"Timeout": n, "Events": {"Api": route}}))
        }),
        l if *l == VARIABLES => {
            both(&|n| function(json!({"Environment": {"Variables": {"ABC": long(n - 3)}}})))
        }
        l if *l == LAYERS => both(&|n| function(json!({"Layers": many(n, |n| json!(n.to_string()))}))),
        l if *l == TIMEOUT => number("AWS::Serverless::Function", "Timeout"),
        l if *l == MEMORY => number("AWS::Serverless::Function", "MemorySize"),
        l if *l == FUNCTION_NAME => text("AWS::Serverless::Function", "FunctionName"),
        l if *l == FUNCTION_ABOUT => text("AWS::Serverless::Function", "Description"),
        l if *l == INDEXES => both(&|n| {
            one(
                "AWS::DynamoDB::GlobalTable",
                json!({"GlobalSecondaryIndexes": many(n, |n| json!(n.to_string()))}),
            )
        }),
        l if *l == TARGETS => both(&|n| {
            one(
                "AWS::Events::Rule",
                json!({"Targets": many(n, |n| json!(n.to_string()))}),
            )
        }),
        l if *l == QUEUE_NAME => text("AWS::SQS::Queue", "QueueName"),
        l if *l == VISIBILITY => number("AWS::SQS::Queue", "VisibilityTimeout"),
        l if *l == RETENTION => number("AWS::SQS::Queue", "MessageRetentionPeriod"),
        l if *l == ALARM_METRICS => both(&|n| {
            one(
                "AWS::CloudWatch::Alarm",
                json!({"Metrics": many(n + 1, |n| json!({"Id": n}))}),
            )
        }),
        l if *l == ALARM_ABOUT => text("AWS::CloudWatch::Alarm", "AlarmDescription"),
        l if *l == ALARM_NAME => text("AWS::CloudWatch::Alarm", "AlarmName"),
        l if *l == WIDGETS => both(&|n| dashboard(&vec![1; n])),
        l if *l == WIDGET_METRICS => both(&|n| dashboard(&[n])),
        l if *l == DASHBOARD_METRICS => both(&|n| {
            let widgets = n.div_ceil(400);
            let mut each = vec![400; widgets];
            if let Some(last) = each.last_mut() {
                *last = n - (widgets - 1) * 400;
            }
            dashboard(&each)
        }),
        l if *l == LOG_GROUP => text("AWS::Logs::LogGroup", "LogGroupName"),
        l if *l == KEY_POLICY => both(&|n| one("AWS::KMS::Key", json!({"KeyPolicy": policy(n - frame)}))),
        other => panic!("{other:?} is not planted"),
    }
}

fn checked(template: &Json) -> Result<String, String> {
    let text = serde_yaml_ng::to_string(template).unwrap();
    file(&[("infra/stacks/x.yaml".to_owned(), text)].into(), &[])
}

#[test]
fn what_is_beyond_a_limit_is_refused_and_what_keeps_it_is_not() {
    for limit in LIMITS.into_iter().chain(OTHERS).filter(|l| **l != READERS) {
        let (beyond, kept) = planted(limit);
        let said = checked(&beyond)
            .err()
            .unwrap_or_else(|| panic!("{limit:?} is not held"));
        let line = said
            .lines()
            .find(|l| l.contains(limit.quota))
            .unwrap_or_else(|| panic!("{limit:?}: {said}"));
        for part in [
            "infra/stacks/x.yaml:",
            &format!(" is {}, ", limit.most() + 1),
            &format!("{} allows {}", limit.service, limit.aws),
            limit.todo,
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        if let Err(said) = checked(&kept) {
            assert!(!said.contains(limit.quota), "{limit:?}: {said}");
        }
    }
}

/// SAM makes of a function also a version, an alias and what moves traffic, and something of each of its events.
#[test]
fn resources_are_counted_as_sam_expands_them() {
    let text = "
Globals: {Function: {AutoPublishAlias: live, DeploymentPreference: {Type: x}}}
Resources:
  Api: {Type: 'AWS::Serverless::Api'}
  Role: {Type: 'AWS::IAM::Role'}
  One:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt Role.Arn
      Events:
        Api: {Type: Api, Properties: {Path: /a/b, Method: GET}}
        Schedule: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
        Stream: {Type: DynamoDB, Properties: {Stream: !Ref StreamAudit}}
  Nested: {Type: 'AWS::Serverless::Application', Properties: {Location: x}}
";
    let template = Template::read("t", text).unwrap();
    let counts = template.expanded();
    // API, deployment, stage; role and CodeDeploy's; function, version, alias, group; two permissions, rule, mapping; application, stack.
    assert_eq!(counts.values().sum::<u64>(), 15, "{counts:?}");
    assert_eq!(
        (counts["AWS::IAM::Role"], counts["AWS::Lambda::Permission"]),
        (2, 2)
    );
    assert_eq!(template.api_resources(), 3);
    assert_eq!(template.streams(), [("StreamAudit".to_owned(), "One".to_owned())]);
}

#[test]
fn a_second_reader_of_a_stream_is_refused_unless_it_has_its_reason_and_a_third_always() {
    let reader = |stream: &str| {
        format!(
            "Resources:\n  R:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        S: {{Type: DynamoDB, Properties: {{Stream: !Ref {stream}}}}}\n"
        )
    };
    let read = |streams: &[&str]| {
        let files = streams.iter().enumerate();
        let files: BTreeMap<String, String> = files.map(|(n, s)| (format!("{n}.yaml"), reader(s))).collect();
        file(&files, &[])
    };
    read(&["StreamBilling", "StreamVault"]).unwrap();
    let said = read(&["StreamBilling", "StreamBilling"]).unwrap_err();
    assert!(
        said.contains("StreamBilling (R, R): Readers of a global table's stream is 2"),
        "{said}"
    );
    for (stream, why) in SECOND {
        assert!(why.len() > 20);
        read(&[stream, stream]).unwrap();
        let said = read(&[stream, stream, stream]).unwrap_err();
        assert!(said.contains("is 3, and DynamoDB allows 2"), "{said}");
    }
}

#[test]
fn texts_are_reckoned_at_their_longest() {
    let text = "
Parameters:
  Environment: {Default: local}
  KeyPii: {Default: 'arn:aws:kms:eu-west-1:000000000000:key/k'}
Resources:
  Logs: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: !Sub '/x/${Environment}/y'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Path: !Sub '/x/${Environment}/${AWS::Region}/'
      Description: !GetAtt Logs.Arn
      RoleName: !Ref KeyPii
";
    let template = Template::read("t", text).unwrap();
    let role = template.resources().find(|r| r.id == "Role").unwrap();
    assert_eq!(
        role.length("Path"),
        Some("/x/eightlet/ap-southeast-1/".len() as u64)
    );
    let arn = "arn:aws:logs:ap-southeast-1:000000000000:log-group:/x/eightlet/y:*";
    assert_eq!(role.length("Description"), Some(arn.len() as u64));
    assert_eq!(
        role.length("RoleName"),
        Some("arn:aws:kms:eu-west-1:000000000000:key/k".len() as u64 + 8)
    );
}

/// Of 10,240 characters 8,000 are taken; every key takes 83 for each mention.
#[test]
fn keys_that_tenants_bring_have_room_in_every_role() {
    let role = |mentions: usize, text: usize| {
        let list = "{Resource: !Split [',', !Ref TenantKeys]}, ".repeat(mentions);
        format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: [{{PolicyDocument: [{list}{}]}}]\n",
            long(text)
        )
    };
    let keys = |text: String| {
        let counts: Json =
            serde_json::from_str(&file(&[("x.yaml".to_owned(), text)].into(), &[]).unwrap()).unwrap();
        counts["tenant_keys"].as_u64().unwrap()
    };
    // 4,096 bytes of the parameter hold fifty.
    assert_eq!((keys(role(0, 10)), keys(role(1, 10))), (50, 50));
    assert!(
        (11..14).contains(&keys(role(2, 8_000))),
        "{}",
        keys(role(2, 8_000))
    );
}

#[test]
fn an_environment_needs_what_its_stacks_make_in_both_regions() {
    let files = BTreeMap::from([
        (
            "template.yaml".to_owned(),
            "Resources:\n  A: {Type: 'AWS::Serverless::Application', Properties: {Location: 'infra/stacks/a.yaml'}}\n  R: {Type: 'AWS::IAM::Role'}\n".to_owned(),
        ),
        (
            "infra/stacks/a.yaml".to_owned(),
            "Resources:\n  R: {Type: 'AWS::IAM::Role'}\n  F: {Type: 'AWS::Serverless::Function', Properties: {Role: r}}\n".to_owned(),
        ),
        ("infra/stacks/data.yaml".to_owned(), "Resources:\n  T: {Type: 'AWS::DynamoDB::GlobalTable'}\n".to_owned()),
    ]);
    let at = |region, template: &str| Placed {
        environment: "prod",
        region,
        template: template.to_owned(),
    };
    let placed = [
        at("r1", "template.yaml"),
        at("r2", "template.yaml"),
        at("r1", "infra/stacks/data.yaml"),
    ];
    let needs: Json = serde_json::from_str(&file(&files, &placed).unwrap()).unwrap();
    let needed = |quota: &str, region: &str| {
        let lines = needs["needs"].as_array().unwrap();
        let line = lines
            .iter()
            .find(|l| l["quota"] == quota && l["region"] == region);
        line.unwrap_or_else(|| panic!("{quota} {region}"))["needed"].clone()
    };
    assert_eq!(needed("Roles per account", "us-east-1"), 4);
    assert_eq!(
        (needed("Stack count", "r1"), needed("Stack count", "r2")),
        (json!(3), json!(2))
    );
    // A replica is a table of the other region.
    assert_eq!(
        (
            needed("Maximum number of tables", "r1"),
            needed("Maximum number of tables", "r2")
        ),
        (json!(1), json!(1))
    );
    // 6 MB, three versions and the next one.
    assert_eq!(needed("Function and layer storage", "r1"), json!(0.03));
    let missing = file(&files, &[at("r1", "infra/stacks/none.yaml")]).unwrap_err();
    assert!(missing.contains("infra/stacks/none.yaml"), "{missing}");
}
