//! The examples of RFC 9449, RFC 7638 and RFC 8037, and every way in which a proof does not hold.

use super::*;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::json;

const NOW: i64 = 1_700_000_000;
const ADDRESS: &str = "https://pay.example/billing/v1/customers";

fn expected(token: Option<&str>) -> Expected<'_> {
    Expected {
        method: "POST",
        address: ADDRESS,
        token,
        now: Timestamp::from_second(NOW).unwrap(),
    }
}

/// RFC 9449, section 4.1, figure 2.
const RFC: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

#[test]
fn the_example_of_the_rfc_and_its_thumbprint() {
    let at = |second| Expected {
        address: "https://server.example.com/token",
        now: Timestamp::from_second(second).unwrap(),
        ..expected(None)
    };
    let proof = Proof::verify(RFC, at(1_562_262_616)).unwrap();
    // Section 6.1, figure 8.
    assert_eq!(proof.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(proof.id, "-BwC3ESc6acc2lTc");
    for (second, good) in [(-6, false), (-5, true), (59, true), (60, false)] {
        assert_eq!(
            Proof::verify(RFC, at(1_562_262_616 + second)).is_some(),
            good,
            "{second}"
        );
    }
    let (head, signature) = RFC.rsplit_once('.').unwrap();
    let mut bytes = B64.decode(signature).unwrap();
    for bit in 0..512 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let turned = format!("{head}.{}", B64.encode(&bytes));
        assert_eq!(Proof::verify(&turned, at(1_562_262_616)), None, "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn the_thumbprint_of_rfc_8037_appendix_a_3() {
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let key = Key::parse("EdDSA", jwk.as_object().unwrap()).unwrap();
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

enum Pair {
    Es(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Pair {
    fn es() -> Self {
        Self::Es(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }
    fn alg(&self) -> &'static str {
        match self {
            Self::Es(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }
    fn jwk(&self) -> Value {
        match self {
            Self::Es(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..])})
            }
            Self::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": B64.encode(pair.public_key().as_ref())})
            }
        }
    }
    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.alg(), "jwk": self.jwk()})
    }
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            B64.encode(header.to_string()),
            B64.encode(claims.to_string())
        );
        let signature = match self {
            Self::Es(pair) => pair
                .sign(&SystemRandom::new(), signed.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", B64.encode(signature))
    }
}

fn with(value: &Value, name: &str, new: Value) -> Value {
    let mut changed = value.clone();
    changed[name] = new;
    changed
}

