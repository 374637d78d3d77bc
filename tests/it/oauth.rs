//! The OAuth endpoints against their RFCs: metadata (8414), errors and client authentication (6749), revocation (7009),
//! and what an access token says (9068).

use crate::{
    cases::text,
    support::{Answer, Caller, Findings, Http, Login, Tenant, forge, passkey::origin, platform, run, world},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const METADATA: &str = "/.well-known/oauth-authorization-server/identity";
const TOKEN: &str = "/identity/v1/oauth/token";
const REVOKE: &str = "/identity/v1/oauth/revoke";
const FORM: &str = "application/x-www-form-urlencoded";

fn http() -> &'static Http {
    &platform().http
}

/// A form, with or without an `Authorization` header.
async fn form(path: &str, authorization: &str, body: &str) -> Answer {
    let request = http().request("POST", path).body(FORM, body);
    match authorization {
        "" => request.send().await,
        header => request.header("authorization", header).send().await,
    }
}

fn basic(scheme: &str, id: &str, secret: &str) -> String {
    format!("{scheme} {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn credentials(caller: &Caller) -> (String, String) {
    match &*caller.login {
        Login::Client { id, secret } => (id.clone(), secret.clone()),
        Login::User { .. } => unreachable!("an API client"),
    }
}

#[test]
fn the_metadata_are_whole_and_agree_with_the_endpoints() {
    run(async {
        let answer = http().get(METADATA).send().await;
        let told = answer.is(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let issuer = text(&told, "issuer");
        assert_eq!(issuer, format!("{}/identity", origin().await));
        // The address is made of the issuer's host and path (section 3).
        let (host, path) = issuer.split_at(issuer.rfind('/').expect("a path"));
        assert_eq!(
            format!("{host}{METADATA}"),
            format!("{host}/.well-known/oauth-authorization-server{path}")
        );
        let at = |name: &str| text(&told, name).replace(host, "");
        assert_eq!(
            (at("token_endpoint"), at("revocation_endpoint")),
            (TOKEN.into(), REVOKE.into())
        );
        // Every address answers, and the token that comes out is what it says.
        let shop = Tenant::new().await;
        let (id, secret) = credentials(&shop.all);
        for method in told["token_endpoint_auth_methods_supported"]
            .as_array()
            .expect("methods")
        {
            let (header, more) = match method.as_str() {
                Some("client_secret_basic") => (basic("Basic", &id, &secret), String::new()),
                Some("client_secret_post") => {
                    (String::new(), format!("&client_id={id}&client_secret={secret}"))
                }
                Some("none") => continue,
                other => panic!("what is {other:?}?"),
            };
            let body = format!("grant_type=client_credentials{more}");
            let issued = form(&at("token_endpoint"), &header, &body).await;
            assert_eq!(issued.header("cache-control"), "no-store");
            assert_eq!(issued.header("pragma"), "no-cache");
            let token = text(&issued.is(200), "access_token");
            let [head, claims, _] = forge::parts(&token);
            let (head, claims) = (forge::read(&head), forge::read(&claims));
            assert_eq!((&head["typ"], &head["alg"]), (&json!("at+jwt"), &json!("ES256")));
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer), &json!(host)));
            assert_eq!(claims["client_id"], id.as_str());
            let keys = http().get(&at("jwks_uri")).send().await.is(200);
            let kids: Vec<&Value> = keys["keys"]
                .as_array()
                .expect("keys")
                .iter()
                .map(|k| &k["kid"])
                .collect();
            assert!(kids.contains(&&head["kid"]), "{kids:?}");
        }
        let grants = json!(["client_credentials", "refresh_token"]);
        assert_eq!(told["grant_types_supported"], grants);
        http().get(&at("service_documentation")).send().await.is(200);
        let session = shop.admin.sign_in().await.is(201);
        let body = format!("token={}", text(&session, "refresh_token"));
        form(&at("revocation_endpoint"), "", &body).await.is(200);
    });
}

