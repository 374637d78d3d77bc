//! The security token service, as far as functions ask it: `AssumeRole`, in the query protocol. It trusts everybody; who may
//! assume what is for the policies to say, which are judged elsewhere. Sessions are kept in memory until they end.

use super::{Now, disk::hold, wire::Place, wire::random_hex};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

/// Shortest and longest session in seconds.
const SECONDS: std::ops::RangeInclusive<i64> = 900..=3_600;

/// Most characters of a session policy.
const LONGEST: usize = 2_048;

/// A session that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The role's ARN.
    pub role: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The session policy, as it was given: what is not allowed by it is not allowed.
    pub policy: Option<String>,
    /// Unix milliseconds at which it ends.
    pub ends: i64,
}

/// What is answered: status and XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub xml: String,
}

/// The service.
#[derive(Debug)]
pub struct Sts {
    sessions: Mutex<HashMap<String, Session>>,
    place: Arc<Place>,
    now: Now,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Answer {
    /// A refusal, as STS words it.
    #[must_use]
    pub fn refused(status: u16, code: &str, message: &str) -> Self {
        let xml = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{}</Message></Error><RequestId>local</RequestId></ErrorResponse>",
            escaped(message)
        );
        Self { status, xml }
    }
}

impl Sts {
    /// No sessions yet.
    pub(super) fn new(place: Arc<Place>, now: Now) -> Self {
        let sessions = Mutex::default();
        Self { sessions, place, now }
    }

    /// One call: a form.
    pub fn call(&self, body: &[u8]) -> Answer {
        match self.assume(body) {
            Ok(answer) => answer,
            Err((code, message)) => Answer::refused(400, code, &message),
        }
    }

    fn assume(&self, body: &[u8]) -> Result<Answer, (&'static str, String)> {
        let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        let invalid = |what: &str| ("ValidationError", format!("{what} is missing or not valid"));
        let value = |name: &str| form.get(name).map(String::as_str).ok_or_else(|| invalid(name));
        if value("Action")? != "AssumeRole" {
            return Err(("InvalidAction", "Only AssumeRole is known here.".into()));
        }
        let prefix = self.place.role_prefix();
        let role = value("RoleArn")?;
        let name = value("RoleSessionName")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
        if !role.starts_with(&prefix) {
            return Err(invalid("RoleArn"));
        }
        if !(2..=64).contains(&name.len()) || !name.chars().all(plain) {
            return Err(invalid("RoleSessionName"));
        }
        let seconds: i64 = value("DurationSeconds")
            .unwrap_or("3600")
            .parse()
            .map_err(|_| invalid("DurationSeconds"))?;
        if !SECONDS.contains(&seconds) {
            return Err(invalid("DurationSeconds"));
        }
        let mut tags = BTreeMap::new();
        for (member, key) in &form {
            let number = member
                .strip_prefix("Tags.member.")
                .and_then(|m| m.strip_suffix(".Key"));
            if let Some(number) = number {
                tags.insert(
                    key.clone(),
                    value(&format!("Tags.member.{number}.Value"))?.to_owned(),
                );
            }
        }
        let policy = form.get("Policy").cloned();
        if policy.as_ref().is_some_and(|p| p.is_empty() || p.len() > LONGEST) {
            return Err(invalid("Policy"));
        }
        let failed = |_| ("InternalFailure", "no random bytes".to_owned());
        let id = format!("ASIA{}", random_hex(8).map_err(failed)?.to_uppercase());
        let secret = random_hex(20).map_err(failed)?;
        let now = (self.now)();
        let ends = now.saturating_add(seconds.saturating_mul(1_000));
        let session = Session {
            role: role.to_owned(),
            tags,
            policy,
            ends,
        };
        let mut sessions = hold(&self.sessions);
        sessions.retain(|_, s| s.ends > now);
        sessions.insert(id.clone(), session);
        drop(sessions);
        let expiration =
            shared::time::Timestamp::from_millisecond(ends).unwrap_or(shared::time::Timestamp::MAX);
        let xml = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{id}</SessionToken>\
             <Expiration>{expiration:.0}</Expiration></Credentials><AssumedRoleUser><Arn>{role}/{name}</Arn>\
             <AssumedRoleId>{id}:{name}</AssumedRoleId></AssumedRoleUser></AssumeRoleResult><ResponseMetadata>\
             <RequestId>local</RequestId></ResponseMetadata></AssumeRoleResponse>",
            role = escaped(role),
        );
        Ok(Answer { status: 200, xml })
    }

    /// The session of an access key id; `None` where there is none or it has ended.
    pub fn session(&self, id: &str) -> Option<Session> {
        let found = hold(&self.sessions).get(id).cloned();
        found.filter(|s| s.ends > (self.now)())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Dir, advance};

    const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fdata%2Fa";

    fn id(xml: &str) -> String {
        let (_, rest) = xml.split_once("<AccessKeyId>").unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    }

    #[test]
    fn a_session_has_the_tags_that_were_asked_for_until_it_ends() {
        let dir = Dir::new();
        let aws = dir.open();
        let tags = "Tags.member.1.Key=tenant&Tags.member.1.Value=ten_a&Tags.member.2.Key=founded&Tags.member.2.Value=ten_b";
        let form = format!("Action=AssumeRole&{ROLE}&RoleSessionName=ten_a&DurationSeconds=900&{tags}");
        let answer = aws.sts.call(form.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.xml);
        let session = aws.sts.session(&id(&answer.xml)).unwrap();
        assert_eq!(session.role, "arn:aws:iam::111122223333:role/data/a");
        assert_eq!(session.tags["tenant"], "ten_a");
        assert_eq!(session.tags["founded"], "ten_b");
        advance(899_000);
        assert!(aws.sts.session(&id(&answer.xml)).is_some());
        advance(2_000);
        assert!(aws.sts.session(&id(&answer.xml)).is_none());
        assert!(aws.sts.session("local").is_none());
    }

    #[test]
    fn what_sts_refuses_is_refused() {
        let dir = Dir::new();
        let aws = dir.open();
        for form in [
            "".to_owned(),
            "Action=GetCallerIdentity".to_owned(),
            "Action=AssumeRole&RoleSessionName=ab".to_owned(),
            "Action=AssumeRole&RoleArn=role&RoleSessionName=ab".to_owned(),
            format!("Action=AssumeRole&{ROLE}&RoleSessionName=a"),
            format!("Action=AssumeRole&{ROLE}&RoleSessionName=a%20b"),
            format!("Action=AssumeRole&{ROLE}&RoleSessionName=ab&DurationSeconds=60"),
            format!("Action=AssumeRole&{ROLE}&RoleSessionName=ab&Tags.member.1.Key=tenant"),
        ] {
            assert_eq!(aws.sts.call(form.as_bytes()).status, 400, "{form}");
        }
    }
}
