//! DPoP (RFC 9449): a token that is bound to a key is good with a fresh proof of that key, and with nothing else.

use crate::{
    cases::text,
    support::{
        Answer, Caller, Findings, Login, Request, Tenant,
        forge::{self, Forger, mac, part},
        passkey::origin,
        platform, random, run,
        time::unix,
        world::customer_body,
    },
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use futures::future::join_all;
use serde_json::{Value, json};

const TOKEN: &str = "/identity/v1/oauth/token";
const CUSTOMERS: &str = "/billing/v1/customers";
const ME: &str = "/identity/v1/me";

/// A client that binds its tokens.
struct Bound {
    caller: Caller,
    key: Forger,
    token: String,
    origin: &'static str,
}

/// A client that binds its tokens, with these roles.
async fn bound(tenant: &Tenant, roles: &[&str]) -> Bound {
    let caller = tenant.client(roles).await;
    let (key, origin) = (Forger::new(), origin().await);
    let claims = json!({"jti": random(22), "htm": "POST", "htu": format!("{origin}{TOKEN}"), "iat": unix()});
    let proof = key.token(&header(&key), &claims);
    let issued = ask(&caller, &[&proof]).await.is(200);
    assert_eq!(issued["token_type"], "DPoP");
    let token = text(&issued, "access_token");
    Bound {
        caller,
        key,
        token,
        origin,
    }
}

fn header(key: &Forger) -> Value {
    json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()})
}

/// Asks the token endpoint, with a `DPoP` header for each proof.
async fn ask(caller: &Caller, proofs: &[&str]) -> Answer {
    let Login::Client { id, secret } = &*caller.login else {
        unreachable!("an API client")
    };
    let mut request = caller.http.request("POST", TOKEN).basic(id, secret);
    for proof in proofs {
        request = request.also("dpop", proof);
    }
    let body = "grant_type=client_credentials";
    request
        .body("application/x-www-form-urlencoded", body)
        .send()
        .await
}

impl Bound {
    fn claims(&self, method: &str, path: &str) -> Value {
        let ath = B64.encode(digest(&SHA256, self.token.as_bytes()));
        json!({"jti": random(22), "htm": method, "htu": format!("{}{path}", self.origin), "iat": unix(), "ath": ath})
    }
    fn proof(&self, method: &str, path: &str) -> String {
        self.key.token(&header(&self.key), &self.claims(method, path))
    }
    fn request(&self, method: &str, path: &str, proof: &str) -> Request {
        let request = self.caller.http.request(method, path).header("dpop", proof);
        request.header("authorization", &format!("DPoP {}", self.token))
    }
    async fn get(&self, path: &str, proof: &str) -> Answer {
        self.request("GET", path, proof).send().await
    }
    async fn post(&self, path: &str, body: &Value, proof: &str) -> Answer {
        let request = self.request("POST", path, proof);
        request.json(body).key(&random(22)).send().await
    }
}

#[track_caller]
fn refused(answer: &Answer) {
    answer.refused(401, "invalid_dpop_proof");
    let challenge = answer.header("www-authenticate");
    let named = challenge.starts_with("DPoP ") && challenge.contains("algs=\"ES256 EdDSA\"");
    assert!(named, "{challenge}");
}

#[test]
fn a_bound_token_is_good_with_a_fresh_proof_and_costs_no_call_more() {
    run(async {
        let tenant = Tenant::new().await;
        let client = bound(&tenant, &["integration"]).await;
        let [_, claims, _] = forge::parts(&client.token);
        assert_eq!(
            forge::read(&claims)["cnf"]["jkt"].as_str().map(str::len),
            Some(43)
        );
        for warm in [false, true] {
            let read = client.get(ME, &client.proof("GET", ME)).await;
            read.is(200);
            let wrote = client
                .post(CUSTOMERS, &customer_body(), &client.proof("POST", CUSTOMERS))
                .await;
            let path = format!("{CUSTOMERS}/{}", text(&wrote.is(201), "id"));
            let one = client.get(&path, &client.proof("GET", &path)).await;
            one.is(200);
            let calls = [read, one, wrote].map(|answer| answer.calls().dynamodb);
            assert!(
                !warm || (calls[0] <= 3 && calls[1] <= 3 && calls[2] <= 4),
                "{calls:?}"
            );
        }
        // The query is no part of the address that a proof names.
        let listed = client.request("GET", CUSTOMERS, &client.proof("GET", CUSTOMERS));
        listed.query("?limit=1").send().await.is(200);
        // The client is free to ask for a token to bear, as it was not made to bind them.
        assert_eq!(ask(&client.caller, &[]).await.is(200)["token_type"], "Bearer");
    });
}