#[test]
fn every_error_is_the_one_that_the_rfc_names() {
    run(async {
        let shop = Tenant::new().await;
        let (id, secret) = credentials(&shop.all);
        let good = basic("Basic", &id, &secret);
        let session = shop.admin.sign_in().await.is(201);
        let refresh = text(&session, "refresh_token");
        let mut findings = Findings::default();
        let (client, another) = ("grant_type=client_credentials", "ten_1.cli_1");
        let refreshing = format!("grant_type=refresh_token&refresh_token={refresh}");
        let cases: Vec<(&str, &str, String, u16, &str)> = vec![
            ("nothing", &good, String::new(), 400, "invalid_request"),
            (
                "no grant type",
                &good,
                "scope=auditor".into(),
                400,
                "invalid_request",
            ),
            (
                "an empty grant type",
                &good,
                "grant_type=".into(),
                400,
                "invalid_request",
            ),
            (
                "two grant types",
                &good,
                format!("{client}&{client}"),
                400,
                "invalid_request",
            ),
            (
                "anything twice",
                &good,
                format!("{client}&x=1&x=2"),
                400,
                "invalid_request",
            ),
            (
                "another grant",
                &good,
                "grant_type=password".into(),
                400,
                "unsupported_grant_type",
            ),
            (
                "implicit",
                &good,
                "grant_type=urn%3Ax".into(),
                400,
                "unsupported_grant_type",
            ),
            ("no client", "", client.into(), 401, "invalid_client"),
            (
                "the public client",
                "",
                format!("{client}&client_id=portal"),
                401,
                "invalid_client",
            ),
            (
                "an id only",
                "",
                format!("{client}&client_id={id}"),
                401,
                "invalid_client",
            ),
            (
                "a secret only",
                "",
                format!("{client}&client_secret={secret}"),
                401,
                "invalid_client",
            ),
            (
                "a broken header",
                "Basic ???",
                client.into(),
                401,
                "invalid_client",
            ),
            ("no colon", "Basic YWJj", client.into(), 401, "invalid_client"),
            ("another scheme", "Digest x", client.into(), 401, "invalid_client"),
            (
                "two ways",
                &good,
                format!("{client}&client_id={id}&client_secret={secret}"),
                400,
                "invalid_request",
            ),
            (
                "two clients",
                &good,
                format!("{client}&client_id={another}"),
                401,
                "invalid_client",
            ),
            (
                "a role it lacks",
                &good,
                format!("{client}&scope=administrator"),
                400,
                "invalid_scope",
            ),
            (
                "one of two",
                &good,
                format!("{client}&scope=auditor+administrator"),
                400,
                "invalid_scope",
            ),
            (
                "no scope token",
                &good,
                format!("{client}&scope=auditor++"),
                400,
                "invalid_scope",
            ),
            (
                "no refresh token",
                "",
                "grant_type=refresh_token".into(),
                400,
                "invalid_request",
            ),
            (
                "garbage",
                "",
                "grant_type=refresh_token&refresh_token=x".into(),
                400,
                "invalid_grant",
            ),
            ("somebody else's", &good, refreshing.clone(), 400, "invalid_grant"),
            (
                "more than it had",
                "",
                format!("{refreshing}&scope=integration"),
                400,
                "invalid_scope",
            ),
        ];
        for (name, authorization, body, status, error) in cases {
            let answer = form(TOKEN, authorization, &body).await;
            let json = answer.json();
            findings.check((answer.status, &json["error"]) == (status, &json!(error)), || {
                format!("{name}: not {status} {error}: {}", answer.told())
            });
            let described = json["error_description"].as_str().is_some_and(|d| {
                d.bytes()
                    .all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
            });
            findings.check(described, || {
                format!("{name}: a description with other characters")
            });
            let kept = [answer.header("cache-control"), answer.header("pragma")];
            findings.check(kept == ["no-store", "no-cache"], || format!("{name}: {kept:?}"));
            let challenge = answer.header("www-authenticate").starts_with("Basic ");
            findings.check(challenge == (status == 401), || {
                format!("{name}: a challenge is {challenge}")
            });
        }
        // What is written otherwise and means the same.
        for (name, authorization, body) in [
            ("lower case", basic("basic", &id, &secret), client.to_owned()),
            (
                "escaped",
                basic("Basic", &id.replace('.', "%2E"), &secret),
                client.into(),
            ),
            ("its own id", good.clone(), format!("{client}&client_id={id}")),
            (
                "empty fields",
                good.clone(),
                format!("{client}&client_secret=&scope=&x="),
            ),
            (
                "a scope",
                good.clone(),
                format!("{client}&scope=auditor+integration"),
            ),
            ("unknown fields", good.clone(), format!("{client}&resource=x&y=z")),
        ] {
            let answer = form(TOKEN, &authorization, &body).await;
            findings.check(answer.status == 200, || format!("{name}: {}", answer.told()));
            let scope = answer.json()["scope"].as_str().unwrap_or_default().to_owned();
            findings.check(scope.split(' ').count() == world::EVERYTHING.len(), || {
                format!("{name}: {scope}")
            });
        }
        let answer = form(TOKEN, "", &format!("{refreshing}&client_id=portal&scope=auditor")).await;
        findings.check(answer.status == 200, || answer.told());
        findings.none();
    });
}

#[test]
fn a_token_is_given_back_by_whom_it_was_issued_to() {
    run(async {
        let tenant = Tenant::new().await;
        let (id, secret) = credentials(&tenant.all);
        let session = Tenant::user(http(), &tenant.id, &tenant.people[1])
            .sign_in()
            .await
            .is(201);
        let body = format!("token={}", text(&session, "refresh_token"));
        let refused = form(REVOKE, &basic("Basic", &id, "wrong"), &body).await;
        assert_eq!(refused.is(401)["error"], "invalid_client");
        let refused = form(REVOKE, &basic("Basic", &id, &secret), &body).await;
        assert_eq!(refused.is(400)["error"], "invalid_grant");
        let refused = form(
            REVOKE,
            "",
            &format!("{body}&client_id={id}&client_secret={secret}"),
        )
        .await;
        assert_eq!(refused.is(400)["error"], "invalid_grant");
        let own = tenant.all.token().await;
        let refused = form(REVOKE, &basic("Basic", &id, &secret), &format!("token={own}")).await;
        assert_eq!(refused.is(400)["error"], "unsupported_token_type");
        let refused = form(REVOKE, "", "token_type_hint=refresh_token").await;
        assert_eq!(refused.is(400)["error"], "invalid_request");
        let access = text(&session, "access_token");
        let me = || async { http().get("/identity/v1/me").bearer(&access).send().await };
        me().await.is(200);
        // A hint that is wrong or unknown does not matter, and a token that is none is no error (section 2.2).
        for body in [
            "token=garbage",
            &format!("{body}x"),
            &format!("{body}&token_type_hint=other"),
        ] {
            let answer = form(REVOKE, "", body).await;
            answer.is(200);
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        me().await.refused(401, "unauthenticated");
        form(REVOKE, "", &body).await.is(200);
    });
}
