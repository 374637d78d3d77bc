//! Signatures and message authentication codes.

use super::Kms;
use super::state::{Key, Usage};
use crate::wire::{Answer, Failure, Request, base64};
use aws_lc_rs::digest::{self, Digest, SHA256};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde_json::json;

/// The longest message.
const MOST_MESSAGE: usize = 4096;
/// The longest signature or code that is looked at.
const MOST_PROOF: usize = 6144;
const MAC: &str = "HMAC_SHA_256";
const SIGNATURE: &str = "ECDSA_SHA_256";
/// What KMS knows, whichever key it takes.
const MACS: [&str; 4] = ["HMAC_SHA_224", MAC, "HMAC_SHA_384", "HMAC_SHA_512"];
/// Likewise.
const SIGNATURES: [&str; 12] = [
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    SIGNATURE,
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "SM2DSA",
    "ED25519_SHA_512",
    "ML_DSA_SHAKE_256",
];

impl Kms {
    /// `GenerateMac`.
    pub(super) fn generate_mac(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let message = request.need_blob("Message", MOST_MESSAGE)?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::GenerateVerifyMac, "GenerateMac")?;
        only_algorithm(request, "MacAlgorithm", &MACS, key)?;
        let tag = hmac::sign(&mac_key(key)?, &message);
        Ok(json!({"Mac": base64(tag.as_ref()), "MacAlgorithm": MAC, "KeyId": self.arn(key)}))
    }

    /// `VerifyMac`.
    pub(super) fn verify_mac(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let message = request.need_blob("Message", MOST_MESSAGE)?;
        let mac = request.need_blob("Mac", MOST_PROOF)?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::GenerateVerifyMac, "VerifyMac")?;
        only_algorithm(request, "MacAlgorithm", &MACS, key)?;
        hmac::verify(&mac_key(key)?, &message, &mac)
            .map_err(|_| Failure::new("KMSInvalidMacException", "The MAC is not valid."))?;
        Ok(json!({"MacValid": true, "MacAlgorithm": MAC, "KeyId": self.arn(key)}))
    }

    /// `Sign`.
    pub(super) fn sign(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let message = Message::read(request)?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::SignVerify, "Sign")?;
        only_algorithm(request, "SigningAlgorithm", &SIGNATURES, key)?;
        let pair = key_pair(key)?;
        let signature = pair.sign_digest(&message.digest()?)?;
        Ok(
            json!({"Signature": base64(signature.as_ref()), "SigningAlgorithm": SIGNATURE, "KeyId": self.arn(key)}),
        )
    }

    /// `Verify`.
    pub(super) fn verify(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let message = Message::read(request)?;
        let signature = request.need_blob("Signature", MOST_PROOF)?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::SignVerify, "Verify")?;
        only_algorithm(request, "SigningAlgorithm", &SIGNATURES, key)?;
        let pair = key_pair(key)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, pair.public_key())
            .verify_digest(&message.digest()?, &signature)
            .map_err(|_| Failure::new("KMSInvalidSignatureException", "The signature is not valid."))?;
        Ok(json!({"SignatureValid": true, "SigningAlgorithm": SIGNATURE, "KeyId": self.arn(key)}))
    }

    /// `GetPublicKey`.
    pub(super) fn get_public_key(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        if key.spec.usage() != Usage::SignVerify {
            let message = format!("{} has no public key.", self.arn(key));
            return Err(Failure::new("UnsupportedOperationException", message));
        }
        self.enabled(key)?;
        let public: PublicKeyX509Der<'_> = key_pair(key)?.public_key().as_der()?;
        Ok(json!({
            "KeyId": self.arn(key),
            "PublicKey": base64(public.as_ref()),
            "CustomerMasterKeySpec": key.spec.name(),
            "KeySpec": key.spec.name(),
            "KeyUsage": key.spec.usage().name(),
            "SigningAlgorithms": [SIGNATURE],
        }))
    }
}

/// What is signed, as it was sent.
enum Message {
    Raw(zeroize::Zeroizing<Vec<u8>>),
    Digest(zeroize::Zeroizing<Vec<u8>>),
}

impl Message {
    fn read(request: &Request) -> Result<Self, Failure> {
        let bytes = request.need_blob("Message", MOST_MESSAGE)?;
        Ok(match request.one_of("MessageType", &["RAW", "DIGEST"])? {
            Some("DIGEST") => Self::Digest(bytes),
            _ => Self::Raw(bytes),
        })
    }

    fn digest(&self) -> Result<Digest, Failure> {
        match self {
            Self::Raw(message) => Ok(digest::digest(&SHA256, message)),
            Self::Digest(bytes) => Digest::import_less_safe(bytes, &SHA256).map_err(|_| {
                Failure::new(
                    "ValidationException",
                    format!("Digest is invalid length for algorithm {SIGNATURE}."),
                )
            }),
        }
    }
}

/// Refuses any algorithm but the key's own: one that nobody knows, and one that is another key's.
fn only_algorithm(request: &Request, member: &str, known: &[&str], key: &Key) -> Result<(), Failure> {
    request.need_text(member)?;
    let given = request.one_of(member, known)?.unwrap_or_default();
    if given == key.spec.algorithm().1 {
        return Ok(());
    }
    let message = format!(
        "Algorithm {given} is incompatible with key spec {}.",
        key.spec.name()
    );
    Err(Failure::new("InvalidKeyUsageException", message))
}

