//! Sample envelopes.

use crate::{
    codec,
    names::{BASE64, OWN, PASSWORD, SOAP11, SOAP12, WSSE, WSU},
    operations::Operation,
};
use serde_json::Value;
use xml::{Unwritable, Writer};

/// A good envelope of an operation, in SOAP 1.1 or 1.2, but for who sends it and when.
///
/// # Errors
/// When the operation has no example that XML can hold.
pub fn sample(operation: Operation, twelve: bool) -> Result<String, Unwritable> {
    let soap = if twelve { SOAP12 } else { SOAP11 };
    let mut writer = Writer::new();
    writer.start("soap:Envelope", &[("xmlns:soap", soap)])?;
    writer.line();
    writer.start("soap:Header", &[])?;
    writer.line();
    writer.start(
        "wsse:Security",
        &[
            ("xmlns:wsse", WSSE),
            ("xmlns:wsu", WSU),
            ("soap:mustUnderstand", "1"),
        ],
    )?;
    writer.line();
    writer.start("wsse:UsernameToken", &[])?;
    writer.line();
    writer.leaf("wsse:Username", "client_id")?;
    writer.line();
    writer.start("wsse:Password", &[("Type", &format!("{PASSWORD}PasswordDigest"))])?;
    writer.text("Base64(SHA-1(nonce + created + soap_secret))")?;
    writer.end()?;
    writer.line();
    writer.start("wsse:Nonce", &[("EncodingType", BASE64)])?;
    writer.text("Base64 of 16 random bytes")?;
    writer.end()?;
    writer.line();
    writer.leaf("wsu:Created", "2026-01-15T09:30:00.000Z")?;
    writer.line();
    writer.end()?;
    writer.line();
    writer.end()?;
    if operation.function.declaration.takes_idempotency_key() {
        writer.line();
        writer.start("idempotencyKey", &[("xmlns", OWN)])?;
        writer.text(&format!("example-{}", operation.name))?;
        writer.end()?;
    }
    writer.line();
    writer.end()?;
    writer.line();
    writer.start("soap:Body", &[])?;
    writer.line();
    writer.start(operation.name, &[("xmlns", OWN)])?;
    let input = shared::openapi::input(operation.function);
    for field in operation.function.input {
        if let Some(value) = input.get(field.name).filter(|v| **v != Value::Null) {
            writer.line();
            codec::write(&mut writer, field.name, &(field.shape)(), value)?;
        }
    }
    writer.line();
    writer.end()?;
    writer.line();
    writer.end()?;
    writer.line();
    writer.end()?;
    Ok(writer.finish()? + "\n")
}