#[test]
fn nothing_but_a_proof_of_this_key_for_this_call_will_do() {
    run(async {
        let tenant = Tenant::new().await;
        let client = bound(&tenant, &["integration"]).await;
        let mut findings = Findings::default();
        let (good, head) = (client.claims("GET", ME), header(&client.key));
        let with = |value: &Value, name: &str, new: Value| {
            let mut changed = value.clone();
            changed["jti"] = if changed.get("jti").is_some() {
                json!(random(22))
            } else {
                Value::Null
            };
            changed[name] = new;
            changed
        };
        let mut proofs: Vec<(String, String)> = Vec::new();
        for (name, value) in [
            ("htm", json!("POST")),
            ("htu", json!(format!("{}{CUSTOMERS}", client.origin))),
            ("htu", json!(format!("https://evil.example{ME}"))),
            ("ath", json!(B64.encode(digest(&SHA256, b"another token")))),
            ("ath", Value::Null),
            ("iat", json!(unix() - 61)),
            ("iat", json!(unix() + 60)),
            ("jti", Value::Null),
        ] {
            let claims = with(&good, name, value.clone());
            proofs.push((format!("{name} {value}"), client.key.token(&head, &claims)));
        }
        let other = Forger::new();
        proofs.push(("another key".into(), other.token(&header(&other), &good)));
        proofs.push(("another key's signature".into(), other.token(&head, &good)));
        let mut private = client.key.jwk();
        private["d"] = json!(random(43));
        for (name, head) in [
            (
                "a private key",
                json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": private}),
            ),
            ("no key", json!({"typ": "dpop+jwt", "alg": "ES256"})),
            (
                "another type",
                json!({"typ": "JWT", "alg": "ES256", "jwk": client.key.jwk()}),
            ),
        ] {
            proofs.push((name.into(), client.key.token(&head, &good)));
        }
        let none = json!({"typ": "dpop+jwt", "alg": "none", "jwk": client.key.jwk()});
        proofs.push(("alg none".into(), format!("{}.{}.", part(&none), part(&good))));
        let hs = json!({"typ": "dpop+jwt", "alg": "HS256", "jwk": client.key.jwk()});
        let key = client.key.jwk().to_string();
        proofs.push(("alg HS256".into(), mac(&hs, &good, key.as_bytes())));
        proofs.push(("the token".into(), client.token.clone()));
        proofs.push(("garbage".into(), "garbage".into()));
        let (one, two) = (client.proof("GET", ME), client.proof("GET", ME));
        proofs.push(("two proofs".into(), format!("{one},{two}")));
        for (name, proof) in proofs {
            let answer = client.get(ME, &proof).await;
            let fine = (answer.status, answer.code().as_str()) == (401, "invalid_dpop_proof");
            findings.check(fine, || format!("{name}: {}", answer.told()));
        }
        let http = &client.caller.http;
        let bare = http
            .get(ME)
            .header("authorization", &format!("DPoP {}", client.token));
        refused(&bare.send().await);
        // Nobody bears a bound token, and one that is bound to nothing needs no key.
        let proof = client.proof("GET", ME);
        let downgraded = http
            .get(ME)
            .bearer(&client.token)
            .header("dpop", &proof)
            .send()
            .await;
        downgraded.refused(401, "unauthenticated");
        http.get(ME)
            .bearer(&client.token)
            .send()
            .await
            .refused(401, "unauthenticated");
        let plain = tenant.all.token().await;
        let posing = http.get(ME).header("authorization", &format!("DPoP {plain}"));
        posing
            .header("dpop", &proof)
            .send()
            .await
            .refused(401, "unauthenticated");
        client.get(ME, &proof).await.is(200);
        findings.none();
    });
}

