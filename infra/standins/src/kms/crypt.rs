//! Encrypting and decrypting.

use super::Kms;
use super::blob::{self, Blob, Context};
use super::state::{State, Usage};
use crate::wire::{self, Answer, Failure, Request, base64};
use serde_json::json;
use zeroize::Zeroizing;

/// The longest plaintext.
const MOST_PLAINTEXT: usize = 4096;
/// The longest ciphertext.
const MOST_CIPHERTEXT: usize = 6144;
const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

/// What was opened: by which key, and which of its materials.
struct Opened {
    plaintext: Zeroizing<Vec<u8>>,
    arn: String,
    material: String,
}

impl Kms {
    /// `Encrypt`.
    pub(super) fn encrypt(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let plaintext = request.need_blob("Plaintext", MOST_PLAINTEXT)?;
        let context = request.texts("EncryptionContext")?;
        only_algorithm(request, "EncryptionAlgorithm")?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::EncryptDecrypt, "Encrypt")?;
        let (blob, _) = blob::seal(key, &plaintext, &context)?;
        Ok(json!({"CiphertextBlob": base64(&blob), "KeyId": self.arn(key), "EncryptionAlgorithm": ALGORITHM}))
    }

    /// `Decrypt`.
    pub(super) fn decrypt(&self, request: &Request) -> Answer {
        let ciphertext = request.need_blob("CiphertextBlob", MOST_CIPHERTEXT)?;
        let context = request.texts("EncryptionContext")?;
        only_algorithm(request, "EncryptionAlgorithm")?;
        let opened = self.open_blob(
            &*self.state()?,
            "Decrypt",
            &ciphertext,
            request.text("KeyId")?,
            &context,
        )?;
        Ok(json!({
            "Plaintext": base64(&opened.plaintext),
            "KeyId": opened.arn,
            "KeyMaterialId": opened.material,
            "EncryptionAlgorithm": ALGORITHM,
        }))
    }

    /// `ReEncrypt`: the plaintext never leaves.
    pub(super) fn re_encrypt(&self, request: &Request) -> Answer {
        let ciphertext = request.need_blob("CiphertextBlob", MOST_CIPHERTEXT)?;
        let given = request.need_text("DestinationKeyId")?;
        let source_context = request.texts("SourceEncryptionContext")?;
        let context = request.texts("DestinationEncryptionContext")?;
        only_algorithm(request, "SourceEncryptionAlgorithm")?;
        only_algorithm(request, "DestinationEncryptionAlgorithm")?;
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::EncryptDecrypt, "ReEncrypt")?;
        let source = request.text("SourceKeyId")?;
        let opened = self.open_blob(&state, "ReEncrypt", &ciphertext, source, &source_context)?;
        let (blob, material) = blob::seal(key, &opened.plaintext, &context)?;
        Ok(json!({
            "CiphertextBlob": base64(&blob),
            "KeyId": self.arn(key),
            "SourceKeyId": opened.arn,
            "SourceEncryptionAlgorithm": ALGORITHM,
            "DestinationEncryptionAlgorithm": ALGORITHM,
            "SourceKeyMaterialId": opened.material,
            "DestinationKeyMaterialId": material,
        }))
    }

    /// `GenerateDataKey`, and `GenerateDataKeyWithoutPlaintext`.
    pub(super) fn generate_data_key(&self, request: &Request, with_plaintext: bool) -> Answer {
        let given = request.need_text("KeyId")?;
        let context = request.texts("EncryptionContext")?;
        let length = request.number("NumberOfBytes", 1..=1024)?;
        let spec = request.one_of("KeySpec", &["AES_256", "AES_128"])?;
        let length = match (length, spec) {
            (Some(length), None) => usize::try_from(length).unwrap_or_default(),
            (None, Some("AES_128")) => 16,
            (None, Some(_)) => 32,
            _ => {
                let message = "Please specify either number of bytes or key spec.";
                return Err(Failure::new("ValidationException", message));
            }
        };
        let operation = if with_plaintext {
            "GenerateDataKey"
        } else {
            "GenerateDataKeyWithoutPlaintext"
        };
        let state = self.state()?;
        let key = self.resolve(&state, given)?;
        self.usable(key, Usage::EncryptDecrypt, operation)?;
        let plaintext = wire::random(length)?;
        let (blob, material) = blob::seal(key, &plaintext, &context)?;
        let mut answer =
            json!({"CiphertextBlob": base64(&blob), "KeyId": self.arn(key), "KeyMaterialId": material});
        if let (Some(members), true) = (answer.as_object_mut(), with_plaintext) {
            members.insert("Plaintext".to_owned(), json!(base64(&plaintext)));
        }
        Ok(answer)
    }

    /// Opens a ciphertext under the key it names, which must be the key the caller named, if he did.
    fn open_blob(
        &self,
        state: &State,
        operation: &str,
        ciphertext: &[u8],
        given: Option<&str>,
        context: &Context<'_>,
    ) -> Result<Opened, Failure> {
        let expected = match given {
            Some(given) => {
                let key = self.resolve(state, given)?;
                self.usable(key, Usage::EncryptDecrypt, operation)?;
                Some(key)
            }
            None => None,
        };
        let blob = Blob::parse(ciphertext).ok_or_else(blob::invalid)?;
        if expected.is_some_and(|key| key.id != blob.key) {
            let message =
                "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Failure::new("IncorrectKeyException", message));
        }
        let key = state.keys.get(blob.key).ok_or_else(|| {
            let message = "The ciphertext refers to a customer master key that does not exist, does not exist in this \
                           region, or you are not allowed to access.";
            Failure::new("AccessDeniedException", message)
        })?;
        self.usable(key, Usage::EncryptDecrypt, operation)?;
        let (plaintext, material) = blob.open(key, context).ok_or_else(blob::invalid)?;
        Ok(Opened {
            plaintext,
            arn: self.arn(key),
            material: material.to_owned(),
        })
    }
}

