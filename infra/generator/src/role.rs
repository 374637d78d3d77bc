//! Two roles for each function, a statement for each need, and nothing that is not needed. The first is the one that Lambda gives
//! the function: it writes logs, uses what belongs to no tenant, and may assume the second. The second reaches data, in sessions
//! that are tagged with the tenant whose data it is.

use super::{parameters, pascal, quoted};
use grants::access::{self, Within};
use shared::{
    crypto::{KeyUse, Purpose},
    data_role::{FOUNDED_TAG, TENANT_TAG},
    endpoint::Uses,
    ids::TenantId,
    store::Table,
    worker::Trigger,
};
use std::fmt::Write;

/// What one function may do, or several that may do the same.
pub(super) struct Role<'a> {
    /// What its logical ids begin with.
    pub(super) id: String,
    /// What it needs, and which tables of it.
    function: access::Function<'a>,
    /// What starts it, unless a route does.
    trigger: Option<Trigger>,
    /// The functions that have it.
    pub(super) holders: Vec<&'a str>,
}

/// A role with more statements about tables than this has them joined: its policies hold 10,240 characters at most.
const MANY: usize = 16;

/// Statements that allow the same actions, as one: named after what the first of them does.
fn joined(statements: Vec<Statement>) -> Vec<Statement> {
    let mut out: Vec<Statement> = Vec::new();
    for statement in statements {
        match out
            .iter_mut()
            .find(|s| s.actions == statement.actions && s.conditions == statement.conditions)
        {
            Some(same) => {
                let verb = ["Read", "List", "Write", "Scan"]
                    .into_iter()
                    .find(|v| same.sid.starts_with(v));
                if let Some(verb) = verb {
                    same.sid = format!("{verb}Tables");
                }
                same.resources.extend(statement.resources);
            }
            None => out.push(statement),
        }
    }
    // IAM wants each name once in a policy: what reads by key alone and what also lists are two.
    let mut names = std::collections::BTreeMap::new();
    for statement in &mut out {
        let count = names.entry(statement.sid.clone()).or_insert(0_u32);
        *count += 1;
        if *count > 1 {
            statement.sid = format!("{}{count}", statement.sid);
        }
    }
    out
}

