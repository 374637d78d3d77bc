//! The KMS client: named keys only, every call counted, every failure closed. Sending is boxed as it is for DynamoDB.

use super::{Purpose, formats::Key256};
use crate::{
    kernel::{ids::TenantId, time::Clock},
    store::{
        data_role::Reach,
        meter::{KmsUse, Meter},
    },
};
use aws_sdk_kms::{
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
    types::{DataKeySpec, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec},
};
use futures::FutureExt;
use std::{collections::HashMap, sync::Arc};
use zeroize::Zeroize;

/// A KMS key by what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyUse {
    /// Wraps tenant keys of one purpose.
    Wrap(Purpose),
    /// Signs access tokens.
    Token,
    /// Signs audit checkpoints.
    Checkpoint,
    /// Makes card fingerprints.
    Fingerprint,
    /// Verifies access tokens beside [`Self::Token`]: the key that signs next, or the one that signed until now.
    TokenBeside,
}

impl KeyUse {
    /// Every KMS key.
    pub const ALL: [Self; 9] = [
        Self::Wrap(Purpose::Pii),
        Self::Wrap(Purpose::Card),
        Self::Wrap(Purpose::Audit),
        Self::Wrap(Purpose::Secret),
        Self::Wrap(Purpose::Index),
        Self::Token,
        Self::Checkpoint,
        Self::Fingerprint,
        Self::TokenBeside,
    ];

    /// Its name: `pii`, …, `token`, `checkpoint`, `fingerprint`, `token-beside`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wrap(p) => p.name(),
            Self::Token => "token",
            Self::Checkpoint => "checkpoint",
            Self::Fingerprint => "fingerprint",
            Self::TokenBeside => "token-beside",
        }
    }

    /// The environment variable that holds its ARN or alias.
    #[must_use]
    pub fn variable(self) -> String {
        format!("KMS_KEY_{}", self.name().to_uppercase().replace('-', "_"))
    }
}

/// What KMS says of a key that cannot be used, whenever it is asked.
const REFUSALS: [&str; 7] = [
    "AccessDeniedException",
    "DisabledException",
    "InvalidArnException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
    "NotFoundException",
    "ValidationException",
];

/// KMS did not do what was asked. The text names operation and error code, nothing else.
#[derive(Debug)]
pub struct KmsError(pub String);

/// The keys a function may use.
#[derive(Clone)]
pub struct Kms {
    reach: Reach,
    keys: HashMap<KeyUse, String>,
    env: String,
    clock: Arc<dyn Clock>,
}

fn failed<E: ProvideErrorMetadata, R>(meter: &Meter, operation: &str, error: &SdkError<E, R>) -> KmsError {
    meter.kms_error();
    let code = match error {
        SdkError::ServiceError(e) => e.err().code().unwrap_or("unknown").to_owned(),
        SdkError::TimeoutError(_) => "timeout".into(),
        SdkError::DispatchFailure(_) => "not reachable".into(),
        _ => "no valid answer".into(),
    };
    KmsError(format!("kms {operation}: {code}"))
}

