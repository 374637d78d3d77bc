//! The test vectors of Web Authentication, level 3 (sections 16.2 and 16.3), and everything that can be wrong.

use super::*;
use crate::passkeys::cose::{EDDSA, ES256, RS256};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};

const W3C: RelyingParty<'static> = RelyingParty {
    id: "example.org",
    origin: "https://example.org",
};

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// `none.ES256`: challenge, client data and attestation object of the registration.
const NONE: [&str; 3] = [
    "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
];
/// Challenge, client data, authenticator data and signature of its assertion.
const NONE_GET: [&str; 4] = [
    "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
];
/// Where the public key stands in the attestation object of `none.ES256`.
const NONE_KEY: &str = "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";
/// `packed-self.ES256`.
const PACKED: [&str; 3] = [
    "7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5",
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f307859485667227d",
    "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2",
];

fn registered(vector: [&str; 3]) -> Result<Credential, Refusal> {
    let [challenge, client, attestation] = vector.map(hex);
    register(W3C, &hash(&challenge), &client, &attestation)
}

fn asserted(vector: [&str; 4], key: &str) -> Result<u32, Refusal> {
    let [challenge, client, authenticator, signature] = vector.map(hex);
    let assertion = Assertion {
        client: &client,
        authenticator: &authenticator,
        signature: &signature,
    };
    assert(W3C, &hash(&challenge), &hex(key), assertion)
}

#[test]
fn the_vectors_of_the_standard() {
    let made = registered(PACKED).unwrap();
    let id = "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c";
    assert_eq!((made.id, made.counter), (hex(id), 0));
    assert_eq!(key(&made.key).unwrap().algorithm(), ES256);
    // In these nobody was verified, which is the last that is looked at: all else holds, the signature, too.
    assert_eq!(registered(NONE).unwrap_err(), Refusal::NotVerified);
    assert_eq!(asserted(NONE_GET, NONE_KEY).unwrap_err(), Refusal::NotVerified);
    let other = PACKED[2].rsplit_once("a5010203").unwrap().1;
    assert_eq!(
        asserted(NONE_GET, &format!("a5010203{other}")),
        Err(Refusal::Signature)
    );
}

#[test]
fn no_bit_of_a_vector_can_be_turned() {
    for (at, part) in PACKED.iter().enumerate() {
        let whole = hex(part);
        for bit in 0..whole.len() * 8 {
            let mut parts = PACKED.map(hex);
            parts[at][bit / 8] ^= 1 << (bit % 8);
            let [challenge, client, attestation] = &parts;
            let made = register(W3C, &hash(challenge), client, attestation);
            assert!(made.is_err(), "bit {bit} of part {at}");
        }
    }
    for (at, part) in NONE_GET.iter().enumerate() {
        for bit in 0..hex(part).len() * 8 {
            let mut parts = NONE_GET.map(hex);
            parts[at][bit / 8] ^= 1 << (bit % 8);
            let [challenge, client, authenticator, signature] = &parts;
            let assertion = Assertion {
                client,
                authenticator,
                signature,
            };
            let refused = assert(W3C, &hash(challenge), &hex(NONE_KEY), assertion).unwrap_err();
            assert_ne!(refused, Refusal::NotVerified, "bit {bit} of part {at}");
        }
    }
}

