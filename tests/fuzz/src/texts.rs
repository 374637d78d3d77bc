//! Texts that are kept or handed out: hashes of passwords, secrets, stream records, bundles of the audit log, keys.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use shared::{auth::Passwords, text::SecretText};
use verifier::{PublicKey, verify};

const HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$9JCsRjJ8oBH9f/bN3newnA$B3pW2HIQ9QBcAUYjLzvPFDXxiEs4cPOqjFD/yNYpaz0";

fn pepper_secret() -> String {
    let pepper = STANDARD.encode([7; 32]);
    json!({"current": 2, "retired": 1, "versions": {"1": pepper, "2": pepper}, "times": {"2 made": 1}})
        .to_string()
}

pub(crate) fn password_hashes() -> Vec<Vec<u8>> {
    vec![HASH.into(), HASH.replace("t=2", "t=3").into_bytes()]
}

pub(crate) fn password_hash(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let passwords = Passwords::from_secret(&SecretText::new(pepper_secret())).unwrap();
    assert!(passwords.is_outdated(text, 1), "an earlier pepper");
    let _ = passwords.is_outdated(text, 2);
}

pub(crate) fn peppers() -> Vec<Vec<u8>> {
    let generated = json!({"current": 1, "1": STANDARD.encode([8; 48])});
    vec![pepper_secret().into_bytes(), generated.to_string().into_bytes()]
}

pub(crate) fn pepper(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Passwords::from_secret(&SecretText::new(text.to_owned())) {
        Ok(passwords) => assert!(
            passwords.hash(&SecretText::new("a".into())).is_ok(),
            "no current pepper"
        ),
        // The same words for each, so that nothing of the secret is in them.
        Err(why) => assert_eq!(why.0, "the pepper secret is malformed"),
    }
}

pub(crate) fn stream_records() -> Vec<Vec<u8>> {
    let id = "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    let tenant = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    let body = json!({"id": id, "tenant": tenant, "region": "eu-west-1", "activity": "billing.read_customer", "code": "L",
        "outcome": "succeeded", "actor": "usr_1"});
    let keys = json!({"pk": {"S": format!("T#{tenant}#audit-entry#{id}")}, "sk": {"S": "-"}});
    let record = |event: &str| {
        json!({"Records": [{"eventName": event, "dynamodb": {"Keys": keys, "SequenceNumber": "1",
            "NewImage": {"body": {"S": body.to_string()}, "pk": keys["pk"], "sk": keys["sk"]}}}]})
    };
    ["INSERT", "MODIFY", "REMOVE"]
        .map(|e| record(e).to_string().into_bytes())
        .to_vec()
}

pub(crate) fn stream_record(bytes: &[u8]) {
    if let Ok(event) = serde_json::from_slice(bytes) {
        let _ = audit::sealing::intake::read(&event, "eu-west-1");
    }
}

/// P-256, of which nobody has the private half.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
";

pub(crate) fn public_keys() -> Vec<Vec<u8>> {
    let inner: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
    vec![KEY.into(), STANDARD.decode(inner).unwrap()]
}

pub(crate) fn public_key(bytes: &[u8]) {
    if let Ok(keys) = PublicKey::from_file(bytes) {
        assert!(!keys.is_empty(), "a file of no keys");
    }
}

pub(crate) fn audit_bundles() -> Vec<Vec<u8>> {
    let lines = [
        json!({"format": "ledgerkeep-audit-bundle/1", "tenant": "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "region": "eu-west-1", "size": 1}),
        json!({"entry": "{}", "index": 0, "path": []}),
        json!({"checkpoint": "x", "signature": STANDARD.encode([0x30; 70])}),
    ];
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    vec![text.concat().into_bytes()]
}

pub(crate) fn audit_bundle(bytes: &[u8]) {
    let keys = PublicKey::from_file(KEY.as_bytes()).unwrap();
    let report = verify(std::io::Cursor::new(bytes), &keys, &|_| {});
    assert!(!report.clean(), "a bundle that nobody signed is clean");
}

pub(crate) fn xmls() -> Vec<Vec<u8>> {
    let corpus = include_str!("../../vectors/soap/xml.jsonl");
    let texts = corpus.lines().filter_map(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(case["text"].as_str()?.as_bytes().to_vec())
    });
    texts.filter(|text| text.len() < 1_000).collect()
}

/// What is accepted another reader accepts, too, and reads as many elements.
pub(crate) fn xml(bytes: &[u8]) {
    fn count(element: &xml::Element) -> usize {
        1 + element.elements().map(count).sum::<usize>()
    }
    let Ok(root) = xml::read(bytes, &xml::Limits::default()) else {
        return;
    };
    let text = std::str::from_utf8(bytes).unwrap();
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let theirs = roxmltree::Document::parse(text).unwrap();
    let elements = theirs.descendants().filter(roxmltree::Node::is_element);
    assert_eq!(count(&root), elements.count());
}

/// A good envelope of each operation, in both versions, as a client would have filled them in.
pub(crate) fn envelopes() -> Vec<Vec<u8>> {
    let both = soap::operations().flat_map(|o| [soap::sample(o, false), soap::sample(o, true)]);
    let filled = both.flatten().map(|text| {
        text.replace("client_id", "ten_1.cli_1")
            .replace(
                "Base64(SHA-1(nonce + created + soap_secret))",
                &STANDARD.encode([0; 20]),
            )
            .replace("Base64 of 16 random bytes", &STANDARD.encode([0; 16]))
    });
    filled.map(String::into_bytes).collect()
}

/// Whatever is taken is for an operation that there is, and says who sends it.
pub(crate) fn envelope(bytes: &[u8]) {
    let request = lambda_http::http::Request::builder()
        .header("content-type", "text/xml")
        .body(lambda_http::Body::Binary(bytes.to_vec()))
        .unwrap();
    let (reply, opened) = (soap::serve::FRONT.read)(&request);
    match opened {
        Ok(opened) => {
            assert_eq!(
                reply.function.map(|f| f.declaration.name),
                Some(opened.function.declaration.name)
            );
            assert!(opened.function.declaration.soap.is_some());
            assert!(!opened.token.username.is_empty());
        }
        Err(refused) => assert!((400..500).contains(&refused.status), "{}", refused.code),
    }
}
