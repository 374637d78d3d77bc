//! An envelope: one header at most, one body, one operation in it.

use crate::{
    codec,
    names::{OWN, SOAP11, SOAP12, WSSE, WSU, action},
    operations, security,
};
use lambda_http::Request;
use shared::{
    auth::UsernameToken,
    endpoint::{Opened, Reply},
    problem::Problem,
    road::BODY_LIMIT,
};
use xml::{Element, Limits, Refusal};

fn malformed(detail: &str) -> Problem {
    Problem::bad_request("malformed_envelope", detail)
}

/// Reads a request.
pub(crate) fn read(request: &Request) -> (Reply, Result<Opened, Problem>) {
    let mut reply = Reply::default();
    let opened = opened(request, &mut reply);
    (reply, opened)
}

/// A header that stands at most once.
fn sole<'r>(request: &'r Request, name: &str) -> Result<Option<&'r str>, ()> {
    let mut values = request.headers().get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// The media type is one of SOAP's, in UTF-8; with the action that SOAP 1.2 puts there.
fn media(request: &Request) -> Result<Option<String>, Problem> {
    let refused = || {
        let text = "Send text/xml or application/soap+xml in UTF-8, without a content encoding.";
        Problem::new(415, "unsupported_media_type", text)
    };
    if request.headers().contains_key("content-encoding") {
        return Err(refused());
    }
    let declared = sole(request, "content-type")
        .map_err(|()| refused())?
        .unwrap_or_default();
    let mut parts = declared.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    if !matches!(kind.as_str(), "text/xml" | "application/soap+xml") {
        return Err(refused());
    }
    let mut action = None;
    for part in parts.filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(refused)?;
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "charset" if !value.eq_ignore_ascii_case("utf-8") => return Err(refused()),
            "action" => action = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(action)
}

fn opened(request: &Request, reply: &mut Reply) -> Result<Opened, Problem> {
    let in_type = media(request)?;
    if request.headers().contains_key("idempotency-key") {
        let text = "Over SOAP the key is a header of the envelope, idempotencyKey.";
        return Err(Problem::bad_request("bad_idempotency_key", text));
    }
    let limits = Limits {
        bytes: BODY_LIMIT,
        ..Limits::default()
    };
    let root = xml::read(request.body().as_ref(), &limits).map_err(|refusal| match refusal {
        Refusal::Size => Problem::new(413, "body_too_large", refusal.about()),
        Refusal::Encoding => Problem::new(415, "unsupported_media_type", refusal.about()),
        _ => Problem::bad_request("malformed_xml", refusal.about()),
    })?;
    let parts = Parts::of(&root, reply)?;
    let headers = Headers::of(&parts, reply)?;
    let operation = &parts.operation.name;
    let found = operations::find(&operation.local).filter(|_| operation.namespace.as_deref() == Some(OWN));
    let found = found.ok_or_else(|| {
        let text = "The body names no operation: see the WSDL at /soap/v1?wsdl.";
        Problem::bad_request("unknown_operation", text)
    })?;
    let expected = action(found.name);
    let mismatch = || {
        let text = "The SOAP action names another operation than the body.";
        Problem::bad_request("action_mismatch", text)
    };
    let header = sole(request, "soapaction").map_err(|()| mismatch())?;
    let named = [header.map(|a| a.trim().trim_matches('"')), in_type.as_deref()];
    if named
        .into_iter()
        .flatten()
        .any(|a| !a.is_empty() && a != expected)
    {
        return Err(mismatch());
    }
    let fields = found.function.input;
    let input = codec::read(parts.operation, fields, OWN).map_err(Problem::validation)?;
    reply.function = Some(found.function);
    Ok(Opened {
        function: found.function,
        input,
        token: headers.token,
        idempotency_key: headers.idempotency_key,
        approval: headers.approval,
        reason: headers.reason,
    })
}

/// What an envelope is made of.
struct Parts<'e> {
    namespace: &'static str,
    header: Option<&'e Element>,
    operation: &'e Element,
}

