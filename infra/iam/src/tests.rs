//! The evaluator on the examples of AWS's own documentation (IAM User Guide, DynamoDB Developer Guide), and on what surrounds them.

use super::{Call, Context, Policies, Policy, Verdict};
use serde_json::{Value, json};

fn policy(statements: Value) -> Result<Policy, String> {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}))
}

fn call(action: &str, resource: &str, context: Context) -> Call {
    Call {
        action: action.into(),
        resource: resource.into(),
        context,
    }
}

fn decide(policy: &Policy, call: &Call) -> Result<Verdict, String> {
    Policies {
        identity: vec![policy],
        boundary: None,
        session: None,
        resource: None,
        principal: "arn:aws:iam::123456789012:role/r",
    }
    .decide(call)
}

#[track_caller]
fn allowed(policy: &Policy, call: &Call) -> bool {
    decide(policy, call).unwrap().is_allowed()
}

fn none() -> Context {
    Context::default()
}

const SCORES: &str = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores";

/// DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control", example 1.
#[test]
fn leading_keys_and_attributes() {
    let policy = policy(json!([{
        "Sid": "LimitAccessToSpecificAttributes", "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"],
        "Resource": [SCORES],
        "Condition": {
            "ForAllValues:StringEquals": {
                "dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"],
                "dynamodb:Attributes": ["UserId", "GameTitle", "Wins"]
            },
            "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
        }
    }]))
    .unwrap();
    let me = none().with("www.amazon.com:user_id", ["amzn1.me"]);
    let key = |of: &[&str]| me.clone().with("dynamodb:LeadingKeys", of.iter().copied());
    let get = |context: Context| allowed(&policy, &call("dynamodb:GetItem", SCORES, context));
    assert!(get(key(&["amzn1.me"])));
    assert!(get(
        key(&["amzn1.me"]).with("dynamodb:Attributes", ["Wins", "UserId"])
    ));
    assert!(get(
        key(&["amzn1.me"]).with("dynamodb:Select", ["SPECIFIC_ATTRIBUTES"])
    ));
    assert!(!get(
        key(&["amzn1.me"]).with("dynamodb:Select", ["ALL_ATTRIBUTES"])
    ));
    assert!(!get(
        key(&["amzn1.me"]).with("dynamodb:Attributes", ["Wins", "Losses"])
    ));
    assert!(!get(key(&["amzn1.you"])));
    assert!(!get(key(&["amzn1.me", "amzn1.you"])));
    // A caller without the variable has no value to compare with.
    assert!(!get(none().with("dynamodb:LeadingKeys", ["amzn1.me"])));
    // "All of them" is true of none, which is why the templates ask for the key to be there.
    assert!(get(me.clone()));
    assert!(!allowed(
        &policy,
        &call("dynamodb:PutItem", SCORES, key(&["amzn1.me"]))
    ));
    assert!(!allowed(
        &policy,
        &call("dynamodb:GetItem", &format!("{SCORES}2"), key(&["amzn1.me"]))
    ));
}

/// IAM User Guide, "Multivalued context keys": `ForAllValues` with `Null`, and `ForAnyValue`.
#[test]
fn several_values() {
    let tags = policy(json!({
        "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
        "Condition": {
            "ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "CostCenter"]},
            "Null": {"aws:TagKeys": "false"}
        }
    }))
    .unwrap();
    let create = |keys: Option<&[&str]>| {
        let context = keys.map_or_else(none, |k| none().with("aws:TagKeys", k.iter().copied()));
        allowed(&tags, &call("ec2:CreateTags", "*", context))
    };
    assert!(create(Some(&["environment"])) && create(Some(&["environment", "CostCenter"])));
    assert!(!create(Some(&["environment", "owner"])) && !create(None));
    let any = policy(json!({
        "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["webserver"]}}
    }))
    .unwrap();
    let put = |keys: &[&str]| {
        let context = none().with("aws:TagKeys", keys.iter().copied());
        allowed(&any, &call("s3:PutObject", "*", context))
    };
    assert!(put(&["x", "webserver"]));
    assert!(!put(&["x"]) && !put(&[]) && !allowed(&any, &call("s3:PutObject", "*", none())));
    // The doc's warning: a negated operator with ForAnyValue is true as soon as one value differs.
    let other = policy(json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}
    }))
    .unwrap();
    let denied = |keys: &[&str]| {
        let context = none().with("aws:TagKeys", keys.iter().copied());
        matches!(decide(&other, &call("x:Y", "*", context)), Ok(Verdict::Denied(_)))
    };
    assert!(denied(&["a", "b"]) && !denied(&["a"]) && !denied(&[]));
}

