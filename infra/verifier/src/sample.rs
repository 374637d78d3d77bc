//! A small signed log for the tests, whose bundle can be changed line by line.

use super::{PublicKey, Report, verify};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use merkle::{Frontier, Hash, leaf_hash};
use serde_json::{Value, json};

pub const TENANT: &str = "ten_01hzx3v7m2";
pub const REGION: &str = "eu-west-1";

/// A key pair that signs checkpoints.
pub struct Signer(EcdsaKeyPair);

impl Signer {
    pub fn generate() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    pub fn der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.der());
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|l| std::str::from_utf8(l).unwrap())
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    pub fn key(&self) -> PublicKey {
        PublicKey::from_der(&self.der()).unwrap()
    }

    /// A checkpoint line with this body.
    pub fn sign(&self, body: &Value) -> String {
        let body = body.to_string();
        let signature = self.0.sign(&SystemRandom::new(), body.as_bytes()).unwrap();
        json!({"type": "checkpoint", "body": body, "signature": STANDARD.encode(signature.as_ref())})
            .to_string()
    }
}

pub fn id(index: u64) -> String {
    format!("aud_{index:026}")
}

/// The body of an entry: nested, with characters that JSON escapes and that it does not.
pub fn body(index: u64) -> Value {
    json!({"id": id(index), "tenant": TENANT, "activity": "price.update", "note": "„Größe“ \\ \u{1}\n",
        "before": {"id": "other", "amount": index}, "after": {"amount": index + 1, "tags": [null, true, 1.5]}})
}

/// An entry line with this body and its leaf hash.
pub fn entry(index: u64, id: &str, body: &Value) -> String {
    let body = body.to_string();
    let leaf = hex::encode(leaf_hash(body.as_bytes()));
    json!({"type": "entry", "index": index, "id": id, "leaf": leaf, "body": body}).to_string()
}

pub fn header(size: u64) -> Value {
    json!({"type": "header", "format": "ledgerkeep-audit-bundle/1", "tenant": TENANT, "region": REGION,
        "shard": 0, "size": size})
}

pub fn checkpoint(size: u64, root: &Hash) -> Value {
    json!({"format": "ledgerkeep-checkpoint/1", "tenant": TENANT, "region": REGION, "shard": 0, "size": size,
        "root": hex::encode(root), "time": "2026-07-11T01:14:00Z", "key_id": "key-1"})
}

/// The lines of a bundle over these bodies, with checkpoints at these sizes.
pub fn lines(signer: &Signer, bodies: &[Value], sizes: &[u64]) -> Vec<String> {
    let mut lines = vec![header(bodies.len() as u64).to_string()];
    let mut tree = Frontier::new();
    for index in 0..=bodies.len() as u64 {
        if sizes.contains(&index) {
            lines.push(signer.sign(&checkpoint(index, &tree.root())));
        }
        if let Some(body) = bodies.get(index as usize) {
            lines.push(entry(index, body["id"].as_str().unwrap(), body));
            tree.append(leaf_hash(body.to_string().as_bytes()));
        }
    }
    lines
}

/// The usual log: 12 entries, checkpoints at 5, 8 and 12.
///
/// So entries 0 to 4 stand on lines 2 to 6, 5 to 7 on lines 8 to 10, 8 to 11 on lines 12 to 15; checkpoints on 7, 11 and 16.
pub fn usual(signer: &Signer) -> Vec<String> {
    lines(signer, &(0..12).map(body).collect::<Vec<_>>(), &[5, 8, 12])
}

/// The roots of the usual log, by size.
pub fn root(size: u64) -> Hash {
    let mut tree = Frontier::new();
    (0..size).for_each(|index| tree.append(leaf_hash(body(index).to_string().as_bytes())));
    tree.root()
}

pub fn joined(lines: &[String]) -> Vec<u8> {
    (lines.join("\n") + "\n").into_bytes()
}

pub fn check(signer: &Signer, bundle: &[u8]) -> Report {
    verify(bundle, &[signer.key()], &|_| {})
}
