//! Envelopes, good and bad, and what is read of them.

use super::*;
use lambda_http::{Body, http};
use shared::auth::Shown;

const PROFILE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#";
const ENCODING: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

fn request(headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = http::Request::builder();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::Text(body.to_owned())).unwrap()
}

fn posted(body: &str) -> Result<Opened, Problem> {
    read(&request(&[("content-type", "text/xml; charset=utf-8")], body)).1
}

/// The token of a good envelope.
fn token() -> String {
    format!(
        "<w:UsernameToken><w:Username>ten_1.cli_1</w:Username><w:Password Type=\"{PROFILE}PasswordDigest\">\
         AAAAAAAAAAAAAAAAAAAAAAAAAAA=</w:Password><w:Nonce>AAAAAAAAAAAAAAAAAAAAAA==</w:Nonce>\
         <u:Created>2026-01-01T00:00:00.000Z</u:Created></w:UsernameToken>"
    )
}

fn security(inside: &str) -> String {
    format!("<w:Security xmlns:w=\"{WSSE}\" xmlns:u=\"{WSU}\" s:mustUnderstand=\"1\">{inside}</w:Security>")
}

fn envelope(soap: &str, header: &str, after: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{soap}\" xmlns:l=\"{OWN}\"><s:Header>{header}</s:Header>{after}</s:Envelope>"
    )
}

const BODY: &str =
    "<s:Body><l:getPayment><l:id>pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A</l:id></l:getPayment></s:Body>";

/// With this in the header beside the token.
fn beside(more: &str) -> String {
    envelope(SOAP11, &format!("{}{more}", security(&token())), BODY)
}

/// With this in the place of the token.
fn instead(inside: &str) -> String {
    envelope(SOAP11, &security(inside), BODY)
}

#[track_caller]
fn refused(text: &str, code: &str) {
    match posted(text) {
        Err(problem) => assert_eq!(problem.code, code, "{text}"),
        Ok(_) => panic!("taken: {text}"),
    }
}

#[test]
fn a_good_envelope_is_read_in_both_versions() {
    for (soap, twelve) in [(SOAP11, false), (SOAP12, true)] {
        let header = format!(
            "{}<l:idempotencyKey>order 17</l:idempotencyKey><l:accessReason> asked </l:accessReason>\
             <a:To xmlns:a=\"http://www.w3.org/2005/08/addressing\" mustUnderstand=\"1\">x</a:To>",
            security(&token())
        );
        let text = envelope(soap, &header, BODY);
        let (reply, opened) = read(&request(&[("content-type", "text/xml")], &text));
        let opened = opened.map_err(|p| p.detail).unwrap();
        assert_eq!((reply.twelve, reply.stamped), (twelve, false));
        assert_eq!(opened.function.declaration.name, "read_payment");
        assert_eq!(opened.input.len(), 1);
        assert_eq!(opened.idempotency_key.as_deref(), Some("order 17"));
        assert_eq!(opened.reason.as_deref(), Some("asked"));
        assert_eq!(opened.token.username, "ten_1.cli_1");
        assert_eq!(opened.token.nonce.map(|n| n.len()), Some(16));
    }
}

/// As WCF writes it: a timestamp, ids, odd prefixes, the password as text.
#[test]
fn an_envelope_of_wcf_is_read() {
    let text = format!(
        "<s:Envelope xmlns:s=\"{SOAP11}\" xmlns:u=\"{WSU}\"><s:Header><o:Security s:mustUnderstand=\"1\" xmlns:o=\"{WSSE}\">\
         <u:Timestamp u:Id=\"_0\"><u:Created>2026-01-01T00:00:00.000Z</u:Created><u:Expires>2026-01-01T00:05:00.000Z</u:Expires></u:Timestamp>\
         <o:UsernameToken u:Id=\"uuid-1\"><o:Username>ten_1.cli_1</o:Username><o:Password Type=\"{PROFILE}PasswordText\">secret</o:Password>\
         </o:UsernameToken></o:Security></s:Header><s:Body xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><getPayment xmlns=\"{OWN}\"><id>pay_1</id></getPayment></s:Body></s:Envelope>"
    );
    let headers = [
        ("content-type", "text/xml; charset=utf-8"),
        ("soapaction", "\"urn:ledgerkeep:soap:v1:getPayment\""),
    ];
    let (reply, opened) = read(&request(&headers, &text));
    let opened = opened.map_err(|p| p.detail).unwrap();
    assert!(reply.stamped && opened.token.expires.is_some());
    assert!(matches!(opened.token.shown, Shown::Text(text) if text.expose() == "secret"));
}

