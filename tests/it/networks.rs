//! Networks: every list there is must contain the address that the gateway saw, and no header is an address.

use crate::support::{
    Answer, Caller, Platform, Request, Tenant, platform,
    platform::{root, scratch, serve},
    random, run, world,
};
use serde_json::{Value, json};

/// Where the suites call from, and where they do not.
const HERE: [&str; 2] = ["127.0.0.0/8", "::1/128"];
const ELSEWHERE: [&str; 2] = ["203.0.113.0/24", "2001:db8::/32"];
const INSIDE: [&str; 3] = ["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"];

/// Headers that say where a call comes from, as proxies and frameworks read them.
const HEADERS: [&str; 12] = [
    "x-forwarded-for",
    "x-real-ip",
    "forwarded",
    "x-client-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
    "x-envoy-external-address",
];

fn tenant_path(tenant: &Tenant) -> String {
    format!("/tenancy/v1/tenants/{}", tenant.id)
}

async fn put_role(tenant: &Tenant, id: &str, body: &Value) -> Answer {
    let request = tenant
        .admin
        .request("PUT", &format!("/identity/v1/roles/{id}"))
        .await;
    tenant.with_approval(request.json(body)).await
}

fn role(replaces: u32, networks: &[&str]) -> Value {
    let grants = [json!({"right": "payment.read", "effect": "allow"})];
    json!({"name": "Desk", "replaces": replaces, "grants": grants, "networks": networks})
}

/// The same request under every header that claims another address.
async fn spoofed(request: impl AsyncFn() -> Request) {
    for header in HEADERS {
        for address in INSIDE {
            let value = match header {
                "forwarded" => format!("for=\"{address}\";proto=https"),
                "x-forwarded-for" => format!("{address}, {address}"),
                _ => address.to_owned(),
            };
            let answer = request().await.header(header, &value).send().await;
            answer.refused(403, "network_not_allowed");
        }
    }
}

#[test]
fn an_api_client_calls_from_its_networks_only_whatever_its_headers_say() {
    run(async {
        let tenant = Tenant::new().await;
        let client = async |networks: &[&str]| {
            let body = json!({"name": "Own", "roles": ["support"], "networks": networks});
            tenant.issued(&body).await.is(201)
        };
        let caller = |made: &Value| {
            let text = |name: &str| made[name].as_str().expect("a credential").to_owned();
            let (id, secret) = (text("client_id"), text("client_secret"));
            Caller::new(&tenant.admin.http, crate::support::Login::Client { id, secret })
        };
        caller(&client(&HERE).await)
            .get("/billing/v1/customers")
            .await
            .ok();
        caller(&client(&[]).await).get("/billing/v1/customers").await.ok();
        let away = caller(&client(&ELSEWHERE).await);
        assert_eq!(away.sign_in().await.status, 401, "not even a token");
        for networks in [
            json!(["10.0.0.1"]),
            json!(["10.0.0.0/33"]),
            json!(["here"]),
            json!("10.0.0.0/8"),
        ] {
            let body = json!({"name": "Own", "roles": ["support"], "networks": networks});
            let answer = tenant.admin.post("/tenancy/v1/api-clients", &body).await;
            answer.refused(422, "invalid_input");
        }
    });
}

#[test]
fn a_users_networks_end_their_calls_at_once_and_nobody_locks_themselves_out() {
    run(async {
        let tenant = Tenant::new().await;
        let (person, user) = crate::invitations::joined(&tenant, &["auditor"]).await;
        person.get("/identity/v1/me").await.ok();
        let path = format!("/identity/v1/users/{}", user["id"].as_str().expect("an id"));
        let set = async |networks: &[&str]| {
            let body = json!({"networks": networks});
            tenant.both("PATCH", &path, &body).await.is(200)
        };
        set(&HERE).await;
        person.get("/identity/v1/me").await.ok();
        let set_elsewhere = set(&ELSEWHERE).await;
        assert_eq!(
            set_elsewhere["networks"],
            json!(["2001:db8::/32", "203.0.113.0/24"])
        );
        person
            .get("/identity/v1/me")
            .await
            .refused(403, "network_not_allowed");
        spoofed(async || person.request("GET", "/identity/v1/me").await).await;
        set(&[]).await;
        person.get("/identity/v1/me").await.ok();

        let me = tenant.admin.get("/identity/v1/me").await.ok();
        let own = format!("/identity/v1/users/{}", me["id"].as_str().expect("an id"));
        let elsewhere = json!({"networks": ELSEWHERE});
        let locked_out = tenant.both("PATCH", &own, &elsewhere).await;
        locked_out.refused(422, "invalid_input");
        let disabled = json!({"status": "disabled"});
        let alone = tenant.both("PATCH", &own, &disabled).await;
        alone.refused(403, "own_account");
        tenant
            .both("PATCH", &own, &json!({"networks": HERE}))
            .await
            .is(200);
        tenant.admin.get("/identity/v1/me").await.ok();

        // Disabled: refused at the next call, and what was open does not come back.
        let status = |status: &str| json!({"status": status});
        tenant
            .both("PATCH", &path, &status("invited"))
            .await
            .refused(422, "invalid_input");
        tenant.both("PATCH", &path, &status("disabled")).await.is(200);
        person
            .get("/identity/v1/me")
            .await
            .refused(401, "unauthenticated");
        assert_eq!(person.sign_in().await.status, 401);
        tenant.both("PATCH", &path, &status("active")).await.is(200);
        person
            .get("/identity/v1/me")
            .await
            .refused(401, "unauthenticated");
        person.sign_in().await.is(201);
        let other = world::neighbour().await;
        other
            .admin
            .change("PATCH", &path, &status("disabled"))
            .await
            .refused(404, "not_found");
        tenant
            .all
            .change("PATCH", &path, &status("disabled"))
            .await
            .refused(403, "forbidden");
    });
}

