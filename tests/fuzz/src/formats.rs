//! Sealed bytes: nothing opens but what was sealed, where it was sealed.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::{
    crypto::formats::{
        FieldAddress, FieldKey, Key256, SubjectKey, TenantKey, WrapAddress, field_key_version,
    },
    store::{Attribute, Cursor},
};
use standins::Emulator;
use std::{collections::HashMap, sync::OnceLock};

const PLACE: FieldAddress<'static> = FieldAddress {
    env: "local",
    tenant: "ten_1",
    table: "billing",
    pk: "T#ten_1#customer#cus_1",
    sk: "-",
    attribute: "email",
    kind: "customer",
    subject: "cus_1",
};
const WRAP: WrapAddress<'static> = WrapAddress {
    tenant: "ten_1",
    subject: "cus_1",
    purpose: "pii",
    subject_key_version: 2,
};

fn key(byte: u8) -> Key256 {
    Key256::from_slice(&[byte; 32]).unwrap()
}

fn field_key() -> FieldKey {
    let subject = SubjectKey::new(2, &key(7)).unwrap();
    subject.field_key(PLACE.table, PLACE.attribute).unwrap()
}

/// What is sealed once, so that it alone opens.
fn sealed() -> &'static [u8] {
    static SEALED: OnceLock<Vec<u8>> = OnceLock::new();
    SEALED.get_or_init(|| field_key().seal(&PLACE, b"ada@example.com").unwrap())
}

pub(crate) fn fields() -> Vec<Vec<u8>> {
    vec![sealed().to_vec(), field_key().seal(&PLACE, b"").unwrap()]
}

pub(crate) fn field(bytes: &[u8]) {
    let version = field_key_version(bytes);
    assert!(version.is_err() || bytes.len() >= 66, "too short for a field");
    if let Ok(plain) = field_key().open(&PLACE, bytes) {
        // A seed that libFuzzer has kept from an earlier run was sealed under the same key.
        assert!(
            plain.is_empty() || plain.as_slice() == b"ada@example.com",
            "opens what nobody sealed"
        );
        let elsewhere = FieldAddress {
            pk: "T#ten_2#customer#cus_1",
            ..PLACE
        };
        assert!(field_key().open(&elsewhere, bytes).is_err(), "opens elsewhere");
    }
}

pub(crate) fn wrapped_keys() -> Vec<Vec<u8>> {
    vec![TenantKey::new(3, key(9)).wrap(&WRAP, &key(5)).unwrap()]
}

pub(crate) fn wrapped_key(bytes: &[u8]) {
    let tenant = TenantKey::new(3, key(9));
    let version = TenantKey::wrap_version(bytes);
    if tenant.unwrap(&WRAP, bytes).is_ok() {
        assert_eq!(version, Ok(3), "opens under a version that it does not name");
        let elsewhere = WrapAddress {
            subject: "cus_2",
            ..WRAP
        };
        assert!(
            tenant.unwrap(&elsewhere, bytes).is_err(),
            "opens for another subject"
        );
    }
}

fn cursor_of(query: &str) -> Cursor {
    Cursor::new(&[3; 32], query.to_owned())
}

pub(crate) fn cursors() -> Vec<Vec<u8>> {
    let at = |text: &str| Attribute::S(text.to_owned());
    let last = HashMap::from([
        ("pk".to_owned(), at("T#ten_1#customer#cus_1")),
        ("sk".to_owned(), at("-")),
    ]);
    vec![cursor_of("ten_1|customers").make(&last).into_bytes()]
}

pub(crate) fn cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    assert!(
        cursor_of("ten_2|customers").read(text).is_none(),
        "read for another query"
    );
    if let Some(last) = cursor_of("ten_1|customers").read(text) {
        assert_eq!(last.len(), 2, "a cursor that nobody made");
    }
}

/// The local KMS, with a key.
fn kms() -> &'static (Emulator, String) {
    static KMS: OnceLock<(Emulator, String)> = OnceLock::new();
    KMS.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("ledgerkeep-fuzz-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let kms = Emulator::open(&dir, "eu-west-1", "000000000000", || 1_700_000_000_000).unwrap();
        let made = kms.call("TrentService.CreateKey", b"{}");
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        (kms, id)
    })
}

fn ask(operation: &str, body: &Value) -> (u16, Value) {
    let reply = kms()
        .0
        .call(&format!("TrentService.{operation}"), body.to_string().as_bytes());
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

pub(crate) fn kms_ciphertexts() -> Vec<Vec<u8>> {
    let body = json!({"KeyId": kms().1, "Plaintext": "c2VjcmV0", "EncryptionContext": {"tenant": "ten_1"}});
    let (_, sealed) = ask("Encrypt", &body);
    vec![
        STANDARD
            .decode(sealed["CiphertextBlob"].as_str().unwrap())
            .unwrap(),
    ]
}

pub(crate) fn kms_ciphertext(bytes: &[u8]) {
    let blob = STANDARD.encode(bytes);
    for context in [json!({"tenant": "ten_2"}), json!({})] {
        let (status, _) = ask(
            "Decrypt",
            &json!({"CiphertextBlob": blob, "EncryptionContext": context}),
        );
        assert_eq!(status, 400, "opens in another context");
    }
    let (status, answer) = ask(
        "Decrypt",
        &json!({"CiphertextBlob": blob, "EncryptionContext": {"tenant": "ten_1"}}),
    );
    assert!(
        status == 400 || answer["Plaintext"] == "c2VjcmV0",
        "{status} {answer}"
    );
}
