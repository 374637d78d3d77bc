//! Content screening: size, type, encoding, nesting, and where each parameter may stand.

use super::{accept, function::Opened, request::RequestInfo};
use crate::{
    access::auth::username::UsernameToken,
    declaration::endpoint::{Declaration, Format, Method},
    kernel::{
        ids,
        problem::Problem,
        shape::{Field, Shape},
        text::SecretText,
        time::Timestamp,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{Request, RequestExt, request::RequestContext};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Mutex};
use unicode_normalization::UnicodeNormalization;

/// Most bytes of a body.
pub const BODY_LIMIT: usize = 256 * 1024;
/// Deepest nesting of a JSON body.
pub const DEPTH_LIMIT: usize = 32;

/// A screened request: its parameters as one JSON object, and what idempotency compares: the same for the same input, however it was
/// written; and the bytes, which records of before have been made of.
pub(crate) struct Screened {
    pub(crate) input: Value,
    pub(crate) fingerprint: [Vec<u8>; 2],
    pub(crate) bearer: Option<String>,
    /// A token under the scheme `DPoP`.
    pub(crate) bound: Option<String>,
    /// The token of an envelope.
    pub(crate) username: Option<UsernameToken>,
    /// What is wrong with the body or the query. Told once it is known that the caller may call at all.
    pub(crate) wrong: Mutex<Option<Problem>>,
}

impl Screened {
    /// What a front has read.
    pub(super) fn opened(opened: Opened) -> Self {
        Self {
            fingerprint: [canonical(&opened.input), Vec::new()],
            input: Value::Object(opened.input),
            bearer: None,
            bound: None,
            username: Some(opened.token),
            wrong: Mutex::new(None),
        }
    }
}

/// The one input that no trace is kept of: a card verification value.
const NEVER_KEPT: &str = "cvv";

/// The headers that are read as ASCII, by what they are. One that holds anything else is refused by its name: dropped, it would look
/// as if it had not come.
const ASCII: [&str; 8] = [
    "accept",
    "approval-id",
    "authorization",
    "content-type",
    "cookie",
    "dpop",
    "origin",
    "sec-fetch-site",
];
/// Why sensitive data is read, in any language.
const REASON: &str = "x-access-reason";

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|v| v.to_str().ok())
}

/// What follows a scheme in the `Authorization` header; schemes are written in any case (RFC 9110, section 11.1).
fn authorization<'r>(request: &'r Request, scheme: &str) -> Option<&'r str> {
    let (given, rest) = sole(request, "authorization")?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// A header that stands once.
fn sole<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let mut values = request.headers().get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Every cookie (RFC 6265, section 4.2.1).
fn cookies(request: &Request) -> Vec<(String, SecretText)> {
    let headers = request.headers().get_all("cookie").iter();
    let pairs = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), SecretText::new(value.to_owned())))
        .collect()
}