#[test]
fn a_roles_networks_hold_for_whoever_has_it() {
    run(async {
        let tenant = Tenant::new().await;
        let id = format!("desk_{}", random(8).to_lowercase());
        put_role(&tenant, &id, &role(0, &HERE)).await.is(200);
        let client = tenant.client(&[&id]).await;
        let both = tenant.client(&[&id, "support"]).await;
        client.get("/payments/v1/payments").await.ok();
        let changed = put_role(&tenant, &id, &role(1, &ELSEWHERE)).await.is(200);
        assert_eq!(changed["networks"].as_array().map(Vec::len), Some(2));
        client
            .get("/payments/v1/payments")
            .await
            .refused(403, "network_not_allowed");
        // Another role does not lift what one of them demands.
        both.get("/billing/v1/customers")
            .await
            .refused(403, "network_not_allowed");
        spoofed(async || client.request("GET", "/payments/v1/payments").await).await;
        put_role(&tenant, &id, &role(2, &[])).await.is(200);
        client.get("/payments/v1/payments").await.ok();
    });
}

#[test]
fn a_tenants_networks_hold_for_all_of_it_and_must_contain_who_sets_them() {
    run(async {
        let (tenant, operator) = (Tenant::new().await, world::operator(platform()));
        let path = tenant_path(&tenant);
        let set = |networks: &[&str]| json!({"networks": networks});
        let refused = tenant.admin.change("PATCH", &path, &set(&ELSEWHERE)).await;
        assert_eq!(
            refused.refused(422, "invalid_input")["errors"][0]["pointer"],
            "/networks"
        );
        // Nobody opens or closes the doors alone.
        let alone = tenant.admin.change("PATCH", &path, &set(&HERE)).await;
        assert!(alone.is(202)["approval"].is_string(), "{}", alone.told());
        assert_eq!(tenant.admin.get(&path).await.ok()["networks"], json!([]));
        tenant.both("PATCH", &path, &set(&HERE)).await.is(200);
        tenant.all.get("/identity/v1/me").await.ok();
        // The platform's own people may: they are not locked out by it.
        operator.change("PATCH", &path, &set(&ELSEWHERE)).await.is(200);
        for caller in [&tenant.all, &tenant.admin] {
            caller
                .get("/identity/v1/me")
                .await
                .refused(403, "network_not_allowed");
            let refused = caller.sign_in().await;
            assert_eq!(
                refused.status,
                401,
                "from there the tenant does not exist: {}",
                refused.told()
            );
        }
        spoofed(async || tenant.all.request("GET", "/identity/v1/me").await).await;
        world::neighbour().await.all.get("/identity/v1/me").await.ok();
        operator.change("PATCH", &path, &set(&[])).await.is(200);
        tenant.all.get("/identity/v1/me").await.ok();
        let entries = tenant.all.all("/audit/v1/entries").await;
        assert!(
            entries
                .iter()
                .any(|e| e["entry"]["problem"] == "network_not_allowed"),
            "refusals are in the log"
        );
    });
}

#[test]
fn the_platforms_networks_hold_for_every_call() {
    run(async {
        let dir = scratch("networks");
        // The first start founds tenants by calls of its own.
        Platform::start(&dir, &root()).kill();
        let mut command = serve(&dir, &root(), 0);
        command.env("LEDGERKEEP_ALLOWED_NETWORKS", ELSEWHERE.join(", "));
        let closed = Platform::run(&dir, command);
        for path in [
            "/tenancy/v1/health",
            "/identity/v1/me",
            "/billing/v1/openapi.json",
        ] {
            closed
                .http
                .get(path)
                .send()
                .await
                .refused(403, "network_not_allowed");
            spoofed(async || closed.http.get(path)).await;
        }
        let refused = world::operator(&closed).sign_in().await;
        assert_eq!(refused.status, 403, "{}", refused.told());
    });
}