#[test]
fn a_proof_is_used_once_whatever_came_of_it() {
    run(async {
        let tenant = Tenant::new().await;
        let client = &bound(&tenant, &["integration"]).await;
        let read = client.proof("GET", ME);
        client.get(ME, &read).await.is(200);
        refused(&client.get(ME, &read).await);
        let unknown = format!("{CUSTOMERS}/cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A");
        let lost = client.proof("GET", &unknown);
        client.get(&unknown, &lost).await.refused(404, "not_found");
        refused(&client.get(&unknown, &lost).await);
        let forbidden = client.proof("GET", "/identity/v1/users");
        client
            .get("/identity/v1/users", &forbidden)
            .await
            .refused(403, "forbidden");
        refused(&client.get("/identity/v1/users", &forbidden).await);
        let invalid = client.proof("POST", CUSTOMERS);
        client
            .post(CUSTOMERS, &json!({}), &invalid)
            .await
            .refused(422, "invalid_input");
        refused(&client.post(CUSTOMERS, &customer_body(), &invalid).await);
        // A repeat under its key takes another proof.
        let (body, key) = (customer_body(), random(22));
        let first = client.proof("POST", CUSTOMERS);
        let send = async |proof: String| {
            let request = client.request("POST", CUSTOMERS, &proof);
            request.json(&body).key(&key).send().await
        };
        let made = send(first.clone()).await.is(201);
        refused(&send(first).await);
        assert_eq!(send(client.proof("POST", CUSTOMERS)).await.is(201), made);
        let before = tenant.all.all(CUSTOMERS).await.len();
        let proof = &client.proof("POST", CUSTOMERS);
        let bodies: Vec<Value> = (0..50).map(|_| customer_body()).collect();
        let answers = join_all(bodies.iter().map(|body| client.post(CUSTOMERS, body, proof))).await;
        let made = answers.iter().filter(|a| a.status == 201).count();
        answers.iter().filter(|a| a.status != 201).for_each(refused);
        assert_eq!((made, tenant.all.all(CUSTOMERS).await.len()), (1, before + 1));
        // Every use is in the audit log, the refused ones, too.
        let entries = tenant
            .all
            .all("/audit/v1/entries?activity=billing.create_customer")
            .await;
        let count = entries
            .iter()
            .filter(|e| e["entry"]["problem"] == "invalid_dpop_proof")
            .count();
        assert_eq!(count, 51, "{} entries", entries.len());
    });
}

#[test]
fn a_client_that_must_bind_its_tokens_gets_no_other() {
    run(async {
        let tenant = Tenant::new().await;
        let body = json!({"name": "Bound", "roles": ["integration"], "require_dpop": true});
        let made = tenant.issued(&body).await.is(201);
        assert_eq!(made["require_dpop"], true);
        let login = Login::Client {
            id: text(&made, "client_id"),
            secret: text(&made, "client_secret"),
        };
        let caller = Caller::new(&platform().http, login);
        let told = |answer: Answer| {
            assert_eq!(answer.is(400)["error"], "invalid_dpop_proof", "{}", answer.told());
        };
        told(ask(&caller, &[]).await);
        let (key, address) = (Forger::new(), format!("{}{TOKEN}", origin().await));
        let proof = |htm: &str, htu: &str, iat: u64| {
            let claims = json!({"jti": random(22), "htm": htm, "htu": htu, "iat": iat});
            key.token(&header(&key), &claims)
        };
        told(ask(&caller, &[&proof("GET", &address, unix())]).await);
        told(ask(&caller, &[&proof("POST", "https://evil.example/token", unix())]).await);
        told(ask(&caller, &[&proof("POST", &address, unix() - 90)]).await);
        let (one, two) = (proof("POST", &address, unix()), proof("POST", &address, unix()));
        told(ask(&caller, &[&one, &two]).await);
        let issued = ask(&caller, &[&one]).await.is(200);
        assert_eq!(issued["token_type"], "DPoP");
        told(ask(&caller, &[&one]).await);
        let proofs = [two.as_str()];
        let answers = join_all((0..50).map(|_| ask(&caller, &proofs))).await;
        let count = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(count, 1, "one proof gave {count} tokens");
        let listed = tenant.admin.all("/tenancy/v1/api-clients").await;
        assert!(
            listed
                .iter()
                .any(|c| c["id"] == made["id"] && c["require_dpop"] == true)
        );
    });
}