fn mac_key(key: &Key) -> Result<hmac::Key, Failure> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, key.current()?.1.bytes.expose()))
}

fn key_pair(key: &Key) -> Result<EcdsaKeyPair, Failure> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.current()?.1.bytes.expose())
        .map_err(|_| Failure::internal("the private key was refused"))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Dir, ok, refused};
    use crate::{Emulator, KeySpec};
    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    fn start(dir: &Dir) -> Emulator {
        let aws = dir.open();
        aws.kms.ensure_key("alias/mac", KeySpec::Hmac256, true).unwrap();
        aws.kms
            .ensure_key("alias/sign", KeySpec::EccNistP256, true)
            .unwrap();
        aws.kms
            .ensure_key("alias/encrypt", KeySpec::SymmetricDefault, true)
            .unwrap();
        aws
    }

    fn with(body: &Value, member: &str, value: Value) -> Value {
        let mut body = body.clone();
        body[member] = value;
        body
    }

    fn bytes(value: &Value) -> Vec<u8> {
        STANDARD.decode(value.as_str().unwrap()).unwrap()
    }

    #[test]
    fn macs() {
        let dir = Dir::new();
        let body = json!({"KeyId": "alias/mac", "Message": "AQID", "MacAlgorithm": "HMAC_SHA_256"});
        let mac = ok(&start(&dir), "TrentService.GenerateMac", body.clone())["Mac"].clone();
        assert_eq!(bytes(&mac).len(), 32);
        let aws = start(&dir);
        assert_eq!(
            ok(&aws, "TrentService.GenerateMac", body.clone())["Mac"],
            mac,
            "after a restart too"
        );
        let verify = with(&body, "Mac", mac.clone());
        assert_eq!(
            ok(&aws, "TrentService.VerifyMac", verify.clone())["MacValid"],
            true
        );
        for (member, value, kind) in [
            ("Message", json!("AQIE"), "KMSInvalidMacException"),
            ("Mac", json!("AAAA"), "KMSInvalidMacException"),
            ("MacAlgorithm", json!("HMAC_SHA_512"), "InvalidKeyUsageException"),
            ("MacAlgorithm", Value::Null, "ValidationException"),
            ("KeyId", json!("alias/encrypt"), "InvalidKeyUsageException"),
            ("Message", json!(""), "ValidationException"),
            (
                "Message",
                json!(STANDARD.encode([0; 4097])),
                "ValidationException",
            ),
        ] {
            refused(&aws, "TrentService.VerifyMac", with(&verify, member, value), kind);
        }
        let id = aws.kms.ensure_key("alias/mac", KeySpec::Hmac256, true).unwrap();
        ok(&aws, "TrentService.DisableKey", json!({"KeyId": id}));
        refused(&aws, "TrentService.GenerateMac", body, "DisabledException");
    }

    #[test]
    fn signatures() {
        let dir = Dir::new();
        let aws = start(&dir);
        let message = b"a message";
        let raw = json!({
            "KeyId": "alias/sign", "Message": STANDARD.encode(message), "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let hashed = with(&raw, "Message", json!(STANDARD.encode(digest(&SHA256, message))));
        let hashed = with(&hashed, "MessageType", json!("DIGEST"));
        let spki = ok(&aws, "TrentService.GetPublicKey", json!({"KeyId": "alias/sign"}));
        assert_eq!(spki["KeyUsage"], "SIGN_VERIFY");
        let public = bytes(&spki["PublicKey"]);
        assert_eq!(public.len(), 91, "SubjectPublicKeyInfo of a P-256 point");
        for signed in [&raw, &hashed] {
            let signature = ok(&aws, "TrentService.Sign", signed.clone())["Signature"].clone();
            assert_eq!(bytes(&signature)[0], 0x30, "DER");
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &public)
                .verify(message, &bytes(&signature))
                .unwrap();
            for verified in [&raw, &hashed] {
                let verify = with(verified, "Signature", signature.clone());
                assert_eq!(ok(&aws, "TrentService.Verify", verify)["SignatureValid"], true);
            }
            let verify = with(&raw, "Signature", signature);
            for (member, value, kind) in [
                ("Message", json!("AQIE"), "KMSInvalidSignatureException"),
                ("Signature", json!("AAAA"), "KMSInvalidSignatureException"),
                (
                    "SigningAlgorithm",
                    json!("ECDSA_SHA_384"),
                    "InvalidKeyUsageException",
                ),
                ("MessageType", json!("DIGEST"), "ValidationException"),
                ("KeyId", json!("alias/mac"), "InvalidKeyUsageException"),
            ] {
                refused(&aws, "TrentService.Verify", with(&verify, member, value), kind);
            }
        }
        let wrong = with(&raw, "MessageType", json!("HASH"));
        refused(&aws, "TrentService.Sign", wrong, "ValidationException");
        let symmetric = json!({"KeyId": "alias/encrypt"});
        refused(
            &aws,
            "TrentService.GetPublicKey",
            symmetric,
            "UnsupportedOperationException",
        );
    }
}
