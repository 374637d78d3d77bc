//! Answers and faults as envelopes.

use crate::{
    codec,
    names::{OWN, SOAP11, SOAP12, WSSE, WSU},
};
use serde_json::{Map, Value, json};
use shared::{
    endpoint::Reply,
    road::{Content, Finished},
    time::{Timestamp, after, rfc3339},
};
use xml::{Unwritable, Writer};

/// Seconds that the timestamp of an answer says it is good for.
const GOOD: i64 = 300;
/// What stands in for an answer that XML cannot hold.
const UNWRITABLE: &str = "The answer holds something that XML cannot hold.";

/// Puts what came of a call into an envelope.
pub(crate) fn write(reply: Reply, mut finished: Finished, request: &str, now: Timestamp) -> Finished {
    let body = match finished.body.take() {
        Some(Content::Json(value)) => value,
        _ => Value::Null,
    };
    let good = (200..300).contains(&finished.status) && finished.status != 202;
    let written = if good {
        answer(reply, &body, request, now).map(|text| (200, text))
    } else {
        let problem = if finished.status == 202 {
            waiting(&body, request)
        } else {
            body
        };
        fault(reply, &problem, request, now)
    };
    let (status, text) = written.unwrap_or_else(|Unwritable| {
        let problem = json!({"code": "internal", "status": 500, "detail": UNWRITABLE, "request_id": request});
        fault(reply, &problem, request, now).unwrap_or((500, String::new()))
    });
    finished.headers.retain(|(name, _)| name != "www-authenticate");
    Finished {
        status,
        body: Some(Content::Text(text.into())),
        media: if reply.twelve {
            "application/soap+xml; charset=utf-8"
        } else {
            "text/xml; charset=utf-8"
        },
        headers: finished.headers,
    }
}

/// What waits for a second person, as a problem.
fn waiting(body: &Value, request: &str) -> Value {
    json!({
        "code": "approval_required", "status": 202, "request_id": request, "approval": body.get("approval"),
        "detail": "A second person has to approve this. Send it again with their approval as approvalId.",
    })
}

/// An envelope with the head that every answer has.
fn begin(reply: Reply, request: &str, now: Timestamp) -> Result<Writer, Unwritable> {
    let mut writer = Writer::new();
    let soap = if reply.twelve { SOAP12 } else { SOAP11 };
    writer.start(
        "s:Envelope",
        &[("xmlns:s", soap), ("xmlns:wsse", WSSE), ("xmlns:wsu", WSU)],
    )?;
    writer.start("s:Header", &[])?;
    writer.start("l:requestId", &[("xmlns:l", OWN)])?;
    writer.text(request)?;
    writer.end()?;
    if reply.stamped {
        writer.start("wsse:Security", &[])?;
        writer.start("wsu:Timestamp", &[("wsu:Id", "timestamp")])?;
        writer.leaf("wsu:Created", &rfc3339(now))?;
        writer.leaf("wsu:Expires", &rfc3339(after(now, GOOD)))?;
        writer.end()?;
        writer.end()?;
    }
    writer.end()?;
    writer.start("s:Body", &[])?;
    Ok(writer)
}

fn end(mut writer: Writer) -> Result<String, Unwritable> {
    writer.end()?;
    writer.end()?;
    writer.finish()
}

fn answer(reply: Reply, body: &Value, request: &str, now: Timestamp) -> Result<String, Unwritable> {
    let function = reply.function.ok_or(Unwritable)?;
    let name = function.declaration.soap.ok_or(Unwritable)?;
    let mut writer = begin(reply, request, now)?;
    writer.start(&format!("{name}Response"), &[("xmlns", OWN)])?;
    codec::write(&mut writer, crate::wsdl::RESULT, &(function.answer_shape)(), body)?;
    writer.end()?;
    end(writer)
}

/// Whose fault it is, and what of it WS-Security has a name for.
fn codes(problem: &Value) -> (&'static str, Option<&'static str>) {
    let code = problem.get("code").and_then(Value::as_str).unwrap_or_default();
    let status = problem.get("status").and_then(Value::as_u64).unwrap_or(500);
    match code {
        "invalid_security" => ("Client", Some("wsse:InvalidSecurity")),
        "invalid_security_token" => ("Client", Some("wsse:InvalidSecurityToken")),
        "unsupported_security_token" => ("Client", Some("wsse:UnsupportedSecurityToken")),
        "failed_authentication" => ("Client", Some("wsse:FailedAuthentication")),
        "message_expired" => ("Client", Some("wsu:MessageExpired")),
        "must_understand" => ("MustUnderstand", None),
        "version_mismatch" => ("VersionMismatch", None),
        _ if status < 500 => ("Client", None),
        _ => ("Server", None),
    }
}

fn fault(reply: Reply, problem: &Value, request: &str, now: Timestamp) -> Result<(u16, String), Unwritable> {
    let (whose, sub) = codes(problem);
    let reason = problem
        .get("detail")
        .and_then(Value::as_str)
        .unwrap_or("Something went wrong on our side.");
    let mut writer = begin(reply, request, now)?;
    writer.start("s:Fault", &[])?;
    let status = if reply.twelve {
        let whose = match whose {
            "Client" => "Sender",
            "Server" => "Receiver",
            other => other,
        };
        writer.start("s:Code", &[])?;
        writer.leaf("s:Value", &format!("s:{whose}"))?;
        if let Some(sub) = sub {
            writer.start("s:Subcode", &[])?;
            writer.leaf("s:Value", sub)?;
            writer.end()?;
        }
        writer.end()?;
        writer.start("s:Reason", &[])?;
        writer.start("s:Text", &[("xml:lang", "en")])?;
        writer.text(reason)?;
        writer.end()?;
        writer.end()?;
        writer.start("s:Detail", &[])?;
        detail(&mut writer, problem)?;
        writer.end()?;
        if whose == "Sender" { 400 } else { 500 }
    } else {
        let code = sub.map_or_else(|| format!("s:{whose}"), str::to_owned);
        writer.leaf("faultcode", &code)?;
        writer.leaf("faultstring", reason)?;
        writer.start("detail", &[])?;
        detail(&mut writer, problem)?;
        writer.end()?;
        500
    };
    writer.end()?;
    Ok((status, end(writer)?))
}

/// The problem, as its type in the schema has it.
fn detail(writer: &mut Writer, problem: &Value) -> Result<(), Unwritable> {
    let none = Map::new();
    let problem = problem.as_object().unwrap_or(&none);
    writer.start("problem", &[("xmlns", OWN)])?;
    for (name, member) in crate::wsdl::PROBLEM {
        match problem.get(*member) {
            Some(Value::String(text)) => writer.leaf(name, text)?,
            Some(Value::Number(number)) => writer.leaf(name, &number.to_string())?,
            Some(Value::Array(errors)) if *name == "errors" => {
                writer.start(name, &[])?;
                for error in errors {
                    let text = |member: &str| error.get(member).and_then(Value::as_str).unwrap_or_default();
                    writer.start(codec::ITEM, &[])?;
                    // What was sent may hold what cannot be said, but not in XML.
                    writer.leaf("pointer", text("pointer"))?;
                    writer.leaf("detail", text("detail"))?;
                    writer.end()?;
                }
                writer.end()?;
            }
            _ => {}
        }
    }
    writer.end()
}
