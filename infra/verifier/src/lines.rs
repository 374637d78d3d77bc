//! The lines of a bundle: reading them with bounded memory and parsing them without copies.

use merkle::Hash;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read as _};

/// The longest line that is read, in bytes.
pub(super) const LONGEST: usize = 16 << 20;

/// A string that is borrowed from the line unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// All fields of all types of lines; which of them a type has, [`Line::fields`] says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(default, deserialize_with = "present")]
    pub index: Option<u64>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub leaf: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub body: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub signature: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub format: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub tenant: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub region: Option<Text<'a>>,
    #[serde(default, deserialize_with = "present")]
    pub shard: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub size: Option<u64>,
}

/// A field that may be absent but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The fields of a type of line; none for a type that the format does not have.
fn fields(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "entry" => Some(&["type", "index", "id", "leaf", "body"]),
        "purged" => Some(&["type", "index", "id", "leaf"]),
        "checkpoint" => Some(&["type", "body", "signature"]),
        "header" => Some(&["type", "format", "tenant", "region", "shard", "size"]),
        _ => None,
    }
}

impl Line<'_> {
    /// The names of the fields that are there.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.index.is_some(), "index"),
            (self.id.is_some(), "id"),
            (self.leaf.is_some(), "leaf"),
            (self.body.is_some(), "body"),
            (self.signature.is_some(), "signature"),
            (self.format.is_some(), "format"),
            (self.tenant.is_some(), "tenant"),
            (self.region.is_some(), "region"),
            (self.shard.is_some(), "shard"),
            (self.size.is_some(), "size"),
        ]
        .into_iter()
        .filter_map(|(there, name)| there.then_some(name))
    }

    /// Whether all fields belong to the type; `false` for an unknown type.
    fn fits(&self) -> bool {
        fields(&self.kind.0).is_some_and(|allowed| self.names().all(|name| allowed.contains(&name)))
    }
}

/// Parses a line and hands it to `use_line`, or why it cannot be used, with the fields that it should not have.
pub(super) fn parse<R>(bytes: &[u8], use_line: impl FnOnce(Result<Line<'_>, String>, Vec<String>) -> R) -> R {
    if first_byte(bytes) != Some(b'{') {
        return use_line(Err("the line is not a JSON object".to_owned()), Vec::new());
    }
    let error = match serde_json::from_slice::<Line<'_>>(bytes) {
        Ok(line) if line.fits() => return use_line(Ok(line), Vec::new()),
        Ok(_) => None,
        Err(error) => Some(explain(&error)),
    };
    // Something is wrong, so time does not matter: find out what, and use what can be used.
    let (Ok(Names(names)), Ok(Value::Object(mut object))) =
        (serde_json::from_slice(bytes), serde_json::from_slice(bytes))
    else {
        return use_line(Err(error.unwrap_or_default()), Vec::new());
    };
    let Some(allowed) = object.get("type").and_then(Value::as_str).and_then(fields) else {
        return use_line(
            Err("the type is none of header, entry, purged and checkpoint".to_owned()),
            Vec::new(),
        );
    };
    let (mut known, mut unknown): (Vec<_>, Vec<_>) = names
        .into_iter()
        .partition(|name| allowed.contains(&name.as_str()));
    known.sort();
    unknown.sort();
    unknown.dedup();
    if let Some(twice) = known.array_windows().find(|[a, b]| a == b).map(|[name, _]| name) {
        return use_line(Err(format!("the field {twice} stands twice")), unknown);
    }
    object.retain(|name, _| allowed.contains(&name.as_str()));
    let value = Value::Object(object);
    use_line(
        Line::deserialize(&value).map_err(|error| explain(&error)),
        unknown,
    )
}

/// The names of an object as they stand, also those that stand twice.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The format that a header names, whatever else is in it.
pub(super) fn header_format(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    (value.get("type")? == "header").then(|| value.get("format")?.as_str().map(str::to_owned))?
}

/// Serde reads structs from arrays too, so that the brace is looked for first.
fn first_byte(bytes: &[u8]) -> Option<u8> {
    bytes
        .iter()
        .copied()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Serde's words without "at line 1", which would be taken for a line of the bundle.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((words, _)) => format!("{words} (column {})", error.column()),
        None => text,
    }
}

/// What every body of an entry names; its other fields are the log's business.
#[derive(Deserialize)]
pub(super) struct EntryBody<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub tenant: Text<'a>,
}

impl<'a> EntryBody<'a> {
    /// Reads the body of an entry, or says why it cannot be read.
    pub(super) fn parse(body: &'a str) -> Result<Self, String> {
        if first_byte(body.as_bytes()) != Some(b'{') {
            return Err("not a JSON object".to_owned());
        }
        serde_json::from_str(body).map_err(|error| explain(&error))
    }
}

/// The signed statement of a checkpoint.
#[derive(Deserialize)]
pub(super) struct CheckpointBody {
    pub format: String,
    pub tenant: String,
    pub region: String,
    pub shard: u64,
    pub size: u64,
    pub root: String,
    pub time: String,
    #[serde(rename = "key_id")]
    _key_id: String,
}

impl CheckpointBody {
    const FIELDS: [&str; 8] = [
        "format", "tenant", "region", "shard", "size", "root", "time", "key_id",
    ];

    /// Reads the body of a checkpoint, and the names of fields that it should not have; or says why it cannot be read.
    pub(super) fn parse(body: &str) -> Result<(Self, Vec<String>), String> {
        let Ok(Value::Object(object)) = serde_json::from_str(body) else {
            return Err("not a JSON object".to_owned());
        };
        let parsed = serde_json::from_str(body).map_err(|error| explain(&error))?;
        let unknown = object
            .keys()
            .filter(|name| !Self::FIELDS.contains(&name.as_str()));
        Ok((parsed, unknown.cloned().collect()))
    }
}

/// A hash from its 64 lowercase hexadecimal digits.
pub(super) fn hash_from_hex(digits: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    let upper = digits.bytes().any(|byte| byte.is_ascii_uppercase());
    (!upper && hex::decode_to_slice(digits, &mut hash).is_ok()).then_some(hash)
}

/// What [`read_line`] read.
pub(super) enum Read {
    /// The end of the file.
    End,
    /// A line, without what ends it.
    Line {
        /// Whether a line feed ended it, not the end of the file.
        ended: bool,
    },
    /// A line longer than [`LONGEST`], which was skipped.
    TooLong,
}

/// Reads the next line and appends it to `lines`: no more than [`LONGEST`] bytes, and nothing of a longer one.
pub(super) fn read_line(reader: &mut impl BufRead, lines: &mut Vec<u8>) -> io::Result<Read> {
    let begins = lines.len();
    let read = reader
        .by_ref()
        .take(LONGEST as u64 + 1)
        .read_until(b'\n', lines)?;
    if read == 0 {
        return Ok(Read::End);
    }
    let ended = lines.last() == Some(&b'\n');
    if ended {
        lines.pop();
    } else if read > LONGEST {
        lines.truncate(begins);
        reader.skip_until(b'\n')?;
        return Ok(Read::TooLong);
    }
    Ok(Read::Line { ended })
}