/// As CXF and WSS4J write it: a declaration, an encoding type, an id that begins with a letter.
#[test]
fn an_envelope_of_cxf_is_read() {
    let text = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<soap:Envelope xmlns:soap=\"{SOAP11}\"><soap:Header><wsse:Security \
         xmlns:wsse=\"{WSSE}\" xmlns:wsu=\"{WSU}\" soap:mustUnderstand=\"1\"><wsse:UsernameToken wsu:Id=\"UsernameToken-1\">\
         <wsse:Username>ten_1.cli_1</wsse:Username><wsse:Password Type=\"{PROFILE}PasswordDigest\">AAAAAAAAAAAAAAAAAAAAAAAAAAA=\
         </wsse:Password><wsse:Nonce EncodingType=\"{ENCODING}\">AAAAAAAAAAAAAAAAAAAAAA==</wsse:Nonce>\
         <wsu:Created>2026-01-01T00:00:00.000Z</wsu:Created></wsse:UsernameToken></wsse:Security></soap:Header>\
         <soap:Body><ns2:getPayment xmlns:ns2=\"{OWN}\"><ns2:id>pay_1</ns2:id></ns2:getPayment></soap:Body></soap:Envelope>"
    );
    assert!(posted(&text).is_ok());
}

#[test]
fn what_is_no_envelope_is_refused() {
    let good = security(&token());
    refused("", "malformed_xml");
    refused("<a/>", "malformed_envelope");
    refused("<Envelope/>", "version_mismatch");
    refused(&beside("").replace(SOAP11, "urn:other"), "version_mismatch");
    for after in [
        "",
        "<s:Body/>",
        "<s:Body>x</s:Body>",
        "<s:Body><l:getPayment/><l:getPayment/></s:Body>",
        "<s:Body>x<l:getPayment/></s:Body>",
        "<s:Body><l:getPayment/></s:Body><s:Body><l:getPayment/></s:Body>",
        "<s:Body><l:getPayment/></s:Body><x/>",
        "<s:Body><l:getPayment/></s:Body>x",
        "<s:Header/><s:Body><l:getPayment/></s:Body>",
        "<l:Body><l:getPayment/></l:Body>",
    ] {
        refused(&envelope(SOAP11, &good, after), "malformed_envelope");
    }
    let nested = format!("<s:Body><l:getPayment>{}</l:getPayment></s:Body>", beside(""));
    refused(&envelope(SOAP11, &good, &nested), "malformed_envelope");
    let inside = format!("<s:Body><l:getPayment>{good}</l:getPayment></s:Body>");
    refused(&envelope(SOAP11, "", &inside), "malformed_envelope");
    let twice = beside(&format!(
        "<a u:Id=\"x\" xmlns:u=\"{WSU}\"/><b u:Id=\"x\" xmlns:u=\"{WSU}\"/>"
    ));
    refused(&twice, "malformed_envelope");
    refused(&envelope(SOAP11, &format!("{good}x"), BODY), "malformed_envelope");
    for operation in [
        "<l:nothing/>",
        "<getPayment/>",
        "<x:getPayment xmlns:x=\"urn:ledgerkeep:soap:v2\"/>",
    ] {
        let body = format!("<s:Body>{operation}</s:Body>");
        refused(&envelope(SOAP11, &good, &body), "unknown_operation");
    }
    let unknown = "<s:Body><l:getPayment><l:surprise/></l:getPayment></s:Body>";
    refused(&envelope(SOAP11, &good, unknown), "invalid_input");
}

#[test]
fn headers_are_known_or_for_somebody_else_or_need_not_be_understood() {
    assert!(posted(&beside("<x:a xmlns:x=\"urn:x\"/>")).is_ok());
    assert!(posted(&beside("<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\"0\"/>")).is_ok());
    assert!(
        posted(&beside(
            "<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\"1\" s:actor=\"urn:other\"/>"
        ))
        .is_ok()
    );
    refused(
        &beside("<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\"1\"/>"),
        "must_understand",
    );
    refused(
        &beside("<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\" true \"/>"),
        "must_understand",
    );
    let next = "<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\"1\" s:actor=\"http://schemas.xmlsoap.org/soap/actor/next\"/>";
    refused(&beside(next), "must_understand");
    refused(
        &beside("<x:a xmlns:x=\"urn:x\" s:mustUnderstand=\"yes\"/>"),
        "malformed_envelope",
    );
    refused(&beside("<l:ifMatch>1</l:ifMatch>"), "malformed_envelope");
    refused(
        &beside("<l:approvalId>a</l:approvalId><l:approvalId>b</l:approvalId>"),
        "malformed_envelope",
    );
    refused(
        &beside("<l:accessReason><x/></l:accessReason>"),
        "malformed_envelope",
    );
    for key in ["", "\u{e9}", "a\tb", &"k".repeat(256)] {
        refused(
            &beside(&format!("<l:idempotencyKey>{key}</l:idempotencyKey>")),
            "bad_idempotency_key",
        );
    }
}

