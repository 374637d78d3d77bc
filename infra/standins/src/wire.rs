//! The AWS JSON protocol: members of a request, errors, pages, times and ids.

use super::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// Where the emulated services are.
#[derive(Debug)]
pub(super) struct Place {
    /// For example `eu-central-1`.
    pub(super) region: String,
    /// Twelve digits.
    pub(super) account: String,
}

impl Place {
    /// What the ARN of every role here begins with.
    pub(super) fn role_prefix(&self) -> String {
        format!("arn:aws:iam::{}:role/", self.account)
    }

    /// The same account in another region.
    pub(super) fn within(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            account: self.account.clone(),
        }
    }

    /// The ARN of a resource here.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }
}

/// A call that was refused, as AWS words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    status: u16,
    kind: &'static str,
    message: String,
    query_error: Option<String>,
}

impl Failure {
    /// The caller's fault.
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind,
            message: message.into(),
            query_error: None,
        }
    }

    /// The caller's fault, in a service that once spoke the query protocol and keeps the old names of its errors.
    pub(super) fn query(kind: &'static str, code: &str, message: impl Into<String>) -> Self {
        Self {
            query_error: Some(format!("{code};Sender")),
            ..Self::new(kind, message)
        }
    }

    /// Our fault.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: 500,
            kind: "InternalFailure",
            message: message.into(),
            query_error: None,
        }
    }

    /// No such operation here.
    pub(super) fn unknown_operation(target: &str) -> Self {
        Self::new(
            "UnknownOperationException",
            format!("The operation {target:?} is not known here."),
        )
    }

    /// Whether there is no such operation here.
    pub(super) fn is_unknown_operation(&self) -> bool {
        self.kind == "UnknownOperationException"
    }

    /// A member of the request breaks a rule. A value that may be secret is not repeated.
    pub(super) fn constraint(member: &str, value: Option<&str>, rule: &str) -> Self {
        let member = camel(member);
        let value = value.map(|value| format!(" '{value}'")).unwrap_or_default();
        let detail = format!("Value{value} at '{member}' failed to satisfy constraint: Member must {rule}");
        Self::new(
            "ValidationException",
            format!("1 validation error detected: {detail}"),
        )
    }

    /// The error's type, for example `NotFoundException`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The error's words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The answer to the caller.
    pub(super) fn into_reply(self) -> Reply {
        let body = json!({"__type": self.kind, "message": self.message});
        Reply {
            status: self.status,
            body: body.to_string().into_bytes(),
            error_type: Some(self.kind.to_owned()),
            query_error: self.query_error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Failure {}

impl From<aws_lc_rs::error::Unspecified> for Failure {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::internal("the cryptographic library refused")
    }
}

/// What an operation answers.
pub(super) type Answer = Result<Value, Failure>;

/// The members of a request.
pub(super) struct Request(Map<String, Value>);

impl Request {
    /// Reads a body; an empty one has no members.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(Failure::new(
                "SerializationException",
                "The body is not a JSON object.",
            )),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn read<'a, T>(
        &'a self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let wrong = || Failure::new("SerializationException", format!("{name} is not {kind}."));
        self.get(name)
            .map(|value| read(value).ok_or_else(wrong))
            .transpose()
    }

    /// Whether the member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// An optional string.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        self.read(name, "a string", Value::as_str)
    }

    /// A string that must be there.
    pub(super) fn need_text(&self, name: &str) -> Result<&str, Failure> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// An optional string out of a fixed set.
    pub(super) fn one_of<'a>(&'a self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>, Failure> {
        match self.text(name)? {
            Some(value) if !allowed.contains(&value) => {
                let rule = format!("satisfy enum value set: [{}]", allowed.join(", "));
                Err(Failure::constraint(name, Some(value), &rule))
            }
            value => Ok(value),
        }
    }

    /// An optional boolean.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        self.read(name, "a boolean", Value::as_bool)
    }

    /// An optional whole number.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        self.read(name, "a whole number", Value::as_i64)
    }

    /// An optional whole number within a range.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Failure> {
        let value = self.integer(name)?;
        match value {
            Some(value) if value < *range.start() => {
                let rule = format!("have value greater than or equal to {}", range.start());
                Err(Failure::constraint(name, Some(&value.to_string()), &rule))
            }
            Some(value) if value > *range.end() => {
                let rule = format!("have value less than or equal to {}", range.end());
                Err(Failure::constraint(name, Some(&value.to_string()), &rule))
            }
            value => Ok(value),
        }
    }

    /// Optional bytes, base64 on the wire.
    pub(super) fn blob(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        self.read(name, "base64", |value| {
            STANDARD.decode(value.as_str()?).ok().map(Zeroizing::new)
        })
    }

    /// Between one and `most` bytes, that must be there.
    pub(super) fn need_blob(&self, name: &str, most: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let bytes = self.blob(name)?.ok_or_else(|| missing(name))?;
        let rule = match bytes.len() {
            0 => "have length greater than or equal to 1".to_owned(),
            length if length > most => format!("have length less than or equal to {most}"),
            _ => return Ok(bytes),
        };
        Err(Failure::constraint(name, None, &rule))
    }

    /// A map of strings; empty when it is missing.
    pub(super) fn texts(&self, name: &str) -> Result<BTreeMap<&str, &str>, Failure> {
        fn pairs(value: &Value) -> Option<BTreeMap<&str, &str>> {
            value
                .as_object()?
                .iter()
                .map(|(key, value)| Some((key.as_str(), value.as_str()?)))
                .collect()
        }
        Ok(self.read(name, "a map of strings", pairs)?.unwrap_or_default())
    }

    /// A structure as it is; empty when it is missing.
    pub(super) fn object(&self, name: &str) -> Result<Map<String, Value>, Failure> {
        let members = self.read(name, "a structure", Value::as_object)?;
        Ok(members.cloned().unwrap_or_default())
    }

    /// A list of strings; empty when it is missing.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<&str>, Failure> {
        fn items(value: &Value) -> Option<Vec<&str>> {
            value.as_array()?.iter().map(Value::as_str).collect()
        }
        Ok(self.read(name, "a list of strings", items)?.unwrap_or_default())
    }

    /// A list of structures; empty when it is missing.
    pub(super) fn entries(&self, name: &str) -> Result<Vec<Self>, Failure> {
        let items = |value: &Value| -> Option<Vec<Self>> {
            value
                .as_array()?
                .iter()
                .map(|item| item.as_object().cloned().map(Self))
                .collect()
        };
        Ok(self
            .read(name, "a list of structures", items)?
            .unwrap_or_default())
    }

    /// The part of `items` that was asked for, and the marker of the next part.
    pub(super) fn page(
        &self,
        items: Vec<Value>,
        limit: (&str, RangeInclusive<i64>, usize),
        marker: (&str, &'static str),
    ) -> Result<(Vec<Value>, Option<String>), Failure> {
        let limit = match self.number(limit.0, limit.1)? {
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => limit.2,
        };
        let start = match self.text(marker.0)? {
            Some(text) => text.parse::<usize>().ok().filter(|start| *start <= items.len()),
            None => Some(0),
        };
        let start = start.ok_or_else(|| Failure::new(marker.1, format!("{} is not valid.", marker.0)))?;
        let end = start.saturating_add(limit);
        let next = (end < items.len()).then(|| end.to_string());
        Ok((items.into_iter().skip(start).take(limit).collect(), next))
    }
}

