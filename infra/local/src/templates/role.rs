//! One role for each function: a statement for each need, and nothing that is not needed.

use super::{parameters, pascal, quoted};
use shared::{crypto::KeyUse, endpoint::Uses, store::Table, worker::Trigger};
use std::fmt::Write;

const READ: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
const WRITE: &[&str] = &[
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
];
const SCAN: &[&str] = &["dynamodb:Scan"];
const APPEND: &[&str] = &["dynamodb:PutItem"];
const STAMP: &[&str] = &["dynamodb:UpdateItem"];

/// What one function may do.
pub(super) struct Role<'a> {
    /// The function's declared name.
    pub(super) name: &'a str,
    /// Its logical id.
    pub(super) id: &'a str,
    /// Everything it needs, the road's needs included.
    pub(super) needs: &'a [Uses],
    /// What it declares itself.
    pub(super) declared: &'a [Uses],
    /// What starts it, unless a route does.
    pub(super) trigger: Option<Trigger>,
}

/// A role with more statements about tables than this has them joined: its policies hold 10,240 characters at most.
const MANY: usize = 16;

/// Statements that allow the same actions, as one: named after what the first of them does.
fn joined(statements: Vec<Statement>) -> Vec<Statement> {
    let mut out: Vec<Statement> = Vec::new();
    for statement in statements {
        match out.iter_mut().find(|s| s.actions == statement.actions) {
            Some(same) => {
                let verb = ["Read", "Write", "Scan"]
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
    out
}

/// One statement of a policy.
struct Statement {
    sid: String,
    actions: Vec<&'static str>,
    resources: Vec<String>,
    /// `StringEquals` conditions: key and YAML scalar.
    conditions: Vec<(&'static str, String)>,
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

    fn when(mut self, key: &'static str, value: &str) -> Self {
        self.conditions.push((key, value.to_owned()));
        self
    }

    fn yaml(&self) -> String {
        let mut out = format!("- Sid: {}\n  Effect: Allow\n  Action:\n", self.sid);
        for action in &self.actions {
            let _ = writeln!(out, "    - {action}");
        }
        out.push_str("  Resource:\n");
        for resource in &self.resources {
            let _ = writeln!(out, "    - {resource}");
        }
        if !self.conditions.is_empty() {
            out.push_str("  Condition:\n    StringEquals:\n");
            for (key, value) in &self.conditions {
                let _ = writeln!(out, "      {key}: {value}");
            }
        }
        out
    }
}

impl Role<'_> {
    /// The role as a resource.
    pub(super) fn yaml(&self) -> String {
        let statements: String = self.statements().iter().map(Statement::yaml).collect();
        format!(
            "{id}Role:
  Type: AWS::IAM::Role
  Properties:
    Description: {about}
{path}    AssumeRolePolicyDocument:
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
            path = self.path(),
            about = quoted(&format!("What {} needs, and nothing else", self.name)),
            statements = super::indent(&statements, 12),
        )
    }

    fn statements(&self) -> Vec<Statement> {
        let mut out: Vec<Statement> = Table::ALL.into_iter().flat_map(|t| self.table(t)).collect();
        if out.len() > MANY {
            out = joined(out);
        }
        out.extend(self.needs.iter().flat_map(need));
        match self.trigger {
            Some(Trigger::Stream(tables)) => out.extend(tables.iter().map(|t| follow(*t))),
            Some(Trigger::Queue(queue)) => out.push(receive(queue)),
            Some(Trigger::Schedule(_) | Trigger::Manual) | None => {}
        }
        let logs = format!("!GetAtt {}Logs.Arn", self.id);
        out.push(Statement::new(
            "WriteLogs".into(),
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            vec![logs],
        ));
        // X-Ray's two actions know no resource.
        let trace = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
        out.push(Statement::new("SendTraces".into(), &trace, vec!["'*'".into()]));
        out
    }

    /// Reading and writing are statements of their own: what is written has no index.
    fn table(&self, table: Table) -> Vec<Statement> {
        let name = pascal(table.name());
        let arn = |rest: &str| {
            let base = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table";
            format!("!Sub '{base}/${{Table{name}}}{rest}'")
        };
        let writes = self.needs.contains(&Uses::Write(table));
        let reads = self.needs.contains(&Uses::Read(table)) || (writes && table != Table::Audit);
        let mut out = Vec::new();
        if reads {
            let resources = vec![arn(""), arn("/index/gsi1"), arn("/index/gsi2")];
            out.push(Statement::new(format!("Read{name}"), READ, resources));
        }
        if self.needs.contains(&Uses::Scan(table)) {
            out.push(Statement::new(format!("Scan{name}"), SCAN, vec![arn("")]));
        }
        if writes {
            // The audit table is append only. The road itself only stamps sessions; whoever does more declares it.
            let (sid, actions) = match table {
                Table::Audit => (format!("Append{name}"), APPEND),
                Table::Identity if !self.declared.contains(&Uses::Write(table)) => {
                    ("StampSession".into(), STAMP)
                }
                _ => (format!("Write{name}"), WRITE),
            };
            out.push(Statement::new(sid, actions, vec![arn("")]));
        }
        if self.needs.contains(&Uses::Purge(table)) {
            out.push(Statement::new(
                format!("Purge{name}"),
                &["dynamodb:DeleteItem"],
                vec![arn("")],
            ));
        }
        out
    }

    /// The path that the table's own policy knows the purging role by, and the bucket's the archiving one; every other role has none.
    fn path(&self) -> &'static str {
        if self.needs.iter().any(|n| matches!(n, Uses::Purge(_))) {
            "    Path: !Sub /ledgerkeep/${Environment}/audit-purge/\n"
        } else if self.needs.contains(&Uses::Archive) {
            "    Path: !Sub /ledgerkeep/${Environment}/audit-archive/\n"
        } else {
            ""
        }
    }
}

fn reference((parameter, _): (String, parameters::Parameter)) -> Vec<String> {
    vec![format!("!Ref {parameter}")]
}

/// A statement on a wrapping key, bound to what its encryption context must say.
fn wrapped(sid: &str, action: &'static str, key: KeyUse) -> Statement {
    Statement::new(
        format!("{sid}{}", pascal(key.name())),
        &[action],
        reference(parameters::key(key)),
    )
    .when("kms:EncryptionContext:app", "ledgerkeep")
    .when("kms:EncryptionContext:env", "!Ref Environment")
    .when("kms:EncryptionContext:purpose", key.name())
}

fn need(need: &Uses) -> Vec<Statement> {
    let on = |sid: &str, key: &KeyUse, action: &'static str| {
        Statement::new(
            format!("{sid}{}", pascal(key.name())),
            &[action],
            reference(parameters::key(*key)),
        )
    };
    match need {
        Uses::Read(_) | Uses::Write(_) | Uses::Scan(_) | Uses::Purge(_) => Vec::new(),
        Uses::Key(purpose) => vec![wrapped("Unwrap", "kms:Decrypt", KeyUse::Wrap(*purpose))],
        Uses::NewKeys => parameters::wrapping_keys()
            .map(|k| wrapped("Make", "kms:GenerateDataKey", k))
            .collect(),
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
        Uses::Egress => Vec::new(),
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
