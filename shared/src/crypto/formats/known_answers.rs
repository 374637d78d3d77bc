//! Known answers for the primitives under the formats, from `tests/vectors/known_answers.json`, which names their sources.

use super::key::{Key256, expand};
use aws_lc_rs::{
    aead::{Aad, Nonce},
    hkdf::{HKDF_SHA512, Salt},
    hmac,
};
use serde_json::Value;

fn tests(of: &str) -> Vec<Value> {
    let text = include_str!("../../../../tests/vectors/known_answers.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let tests = all[of]["tests"].as_array().unwrap().clone();
    assert!(tests.len() >= 4 && all[of]["source"].is_string());
    tests
}

fn bytes(test: &Value, name: &str) -> Vec<u8> {
    hex::decode(test[name].as_str().unwrap()).unwrap()
}

#[test]
fn aes_256_gcm() {
    for test in tests("aes_256_gcm") {
        let cipher = Key256::from_slice(&bytes(&test, "key"))
            .unwrap()
            .cipher()
            .unwrap();
        let nonce = || Nonce::try_assume_unique_for_key(&bytes(&test, "nonce")).unwrap();
        let aad = bytes(&test, "aad");
        let expected = [bytes(&test, "ciphertext"), bytes(&test, "tag")].concat();
        let mut sealed = bytes(&test, "plaintext");
        cipher
            .seal_in_place_append_tag(nonce(), Aad::from(&aad), &mut sealed)
            .unwrap();
        assert_eq!(sealed, expected, "case {}", test["case"]);
        for bit in 0..expected.len() * 8 {
            let mut bad = expected.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let opened = cipher.open_in_place(nonce(), Aad::from(&aad), &mut bad);
            assert!(opened.is_err(), "case {}, bit {bit}", test["case"]);
        }
        let mut opened = expected;
        let plain = cipher
            .open_in_place(nonce(), Aad::from(&aad), &mut opened)
            .unwrap();
        assert_eq!(plain, bytes(&test, "plaintext"));
    }
}

#[test]
fn hkdf_sha512() {
    for test in tests("hkdf_sha512") {
        let prk = Salt::new(HKDF_SHA512, &bytes(&test, "salt")).extract(&bytes(&test, "ikm"));
        let made = expand(&prk, &bytes(&test, "info")).unwrap();
        assert_eq!(
            made.as_bytes()[..],
            bytes(&test, "okm")[..32],
            "case {}",
            test["case"]
        );
    }
}

#[test]
fn hmac_sha256() {
    for test in tests("hmac_sha256") {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes(&test, "key"));
        let tag = hmac::sign(&key, &bytes(&test, "message"));
        assert_eq!(tag.as_ref(), bytes(&test, "tag"), "case {}", test["case"]);
        let mut bad = bytes(&test, "tag");
        bad[0] ^= 1;
        assert!(hmac::verify(&key, &bytes(&test, "message"), &bad).is_err());
    }
}