impl<'e> Parts<'e> {
    fn of(root: &'e Element, reply: &mut Reply) -> Result<Self, Problem> {
        let namespace = match root.name.namespace.as_deref() {
            _ if root.name.local != "Envelope" => return Err(malformed("The root is no Envelope.")),
            Some(SOAP11) => SOAP11,
            Some(SOAP12) => SOAP12,
            _ => {
                let text = "The envelope is of neither SOAP 1.1 nor SOAP 1.2.";
                return Err(Problem::bad_request("version_mismatch", text));
            }
        };
        reply.twelve = namespace == SOAP12;
        if !root.is_structure() {
            return Err(malformed("There is text in the envelope."));
        }
        let parts: Vec<&Element> = root.elements().collect();
        let (header, body) = match parts.as_slice() {
            [body] => (None, *body),
            [header, body] => (Some(*header), *body),
            _ => {
                return Err(malformed(
                    "An envelope is a Header, which may be absent, and a Body.",
                ));
            }
        };
        let named = |element: &Element, name: &str| element.name.is(namespace, name);
        if !named(body, "Body") || header.is_some_and(|h| !named(h, "Header") || !h.is_structure()) {
            return Err(malformed(
                "An envelope is a Header, which may be absent, and a Body.",
            ));
        }
        let inside: Vec<&Element> = body.elements().collect();
        let ([operation], true) = (inside.as_slice(), body.is_structure()) else {
            return Err(malformed("The body holds one operation and nothing else."));
        };
        let mut ids = Vec::new();
        walk(root, &mut |element| {
            if let Some(id) = element.attribute(Some(WSU), "Id") {
                ids.push(id.to_owned());
            }
            true
        });
        ids.sort();
        if ids.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(malformed("An Id stands twice."));
        }
        let foreign = |element: &Element| {
            let namespace = element.name.namespace.as_deref();
            !matches!(namespace, Some(SOAP11 | SOAP12 | WSSE | WSU))
        };
        if !walk(operation, &mut |element| foreign(element)) {
            return Err(malformed(
                "There is an envelope or a security header within the body.",
            ));
        }
        Ok(Self {
            namespace,
            header,
            operation,
        })
    }
}

/// Whether something is true of an element and of all that are in it.
fn walk(element: &Element, check: &mut impl FnMut(&Element) -> bool) -> bool {
    let mut all = check(element);
    for inner in element.elements() {
        all &= walk(inner, check);
    }
    all
}

/// What the header says.
struct Headers {
    token: UsernameToken,
    idempotency_key: Option<String>,
    approval: Option<String>,
    reason: Option<String>,
}

/// A truth value of XML Schema.
fn is_true(text: &str) -> Result<bool, Problem> {
    match text.trim() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(malformed("mustUnderstand is neither true nor false.")),
    }
}

impl Headers {
    fn of(parts: &Parts<'_>, reply: &mut Reply) -> Result<Self, Problem> {
        let (mut security, mut own): (Option<&Element>, [Option<String>; 3]) = (None, [const { None }; 3]);
        for block in parts.header.into_iter().flat_map(Element::elements) {
            if !is_for_us(block, parts.namespace) {
                continue;
            }
            if block.name.is(WSSE, "Security") {
                if security.replace(block).is_some() {
                    return Err(security::invalid("There are two security headers."));
                }
                continue;
            }
            if block.name.namespace.as_deref() == Some(OWN) {
                let place = match block.name.local.as_str() {
                    "idempotencyKey" => 0,
                    "approvalId" => 1,
                    "accessReason" => 2,
                    // Whoever sends one counts on it.
                    _ => return Err(malformed("There is a header of ours that is not known.")),
                };
                let text = block.text().filter(|text| text.len() <= 1_000);
                let text =
                    text.ok_or_else(|| malformed("A header holds something else than a short text."))?;
                match own.get_mut(place).map(|place| place.replace(text)) {
                    Some(None) => continue,
                    _ => return Err(malformed("A header stands twice.")),
                }
            }
            let must = block.attribute(Some(parts.namespace), "mustUnderstand");
            if must.map(is_true).transpose()?.unwrap_or(false) {
                let text = "There is a header that must be understood and is not known.";
                return Err(Problem::bad_request("must_understand", text));
            }
        }
        let security = security.ok_or_else(|| security::invalid("There is no security header."))?;
        let (token, stamped) = security::read(security)?;
        reply.stamped = stamped;
        let [key, approval, reason] = own;
        let good = |key: &String| {
            (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        };
        if key.as_ref().is_some_and(|key| !good(key)) {
            let text = "idempotencyKey takes 1 to 255 printable ASCII characters.";
            return Err(Problem::bad_request("bad_idempotency_key", text));
        }
        let cut = |text: String, most: usize| -> String {
            text.trim()
                .chars()
                .filter(|c| !c.is_control())
                .take(most)
                .collect()
        };
        Ok(Self {
            token,
            idempotency_key: key,
            approval: approval.map(|a| cut(a, 64)),
            reason: reason.map(|r| cut(r, 200)).filter(|r| !r.is_empty()),
        })
    }
}

/// Whether a header is for whoever receives the envelope (SOAP 1.1, section 4.2.2; SOAP 1.2 part 1, section 2.2).
fn is_for_us(block: &Element, namespace: &str) -> bool {
    let whose = if namespace == SOAP12 { "role" } else { "actor" };
    let whose = block.attribute(Some(namespace), whose).unwrap_or_default();
    matches!(
        whose.trim(),
        "" | "http://schemas.xmlsoap.org/soap/actor/next"
            | "http://www.w3.org/2003/05/soap-envelope/role/next"
            | "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"
    )
}

#[cfg(test)]
mod tests;