#[test]
fn a_proof_is_for_one_key_one_call_one_token_and_a_minute() {
    let token = "a.b.c";
    let ath = B64.encode(digest(&SHA256, token.as_bytes()));
    let claims = json!({"jti": "1", "htm": "POST", "htu": ADDRESS, "iat": NOW, "ath": ath});
    for pair in [Pair::es(), Pair::Ed(Ed25519KeyPair::generate().unwrap())] {
        let header = pair.header();
        let holds = |header: &Value, claims: &Value| {
            Proof::verify(&pair.sign(header, claims), expected(Some(token))).is_some()
        };
        assert!(holds(&header, &claims));
        for fine in [
            with(
                &claims,
                "htu",
                json!("HTTPS://PAY.example:443/billing/v1/customers?x=1#y"),
            ),
            with(&claims, "iat", json!(NOW - 59)),
            with(&claims, "iat", json!(NOW + 5)),
            with(&claims, "nonce", json!("whatever")),
        ] {
            assert!(holds(&header, &fine), "{fine}");
        }
        for bad in [
            with(&claims, "htm", json!("GET")),
            with(&claims, "htm", json!("post")),
            with(
                &claims,
                "htu",
                json!("https://pay.example/billing/v1/customers/1"),
            ),
            with(
                &claims,
                "htu",
                json!("https://pay.example.evil/billing/v1/customers"),
            ),
            with(&claims, "htu", json!("http://pay.example/billing/v1/customers")),
            with(
                &claims,
                "htu",
                json!("https://pay.example:8443/billing/v1/customers"),
            ),
            with(
                &claims,
                "htu",
                json!("https://x@pay.example/billing/v1/customers"),
            ),
            with(&claims, "htu", json!("/billing/v1/customers")),
            with(&claims, "iat", json!(NOW - 60)),
            with(&claims, "iat", json!(NOW + 6)),
            with(&claims, "iat", json!(i64::MIN)),
            with(&claims, "iat", json!(NOW.to_string())),
            with(&claims, "iat", Value::Null),
            with(&claims, "jti", json!("")),
            with(&claims, "jti", json!("x".repeat(129))),
            with(&claims, "jti", json!(7)),
            with(&claims, "ath", Value::Null),
            with(&claims, "ath", json!(B64.encode(digest(&SHA256, b"another")))),
        ] {
            assert!(!holds(&header, &bad), "{bad}");
        }
        let mut private = pair.jwk();
        private["d"] = json!("AA");
        for bad in [
            with(&header, "typ", json!("JWT")),
            with(&header, "typ", json!("at+jwt")),
            with(&header, "typ", Value::Null),
            with(&header, "alg", json!("none")),
            with(&header, "alg", json!("HS256")),
            with(&header, "alg", json!("ES384")),
            with(&header, "alg", json!("es256")),
            with(&header, "jwk", private),
            with(&header, "jwk", Pair::es().jwk()),
            with(&header, "jwk", Value::Null),
            with(&header, "jwk", json!({})),
            with(&header, "jwk", json!({"kty": "oct", "k": "AA"})),
            with(&header, "crit", json!(["x"])),
        ] {
            assert!(!holds(&bad, &claims), "{bad}");
        }
        let whole = pair.sign(&header, &claims);
        let (signed, _) = whole.rsplit_once('.').unwrap();
        let none = with(&header, "alg", json!("none"));
        let none = format!(
            "{}.{}.",
            B64.encode(none.to_string()),
            B64.encode(claims.to_string())
        );
        let mac = with(&header, "alg", json!("HS256"));
        let mac = format!(
            "{}.{}",
            B64.encode(mac.to_string()),
            B64.encode(claims.to_string())
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, pair.jwk().to_string().as_bytes());
        let mac = format!("{mac}.{}", B64.encode(hmac::sign(&key, mac.as_bytes())));
        for bad in [
            none,
            mac,
            String::new(),
            "..".into(),
            signed.to_owned(),
            format!("{signed}."),
            format!("{whole}x"),
            format!("{whole}="),
            format!("{whole}.{whole}"),
            format!("{signed}.{}", B64.encode([0; 64])),
        ] {
            assert_eq!(Proof::verify(&bad, expected(Some(token))), None, "{bad}");
        }
    }
}

#[test]
fn two_uses_of_one_proof_write_one_item_and_those_of_two_keys_two() {
    let tenant = TenantId::platform();
    let proof = |jkt: &str, id: &str| Proof {
        jkt: jkt.into(),
        id: id.into(),
        issued_at: NOW,
    };
    let key = |p: Proof| p.spend(&tenant, 401).unwrap().key().clone();
    assert_eq!(key(proof("a", "1")), key(proof("a", "1")));
    assert_ne!(key(proof("a", "1")), key(proof("b", "1")));
    assert_ne!(key(proof("a", "1")), key(proof("a", "2")));
}

#[test]
fn a_date_may_have_a_fraction() {
    let iat = |iat: &str| {
        let text = format!(r#"{{"jti": "a", "htm": "GET", "htu": "https://x", "iat": {iat}}}"#);
        serde_json::from_str::<Claims>(&text)
            .ok()
            .map(|claims| claims.iat)
    };
    assert_eq!(iat("1764320000"), Some(1_764_320_000));
    assert_eq!(iat("1764320000.75"), Some(1_764_320_000));
    assert_eq!(iat("1.76432e9"), Some(1_764_320_000));
    for bad in ["\"1764320000\"", "null", "1e300", "true"] {
        assert_eq!(iat(bad), None, "{bad}");
    }
}
