//! Access tokens: everything a forger tries (RFC 8725), and sessions that have ended.

use crate::{
    cases::text,
    support::{
        Answer, Findings, Tenant,
        forge::{self, Forger, mac, part, parts, read},
        platform, random, run, time, world,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

async fn me(token: &str) -> Answer {
    platform().http.get("/identity/v1/me").bearer(token).send().await
}

/// The published verification key, in every form that a careless verifier might take for a shared secret.
async fn public_key() -> Vec<Vec<u8>> {
    let set = platform()
        .http
        .get("/identity/.well-known/jwks.json")
        .send()
        .await
        .is(200);
    let key = &set["keys"][0];
    assert!(key.get("d").is_none(), "a private key is published");
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(text(key, name)).expect("a coordinate");
    let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
    // SubjectPublicKeyInfo of a key on P-256 (RFC 5480, section 2).
    let head = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").expect("hexadecimal");
    let der = [head, point.clone()].concat();
    let base64 = STANDARD.encode(&der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64"))
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
        lines.join("\n")
    );
    vec![
        point,
        der,
        base64.into_bytes(),
        format!("{pem}\n").into_bytes(),
        pem.into_bytes(),
        key.to_string().into_bytes(),
        coordinate("x"),
        Vec::new(),
    ]
}

/// What verifiers of ECDSA have taken for signatures (as in the P-256 sets of Wycheproof), in the form of RFC 7518,
/// section 3.4: zero, the order of the group and beyond it, halves that are missing or swapped, and DER.
fn signatures(real: &str) -> Vec<(&'static str, String)> {
    let real = URL_SAFE_NO_PAD.decode(real).expect("a signature");
    let (r, s) = real.split_at(32);
    let number = |text: &str| hex::decode(text).expect("hexadecimal");
    let order = number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let field = number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let (zero, ones) = (vec![0; 32], vec![0xff; 32]);
    let one = [vec![0; 31], vec![1]].concat();
    // n - 1, and what follows n.
    let (mut below, mut above) = (order.clone(), order.clone());
    below[31] -= 1;
    above[31] += 1;
    let integer = |half: &[u8]| [&[2, 33, 0][..], half].concat();
    let der = [vec![0x30, 70], integer(r), integer(s)].concat();
    let mut found = Vec::new();
    for half in [&zero, &one, &below, &order, &above, &field, &ones] {
        for pair in [[r, half], [half, s], [half, half], [half, &one], [&one, half]] {
            found.push(("of a special number", pair.concat()));
        }
    }
    let flipped = |at: usize| {
        let mut changed = real.clone();
        changed[at] ^= 1;
        changed
    };
    found.extend([0, 31, 32, 63].map(|at| ("with a bit turned", flipped(at))));
    found.extend([
        ("with its halves swapped", [s, r].concat()),
        ("twice the same half", [r, r].concat()),
        ("in DER", der),
        ("with a zero before", [&[0][..], &real].concat()),
        ("with a zero after", [&real[..], &[0]].concat()),
        ("with longer halves", [&[0][..], r, &[0], s].concat()),
        ("cut by a byte", real[..63].to_vec()),
        ("of one half", r.to_vec()),
        ("of nothing", Vec::new()),
    ]);
    let mut found: Vec<_> = found
        .into_iter()
        .map(|(name, bytes)| (name, URL_SAFE_NO_PAD.encode(bytes)))
        .collect();
    // Base64 that is not that of RFC 7515, section 2.
    let text = URL_SAFE_NO_PAD.encode(&real);
    found.push(("with padding", format!("{text}==")));
    found.push(("escaped", format!("{text}%3D")));
    found.push(("with a dot", format!("{text}.")));
    found
}

#[test]
fn no_forged_token_is_taken() {
    run(async {
        let (shop, neighbour) = (world::shop().await, world::neighbour().await);
        let real = shop.all.token().await;
        assert_eq!(me(&real).await.ok()["tenant"], shop.id.as_str());
        let [header, claims, signature] = parts(&real);
        let (head, body) = (read(&header), read(&claims));
        let with = |value: &Value, name: &str, new: Value| {
            let mut changed = value.clone();
            changed[name] = new;
            changed
        };
        let mut forged: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, token: String| forged.push((name.to_owned(), token));
        for none in ["none", "None", "NONE", "nOnE", ""] {
            for end in ["", signature.as_str()] {
                add(
                    &format!("alg {none:?}"),
                    format!("{}.{claims}.{end}", part(&with(&head, "alg", json!(none)))),
                );
            }
        }
        for (number, secret) in public_key()
            .await
            .iter()
            .filter(|secret| !secret.is_empty())
            .enumerate()
        {
            for typed in [head.clone(), json!({"alg": "HS256", "typ": "JWT"})] {
                add(
                    &format!("HS256 with the public key, form {number}"),
                    mac(&with(&typed, "alg", json!("HS256")), &body, secret),
                );
            }
        }
        for alg in ["HS256", "ES384", "RS256", "PS256", "EdDSA", "es256"] {
            add(
                &format!("only the name {alg}"),
                format!("{}.{claims}.{signature}", part(&with(&head, "alg", json!(alg)))),
            );
        }
        for (name, value) in [
            ("tid", json!(neighbour.id)),
            ("tid", json!("ten_00000000000000000000000000")),
            ("sub", json!("cli_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")),
            ("roles", json!(["administrator"])),
            ("roles", json!(["operator"])),
            ("exp", json!(time::unix() + 86_400)),
            ("sid", json!("ses_01JD3X8M9V5T2Q4R6S8W0Y1Z2A")),
        ] {
            let tampered = with(&body, name, value.clone());
            add(
                &format!("tampered {name}"),
                format!("{header}.{}.{signature}", part(&tampered)),
            );
            add(
                &format!("tampered {name}, own key"),
                Forger::new().token(&head, &tampered),
            );
        }
        let forger = Forger::new();
        let mut jwk = forger.jwk();
        add("own key", forger.token(&head, &body));
        jwk["kid"] = head["kid"].clone();
        for hinted in [
            with(&head, "jwk", jwk.clone()),
            with(&with(&head, "jwk", jwk.clone()), "kid", json!("mine")),
            with(&head, "jku", json!("https://localhost:9/jwks.json")),
            with(&head, "x5u", json!("https://localhost:9/key.pem")),
            with(&head, "kid", json!("../../../../dev/null")),
            with(&head, "kid", json!("' OR 1=1 --")),
            with(&head, "crit", json!(["exp"])),
        ] {
            add(&format!("own key, header {hinted}"), forger.token(&hinted, &body));
            add(
                &format!("real signature, header {hinted}"),
                format!("{}.{claims}.{signature}", part(&hinted)),
            );
        }
        for typ in [
            json!("JWT"),
            json!("at+JWT;x"),
            json!(""),
            Value::Null,
            json!("dpop+jwt"),
        ] {
            add(
                &format!("typ {typ}"),
                format!("{}.{claims}.{signature}", part(&with(&head, "typ", typ))),
            );
        }
        let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
        let ones = URL_SAFE_NO_PAD.encode([[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat());
        for (name, end) in signatures(&signature) {
            add(&format!("a signature {name}"), format!("{header}.{claims}.{end}"));
        }
        for (name, end) in [
            ("no", ""),
            ("a zero", &*zeros),
            ("a one", &*ones),
            ("half a", &signature[..43]),
            ("another", &signature.chars().rev().collect::<String>()),
        ] {
            add(&format!("{name} signature"), format!("{header}.{claims}.{end}"));
        }
        let others = parts(&neighbour.all.token().await);
        add(
            "another token's signature",
            format!("{header}.{claims}.{}", others[2]),
        );
        add(
            "another token's claims",
            format!("{header}.{}.{signature}", others[1]),
        );
        for (name, token) in [
            ("two parts", format!("{header}.{claims}")),
            ("four parts", format!("{real}.{signature}")),
            ("padding", format!("{real}==")),
            (
                "a quarter megabyte",
                format!("{header}.{}.{signature}", "A".repeat(8_000)),
            ),
            ("the other word", format!("Bearer {real}")),
        ] {
            add(name, token);
        }

        let reference = me("garbage").await;
        let mut findings = Findings::default();
        for (name, token) in forged {
            let answer = me(&token).await;
            let refused = answer.status == 401 && answer.code() == "unauthenticated";
            findings.check(refused, || format!("{name}: {}", answer.told()));
            let same = answer.json()["detail"] == reference.json()["detail"];
            findings.check(same, || format!("{name} is told apart: {}", answer.told()));
            findings.check(!answer.text.contains(&token), || format!("{name} is repeated"));
        }
        findings.none();
        assert_eq!(
            me(&real).await.ok()["tenant"],
            shop.id.as_str(),
            "the real one still works"
        );
    });
}

#[test]
fn a_token_has_one_place_and_the_shape_of_rfc_9068() {
    run(async {
        let shop = world::shop().await;
        let token = shop.all.token().await;
        let [header, claims, _] = parts(&token);
        let (header, claims) = (read(&header), read(&claims));
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&json!("ES256"), &json!("at+jwt"))
        );
        for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"] {
            assert!(
                claims.get(name).is_some(),
                "no {name} (RFC 9068, section 2.2): {claims}"
            );
        }
        let life = claims["exp"].as_u64().expect("exp") - claims["iat"].as_u64().expect("iat");
        assert!(life <= 300, "{life} s");
        let http = &platform().http;
        for request in [
            http.get(&format!("/identity/v1/me?access_token={token}")),
            http.get("/identity/v1/me")
                .header("cookie", &format!("access_token={token}")),
            http.get("/identity/v1/me").header("authorization", &token),
            http.get("/identity/v1/me")
                .header("authorization", &format!("Basic {token}")),
            http.get("/identity/v1/me").header("x-access-token", &token),
        ] {
            let answer = request.send().await;
            assert!([401, 422].contains(&answer.status), "{}", answer.told());
        }
    });
}

#[test]
fn a_signed_out_session_is_refused_at_the_next_call() {
    run(async {
        let tenant = Tenant::new().await;
        let (first, second) = (
            tenant.admin.sign_in().await.is(201),
            tenant.admin.sign_in().await.is(201),
        );
        let [one, two] = [&first, &second].map(|signed_in| text(signed_in, "access_token"));
        assert_eq!(me(&one).await.ok()["session"], first["session"]);
        assert_eq!(me(&two).await.ok()["session"], second["session"]);
        let path = format!("/identity/v1/sessions/{}", text(&first, "session"));
        let http = &platform().http;
        // Neither the other administrator nor an API client can end it.
        let colleague = Tenant::user(http, &tenant.id, &tenant.people[1]);
        for other in [&colleague, &tenant.all] {
            other.delete(&path).await.refused(404, "not_found");
        }
        me(&one).await.ok();
        let ended = http.request("DELETE", &path).bearer(&two).send().await;
        assert_eq!((ended.status, ended.text.as_str()), (204, ""), "{}", ended.told());
        me(&one).await.refused(401, "unauthenticated");
        http.request("DELETE", &path)
            .bearer(&one)
            .send()
            .await
            .refused(401, "unauthenticated");
        me(&two).await.ok();
        let again = http.request("DELETE", &path).bearer(&two).send().await;
        assert_eq!(
            again.status,
            204,
            "signing out twice is as good as once: {}",
            again.told()
        );
    });
}

#[test]
fn client_secrets_and_networks() {
    run(async {
        let tenant = Tenant::new().await;
        let made = |body: Value| {
            let tenant = &tenant;
            async move { tenant.issued(&body).await.is(201) }
        };
        let token = |id: String, secret: String| async move {
            let request = platform()
                .http
                .request("POST", "/identity/v1/oauth/token")
                .basic(&id, &secret);
            request
                .body(
                    "application/x-www-form-urlencoded",
                    "grant_type=client_credentials",
                )
                .send()
                .await
        };
        let here = made(json!({"name": "Here", "roles": ["support"], "networks": ["127.0.0.0/8"]})).await;
        let there =
            made(json!({"name": "There", "roles": ["support"], "networks": ["203.0.113.0/24"]})).await;
        assert!(text(&here, "client_secret").len() >= 43, "256 bits in base64url");
        assert!(
            token(text(&here, "client_id"), text(&here, "client_secret"))
                .await
                .is_success()
        );
        for (id, secret) in [
            (text(&there, "client_id"), text(&there, "client_secret")),
            (text(&here, "client_id"), text(&there, "client_secret")),
            (text(&here, "client_id"), String::new()),
            (text(&here, "client_id"), random(43)),
            (text(&here, "id"), text(&here, "client_secret")),
            (
                format!("{}.cli_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", tenant.id),
                random(43),
            ),
            ("x".to_owned(), "y".to_owned()),
        ] {
            let answer = token(id, secret.clone()).await;
            assert_eq!(
                (answer.status, &answer.json()["error"]),
                (401, &json!("invalid_client")),
                "{}",
                answer.told()
            );
            assert!(
                answer.header("www-authenticate").starts_with("Basic"),
                "RFC 6749, section 5.2"
            );
            assert!(
                secret.is_empty() || !answer.text.contains(&secret),
                "a secret is repeated"
            );
        }
        let both = platform()
            .http
            .request("POST", "/identity/v1/oauth/token")
            .basic("a", "b");
        let both = both.body(
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_id=a&client_secret=b",
        );
        assert_eq!(both.send().await.is(400)["error"], "invalid_request");
        let other = platform().http.request("POST", "/identity/v1/oauth/token");
        let other = other.body(
            "application/x-www-form-urlencoded",
            "grant_type=password&username=a&password=b",
        );
        assert_eq!(other.send().await.is(400)["error"], "unsupported_grant_type");
        let _ = forge::forged(&tenant.all.token().await);
    });
}