/// A member that must be there is not.
pub(super) fn missing(name: &str) -> Failure {
    let member = camel(name);
    let detail = format!("Value null at '{member}' failed to satisfy constraint: Member must not be null");
    Failure::new(
        "ValidationException",
        format!("1 validation error detected: {detail}"),
    )
}

/// `KeyId` as it is spelt in a validation error: `keyId`.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// Bytes as they are on the wire.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A time as it is on the wire: seconds with a fraction.
pub(super) fn seconds(milliseconds: i64) -> Value {
    let fraction = milliseconds.rem_euclid(1000);
    let whole = milliseconds.div_euclid(1000);
    if fraction == 0 {
        json!(whole)
    } else {
        format!("{whole}.{fraction:03}")
            .parse()
            .map_or(json!(whole), Value::Number)
    }
}

/// Random bytes.
pub(super) fn random(length: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// So many random bytes, in hex.
pub(super) fn random_hex(length: usize) -> Result<String, Failure> {
    random(length).map(|bytes| hex::encode(&*bytes))
}

/// A random (version 4) UUID.
pub(super) fn uuid() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    let mut number = u128::from_be_bytes(bytes);
    number &= !(0xf << 76 | 0b11 << 62);
    number |= 0x4 << 76 | 0b10 << 62;
    let hex = format!("{number:032x}");
    let mut parts = [8, 4, 4, 4, 12].into_iter();
    let mut rest = hex.as_str();
    let mut uuid = String::with_capacity(36);
    while let Some((part, tail)) = parts.next().and_then(|length| rest.split_at_checked(length)) {
        if !uuid.is_empty() {
            uuid.push('-');
        }
        uuid.push_str(part);
        rest = tail;
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::{Failure, Request, seconds, uuid};
    use serde_json::json;

    #[test]
    fn members_are_checked() {
        let request =
            Request::parse(br#"{"A":"x","N":5,"B":"AQI=","M":{"k":"v"},"L":["a"],"Z":null}"#).unwrap();
        assert_eq!(request.need_text("A").unwrap(), "x");
        assert_eq!(request.text("Z").unwrap(), None);
        assert_eq!(request.text("N").unwrap_err().kind(), "SerializationException");
        assert_eq!(
            request.need_text("KeyId").unwrap_err().kind(),
            "ValidationException"
        );
        let words = request.need_text("KeyId").unwrap_err().to_string();
        assert!(
            words.ends_with("Value null at 'keyId' failed to satisfy constraint: Member must not be null")
        );
        assert_eq!(request.number("N", 1..=5).unwrap(), Some(5));
        assert!(request.number("N", 1..=4).is_err());
        assert!(request.number("N", 6..=9).is_err());
        assert_eq!(*request.need_blob("B", 2).unwrap(), [1, 2]);
        assert!(request.need_blob("B", 1).is_err());
        assert!(request.blob("A").is_err());
        assert_eq!(request.texts("M").unwrap().get("k"), Some(&"v"));
        assert!(request.texts("L").is_err());
        assert_eq!(request.strings("L").unwrap(), ["a"]);
        assert!(request.one_of("A", &["y"]).is_err());
    }

    #[test]
    fn pages_follow_each_other() {
        let items = || vec![json!(1), json!(2), json!(3)];
        let page = |body: &str| {
            let request = Request::parse(body.as_bytes()).unwrap();
            request.page(
                items(),
                ("Limit", 1..=10, 10),
                ("Marker", "InvalidMarkerException"),
            )
        };
        assert_eq!(
            page(r#"{"Limit":2}"#).unwrap(),
            (vec![json!(1), json!(2)], Some("2".to_owned()))
        );
        assert_eq!(
            page(r#"{"Limit":2,"Marker":"2"}"#).unwrap(),
            (vec![json!(3)], None)
        );
        assert_eq!(
            page(r#"{"Marker":"x"}"#).unwrap_err().kind(),
            "InvalidMarkerException"
        );
    }

    #[test]
    fn ids_times_and_errors() {
        let id = uuid().unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
        assert_eq!(seconds(1_700_000_000_000).to_string(), "1700000000");
        assert_eq!(seconds(1_700_000_000_050).to_string(), "1700000000.05");
        let reply = Failure::query("QueueDoesNotExist", "Old.Name", "gone").into_reply();
        assert_eq!(reply.query_error.as_deref(), Some("Old.Name;Sender"));
    }
}