/// An authenticator with one key of an algorithm.
enum Key {
    Es(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rs(RsaKeyPair),
}

impl Key {
    fn new(algorithm: i64) -> Self {
        match algorithm {
            ES256 => Self::Es(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            EDDSA => Self::Ed(Ed25519KeyPair::generate().unwrap()),
            _ => Self::Rs(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        }
    }
    fn cose(&self) -> Vec<(i64, Value)> {
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        match self {
            Self::Es(pair) => {
                let point = pair.public_key().as_ref();
                vec![
                    (1, 2.into()),
                    (3, ES256.into()),
                    (-1, 1.into()),
                    (-2, bytes(&point[1..33])),
                    (-3, bytes(&point[33..])),
                ]
            }
            Self::Ed(pair) => vec![
                (1, 1.into()),
                (3, EDDSA.into()),
                (-1, 6.into()),
                (-2, bytes(pair.public_key().as_ref())),
            ],
            Self::Rs(pair) => {
                let public = pair.public_key();
                vec![
                    (1, 3.into()),
                    (3, RS256.into()),
                    (-1, bytes(public.modulus().big_endian_without_leading_zero())),
                    (-2, bytes(public.exponent().big_endian_without_leading_zero())),
                ]
            }
        }
    }
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rs(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn map(members: Vec<(i64, Value)>) -> Vec<u8> {
    let members = members.into_iter().map(|(k, v)| (k.into(), v));
    encoded(&Value::Map(members.collect()))
}

fn data(party: &str, flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
    [
        &hash(party.as_bytes())[..],
        &[flags],
        &counter.to_be_bytes(),
        rest,
    ]
    .concat()
}

fn attested(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [&[7; 16][..], &length, id, key].concat()
}

fn attestation(format: &str, statement: Vec<(Value, Value)>, data: Vec<u8>) -> Vec<u8> {
    encoded(&Value::Map(vec![
        ("fmt".into(), format.into()),
        ("attStmt".into(), Value::Map(statement)),
        ("authData".into(), Value::Bytes(data)),
    ]))
}

fn client(kind: &str, challenge: &[u8], more: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://example.org"{more}}}"#)
        .into_bytes()
}

const GOOD: u8 = PRESENT | VERIFIED;

#[test]
fn each_algorithm_and_nothing_half_right() {
    let challenge = [9; 32];
    for algorithm in [ES256, EDDSA, RS256] {
        let pair = Key::new(algorithm);
        let cose = map(pair.cose());
        let made = attestation(
            "none",
            vec![],
            data("example.org", GOOD | ATTESTED, 3, &attested(b"id", &cose)),
        );
        let kept = register(
            W3C,
            &hash(&challenge),
            &client("webauthn.create", &challenge, ""),
            &made,
        );
        let kept = kept.unwrap();
        assert_eq!((kept.id.as_slice(), kept.counter), (&b"id"[..], 3));
        let get = |more: &str| client("webauthn.get", &challenge, more);
        let tried = |client: &[u8], authenticator: &[u8], forge: bool| {
            let mut signature = pair.sign(&[authenticator, &hash(client)].concat());
            if forge {
                signature = pair.sign(authenticator);
            }
            let assertion = Assertion {
                client,
                authenticator,
                signature: &signature,
            };
            assert(W3C, &hash(&challenge), &kept.key, assertion)
        };
        let fine = data("example.org", GOOD, 4, &[]);
        assert_eq!(tried(&get(""), &fine, false), Ok(4));
        assert_eq!(tried(&get(r#","crossOrigin":false"#), &fine, false), Ok(4));
        assert_eq!(tried(&get(""), &fine, true), Err(Refusal::Signature));
        let foreign = client("webauthn.get", &challenge, "");
        let foreign = String::from_utf8(foreign).unwrap();
        for (text, refusal) in [
            (
                foreign.replace("example.org", "example.org.evil.example"),
                Refusal::Origin,
            ),
            (foreign.replace("https://", "http://"), Refusal::Origin),
            (foreign.replace("example.org", "example.org:443"), Refusal::Origin),
            (foreign.replace("webauthn.get", "webauthn.create"), Refusal::Type),
            (foreign.replace("webauthn.get", "payment.get"), Refusal::Type),
        ] {
            assert_eq!(tried(text.as_bytes(), &fine, false), Err(refusal), "{text}");
        }
        for (more, refusal) in [
            (r#","crossOrigin":true"#, Refusal::Origin),
            (
                r#","tokenBinding":{"status":"present","id":"x"}"#,
                Refusal::ClientData,
            ),
            (r#","origin":"https://evil.example""#, Refusal::ClientData),
        ] {
            assert_eq!(tried(&get(more), &fine, false), Err(refusal), "{more}");
        }
        let other = client("webauthn.get", &[8; 32], "");
        assert_eq!(tried(&other, &fine, false), Err(Refusal::Challenge));
        let bad = Refusal::AuthenticatorData;
        for (authenticator, refusal) in [
            (data("example.com", GOOD, 4, &[]), Refusal::RelyingParty),
            (data("example.org", VERIFIED, 4, &[]), Refusal::NotPresent),
            (data("example.org", PRESENT, 4, &[]), Refusal::NotVerified),
            (data("example.org", GOOD | BACKED_UP, 4, &[]), bad),
            (data("example.org", GOOD, 4, &[0]), bad),
            (data("example.org", GOOD | EXTENSIONS, 4, &[]), bad),
            (data("example.org", GOOD | EXTENSIONS, 4, &[1]), bad),
            (data("example.org", GOOD | EXTENSIONS, 4, &[0xa0, 0]), bad),
            (data("example.org", GOOD | ATTESTED, 4, &[]), bad),
            (fine[..36].to_vec(), bad),
            (vec![], bad),
        ] {
            assert_eq!(tried(&get(""), &authenticator, false), Err(refusal));
        }
        let extended = data(
            "example.org",
            GOOD | EXTENSIONS | ELIGIBLE | BACKED_UP,
            4,
            &[0xa0],
        );
        assert_eq!(tried(&get(""), &extended, false), Ok(4));
    }
}

#[test]
fn registrations_that_are_none() {
    let challenge = [9; 32];
    let pair = Key::new(ES256);
    let cose = map(pair.cose());
    let create = client("webauthn.create", &challenge, "");
    let tried =
        |attestation: &[u8]| register(W3C, &hash(&challenge), &create, attestation).map(|made| made.id.len());
    let whole = |id: &[u8], key: &[u8]| data("example.org", GOOD | ATTESTED, 0, &attested(id, key));
    let none = |data: Vec<u8>| attestation("none", vec![], data);
    assert_eq!(tried(&none(whole(&[1; 1023], &cose))), Ok(1023));
    let bad = Refusal::AuthenticatorData;
    for (data, refusal) in [
        (whole(&[], &cose), bad),
        (whole(&[1; 1024], &cose), bad),
        (data("example.org", GOOD, 0, &[]), bad),
        (
            data("example.org", PRESENT | ATTESTED, 0, &attested(b"id", &cose)),
            Refusal::NotVerified,
        ),
        (
            data("example.org", VERIFIED | ATTESTED, 0, &attested(b"id", &cose)),
            Refusal::NotPresent,
        ),
        (whole(b"id", &[]), bad),
        (whole(b"id", &[0xff]), bad),
        (whole(b"id", &[0x81; 64]), bad),
    ] {
        assert_eq!(tried(&none(data)), Err(refusal));
    }
    let signed = |alg: i64, key: &Key| {
        let data = whole(b"id", &cose);
        let signature = key.sign(&[&data[..], &hash(&create)].concat());
        let statement = vec![
            ("alg".into(), alg.into()),
            ("sig".into(), Value::Bytes(signature)),
        ];
        attestation("packed", statement, data)
    };
    assert_eq!(tried(&signed(ES256, &pair)), Ok(2));
    assert_eq!(tried(&signed(RS256, &pair)), Err(Refusal::Attestation));
    assert_eq!(tried(&signed(ES256, &Key::new(ES256))), Err(Refusal::Attestation));
    let statement = |format: &str, names: &[&str]| {
        let members = names.iter().map(|n| ((*n).into(), Value::Null));
        attestation(format, members.collect(), whole(b"id", &cose))
    };
    for attestation in [
        statement("none", &["alg"]),
        statement("packed", &[]),
        statement("packed", &["alg", "sig", "x5c"]),
        statement("fido-u2f", &["x5c", "sig"]),
        statement("", &[]),
        [none(whole(b"id", &cose)), vec![0]].concat(),
        vec![],
        vec![0xa0],
        encoded(&Value::Array(vec![])),
    ] {
        assert_eq!(tried(&attestation), Err(Refusal::Attestation));
    }
}

#[test]
fn keys_that_are_none() {
    let good = Key::new(ES256).cose();
    let changed = |label: i64, value: Value| {
        let mut members = good.clone();
        members.retain(|(l, _)| *l != label);
        members.push((label, value));
        key(&map(members))
    };
    assert!(key(&map(good.clone())).is_ok());
    for (label, value) in [
        (1, 1.into()),
        (3, (-35).into()),
        (3, RS256.into()),
        (3, Value::Null),
        (-1, 2.into()),
        (-2, Value::Bytes(vec![1; 31])),
        (-2, Value::Bytes(vec![1; 33])),
        (-3, Value::Bytes(vec![0; 32])),
        (-3, true.into()),
    ] {
        assert_eq!(
            changed(label, value.clone()),
            Err(Refusal::Key),
            "{label}: {value:?}"
        );
    }
    let mut twice = good.clone();
    twice.push(good[0].clone());
    assert_eq!(key(&map(twice)), Err(Refusal::Key));
    let short = vec![
        (1, 3.into()),
        (3, RS256.into()),
        (-1, Value::Bytes(vec![0xff; 128])),
        (-2, Value::Bytes(vec![1, 0, 1])),
    ];
    assert_eq!(key(&map(short)), Err(Refusal::Key), "RSA of 1024 bits");
    assert_eq!(key(&[map(good), vec![0]].concat()), Err(Refusal::Key));
}

#[test]
fn a_counter_that_does_not_go_on_shows_a_clone() {
    for (kept, given, cloned) in [
        (0, 0, false),
        (0, 1, false),
        (1, 2, false),
        (1, 1, true),
        (2, 1, true),
        (1, 0, true),
        (u32::MAX, 0, true),
    ] {
        assert_eq!(is_cloned(kept, given), cloned, "{kept} then {given}");
    }
}

#[test]
fn the_relying_party_is_the_host() {
    for (origin, id) in [
        ("https://localhost:8443", "localhost"),
        ("https://pay.example", "pay.example"),
        ("https://pay.example/", "pay.example"),
    ] {
        assert_eq!(RelyingParty::at(origin).id, id);
    }
}