/// Symmetric keys know one algorithm.
fn only_algorithm(request: &Request, name: &str) -> Result<(), Failure> {
    match request.one_of(
        name,
        &[ALGORITHM, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"],
    )? {
        None | Some(ALGORITHM) => Ok(()),
        Some(other) => {
            let message = format!("Algorithm {other} is incompatible with key spec {ALGORITHM}.");
            Err(Failure::new("InvalidKeyUsageException", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{DAY, Dir, advance, ok, refused};
    use crate::{Emulator, KeySpec};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    const SECRET: &str = "c2VjcmV0";

    fn start(dir: &Dir) -> Emulator {
        let aws = dir.open();
        for alias in ["alias/a", "alias/b"] {
            aws.kms
                .ensure_key(alias, KeySpec::SymmetricDefault, true)
                .unwrap();
        }
        aws.kms.ensure_key("alias/mac", KeySpec::Hmac256, false).unwrap();
        aws
    }

    fn encrypt(aws: &Emulator, alias: &str) -> Value {
        let body = json!({"KeyId": alias, "Plaintext": SECRET, "EncryptionContext": {"t": "1", "a": "x"}});
        ok(aws, "TrentService.Encrypt", body)["CiphertextBlob"].clone()
    }

    fn id(aws: &Emulator, alias: &str) -> Value {
        ok(aws, "TrentService.DescribeKey", json!({"KeyId": alias}))["KeyMetadata"]["KeyId"].clone()
    }

    #[test]
    fn encrypt_and_decrypt() {
        let dir = Dir::new();
        let aws = start(&dir);
        let blob = encrypt(&aws, "alias/a");
        let context = json!({"a": "x", "t": "1"});
        for key in [Value::Null, json!("alias/a"), id(&aws, "alias/a")] {
            let body = json!({"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": key});
            let answer = ok(&aws, "TrentService.Decrypt", body);
            assert_eq!(answer["Plaintext"], SECRET);
            assert_eq!(answer["EncryptionAlgorithm"], "SYMMETRIC_DEFAULT");
            assert!(
                answer["KeyId"]
                    .as_str()
                    .unwrap()
                    .starts_with("arn:aws:kms:eu-central-1:111122223333:key/mrk-")
            );
        }
        let decrypt = |body: Value, kind: &str| refused(&aws, "TrentService.Decrypt", body, kind);
        let mine = json!({"a": "x", "t": "1"});
        for other in [
            json!({}),
            json!({"a": "x"}),
            json!({"a": "x", "t": "2"}),
            json!({"a": "1", "t": "x"}),
        ] {
            decrypt(
                json!({"CiphertextBlob": blob, "EncryptionContext": other}),
                "InvalidCiphertextException",
            );
        }
        let under = |key: &str| json!({"CiphertextBlob": blob, "EncryptionContext": mine, "KeyId": key});
        decrypt(under("alias/b"), "IncorrectKeyException");
        decrypt(under("alias/mac"), "InvalidKeyUsageException");
        decrypt(under("alias/none"), "NotFoundException");
        decrypt(
            json!({"CiphertextBlob": "AAAA", "EncryptionContext": mine}),
            "InvalidCiphertextException",
        );
        decrypt(
            json!({"CiphertextBlob": "", "EncryptionContext": mine}),
            "ValidationException",
        );
        decrypt(json!({"CiphertextBlob": "%"}), "SerializationException");
        decrypt(
            json!({"CiphertextBlob": blob, "EncryptionContext": {"a": 1}}),
            "SerializationException",
        );
        let rsa = json!({"CiphertextBlob": blob, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"});
        decrypt(rsa, "InvalidKeyUsageException");
        let mut damaged = STANDARD.decode(blob.as_str().unwrap()).unwrap();
        *damaged.last_mut().unwrap() ^= 1;
        let damaged = json!({"CiphertextBlob": STANDARD.encode(damaged), "EncryptionContext": mine});
        decrypt(damaged, "InvalidCiphertextException");
    }

    #[test]
    fn plaintexts_have_limits() {
        let dir = Dir::new();
        let aws = start(&dir);
        let body = |length: usize| json!({"KeyId": "alias/a", "Plaintext": STANDARD.encode(vec![0; length])});
        let blob = ok(&aws, "TrentService.Encrypt", body(4096))["CiphertextBlob"].clone();
        ok(&aws, "TrentService.Decrypt", json!({"CiphertextBlob": blob}));
        refused(&aws, "TrentService.Encrypt", body(4097), "ValidationException");
        refused(&aws, "TrentService.Encrypt", body(0), "ValidationException");
        let mac = json!({"KeyId": "alias/mac", "Plaintext": SECRET});
        refused(&aws, "TrentService.Encrypt", mac, "InvalidKeyUsageException");
    }

    #[test]
    fn a_key_must_be_enabled() {
        let dir = Dir::new();
        let aws = start(&dir);
        let (key, context) = (id(&aws, "alias/a"), json!({"a": "x", "t": "1"}));
        let decrypt = json!({"CiphertextBlob": encrypt(&aws, "alias/a"), "EncryptionContext": context});
        let encrypt = json!({"KeyId": key, "Plaintext": SECRET});
        let key = json!({"KeyId": key});
        ok(&aws, "TrentService.DisableKey", key.clone());
        refused(&aws, "TrentService.Decrypt", decrypt.clone(), "DisabledException");
        refused(&aws, "TrentService.Encrypt", encrypt.clone(), "DisabledException");
        ok(&aws, "TrentService.EnableKey", key.clone());
        ok(&aws, "TrentService.Decrypt", decrypt.clone());
        ok(
            &aws,
            "TrentService.ScheduleKeyDeletion",
            json!({"KeyId": key["KeyId"], "PendingWindowInDays": 7}),
        );
        refused(
            &aws,
            "TrentService.Decrypt",
            decrypt.clone(),
            "KMSInvalidStateException",
        );
        refused(&aws, "TrentService.Encrypt", encrypt, "KMSInvalidStateException");
        advance(7 * DAY);
        refused(&aws, "TrentService.Decrypt", decrypt, "AccessDeniedException");
    }

    #[test]
    fn re_encryption() {
        let dir = Dir::new();
        let aws = start(&dir);
        let blob = encrypt(&aws, "alias/a");
        let body = json!({
            "CiphertextBlob": blob, "SourceEncryptionContext": {"a": "x", "t": "1"},
            "DestinationKeyId": "alias/b", "DestinationEncryptionContext": {"n": "2"},
        });
        let answer = ok(&aws, "TrentService.ReEncrypt", body.clone());
        assert_ne!(answer["KeyId"], answer["SourceKeyId"]);
        let blob = answer["CiphertextBlob"].clone();
        let opened = ok(
            &aws,
            "TrentService.Decrypt",
            json!({"CiphertextBlob": blob, "EncryptionContext": {"n": "2"}}),
        );
        assert_eq!(opened["Plaintext"], SECRET);
        assert_eq!(opened["KeyId"], answer["KeyId"]);
        for (member, value, kind) in [
            ("SourceKeyId", json!("alias/b"), "IncorrectKeyException"),
            ("SourceEncryptionContext", json!({}), "InvalidCiphertextException"),
            ("DestinationKeyId", json!("alias/mac"), "InvalidKeyUsageException"),
            ("DestinationKeyId", json!("alias/none"), "NotFoundException"),
        ] {
            let mut body = body.clone();
            body[member] = value;
            refused(&aws, "TrentService.ReEncrypt", body, kind);
        }
    }

    #[test]
    fn data_keys() {
        let dir = Dir::new();
        let aws = start(&dir);
        for (member, value, length) in [
            ("KeySpec", json!("AES_256"), 32),
            ("KeySpec", json!("AES_128"), 16),
            ("NumberOfBytes", json!(64), 64),
        ] {
            let body = json!({"KeyId": "alias/a", member: value, "EncryptionContext": {"p": "card"}});
            let key = ok(&aws, "TrentService.GenerateDataKey", body);
            assert_eq!(
                STANDARD.decode(key["Plaintext"].as_str().unwrap()).unwrap().len(),
                length
            );
            let decrypt =
                json!({"CiphertextBlob": key["CiphertextBlob"], "EncryptionContext": {"p": "card"}});
            assert_eq!(
                ok(&aws, "TrentService.Decrypt", decrypt)["Plaintext"],
                key["Plaintext"]
            );
        }
        let without = "TrentService.GenerateDataKeyWithoutPlaintext";
        let key = ok(&aws, without, json!({"KeyId": "alias/a", "KeySpec": "AES_256"}));
        assert!(key.get("Plaintext").is_none());
        for body in [
            json!({"KeyId": "alias/a"}),
            json!({"KeyId": "alias/a", "KeySpec": "AES_256", "NumberOfBytes": 32}),
            json!({"KeyId": "alias/a", "KeySpec": "AES_512"}),
            json!({"KeyId": "alias/a", "NumberOfBytes": 1025}),
        ] {
            refused(&aws, "TrentService.GenerateDataKey", body, "ValidationException");
        }
        let mac = json!({"KeyId": "alias/mac", "KeySpec": "AES_256"});
        refused(&aws, without, mac, "InvalidKeyUsageException");
    }

    #[test]
    fn ciphertexts_outlive_rotation_and_restart() {
        let dir = Dir::new();
        let context = json!({"a": "x", "t": "1"});
        let mut blobs = Vec::new();
        for _ in 0..3 {
            let aws = start(&dir);
            blobs.push(encrypt(&aws, "alias/a"));
            ok(
                &aws,
                "TrentService.RotateKeyOnDemand",
                json!({"KeyId": id(&aws, "alias/a")}),
            );
        }
        let aws = dir.open();
        let materials = blobs.iter().map(|blob| {
            let body = json!({"CiphertextBlob": blob, "EncryptionContext": context});
            ok(&aws, "TrentService.Decrypt", body)["KeyMaterialId"]
                .as_str()
                .unwrap()
                .to_owned()
        });
        assert_eq!(materials.collect::<std::collections::BTreeSet<_>>().len(), 3);
    }
}