fn cut(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// A header in which people write: UTF-8 (RFC 9110, section 5.5, leaves it to who defines the header), NFC.
fn written(request: &Request, name: &str) -> Option<String> {
    let value = request.headers().get(name)?.as_bytes();
    let text = std::str::from_utf8(value).ok()?;
    let text = cut(&text.nfc().collect::<String>(), 200);
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

/// What the gateway said. Never fails: what cannot be read is refused by [`screen`].
pub(crate) fn info(request: &Request, now: Timestamp) -> RequestInfo {
    let given = header(request, "x-request-id").filter(|id| {
        (8..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    });
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context
            .identity
            .source_ip
            .as_deref()
            .and_then(|ip| ip.parse().ok()),
        _ => None,
    };
    let traces = request.headers().get_all("traceparent");
    let trace = crate::kernel::trace::enter(traces.iter().map(|t| t.as_bytes()));
    let basic = authorization(request, "basic")
        .and_then(|b| STANDARD.decode(b.trim()).ok())
        .and_then(|b| String::from_utf8(b).ok());
    let basic = basic
        .as_deref()
        .and_then(|b| b.split_once(':'))
        .map(|(id, secret)| {
            // Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
            let plain = |t: &str| {
                percent_encoding::percent_decode_str(&t.replace('+', " "))
                    .decode_utf8_lossy()
                    .into_owned()
            };
            (plain(id), SecretText::new(plain(secret)))
        });
    RequestInfo {
        id: given.map_or_else(|| ids::fresh("req", now), str::to_owned),
        address,
        agent: request
            .headers()
            .get("user-agent")
            .map(|agent| cut(&String::from_utf8_lossy(agent.as_bytes()), 200))
            .unwrap_or_default(),
        trace: Some(trace),
        reason: written(request, REASON),
        basic,
        idempotency_key: header(request, "idempotency-key").map(str::to_owned),
        origin: sole(request, "origin").map(str::to_owned),
        site: header(request, "sec-fetch-site").map(str::to_owned),
        cookies: cookies(request),
        proofs: request
            .headers()
            .get_all("dpop")
            .iter()
            .map(|proof| proof.to_str().unwrap_or_default().to_owned())
            .collect(),
        path: request.raw_http_path().to_owned(),
        approval: sole(request, "approval-id").map(|a| cut(a, 64)),
        prefers_page: accept::prefers_page(
            &request
                .headers()
                .get_all("accept")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect::<Vec<_>>()
                .join(","),
        ),
        protocol: None,
    }
}

/// Refuses a header that cannot be read as what it is.
fn all_readable(request: &Request) -> Result<(), Problem> {
    let values = |name: &'static str| request.headers().get_all(name).iter().map(move |v| (name, v));
    let bad = ASCII
        .into_iter()
        .flat_map(values)
        .find(|(_, value)| value.to_str().is_err());
    if let Some((name, _)) = bad {
        return Err(Problem::invalid(&format!("/headers/{name}"), "takes ASCII"));
    }
    let mut reasons = values(REASON);
    let good = reasons
        .next()
        .is_none_or(|(_, value)| std::str::from_utf8(value.as_bytes()).is_ok());
    if !good || reasons.next().is_some() {
        let pointer = format!("/headers/{REASON}");
        return Err(Problem::invalid(&pointer, "stands once and takes UTF-8"));
    }
    Ok(())
}

/// Screens a request. What is wrong with its body or query is noted and told by whoever has seen who calls and from where.
///
/// # Errors
/// 413 and what headers are refused with, before anybody has been asked who they are.
pub(crate) fn screen(
    declaration: &Declaration,
    fields: &[Field],
    request: &Request,
) -> Result<Screened, Problem> {
    let body: &[u8] = request.body().as_ref();
    if body.len() > BODY_LIMIT {
        let text = format!("The body is larger than {BODY_LIMIT} bytes.");
        return Err(Problem::new(413, "body_too_large", text));
    }
    // Two keys, or one that cannot be read, must not pass as none: the caller counts on it.
    let mut keys = request.headers().get_all("idempotency-key").iter();
    let readable =
        |key: &[u8]| (1..=255).contains(&key.len()) && key.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    if keys.next().is_some_and(|key| !readable(key.as_bytes())) || keys.next().is_some() {
        let text = "Idempotency-Key stands once and takes 1 to 255 printable ASCII characters.";
        return Err(Problem::bad_request("bad_idempotency_key", text));
    }
    all_readable(request)?;
    let bearer = authorization(request, "bearer").map(str::to_owned);
    let bound = authorization(request, "dpop").map(str::to_owned);
    let (input, wrong) = match inputs(declaration, fields, request, body) {
        Ok(input) => (input, None),
        Err(problem) => (Map::new(), Some(problem)),
    };
    Ok(Screened {
        fingerprint: [canonical(&input), as_sent(&input, body)],
        input: Value::Object(input),
        bearer,
        bound,
        username: None,
        wrong: Mutex::new(wrong),
    })
}

/// The parameters of the path, and those of the query or the body.
fn inputs(
    declaration: &Declaration,
    fields: &[Field],
    request: &Request,
    body: &[u8],
) -> Result<Map<String, Value>, Problem> {
    let takes_body = matches!((declaration.method)(), Method::POST | Method::PUT | Method::PATCH);
    let query = request.query_string_parameters_ref();
    let mut input = Map::new();
    if takes_body {
        if query.is_some_and(|q| !q.is_empty()) {
            return Err(Problem::bad_request(
                "unexpected_query",
                "This call takes a body and no query.",
            ));
        }
        input = read_body(declaration, request, body)?;
    } else {
        if !body.is_empty() {
            return Err(Problem::bad_request(
                "unexpected_body",
                "This call takes no body.",
            ));
        }
        for (name, _) in query.iter().flat_map(|q| q.iter()) {
            let values = query.and_then(|q| q.all(name)).unwrap_or_default();
            let name = match declaration.format {
                Format::Soap => &name.to_ascii_lowercase(),
                _ => name,
            };
            let [value] = values.as_slice() else {
                return Err(Problem::bad_request(
                    "repeated_parameter",
                    "A query parameter stands twice.",
                ));
            };
            let shape = fields.iter().find(|f| f.name == name).map(|f| (f.shape)());
            input.insert(name.to_owned(), typed(value, shape.as_ref()));
        }
    }
    let path = request.path_parameters_ref();
    for (name, value) in path.iter().flat_map(|p| p.iter()) {
        let value = percent_encoding::percent_decode_str(value).decode_utf8();
        let value = value.map_err(|_| Problem::not_found())?;
        if input
            .insert(name.to_owned(), Value::String(value.into_owned()))
            .is_some()
        {
            return Err(Problem::invalid(&format!("/{name}"), "stands in the path"));
        }
    }
    Ok(input)
}

/// What made a repeated call the same in records of before: the body as it came, but for what must not be kept even as a keyed hash.
fn as_sent(input: &Map<String, Value>, body: &[u8]) -> Vec<u8> {
    if !input.contains_key(NEVER_KEPT) {
        return body.to_vec();
    }
    canonical(input)
}

/// What makes a repeated call the same: its input in one order of names and one way to write it, but for what must not be kept even as
/// a keyed hash (PCI DSS 4.0.1, requirement 3.3.1.2: three digits are guessed in no time by whoever gets at the key).
fn canonical(input: &Map<String, Value>) -> Vec<u8> {
    let rest: BTreeMap<&String, &Value> = input.iter().filter(|(name, _)| *name != NEVER_KEPT).collect();
    serde_json::to_vec(&rest).unwrap_or_default()
}

/// A query value is of the type that the contract gives it: a whole number, a truth value, and a text otherwise, whatever it looks
/// like. What is not of its type stays a text, and the parser says what it should be.
fn typed(value: &str, shape: Option<&Shape>) -> Value {
    match shape.map(Shape::present) {
        Some(Shape::Integer(_)) => value.parse::<i64>().map_or_else(|_| value.into(), Value::from),
        Some(Shape::Boolean) => value.parse::<bool>().map_or_else(|_| value.into(), Value::from),
        _ => value.into(),
    }
}

fn read_body(
    declaration: &Declaration,
    request: &Request,
    body: &[u8],
) -> Result<Map<String, Value>, Problem> {
    let declared = sole(request, "content-type").unwrap_or_default();
    let mut parts = declared.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    // The name of the registry, and the label that so many send (WHATWG Encoding, section 4.2).
    let charset_ok = parts.all(|p| {
        let p = p.to_ascii_lowercase().replace('"', "");
        p.is_empty() || matches!(p.as_str(), "charset=utf-8" | "charset=utf8")
    });
    let wanted = match declaration.format {
        Format::Json => "application/json",
        Format::OAuth => "application/x-www-form-urlencoded",
        Format::Soap => "text/xml",
    };
    if body.is_empty() && declared.is_empty() {
        return Ok(Map::new());
    }
    if media != wanted || !charset_ok {
        return Err(Problem::new(
            415,
            "unsupported_media_type",
            format!("Send {wanted} in UTF-8."),
        ));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::bad_request("invalid_utf8", "The body is not valid UTF-8."))?;
    match declaration.format {
        Format::OAuth => {
            let mut form = Map::new();
            for (name, value) in form_urlencoded::parse(body) {
                if form
                    .insert(name.into_owned(), Value::String(value.into_owned()))
                    .is_some()
                {
                    return Err(Problem::bad_request(
                        "repeated_parameter",
                        "A parameter stands twice.",
                    ));
                }
            }
            Ok(form)
        }
        // A front reads what comes to it.
        Format::Soap => Ok(Map::new()),
        Format::Json if body.is_empty() => Ok(Map::new()),
        Format::Json => {
            if depth(text) > DEPTH_LIMIT {
                let text = format!("The body nests deeper than {DEPTH_LIMIT} levels.");
                return Err(Problem::bad_request("too_deep", text));
            }
            let Unique(value) = serde_json::from_str(text).map_err(|e| {
                let why = if e.to_string().starts_with("a name stands twice") {
                    "a name stands twice"
                } else {
                    "malformed JSON"
                };
                let at = format!("{why} at line {}, column {}", e.line(), e.column());
                Problem::bad_request("malformed_json", at)
            })?;
            match value {
                Value::Object(map) => Ok(map),
                _ => Err(Problem::invalid("", "must be an object")),
            }
        }
    }
}

/// Deepest nesting, found without recursion and without parsing.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A JSON value whose objects name nothing twice: two readers of one text must not see two things.
struct Unique(Value);

impl<'de> serde::Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> serde::de::Visitor<'de> for UniqueVisitor {
    type Value = Unique;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_str<E>(self, v: &str) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_string<E>(self, v: String) -> Result<Unique, E> {
        Ok(Unique(v.into()))
    }
    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique(Value::Null))
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Unique(Value::Array(list)))
    }
    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Unique, A::Error> {
        let mut map = Map::new();
        while let Some((name, Unique(value))) = access.next_entry::<String, Unique>()? {
            if map.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a name stands twice"));
            }
        }
        Ok(Unique(Value::Object(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_ignores_brackets_in_strings() {
        assert_eq!(depth(r#"{"a":"[[[[","b":[{"c":"\"]}"}]}"#), 3);
        assert_eq!(depth(&"[".repeat(100_000)), 100_000);
    }

    #[test]
    fn the_same_input_has_one_fingerprint_however_it_is_written() {
        let of = |text: &str| canonical(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        let one = of(r#"{"a":1,"b":{"c":[1,2],"d":"\u00e9"}}"#);
        assert_eq!(one, of("{ \"b\": {\"d\": \"é\",\n \"c\": [1, 2]}, \"a\": 1 }"));
        for other in [
            r#"{"a":2,"b":{"c":[1,2],"d":"é"}}"#,
            r#"{"a":1,"b":{"c":[2,1],"d":"é"}}"#,
            r#"{"a":1,"b":{"c":[1,2],"d":"é"},"e":null}"#,
            r#"{"a":"1","b":{"c":[1,2],"d":"é"}}"#,
        ] {
            assert_ne!(one, of(other), "{other}");
        }
        assert_eq!(of(r#"{"a":1,"cvv":"123"}"#), of(r#"{"cvv":"999","a":1}"#));
    }

    #[test]
    fn a_name_may_not_stand_twice() {
        assert!(serde_json::from_str::<Unique>(r#"{"a":1,"b":[{"c":1,"c":2}]}"#).is_err());
        let Unique(value) = serde_json::from_str(r#"{"a":[1,-1,1.5,"x",null,true]}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a":[1,-1,1.5,"x",null,true]}));
    }

    /// An endpoint that takes a body.
    fn pay() -> Declaration {
        use crate::declaration::endpoint::{Access, Audit, methods};
        Declaration::new(
            "pay",
            methods::post,
            "/payments/v1/payments",
            Access::Session,
            Audit::Log,
            "Pay",
        )
    }

    #[test]
    fn a_key_that_cannot_be_read_does_not_pass_as_none() {
        let declaration = pay();
        let screened = |keys: &[&[u8]]| -> &str {
            let mut request = Request::default();
            for key in keys {
                let key = lambda_http::http::HeaderValue::from_bytes(key).unwrap();
                request.headers_mut().append("idempotency-key", key);
            }
            screen(&declaration, &[], &request).map_or_else(|p| p.code, |_| "fine")
        };
        assert_eq!(screened(&[]), "fine");
        assert_eq!(screened(&[b"order 17"]), "fine");
        let bad: [&[&[u8]]; 5] = [
            &[b""],
            &["schl\u{fc}ssel".as_bytes()],
            &[b"\xfc"],
            &[b"a\tb"],
            &[b"a", b"a"],
        ];
        for keys in bad {
            assert_eq!(screened(keys), "bad_idempotency_key", "{keys:?}");
        }
    }

    #[test]
    fn query_values_have_the_type_of_the_contract() {
        use crate::kernel::{shape::Shaped, text::Name};
        let (number, truth, text) = (
            Option::<u32>::shape(),
            Option::<bool>::shape(),
            Option::<Name>::shape(),
        );
        assert_eq!(typed("20", Some(&number)), Value::from(20));
        assert_eq!(typed("x", Some(&number)), Value::from("x"));
        assert_eq!(typed("true", Some(&truth)), Value::from(true));
        assert_eq!(typed("1", Some(&truth)), Value::from("1"));
        for plain in ["12345", "true", "false", "007", "", "4.2e3"] {
            assert_eq!(typed(plain, Some(&text)), Value::from(plain));
            assert_eq!(typed(plain, None), Value::from(plain));
        }
    }

    fn with(name: &'static str, value: &[u8]) -> Request {
        let mut request = Request::default();
        let value = lambda_http::http::HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(name, value);
        request
    }

    #[test]
    fn a_header_is_read_or_refused_by_its_name() {
        let reason = |value: &[u8]| info(&with(REASON, value), Timestamp::UNIX_EPOCH).reason;
        assert_eq!(reason("Pr\u{fc}fung".as_bytes()).as_deref(), Some("Pr\u{fc}fung"));
        assert_eq!(
            reason("Pru\u{308}fung".as_bytes()).as_deref(),
            Some("Pr\u{fc}fung")
        );
        assert!(all_readable(&with(REASON, "Pr\u{fc}fung".as_bytes())).is_ok());
        let mut refused: Vec<(&str, Vec<u8>)> = ASCII.map(|name| (name, b"a\xc3\xbc".to_vec())).into();
        refused.push((REASON, b"Pr\xfcfung".to_vec()));
        for (name, value) in refused {
            let problem = all_readable(&with(name, &value)).unwrap_err();
            let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.clone()).collect();
            assert_eq!(pointers, [format!("/headers/{name}")]);
        }
        let agent = info(&with("user-agent", b"a\xc3\xbc\xff"), Timestamp::UNIX_EPOCH).agent;
        assert_eq!(agent, "a\u{fc}\u{fffd}");
    }

    #[test]
    fn what_is_wrong_with_a_body_waits_until_it_is_known_who_calls() {
        let declaration = pay();
        let sent = |media: &'static str, body: &str| {
            let mut request = with("content-type", media.as_bytes());
            *request.body_mut() = lambda_http::Body::from(body);
            let screened = screen(&declaration, &[], &request).unwrap();
            screened.wrong.into_inner().unwrap().map(|p| p.code)
        };
        assert_eq!(sent("application/json", "{"), Some("malformed_json"));
        assert_eq!(sent("text/plain", "{}"), Some("unsupported_media_type"));
        for charset in ["UTF-8", "utf8", "\"utf-8\""] {
            let media = format!("application/json; charset={charset}").leak();
            assert_eq!(sent(media, "{}"), None, "{charset}");
        }
        assert_eq!(
            sent("application/json; charset=latin1", "{}"),
            Some("unsupported_media_type")
        );
    }
}