#[test]
fn tokens_are_one_and_whole() {
    let good = token();
    refused(&envelope(SOAP11, "", BODY), "invalid_security");
    refused(&instead(""), "invalid_security");
    refused(&beside(&security(&good)), "invalid_security");
    for text in ["<!-- x -->", "x"] {
        refused(&instead(&format!("{good}{text}")), "invalid_security");
    }
    refused(
        &instead(&good.replace("cli_1", "cli_1<!-- x -->")),
        "invalid_security",
    );
    refused(
        &instead(&good.replace("2026-01", "2026<!-- x -->-01")),
        "invalid_security",
    );
    refused(&instead(&format!("{good}{good}")), "invalid_security_token");
    refused(
        &instead(&format!("{good}<w:BinarySecurityToken/>")),
        "unsupported_security_token",
    );
    refused(
        &instead(&format!(
            "{good}<x:Signature xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\"/>"
        )),
        "unsupported_security_token",
    );
    for (from, to) in [
        ("<w:Username>ten_1.cli_1</w:Username>", ""),
        ("<w:Username>", "<w:Username>a</w:Username><w:Username>"),
        ("<w:Nonce>AAAAAAAAAAAAAAAAAAAAAA==</w:Nonce>", ""),
        ("<w:Nonce>AAAAAAAAAAAAAAAAAAAAAA==", "<w:Nonce>AAAA"),
        ("<w:Nonce>AAAAAAAAAAAAAAAAAAAAAA==", "<w:Nonce>not base64"),
        ("<w:Nonce>", "<w:Nonce EncodingType=\"urn:hex\">"),
        (
            "<w:Nonce>",
            "<w:Nonce>AAAAAAAAAAAAAAAAAAAAAA==</w:Nonce><w:Nonce>",
        ),
        ("<u:Created>2026-01-01T00:00:00.000Z</u:Created>", ""),
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00"),
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:60Z"),
        ("2026-01-01T00:00:00.000Z", "<x/>"),
        (
            "<u:Created>",
            "<u:Created>2026-01-01T00:00:00.000Z</u:Created><u:Created>",
        ),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "not base64"),
        ("<w:Username>", "<w:Surprise/><w:Username>"),
    ] {
        assert!(good.contains(from), "{from}");
        refused(&instead(&good.replacen(from, to, 1)), "invalid_security_token");
    }
    refused(
        &instead(&good.replace("PasswordDigest", "PasswordOther")),
        "unsupported_security_token",
    );
    refused(
        &instead(&good.replace(PROFILE, "urn:x#")),
        "unsupported_security_token",
    );
    for stamp in [
        "<u:Timestamp/>",
        "<u:Timestamp><u:Expires>2026-01-01T00:00:00Z</u:Expires></u:Timestamp>",
        "<u:Timestamp><u:Created>2026-01-01T00:00:01Z</u:Created><u:Expires>2026-01-01T00:00:00Z</u:Expires></u:Timestamp>",
        "<u:Timestamp><u:Created>2026-01-01T00:00:00Z</u:Created><u:Created>2026-01-01T00:00:00Z</u:Created></u:Timestamp>",
        "<u:Timestamp><u:Created>2026-01-01T00:00:00Z</u:Created><w:x/></u:Timestamp>",
    ] {
        refused(&instead(&format!("{good}{stamp}")), "invalid_security_token");
    }
}

#[test]
fn what_http_says_agrees_with_the_envelope() {
    let text = beside("");
    let code = |headers: &[(&str, &str)]| {
        read(&request(headers, &text))
            .1
            .map_or_else(|p| p.code, |_| "taken")
    };
    let xml = ("content-type", "text/xml");
    for good in [
        "text/xml",
        "TEXT/XML;charset=\"UTF-8\"",
        "application/soap+xml; charset=utf-8; action=\"\"",
    ] {
        assert_eq!(code(&[("content-type", good)]), "taken", "{good}");
    }
    for bad in [
        "application/json",
        "text/plain",
        "",
        "text/xml; charset=utf-16",
        "text/xml; charset=iso-8859-1",
        "text/xml; x",
    ] {
        assert_eq!(code(&[("content-type", bad)]), "unsupported_media_type", "{bad}");
    }
    assert_eq!(code(&[]), "unsupported_media_type");
    assert_eq!(code(&[xml, xml]), "unsupported_media_type");
    assert_eq!(
        code(&[xml, ("content-encoding", "gzip")]),
        "unsupported_media_type"
    );
    assert_eq!(code(&[xml, ("idempotency-key", "a")]), "bad_idempotency_key");
    let own = action("getPayment");
    for good in ["", "\"\"", own.as_str(), &format!("\"{own}\"")] {
        assert_eq!(code(&[xml, ("soapaction", good)]), "taken", "{good}");
    }
    for bad in ["\"urn:other\"", "getPayment", &action("capturePayment")] {
        assert_eq!(code(&[xml, ("soapaction", bad)]), "action_mismatch", "{bad}");
    }
    assert_eq!(
        code(&[xml, ("soapaction", ""), ("soapaction", "")]),
        "action_mismatch"
    );
    let other = format!("application/soap+xml; action=\"{}\"", action("capturePayment"));
    assert_eq!(code(&[("content-type", &other)]), "action_mismatch");
    let large = request(&[xml], &"x".repeat(256 * 1024 + 1));
    assert_eq!(read(&large).1.map_or_else(|p| p.status, |_| 200), 413);
}
