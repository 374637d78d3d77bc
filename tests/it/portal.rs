//! The portal's cookie: handed out to the platform's own pages only, sent by no other, good at one endpoint, used once.

use crate::{
    cases::text,
    support::{
        Answer, Findings, Request, Tenant, passkey::origin, platform, random, run, time, world::Enrolled,
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SESSIONS: &str = "/identity/v1/sessions";
const MFA: &str = "/identity/v1/sessions/mfa";
const REFRESH: &str = "/identity/v1/portal/refresh";
const ME: &str = "/identity/v1/me";

/// Signs a person in as the portal does.
async fn sign_in(tenant: &Tenant) -> Answer {
    let person = &tenant.people[0];
    let body =
        json!({"tenant": tenant.id, "email": person.email, "password": person.password, "portal": true});
    let request = platform().http.post(SESSIONS, &body);
    request.header("origin", origin().await).send().await
}

/// Name and value of the cookie that an answer sets, after a look at how it is kept.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie");
    let mut parts = set.split("; ");
    let pair = parts.next().expect("a cookie").to_owned();
    assert!(pair.starts_with("__Host-"), "{set}");
    let rest: BTreeSet<&str> = parts.filter(|part| !part.starts_with("Max-Age=")).collect();
    let expected = BTreeSet::from(["Path=/", "Secure", "HttpOnly", "SameSite=Strict"]);
    assert_eq!(rest, expected, "{set}");
    pair
}

fn request(cookie: &str) -> Request {
    platform().http.post(REFRESH, &json!({})).header("cookie", cookie)
}

async fn refresh(cookie: &str) -> Answer {
    request(cookie).header("origin", origin().await).send().await
}

async fn me(answer: &Value) -> Answer {
    platform()
        .http
        .get(ME)
        .bearer(&text(answer, "access_token"))
        .send()
        .await
}

#[test]
fn the_portal_goes_on_by_its_cookie_and_no_answer_shows_what_is_in_it() {
    run(async {
        let tenant = Tenant::new().await;
        let signed = sign_in(&tenant).await;
        let session = signed.is(201);
        assert!(session.get("refresh_token").is_none(), "{session}");
        me(&session).await.is(200);
        let mut kept = cookie(&signed);
        for _ in 0..3 {
            let answer = refresh(&kept).await;
            let tokens = answer.is(200);
            let value = kept.split_once('=').expect("a value").1;
            assert!(!answer.text.contains(value) && tokens.get("refresh_token").is_none());
            assert_eq!(me(&tokens).await.is(200)["session"], session["session"]);
            let next = cookie(&answer);
            assert_ne!(next, kept);
            // An answer that was lost is given again: the same successor, no sibling.
            assert_eq!(cookie(&refresh(&kept).await), next);
            kept = next;
        }
        let hands = join_all((0..50).map(|_| refresh(&kept))).await;
        let next: BTreeSet<String> = hands.iter().map(cookie).collect();
        assert_eq!(next.len(), 1, "{} successors", next.len());
        // Signing out takes the cookie away, and what was in it is worth nothing.
        let path = format!("{SESSIONS}/{}", text(&session, "session"));
        let out = platform().http.request("DELETE", &path);
        let out = out.bearer(&text(&session, "access_token")).send().await;
        out.is(204);
        let gone = out.header("set-cookie");
        assert!(gone.contains("=;") && gone.contains("Max-Age=0"), "{gone}");
        let kept = next.first().expect("one");
        refresh(kept).await.refused(401, "portal_session_over");
    });
}

#[test]
fn nobody_but_the_platforms_own_pages_gets_or_uses_a_cookie() {
    run(async {
        let (tenant, here) = (Tenant::new().await, origin().await);
        let (mut findings, signed) = (Findings::default(), sign_in(&tenant).await);
        let kept = cookie(&signed);
        let person = &tenant.people[0];
        let body =
            json!({"tenant": tenant.id, "email": person.email, "password": person.password, "portal": true});
        let same =
            |request: Request, site: &str| request.header("origin", here).header("sec-fetch-site", site);
        for (name, turn) in [
            ("no Origin", &(|r: Request| r) as &dyn Fn(Request) -> Request),
            ("null", &|r| r.header("origin", "null")),
            ("another site", &|r| r.header("origin", "https://evil.example")),
            ("a longer host", &|r| {
                r.header("origin", "https://localhost.evil.example:8443")
            }),
            ("another port", &|r| r.header("origin", "https://localhost:9443")),
            ("no TLS", &|r| r.header("origin", &here.replace("https", "http"))),
            ("a path", &|r| r.header("origin", &format!("{here}/"))),
            ("two at once", &|r| r.header("origin", &format!("{here} {here}"))),
            ("a referrer only", &|r| {
                r.header("referer", &format!("{here}/portal/"))
            }),
            ("cross-site", &|r| same(r, "cross-site")),
            ("same-site", &|r| same(r, "same-site")),
            ("typed by hand", &|r| same(r, "none")),
        ] {
            for attempt in [request(&kept), platform().http.post(SESSIONS, &body)] {
                let answer = turn(attempt).send().await;
                let fine = (answer.status, answer.code().as_str()) == (403, "origin_refused");
                findings.check(fine && answer.header("set-cookie").is_empty(), || {
                    format!("{name}: {}", answer.told())
                });
            }
        }
        let simple = request(&kept).header("origin", here).body("text/plain", "{}");
        simple.send().await.refused(415, "unsupported_media_type");
        let read = platform()
            .http
            .get(REFRESH)
            .header("cookie", &kept)
            .header("origin", here);
        read.send().await.refused(404, "no_such_route");
        findings.none();
        // None of it has used the cookie up.
        let good = same(request(&kept), "same-origin").send().await;
        me(&good.is(200)).await.is(200);
    });
}

#[test]
fn a_cookie_is_good_in_its_place_only_and_a_spent_one_ends_the_session() {
    run(async {
        let tenant = Tenant::new().await;
        let signed = sign_in(&tenant).await;
        let kept = cookie(&signed);
        let (name, value) = kept.split_once('=').expect("a value");
        let form = format!("grant_type=refresh_token&refresh_token={value}");
        let token = platform().http.request("POST", "/identity/v1/oauth/token");
        let token = token.body("application/x-www-form-urlencoded", form).send().await;
        assert_eq!(token.is(400)["error"], "invalid_grant");
        let program = tenant.admin.sign_in().await.is(201);
        let body = text(&program, "refresh_token");
        for bad in [
            format!("{name}={body}"),
            format!("{kept}; {name}={body}"),
            format!("{name}={body}; {kept}"),
            format!("{kept}; {kept}"),
            format!("{name}="),
            format!("x{kept}"),
            format!("{kept}x"),
            format!("{name}={}", random(80)),
            String::new(),
        ] {
            refresh(&bad).await.refused(401, "portal_session_over");
        }
        let among = format!("theme=dark; {kept}; __Host-other=1");
        let owner = refresh(&among).await;
        let tokens = owner.is(200);
        time::pause(10_500).await;
        refresh(&kept).await.refused(401, "portal_session_over");
        // Whoever presented the spent one, and whoever has its successor, are out alike.
        me(&tokens).await.refused(401, "unauthenticated");
        refresh(&cookie(&owner)).await.refused(401, "portal_session_over");
        let entries = tenant
            .all
            .all("/audit/v1/entries?activity=identity.refresh_portal_session")
            .await;
        let alerts = entries
            .iter()
            .filter(|e| e["entry"]["events"] == json!(["session.reuse_detected"]));
        assert_eq!(alerts.count(), 1, "{entries:?}");
    });
}

#[test]
fn the_second_factor_of_a_portals_sign_in_gives_the_cookie_there_only() {
    run(async {
        let tenant = Tenant::new().await;
        let Enrolled { joined, codes, .. } = tenant.enrolled(&["auditor"]).await;
        let (here, person) = (origin().await, &joined.person);
        let body =
            json!({"tenant": tenant.id, "email": person.email, "password": person.password, "portal": true});
        let asked = platform()
            .http
            .post(SESSIONS, &body)
            .header("origin", here)
            .send()
            .await;
        assert!(asked.header("set-cookie").is_empty());
        let body = json!({"challenge": asked.is(201)["challenge"], "code": codes[0]});
        let show = platform().http.post(MFA, &body);
        show.clone().send().await.refused(403, "origin_refused");
        let elsewhere = show.clone().header("origin", "https://evil.example");
        elsewhere.send().await.refused(403, "origin_refused");
        let shown = show.header("origin", here).send().await;
        assert!(shown.is(201).get("refresh_token").is_none());
        me(&refresh(&cookie(&shown)).await.is(200)).await.is(200);
        // A program's sign-in gets no cookie by showing an origin.
        let asked = joined.caller.sign_in().await.is(201);
        let body = json!({"challenge": asked["challenge"], "code": codes[1]});
        let shown = platform()
            .http
            .post(MFA, &body)
            .header("origin", here)
            .send()
            .await;
        assert!(shown.is(201)["refresh_token"].is_string() && shown.header("set-cookie").is_empty());
    });
}