/// One statement of a policy.
struct Statement {
    sid: String,
    actions: Vec<&'static str>,
    resources: Vec<String>,
    /// Operator, key and YAML value.
    conditions: Vec<(&'static str, String, String)>,
}

/// What a tenant's id is like.
fn tenant_pattern() -> String {
    let id = TenantId::platform().to_string();
    let (prefix, rest) = id.split_once('_').unwrap_or_default();
    format!("{prefix}_{}", "?".repeat(rest.len()))
}

/// Conditions as YAML.
pub(super) fn conditions(conditions: &[(&'static str, String, String)]) -> String {
    let mut out = String::new();
    let mut last = "";
    for (operator, key, value) in conditions {
        if *operator != last {
            let _ = writeln!(out, "{operator}:");
            last = operator;
        }
        let _ = writeln!(out, "  {key}: {value}");
    }
    out
}

impl Statement {
    fn new(sid: String, actions: &[&'static str], resources: Vec<String>) -> Self {
        Self {
            sid,
            actions: actions.to_vec(),
            resources,
            conditions: Vec::new(),
        }
    }

    fn when(self, key: &str, value: &str) -> Self {
        self.whenever("StringEquals", key, value)
    }

    fn whenever(mut self, operator: &'static str, key: &str, value: &str) -> Self {
        self.conditions.push((operator, key.to_owned(), value.to_owned()));
        self
    }

    /// Only in these partitions. A call without leading keys would fulfil "all of them", so there must be some.
    fn within(self, within: &Within) -> Self {
        let patterns = within.patterns();
        if patterns.is_empty() {
            return self.whenever("'Null'", &format!("aws:PrincipalTag/{TENANT_TAG}"), "'false'");
        }
        self.whenever(
            "ForAllValues:StringLike",
            "dynamodb:LeadingKeys",
            &format!("[{}]", patterns.join(", ")),
        )
        .whenever("'Null'", "dynamodb:LeadingKeys", "'false'")
    }

    fn yaml(&self) -> String {
        let mut out = format!("- Sid: {}\n  Effect: Allow\n  Action:\n", self.sid);
        for action in &self.actions {
            let _ = writeln!(out, "    - {action}");
        }
        match self.resources.as_slice() {
            // A list by itself.
            [list] if list.starts_with("!Split") => {
                let _ = writeln!(out, "  Resource: {list}");
            }
            resources => {
                out.push_str("  Resource:\n");
                for resource in resources {
                    let _ = writeln!(out, "    - {resource}");
                }
            }
        }
        if !self.conditions.is_empty() {
            out.push_str("  Condition:\n");
            out.push_str(&super::indent(&conditions(&self.conditions), 4));
        }
        out
    }
}

impl<'a> Role<'a> {
    /// That of a function alone.
    pub(super) fn of(function: access::Function<'a>, trigger: Option<Trigger>) -> Self {
        Self {
            id: pascal(function.name),
            holders: vec![function.name],
            function,
            trigger,
        }
    }

    /// Whether others may have it, too. The archive's bucket and the audit table know roles by their paths.
    pub(super) fn may_be_shared(&self) -> bool {
        let known = |n: &Uses| matches!(n, Uses::Archive | Uses::Purge(_));
        !self.function.needs.iter().any(known)
    }

    /// Everything that both roles allow, beside what differs by the function's name alone. None where nothing can be compared.
    pub(super) fn permissions(&self) -> Option<String> {
        let own = self.own_statements();
        let texts: String = own
            .iter()
            .chain(&self.data_statements())
            .map(Statement::yaml)
            .collect();
        let network = super::service::in_network(&self.function.needs);
        (!texts.is_empty()).then(|| format!("network: {network}, founds: {}\n{texts}", self.function.founds))
    }

    /// Its functions, for people.
    fn about(&self) -> String {
        self.holders.join(", ")
    }

    /// The role that Lambda gives the function, as a resource.
    pub(super) fn yaml(&self) -> String {
        let statements: String = self.statements().iter().map(Statement::yaml).collect();
        format!(
            "{id}Role:
  Type: AWS::IAM::Role
  Properties:
    Description: {about}
{path}    PermissionsBoundary: !Ref {boundary}
{network}    AssumeRolePolicyDocument:
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
{statements}",
            id = self.id,
            // The bucket's own policy knows the archiving roles by their path.
            path = match self.function.needs.contains(&Uses::Archive) {
                true => "    Path: !Sub /ledgerkeep/${Environment}/audit-archive/\n",
                false => "",
            },
            boundary = parameters::FUNCTION_BOUNDARY,
            network = match super::service::in_network(&self.function.needs) {
                true => "    ManagedPolicyArns: !If [InVpc, [!Ref NetworkPolicy], !Ref AWS::NoValue]\n",
                false => "",
            },
            about = quoted(&match self.holders.len() {
                1 => format!("What {} needs beside data", self.about()),
                _ => format!("What each of these needs beside data: {}", self.about()),
            }),
            statements = super::indent(&statements, 12),
        )
    }

    /// The role that reaches data, as a resource.
    pub(super) fn data(&self) -> String {
        let statements: String = self.data_statements().iter().map(Statement::yaml).collect();
        let mut tags = vec![TENANT_TAG];
        tags.extend(self.function.founds.then_some(FOUNDED_TAG));
        let mut trust = vec![(
            "StringLike",
            format!("aws:RequestTag/{TENANT_TAG}"),
            quoted(&tenant_pattern()),
        )];
        if self.function.founds {
            trust.push((
                "StringLikeIfExists",
                format!("aws:RequestTag/{FOUNDED_TAG}"),
                quoted(&tenant_pattern()),
            ));
        }
        trust.push((
            "ForAllValues:StringEquals",
            "aws:TagKeys".to_owned(),
            format!("[{}]", tags.join(", ")),
        ));
        format!(
            "{id}DataRole:
  Type: AWS::IAM::Role
  Properties:
    Description: {about}
    Path: !Sub {path}
    PermissionsBoundary: !Ref {boundary}
    AssumeRolePolicyDocument:
      Version: '2012-10-17'
      Statement:
        - Sid: InTenant
          Effect: Allow
          Principal:
            AWS: !GetAtt {id}Role.Arn
          Action:
            - sts:AssumeRole
            - sts:TagSession
          Condition:
{trust}    Policies:
      - PolicyName: data
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
{statements}",
            id = self.id,
            path = self.path(),
            boundary = parameters::DATA_BOUNDARY,
            about = quoted(&match self.holders.len() {
                1 => format!(
                    "The data of one tenant that {} needs, and nothing else",
                    self.about()
                ),
                _ => format!(
                    "The data of one tenant that each of these needs, and nothing else: {}",
                    self.about()
                ),
            }),
            trust = super::indent(&conditions(&trust), 12),
            statements = super::indent(&statements, 12),
        )
    }

    fn data_statements(&self) -> Vec<Statement> {
        let mut out = Vec::new();
        for access in self.function.granted() {
            let sid = format!("{}{}", access.verb, pascal(access.table.name()));
            let again = out.iter().any(|s: &Statement| s.sid == sid);
            let sid = if again { format!("{sid}{}", out.len()) } else { sid };
            let resources = access.places.iter().map(|place| arn(access.table, place));
            out.push(Statement::new(sid, &access.actions, resources.collect()).within(&access.within));
        }
        if out.len() > MANY {
            out = joined(out);
        }
        out.extend(self.function.needs.iter().flat_map(data_need));
        out.extend(self.tenants_own());
        out
    }

    /// What the first role allows, beside what differs by the function's name alone.
    fn own_statements(&self) -> Vec<Statement> {
        let mut out: Vec<Statement> = self.function.needs.iter().flat_map(need).collect();
        match self.trigger {
            Some(Trigger::Stream(tables)) => out.extend(tables.iter().map(|t| follow(*t))),
            Some(Trigger::Queue(queue)) => out.push(receive(queue)),
            Some(Trigger::Schedule(_) | Trigger::Manual) | None => {}
        }
        out
    }

    fn statements(&self) -> Vec<Statement> {
        let assumed = format!(
            "!Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role{}*'",
            self.path()
        );
        let assume = ["sts:AssumeRole", "sts:TagSession"];
        let mut out = vec![Statement::new("AssumeDataRole".into(), &assume, vec![assumed])];
        out.extend(self.own_statements());
        out.extend(self.holders.iter().map(|name| self.logs(name)));
        // X-Ray's two actions know no resource.
        let trace = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
        out.push(Statement::new("SendTraces".into(), &trace, vec!["'*'".into()]));
        out
    }

    /// Each function writes its own logs: where several have the role, Lambda says for which of them it writes.
    fn logs(&self, name: &str) -> Statement {
        let group = format!("!GetAtt {}Logs.Arn", pascal(name));
        let write = |sid| Statement::new(sid, &["logs:CreateLogStream", "logs:PutLogEvents"], vec![group]);
        if self.holders.len() == 1 {
            return write("WriteLogs".into());
        }
        write(format!("WriteLogs{}", pascal(name))).whenever(
            "ArnEquals",
            "lambda:SourceFunctionArn",
            &format!(
                "!Sub 'arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:ledgerkeep-${{Environment}}-{name}'"
            ),
        )
    }

    /// What it may do with the KMS keys that tenants bring: what it may do with the platform's, under the same context.
    fn tenants_own(&self) -> Vec<Statement> {
        let mut purposes = Vec::new();
        for need in &self.function.needs {
            match need {
                Uses::Key(purpose) => purposes.push(purpose.name()),
                Uses::NewKeys | Uses::Rewrap => purposes.extend(Purpose::ALL.map(Purpose::name)),
                _ => {}
            }
        }
        purposes.sort_unstable();
        purposes.dedup();
        let any = |wanted: fn(&Uses) -> bool| self.function.needs.iter().any(wanted);
        let kinds: [(&str, &[&'static str], bool); 3] = [
            ("UnwrapOwn", &["kms:Decrypt"], any(|n| matches!(n, Uses::Key(_)))),
            ("MakeOwn", &["kms:GenerateDataKey"], any(|n| *n == Uses::NewKeys)),
            ("RewrapOwn", REWRAP, any(|n| *n == Uses::Rewrap)),
        ];
        let wanted = kinds.into_iter().filter(|(.., wanted)| *wanted);
        wanted
            .map(|(sid, actions, _)| {
                let keys = format!("!Split [',', !Ref {}]", parameters::tenant_keys().0);
                in_context(
                    Statement::new(sid.to_owned(), actions, vec![keys]),
                    &format!("[{}]", purposes.join(", ")),
                )
            })
            .collect()
    }

    /// The path of the data role. It names the function, or the role where several have it, so that nobody else can assume it; the
    /// audit table's own policy knows the purging role by it.
    fn path(&self) -> String {
        if self.function.needs.iter().any(|n| matches!(n, Uses::Purge(_))) {
            "/ledgerkeep/${Environment}/audit-purge/".to_owned()
        } else {
            let whose = match self.holders.as_slice() {
                [only] => (*only).to_owned(),
                _ => self.id.to_lowercase(),
            };
            format!("/ledgerkeep/${{Environment}}/data/${{AWS::Region}}/{whose}/")
        }
    }
}

fn arn(table: Table, place: &str) -> String {
    let base = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table";
    format!("!Sub '{base}/${{Table{}}}{place}'", pascal(table.name()))
}

fn reference((parameter, _): (String, parameters::Parameter)) -> Vec<String> {
    vec![format!("!Ref {parameter}")]
}

/// What having KMS wrap a key by another one takes, on both.
const REWRAP: &[&str] = &["kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// A statement on a wrapping key, bound to what its encryption context must say.
fn wrapped(sid: &str, actions: &[&'static str], key: KeyUse) -> Statement {
    let statement = Statement::new(
        format!("{sid}{}", pascal(key.name())),
        actions,
        reference(parameters::key(key)),
    );
    in_context(statement, key.name())
}

/// Only under an encryption context of these purposes and of the session's tenant.
fn in_context(statement: Statement, purposes: &str) -> Statement {
    statement
        .when("kms:EncryptionContext:app", "ledgerkeep")
        .when("kms:EncryptionContext:env", "!Ref Environment")
        .when("kms:EncryptionContext:purpose", purposes)
        .when(
            "kms:EncryptionContext:tenant",
            &format!("${{aws:PrincipalTag/{TENANT_TAG}}}"),
        )
}

/// What a need asks of the role that reaches data, beside tables.
fn data_need(need: &Uses) -> Vec<Statement> {
    match need {
        Uses::Key(purpose) => vec![wrapped("Unwrap", &["kms:Decrypt"], KeyUse::Wrap(*purpose))],
        Uses::NewKeys => {
            let keys = || parameters::wrapping_keys();
            let resources = keys().flat_map(|k| reference(parameters::key(k))).collect();
            let purposes: Vec<&str> = keys().map(KeyUse::name).collect();
            let made = Statement::new("MakeKeys".into(), &["kms:GenerateDataKey"], resources);
            vec![in_context(made, &format!("[{}]", purposes.join(", ")))]
        }
        Uses::Rewrap => parameters::wrapping_keys()
            .map(|k| wrapped("Rewrap", REWRAP, k))
            .collect(),
        _ => Vec::new(),
    }
}

/// What a need asks of the role that Lambda gives.
fn need(need: &Uses) -> Vec<Statement> {
    let on = |sid: &str, key: &KeyUse, action: &'static str| {
        Statement::new(
            format!("{sid}{}", pascal(key.name())),
            &[action],
            reference(parameters::key(*key)),
        )
    };
    match need {
        Uses::Home
        | Uses::Post
        | Uses::Read(_)
        | Uses::Write(_)
        | Uses::List(..)
        | Uses::Below(_)
        | Uses::Scan(_)
        | Uses::Purge(_)
        | Uses::Key(_)
        | Uses::NewKeys
        | Uses::Rewrap
        | Uses::Egress => Vec::new(),
        Uses::Sign(key) => vec![
            on("Sign", key, "kms:Sign")
                .when("kms:SigningAlgorithm", "ECDSA_SHA_256")
                .when("kms:MessageType", "RAW"),
        ],
        Uses::PublicKey(key) => vec![on("PublicKey", key, "kms:GetPublicKey")],
        Uses::Mac(key) => vec![on("Mac", key, "kms:GenerateMac").when("kms:MacAlgorithm", "HMAC_SHA_256")],
        Uses::Secret(name) => {
            let sid = format!("Secret{}", pascal(name));
            vec![Statement::new(
                sid,
                &["secretsmanager:GetSecretValue"],
                reference(parameters::secret(name)),
            )]
        }
        Uses::Send(name) => {
            let sid = format!("Send{}", pascal(name));
            vec![Statement::new(
                sid,
                &["sqs:SendMessage"],
                reference(parameters::queue_arn(name)),
            )]
        }
        Uses::Mail => vec![
            Statement::new(
                "SendMail".into(),
                &["ses:SendEmail"],
                reference(parameters::mail_identity()),
            )
            .when("ses:FromAddress", "!Ref MailSender"),
        ],
        // Neither reading nor removing: what stands there is for auditors, under a role of their own.
        Uses::Archive => vec![Statement::new(
            "PutIntoArchive".into(),
            &["s3:PutObject", "s3:PutObjectRetention"],
            vec!["!Sub 'arn:${AWS::Partition}:s3:::${BucketArchive}/*'".into()],
        )],
    }
}

fn follow(table: Table) -> Statement {
    let actions = [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    ];
    Statement::new(
        format!("Follow{}", pascal(table.name())),
        &actions,
        reference(parameters::stream(table)),
    )
}

fn receive(queue: &str) -> Statement {
    let actions = [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ];
    Statement::new(
        format!("Receive{}", pascal(queue)),
        &actions,
        reference(parameters::queue_arn(queue)),
    )
}