/// IAM User Guide, "Policy elements: variables and tags".
#[test]
fn variables() {
    let home = policy(json!([
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket"],
         "Condition": {"StringLike": {"s3:prefix": ["${aws:username}/*"]}}},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
         "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"]}
    ]))
    .unwrap();
    let bucket = "arn:aws:s3:::amzn-s3-demo-bucket";
    let bob = none().with("aws:username", ["bob"]);
    let list = |context: Context| allowed(&home, &call("s3:ListBucket", bucket, context));
    assert!(list(bob.clone().with("s3:prefix", ["bob/letters"])));
    assert!(!list(bob.clone().with("s3:prefix", ["alice/letters"])) && !list(bob.clone()));
    let get = |who: &str, path: &str| {
        let context = none().with("aws:username", [who]);
        allowed(&home, &call("s3:GetObject", &format!("{bucket}/{path}"), context))
    };
    assert!(get("bob", "bob/a/b") && !get("bob", "alice/a") && !get("bob", "bob"));
    // A value's own wildcards are plain characters.
    assert!(!get("*", "alice/a") && get("*", "*/a"));
    assert!(!allowed(
        &home,
        &call("s3:GetObject", &format!("{bucket}/bob/a"), none())
    ));
    let team = policy(json!({
        "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b-${aws:PrincipalTag/team, 'company-wide'}/${*}"
    }))
    .unwrap();
    let tagged = none().with("aws:PrincipalTag/Team", ["yellow"]);
    assert!(allowed(
        &team,
        &call("s3:GetObject", "arn:aws:s3:::b-yellow/*", tagged.clone())
    ));
    assert!(!allowed(
        &team,
        &call("s3:GetObject", "arn:aws:s3:::b-yellow/x", tagged)
    ));
    assert!(allowed(
        &team,
        &call("S3:getobject", "arn:aws:s3:::b-company-wide/*", none())
    ));
}

/// IAM User Guide, "Condition operators": Bool and `…IfExists`, Null, Numeric, Arn, and negated operators without the key.
#[test]
fn operators() {
    let holds = |condition: Value, context: Context| {
        let policy =
            policy(json!({"Effect": "Allow", "Action": "x:Y", "Resource": "*", "Condition": condition}));
        allowed(&policy.unwrap(), &call("x:Y", "*", context))
    };
    let mfa = |value: &str| none().with("aws:MultiFactorAuthPresent", [value]);
    let bool_ = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
    let exists = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    assert!(
        holds(bool_.clone(), mfa("false")) && !holds(bool_.clone(), mfa("true")) && !holds(bool_, none())
    );
    assert!(
        holds(exists.clone(), mfa("false")) && !holds(exists.clone(), mfa("true")) && holds(exists, none())
    );
    let missing = json!({"Null": {"aws:TokenIssueTime": "true"}});
    let there = none().with("aws:TokenIssueTime", ["2026-01-01"]);
    assert!(holds(missing.clone(), none()) && !holds(missing, there));
    let keys = json!({"NumericLessThanEquals": {"s3:max-keys": "10"}});
    let max = |n: &str| none().with("s3:max-keys", [n]);
    assert!(holds(keys.clone(), max("10")) && !holds(keys.clone(), max("11")) && !holds(keys, none()));
    let arn = json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}});
    let source = |arn: &str| none().with("aws:SourceArn", [arn]);
    assert!(holds(
        arn.clone(),
        source("arn:aws:cloudtrail:eu-west-1:111122223333:trail/a")
    ));
    assert!(!holds(
        arn.clone(),
        source("arn:aws:cloudtrail:eu-west-1:111122223334:trail/a")
    ));
    // A wildcard does not reach across colons.
    assert!(!holds(arn, source("arn:aws:cloudtrail:a:b:111122223333:trail/a")));
    let not = json!({"StringNotEquals": {"aws:PrincipalTag/department": ["finance", "hr"]}});
    let department = |d: &str| none().with("aws:PrincipalTag/department", [d]);
    assert!(holds(not.clone(), department("legal")) && holds(not.clone(), none()));
    assert!(!holds(not.clone(), department("hr")) && holds(not, department("HR")));
    let any_case = json!({"StringEqualsIgnoreCase": {"aws:PrincipalTag/department": "HR"}});
    assert!(holds(any_case, department("hr")));
    let like = json!({"StringNotLike": {"aws:PrincipalTag/department": "h?"}});
    assert!(!holds(like.clone(), department("hr")) && holds(like, department("hrx")));
    // Several keys and operators must all hold, one of several values is enough.
    let both = json!({"StringEquals": {"a:b": ["1", "2"], "a:c": "3"}, "Null": {"a:d": "true"}});
    let context = none().with("a:b", ["2"]).with("a:c", ["3"]);
    assert!(holds(both.clone(), context.clone()) && !holds(both.clone(), context.clone().with("a:d", ["x"])));
    assert!(!holds(both, context.without("a:c")));
}

/// IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities".
#[test]
fn denies_boundaries_and_policies_of_resources() {
    let everything = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})).unwrap();
    let boundary =
        policy(json!({"Effect": "Allow", "Action": ["s3:*", "cloudwatch:*", "ec2:*"], "Resource": "*"}))
            .unwrap();
    let deny = policy(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]))
    .unwrap();
    let me = "arn:aws:iam::123456789012:role/me";
    let bucket = policy(json!([{"Sid": "Mine", "Effect": "Allow", "Principal": {"AWS": me}, "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
         "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/writer/*"}}}]))
    .unwrap();
    let decide = |identity: Vec<&Policy>, boundary, resource, action: &str| {
        let context = none().with("aws:PrincipalArn", [me]);
        let policies = Policies {
            identity,
            boundary,
            session: None,
            resource,
            principal: me,
        };
        policies
            .decide(&call(action, "arn:aws:s3:::b/o", context))
            .unwrap()
    };
    assert!(decide(vec![&everything], Some(&boundary), None, "s3:GetObject").is_allowed());
    assert!(!decide(vec![&everything], Some(&boundary), None, "iam:CreateUser").is_allowed());
    assert!(
        !decide(vec![], Some(&boundary), None, "s3:GetObject").is_allowed(),
        "a boundary grants nothing"
    );
    assert_eq!(
        decide(vec![&everything, &deny], None, None, "s3:DeleteObject"),
        Verdict::Denied("No".into())
    );
    assert_eq!(
        decide(vec![&everything], Some(&deny), None, "s3:DeleteObject"),
        Verdict::Denied("No".into())
    );
    assert_eq!(
        decide(vec![], None, Some(&bucket), "s3:GetObject"),
        Verdict::Allowed(vec!["Mine".into()])
    );
    assert_eq!(
        decide(vec![&everything], None, Some(&bucket), "s3:PutObject"),
        Verdict::Denied("Never".into())
    );
}

#[test]
fn what_is_not_known_is_an_error() {
    let plain = json!({"Effect": "Allow", "Action": "a:B", "Resource": "*"});
    assert!(policy(plain.clone()).is_ok());
    let with = |member: &str, value: Value| {
        let mut statement = plain.clone();
        statement[member] = value;
        policy(statement)
    };
    for (member, value) in [
        ("NotAction", json!("a:C")),
        ("NotResource", json!("*")),
        ("NotPrincipal", json!("*")),
        ("Principal", json!({"Federated": "x"})),
        ("Effect", json!("Permit")),
        ("Condition", json!({"StringMatches": {"a:b": "c"}})),
        ("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        (
            "Condition",
            json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}),
        ),
        ("Condition", json!({"ForSomeValues:StringEquals": {"a:b": "c"}})),
        ("Condition", json!({"NullIfExists": {"a:b": "true"}})),
        ("Condition", json!({"Null": {"a:b": "yes"}})),
        ("Condition", json!({"Bool": {"a:b": "1"}})),
        ("Condition", json!({"StringEquals": "c"})),
        ("Condition", json!({"StringEquals": {"a:b": []}})),
    ] {
        assert!(with(member, value.clone()).is_err(), "{member} {value}");
    }
    assert!(
        Policy::parse(&json!({"Statement": [plain]})).is_err(),
        "an old policy knows no variables"
    );
    let single = policy(json!({"Effect": "Allow", "Action": "a:B", "Resource": "*",
        "Condition": {"StringEquals": {"a:b": "1"}}}));
    let two = none().with("a:b", ["1", "2"]);
    assert!(
        decide(&single.unwrap(), &call("a:B", "*", two)).is_err(),
        "several values where one is compared"
    );
}

/// A session policy allows nothing by itself, and what it does not allow is not allowed (IAM User Guide, "Session policies").
#[test]
fn a_session_is_narrowed_by_its_policy() {
    let role = Policy::parse(
        &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}]}),
    );
    let narrow = Policy::parse(
        &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::b/*"}]}),
    );
    let (role, narrow) = (role.unwrap(), narrow.unwrap());
    let decide = |action: &str, resource: &str| {
        let policies = Policies {
            identity: vec![&role],
            boundary: None,
            session: Some(&narrow),
            resource: None,
            principal: "arn:aws:iam::123456789012:role/r",
        };
        policies
            .decide(&call(action, resource, none()))
            .unwrap()
            .is_allowed()
    };
    assert!(decide("s3:GetObject", "arn:aws:s3:::b/o"));
    assert!(!decide("s3:GetObject", "arn:aws:s3:::c/o"), "beyond the session");
    assert!(!decide("s3:PutObject", "arn:aws:s3:::b/o"), "beyond the session");
    assert!(!decide("s3:DeleteObject", "arn:aws:s3:::b/o"), "beyond the role");
}
