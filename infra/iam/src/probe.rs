//! Calls that no function may make, whatever it is for: each function's roles must refuse every one of them.

use super::{
    Call, Context,
    principal::{Principals, Session},
};
use names::{ACCOUNT, ENVIRONMENT, REGION, default_key};
use shared::{crypto::KeyUse, data_role::TENANT_TAG, store::Table};

const OWN: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
const OTHER: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2B";

/// A call, the session it is made in, and what it tries.
pub struct Probe {
    /// What it tries, for people.
    pub tries: String,
    /// The session.
    pub session: Session,
    /// The call.
    pub call: Call,
}

fn session(tags: &[(&str, &str)]) -> Session {
    let tags = tags
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Session {
        data: true,
        tags,
        policy: None,
    }
}

fn call(action: &str, resource: &str, context: Context) -> Call {
    Call {
        action: action.to_owned(),
        resource: resource.to_owned(),
        context,
    }
}

fn key(tenant: &str) -> Context {
    Context::default().with("dynamodb:LeadingKeys", [format!("T#{tenant}#kind#id")])
}

fn wrapping(tenant: &str, purpose: &str) -> Context {
    let context = [
        ("app", "ledgerkeep"),
        ("env", ENVIRONMENT),
        ("tenant", tenant),
        ("purpose", purpose),
    ];
    context
        .into_iter()
        .fold(Context::default(), |all, (name, value)| {
            all.with(&format!("kms:EncryptionContext:{name}"), [value])
        })
}

/// The ARN of a table.
#[must_use]
pub fn table(table: Table) -> String {
    format!(
        "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledgerkeep-{ENVIRONMENT}-{}",
        table.name()
    )
}

/// What a function of these permissions must not do. `allowed` are those of both its roles.
///
/// # Errors
/// When there is no such function.
pub fn of(principals: &Principals, function: &str) -> Result<Vec<Probe>, String> {
    let allowed = principals.allowed(function)?;
    let holds = |action: &str, resource: &str| allowed.iter().any(|(_, a, r)| a == action && r == resource);
    let tagged = || session(&[(TENANT_TAG, OWN)]);
    let mut out = Vec::new();
    let mut probe = |tries: String, session: Session, call: Call| out.push(Probe { tries, session, call });
    for (data, action, resource) in &allowed {
        let service = action.split(':').next().unwrap_or_default();
        match (data, service) {
            (true, "dynamodb") if action != "dynamodb:Scan" => {
                let on = |context| call(action, resource, context);
                probe(format!("{action} of another tenant"), tagged(), on(key(OTHER)));
                let both = [format!("T#{OWN}#a#b"), format!("T#{OTHER}#a#b")];
                let both = Context::default().with("dynamodb:LeadingKeys", both);
                probe(format!("{action} of two tenants"), tagged(), on(both));
                let longer = Context::default().with("dynamodb:LeadingKeys", [format!("T#{OWN}0#a#b")]);
                probe(
                    format!("{action} of a tenant whose id begins alike"),
                    tagged(),
                    on(longer),
                );
                probe(format!("{action} without keys"), tagged(), on(Context::default()));
                let none = Context::default().with("dynamodb:LeadingKeys", Vec::<String>::new());
                probe(format!("{action} with an empty list of keys"), tagged(), on(none));
                probe(format!("{action} without a tag"), session(&[]), on(key(OWN)));
                probe(
                    format!("{action} with a tag of wildcards"),
                    session(&[(TENANT_TAG, "*")]),
                    on(key(OWN)),
                );
                probe(
                    format!("{action} with the first role"),
                    Session::default(),
                    on(key(OWN)),
                );
            }
            (true, "dynamodb") => {
                probe(
                    format!("{action} without a tag"),
                    session(&[]),
                    call(action, resource, Context::default()),
                );
            }
            (true, "kms") => {
                for purpose in KeyUse::ALL {
                    let own = default_key(purpose) == *resource;
                    let on = |context| call(action, resource, context);
                    if own {
                        let name = purpose.name();
                        probe(
                            format!("{action} for another tenant"),
                            tagged(),
                            on(wrapping(OTHER, name)),
                        );
                        probe(
                            format!("{action} without a tag"),
                            session(&[]),
                            on(wrapping(OWN, name)),
                        );
                        probe(
                            format!("{action} without a context"),
                            tagged(),
                            on(Context::default()),
                        );
                        let first = Session::default();
                        probe(
                            format!("{action} with the first role"),
                            first,
                            on(wrapping(OWN, name)),
                        );
                    } else {
                        let wrong = wrapping(OWN, purpose.name());
                        probe(
                            format!("{action} as if for {}", purpose.name()),
                            tagged(),
                            on(wrong),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    for t in Table::ALL {
        let arn = table(t);
        for action in [
            "GetItem",
            "Query",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "Scan",
            "BatchWriteItem",
        ] {
            let action = format!("dynamodb:{action}");
            if !holds(&action, &arn) {
                let tries = format!("{action} on {}, which is not its own", t.name());
                probe(tries, tagged(), call(&action, &arn, key(OWN)));
            }
        }
    }
    for k in KeyUse::ALL {
        let arn = default_key(k);
        for action in ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"] {
            if !holds(action, &arn) {
                let tries = format!("{action} with the key {}, which is not its own", k.name());
                probe(tries, tagged(), call(action, &arn, wrapping(OWN, k.name())));
            }
        }
    }
    for action in [
        "kms:ScheduleKeyDeletion",
        "iam:PassRole",
        "dynamodb:DeleteTable",
        "lambda:InvokeFunction",
    ] {
        probe(
            action.to_owned(),
            Session::default(),
            call(action, "*", Context::default()),
        );
        probe(action.to_owned(), tagged(), call(action, "*", Context::default()));
    }
    let tags = |tags: &[(&str, &str)]| {
        let keys: Vec<&str> = tags.iter().map(|(k, _)| *k).collect();
        let context = Context::default();
        let context = if keys.is_empty() {
            context
        } else {
            context.with("aws:TagKeys", keys)
        };
        tags.iter().fold(context, |all, (k, v)| {
            all.with(&format!("aws:RequestTag/{k}"), [*v])
        })
    };
    let own = principals.data_role(function)?;
    for (tries, given) in [
        ("its data role without a tag", tags(&[])),
        (
            "its data role with a tag that is no tenant",
            tags(&[(TENANT_TAG, "*")]),
        ),
        (
            "its data role with a further tag",
            tags(&[(TENANT_TAG, OWN), ("role", "admin")]),
        ),
        ("its data role with another tag", tags(&[("Tenant2", OWN)])),
    ] {
        probe(
            tries.to_owned(),
            Session::default(),
            call("sts:AssumeRole", own, given),
        );
    }
    let other = principals
        .functions()
        .find(|f| principals.data_role(f) != Ok(own));
    if let Some(other) = other {
        let role = principals.data_role(other)?;
        let given = tags(&[(TENANT_TAG, OWN)]);
        let tries = format!("the data role of {other}");
        probe(
            tries,
            Session::default(),
            call("sts:AssumeRole", role, given.clone()),
        );
        probe(
            "its data role out of itself".to_owned(),
            tagged(),
            call("sts:AssumeRole", own, given),
        );
    }
    Ok(out)
}