impl Kms {
    /// Keys by their use; `env` goes into every encryption context.
    #[must_use]
    pub fn new(reach: Reach, keys: HashMap<KeyUse, String>, env: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            reach,
            keys,
            env,
            clock,
        }
    }

    /// The environment's name.
    #[must_use]
    pub fn env(&self) -> &str {
        &self.env
    }

    fn key(&self, key: KeyUse) -> Result<&str, KmsError> {
        self.keys
            .get(&key)
            .map(String::as_str)
            .ok_or_else(|| KmsError(format!("{} is not set", key.variable())))
    }

    /// Whether the configuration names this key.
    #[must_use]
    pub fn has(&self, key: KeyUse) -> bool {
        self.keys.contains_key(&key)
    }

    /// The key that wraps a tenant's keys of a purpose: the tenant's own, as it is called in this region, or the
    /// platform's.
    fn wrapping(&self, purpose: Purpose, own: Option<&str>) -> Result<String, KmsError> {
        let Some(arn) = own else {
            return self.key(KeyUse::Wrap(purpose)).map(str::to_owned);
        };
        let mut parts: Vec<&str> = arn.split(':').collect();
        if let (Some(part), Some(region)) = (parts.get_mut(3), self.reach.own().kms.config().region()) {
            *part = region.as_ref();
        }
        Ok(parts.join(":"))
    }

    fn context(&self, tenant: &TenantId, purpose: Purpose, version: u32) -> HashMap<String, String> {
        HashMap::from([
            ("app".to_owned(), "ledgerkeep".to_owned()),
            ("env".to_owned(), self.env.clone()),
            ("tenant".to_owned(), tenant.to_string()),
            ("purpose".to_owned(), purpose.name().to_owned()),
            ("version".to_owned(), version.to_string()),
        ])
    }

    /// A new tenant key, in clear and wrapped: by the platform's key, or by the tenant's own.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn new_tenant_key(
        &self,
        meter: &Meter,
        tenant: &TenantId,
        purpose: Purpose,
        version: u32,
        own: Option<&str>,
    ) -> Result<(Key256, Vec<u8>), KmsError> {
        meter.kms(KmsUse::Data);
        let _wait = meter.wait(&*self.clock);
        let session = self.reach.to_tenant(meter, tenant).await.map_err(KmsError)?;
        let answer = session
            .kms
            .generate_data_key()
            .key_id(self.wrapping(purpose, own)?)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(self.context(tenant, purpose, version)))
            .send()
            .boxed()
            .await
            .map_err(|e| failed(meter, "GenerateDataKey", &e))?;
        let (Some(plain), Some(wrapped)) = (answer.plaintext, answer.ciphertext_blob) else {
            return Err(KmsError("kms GenerateDataKey: incomplete answer".into()));
        };
        let mut plain = plain.into_inner();
        let key = Key256::from_slice(&plain).map_err(|e| KmsError(e.to_string()));
        plain.zeroize();
        Ok((key?, wrapped.into_inner()))
    }

    /// Unwraps a tenant key.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn unwrap_tenant_key(
        &self,
        meter: &Meter,
        tenant: &TenantId,
        purpose: Purpose,
        version: u32,
        wrapped: &[u8],
        own: Option<&str>,
    ) -> Result<Key256, KmsError> {
        meter.kms(KmsUse::Data);
        let _wait = meter.wait(&*self.clock);
        let session = self.reach.to_tenant(meter, tenant).await.map_err(KmsError)?;
        let answer = session
            .kms
            .decrypt()
            .key_id(self.wrapping(purpose, own)?)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(self.context(tenant, purpose, version)))
            .send()
            .boxed()
            .await
            .map_err(|e| failed(meter, "Decrypt", &e))?;
        let mut plain = answer
            .plaintext
            .ok_or_else(|| KmsError("kms Decrypt: incomplete answer".into()))?
            .into_inner();
        let key = Key256::from_slice(&plain).map_err(|e| KmsError(e.to_string()));
        plain.zeroize();
        key
    }

    /// A wrapped tenant key, wrapped by another KMS key; nobody sees it in clear. The inner error is what KMS refuses
    /// either key for.
    ///
    /// # Errors
    /// When KMS does not answer.
    pub async fn rewrap_tenant_key(
        &self,
        meter: &Meter,
        (tenant, purpose, version): (&TenantId, Purpose, u32),
        wrapped: &[u8],
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Result<Vec<u8>, String>, KmsError> {
        meter.kms(KmsUse::Data);
        let _wait = meter.wait(&*self.clock);
        let context = self.context(tenant, purpose, version);
        let session = self.reach.to_tenant(meter, tenant).await.map_err(KmsError)?;
        let sent = session
            .kms
            .re_encrypt()
            .source_key_id(self.wrapping(purpose, from)?)
            .destination_key_id(self.wrapping(purpose, to)?)
            .ciphertext_blob(Blob::new(wrapped))
            .set_source_encryption_context(Some(context.clone()))
            .set_destination_encryption_context(Some(context))
            .send()
            .boxed()
            .await;
        match sent {
            Ok(answer) => Ok(Ok(answer
                .ciphertext_blob
                .ok_or_else(|| KmsError("kms ReEncrypt: incomplete answer".into()))?
                .into_inner())),
            Err(e) => {
                let code = e.as_service_error().and_then(ProvideErrorMetadata::code);
                match code.filter(|code| REFUSALS.contains(code)) {
                    Some(code) => Ok(Err(code.to_owned())),
                    None => Err(failed(meter, "ReEncrypt", &e)),
                }
            }
        }
    }

    /// An ECDSA P-256 signature over SHA-256 of the message, DER.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn sign(&self, meter: &Meter, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, KmsError> {
        meter.kms(KmsUse::Sign);
        let _wait = meter.wait(&*self.clock);
        let answer = self
            .reach
            .own()
            .kms
            .sign()
            .key_id(self.key(key)?)
            .message(Blob::new(message))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .boxed()
            .await
            .map_err(|e| failed(meter, "Sign", &e))?;
        Ok(answer
            .signature
            .ok_or_else(|| KmsError("kms Sign: incomplete answer".into()))?
            .into_inner())
    }

    /// The public key, DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn public_key(&self, meter: &Meter, key: KeyUse) -> Result<Vec<u8>, KmsError> {
        meter.kms(KmsUse::Sign);
        let _wait = meter.wait(&*self.clock);
        let answer = self
            .reach
            .own()
            .kms
            .get_public_key()
            .key_id(self.key(key)?)
            .send()
            .boxed()
            .await
            .map_err(|e| failed(meter, "GetPublicKey", &e))?;
        Ok(answer
            .public_key
            .ok_or_else(|| KmsError("kms GetPublicKey: incomplete answer".into()))?
            .into_inner())
    }

    /// HMAC-SHA-256 under a key that never leaves KMS.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn mac(&self, meter: &Meter, key: KeyUse, message: &[u8]) -> Result<Vec<u8>, KmsError> {
        meter.kms(KmsUse::Mac);
        let _wait = meter.wait(&*self.clock);
        let answer = self
            .reach
            .own()
            .kms
            .generate_mac()
            .key_id(self.key(key)?)
            .message(Blob::new(message))
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .send()
            .boxed()
            .await
            .map_err(|e| failed(meter, "GenerateMac", &e))?;
        Ok(answer
            .mac
            .ok_or_else(|| KmsError("kms GenerateMac: incomplete answer".into()))?
            .into_inner())
    }
}
