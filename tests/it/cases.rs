//! A valid call of every operation, by its id: who makes it, on what, and what of a tenant it names.

use crate::support::{
    Answer, Caller, Http, Login, Request, Tenant, cards, mail,
    passkey::{Authenticator as Authenticating, Ceremony, origin},
    platform, random,
    time::{rfc3339, unix, until},
    totp::Authenticator,
    world::{self, Person},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Mutex};

/// Who makes a call.
#[derive(Clone, Copy, PartialEq)]
pub enum Who {
    /// Nobody: it is public.
    Nobody,
    /// An API client with every right that one may hold.
    Client,
    /// An administrator, signed in.
    Admin,
    /// The operator of the platform.
    Operator,
}

/// What of another tenant a call can name.
pub enum Cross {
    /// Its path is an object of the tenant: anybody else gets 404.
    Path,
    /// These bodies name objects of the tenant, as the other tenant sends them: 4xx.
    Bodies(Vec<Value>),
    /// These paths filter by an object of the tenant: the other tenant gets 4xx, or a list with nothing in it.
    Lists(Vec<String>),
    /// These requests try to get in: 4xx.
    Requests(Vec<Request>),
    /// Nothing.
    Nothing,
}

/// A valid call.
pub struct Case {
    /// Who makes it.
    pub who: Who,
    /// The whole path.
    pub path: String,
    /// JSON, or nothing.
    pub body: Option<Value>,
    /// A form, or nothing.
    pub form: Option<String>,
    /// HTTP Basic credentials.
    pub basic: Option<(String, String)>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// What it can name of another tenant.
    pub cross: Cross,
    /// What it must not change, beside the lists.
    pub watch: Vec<String>,
    /// A person of its own, where it would spoil the others' sessions.
    pub own: Option<Caller>,
}

impl Case {
    fn new(who: Who, path: impl Into<String>) -> Self {
        let (body, form, basic, watch) = (None, None, None, Vec::new());
        Self {
            who,
            path: path.into(),
            body,
            form,
            basic,
            headers: Vec::new(),
            cross: Cross::Nothing,
            watch,
            own: None,
        }
    }
    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
    fn cross(mut self, cross: Cross) -> Self {
        self.cross = cross;
        self
    }
    fn own(mut self, caller: Caller) -> Self {
        self.own = Some(caller);
        self
    }
    fn watch(mut self, paths: &[&str]) -> Self {
        self.watch = paths.iter().map(ToString::to_string).collect();
        self
    }

    /// The call, not yet signed by anybody.
    pub fn request(&self, http: &Http, method: &str) -> Request {
        let mut request = http.request(method, &self.path);
        if let Some(body) = &self.body {
            request = request.json(body).key(&random(22));
        }
        if let Some(form) = &self.form {
            request = request.body("application/x-www-form-urlencoded", form.as_str());
        }
        if let Some((id, secret)) = &self.basic {
            request = request.basic(id, secret);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }

    /// Makes the call as it should be made.
    pub async fn send(&self, tenant: &Tenant, operator: &Caller, method: &str) -> Answer {
        let request = self.request(&operator.http, method);
        match self.caller(tenant, operator) {
            None => request.send().await,
            Some(caller) => {
                let request = request.bearer(&caller.token().await);
                tenant.with_approval(request).await
            }
        }
    }

    /// Who should make it.
    pub fn caller<'c>(&'c self, tenant: &'c Tenant, operator: &'c Caller) -> Option<&'c Caller> {
        match self.who {
            _ if self.own.is_some() => self.own.as_ref(),
            Who::Nobody => None,
            Who::Client => Some(&tenant.all),
            Who::Admin => Some(&tenant.admin),
            Who::Operator => Some(operator),
        }
    }
}

/// A valid call of tenant `a` on something new, and what `b` can try with it. None where the table has no line.
pub async fn case(operation: &str, a: &Tenant, b: &Tenant) -> Option<Case> {
    use Who::{Admin, Client, Nobody, Operator};
    let case = match operation {
        "create_session" => {
            let (own, other) = (&a.people[1], &b.people[1]);
            let body = |tenant: &str, who: &Person| json!({"tenant": tenant, "email": who.email, "password": who.password});
            let cross = Cross::Bodies(vec![body(&a.id, other), body(&b.id, own)]);
            Case::new(Nobody, "/identity/v1/sessions")
                .body(body(&a.id, own))
                .cross(cross)
        }
        "delete_session" => {
            let session = a.admin.sign_in().await.is(201);
            Case::new(
                Admin,
                format!("/identity/v1/sessions/{}", text(&session, "session")),
            )
            .cross(Cross::Path)
        }
        "issue_token" => {
            let (
                Login::Client { id, secret },
                Login::Client {
                    id: other,
                    secret: others,
                },
            ) = (&*a.all.login, &*b.all.login)
            else {
                unreachable!("clients sign in as clients")
            };
            // Each tenant's client at the other tenant, and with the other's secret.
            let client = |id: &str| id.split_once('.').expect("tenant and client").1.to_owned();
            let swapped = [
                (format!("{}.{}", a.id, client(other)), others),
                (format!("{}.{}", b.id, client(id)), secret),
                (id.clone(), others),
            ];
            let attempts = swapped.iter().map(|(id, secret)| {
                let request = a
                    .all
                    .http
                    .request("POST", "/identity/v1/oauth/token")
                    .basic(id, secret);
                request.body(
                    "application/x-www-form-urlencoded",
                    "grant_type=client_credentials",
                )
            });
            let mut case =
                Case::new(Nobody, "/identity/v1/oauth/token").cross(Cross::Requests(attempts.collect()));
            case.form = Some("grant_type=client_credentials".into());
            case.basic = Some((id.clone(), secret.clone()));
            case
        }
        "revoke_token" => {
            let session = Tenant::user(&a.all.http, &a.id, &a.people[1])
                .sign_in()
                .await
                .is(201);
            let mut case = Case::new(Nobody, "/identity/v1/oauth/revoke");
            case.form = Some(format!("token={}", text(&session, "refresh_token")));
            case
        }
        "create_user" => Case::new(Admin, "/identity/v1/users").body(world::user_body(&["auditor"])),
        "list_users" => Case::new(Admin, "/identity/v1/users")
            .cross(Cross::Lists(vec!["/identity/v1/users?limit=100".into()])),
        "read_user" => {
            let body = world::user_body(&["auditor"]);
            let made = a.invite(&body).await;
            Case::new(Admin, format!("/identity/v1/users/{}", world::id(&made))).cross(Cross::Path)
        }
        "create_password_reset" => Case::new(Nobody, "/identity/v1/password-resets")
            .body(json!({"tenant": a.id, "email": a.people[1].email})),
        "confirm_password_reset" => {
            let path = "/identity/v1/password-resets/confirm";
            let invited = world::user_body(&["auditor"]);
            a.invite(&invited).await.is(201);
            let code = mail::code(platform(), &text(&invited, "email")).await;
            let body = |code: &str| json!({"token": code, "password": world::password()});
            let elsewhere = code.replace(&a.id, &b.id);
            let across = a.all.http.post(path, &body(&elsewhere));
            Case::new(Nobody, path)
                .body(body(&code))
                .cross(Cross::Requests(vec![across]))
        }
        "list_roles" => Case::new(Admin, "/identity/v1/roles"),
        "list_rights" => Case::new(Admin, "/identity/v1/rights"),
        "refresh_portal_session" => {
            let origin = origin().await;
            let person = &a.people[1];
            let body =
                json!({"tenant": a.id, "email": person.email, "password": person.password, "portal": true});
            let request = a.all.http.post("/identity/v1/sessions", &body);
            let signed = request.header("origin", origin).send().await;
            signed.is(201);
            let (cookie, _) = signed.header("set-cookie").split_once(';').expect("a cookie");
            let path = "/identity/v1/portal/refresh";
            let elsewhere = cookie.replace(&a.id, &b.id);
            let across = a.all.http.post(path, &json!({})).header("origin", origin);
            let mut case = Case::new(Nobody, path)
                .body(json!({}))
                .cross(Cross::Requests(vec![across.header("cookie", &elsewhere)]));
            case.headers = vec![("origin".into(), origin.into()), ("cookie".into(), cookie.into())];
            case
        }
        "read_oauth_metadata" => Case::new(Nobody, "/.well-known/oauth-authorization-server/identity"),
        "read_jwks" => Case::new(Nobody, "/identity/.well-known/jwks.json"),
        "read_health" => Case::new(Nobody, "/tenancy/v1/health"),
        "read_me" => Case::new(Admin, "/identity/v1/me"),
        "create_tenant" => {
            let people = [Person::new(), Person::new()];
            Case::new(Operator, "/tenancy/v1/tenants").body(world::tenant_body("Another", &people))
        }
        "read_tenant" => Case::new(Client, format!("/tenancy/v1/tenants/{}", a.id)).cross(Cross::Path),
        "update_tenant" => Case::new(Admin, format!("/tenancy/v1/tenants/{}", a.id))
            .body(json!({"require_access_reason": false, "retention_months": 13}))
            .cross(Cross::Path),
        "create_api_client" => {
            Case::new(Admin, "/tenancy/v1/api-clients").body(json!({"name": "Own", "roles": ["auditor"]}))
        }
        "list_api_clients" => {
            a.client(&["support"]).await;
            Case::new(Admin, "/tenancy/v1/api-clients")
                .cross(Cross::Lists(vec!["/tenancy/v1/api-clients?limit=100".into()]))
        }
        "rotate_api_client" | "revoke_api_client" => {
            let path = format!("/tenancy/v1/api-clients/{}", an_api_client(a).await);
            match operation {
                "rotate_api_client" => Case::new(Admin, format!("{path}/rotate")).body(json!({})),
                _ => Case::new(Admin, path),
            }
            .cross(Cross::Path)
        }
        "create_customer" => Case::new(Client, "/billing/v1/customers").body(world::customer_body()),
        "list_customers" => {
            a.customer().await;
            let all = Cross::Lists(vec!["/billing/v1/customers?limit=100".into()]);
            Case::new(Client, "/billing/v1/customers").cross(all)
        }
        "read_customer" => {
            Case::new(Client, format!("/billing/v1/customers/{}", a.customer().await)).cross(Cross::Path)
        }
        "search_customers" => {
            let body = world::customer_body();
            a.all.post("/billing/v1/customers", &body).await.is(201);
            Case::new(Client, "/billing/v1/customers/search").body(json!({"email": body["email"]}))
        }
        "update_customer" => {
            let path = format!("/billing/v1/customers/{}", a.customer().await);
            Case::new(Client, path.clone())
                .body(json!({"name": "Somebody else", "email": world::customer_body()["email"]}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "create_product" => Case::new(Client, "/billing/v1/products").body(json!({"name": "Seat"})),
        "list_products" => {
            a.product().await;
            let all = Cross::Lists(vec!["/billing/v1/products?limit=100".into()]);
            Case::new(Client, "/billing/v1/products").cross(all)
        }
        "read_product" | "update_product" => {
            let path = format!("/billing/v1/products/{}", a.product().await);
            let case = Case::new(Client, path.clone()).cross(Cross::Path);
            if operation == "read_product" {
                case
            } else {
                case.body(json!({"name": "Chair"})).watch(&[&path])
            }
        }
        "read_price" | "update_price" => {
            let body = world::price_body(&a.product().await, "flat", "900");
            let made = a.all.post("/billing/v1/prices", &body).await.is(201);
            let path = format!("/billing/v1/prices/{}", text(&made, "id"));
            let case = Case::new(Client, path.clone()).cross(Cross::Path);
            if operation == "read_price" {
                case
            } else {
                case.body(json!({"archived": true})).watch(&[&path])
            }
        }
        "update_invoice" | "delete_invoice" => {
            let path = format!("/billing/v1/invoices/{}", text(&a.invoice(&["100"]).await, "id"));
            let case = Case::new(Client, path.clone()).cross(Cross::Path);
            if operation == "delete_invoice" {
                case
            } else {
                case.body(json!({"memo": "Thank you"})).watch(&[&path])
            }
        }
        "create_price" => {
            let body = world::price_body(&a.product().await, "per_unit", "0.0125");
            Case::new(Client, "/billing/v1/prices")
                .body(body.clone())
                .cross(Cross::Bodies(vec![body]))
        }
        "list_prices" => {
            let product = a.product().await;
            let body = world::price_body(&product, "flat", "900");
            a.all.post("/billing/v1/prices", &body).await.is(201);
            let path = format!("/billing/v1/prices?product={product}");
            Case::new(Client, path.clone())
                .cross(Cross::Lists(vec![path, "/billing/v1/prices?limit=100".into()]))
        }
        "create_invoice" => {
            let (own, other) = (a.customer().await, b.customer().await);
            let price = world::price_body(&a.product().await, "per_unit", "0.0125");
            let price = a.all.post("/billing/v1/prices", &price).await.is(201);
            let payment = a.payment(100, true).await;
            let body = json!({"customer": own, "currency": "EUR", "lines": [{"price": price["id"], "quantity": 1000}]});
            let with = |line: Value| json!({"customer": other, "currency": "EUR", "lines": [line]});
            let named = json!({"description": "Work", "unit_amount": "100", "payment": payment["id"]});
            let cross = Cross::Bodies(vec![
                world::invoice_body(&own, &["100"]),
                with(json!({"price": price["id"]})),
                with(named),
            ]);
            Case::new(Client, "/billing/v1/invoices").body(body).cross(cross)
        }
        "list_invoices" => {
            let invoice = a.invoice(&["100"]).await;
            let path = format!("/billing/v1/invoices?customer={}", text(&invoice, "customer"));
            Case::new(Client, path.clone())
                .cross(Cross::Lists(vec![path, "/billing/v1/invoices?limit=100".into()]))
        }
        "post_journal_entry" => {
            let line =
                |account: &str, amount: i64| json!({"account": account, "currency": "EUR", "amount": amount});
            let body =
                json!({"reason": "Interest", "lines": [line("bank", 125), line("revenue.other", -125)]});
            Case::new(Client, "/ledger/v1/journal")
                .body(body)
                .own(a.client(&["accountant"]).await)
        }
        // Each case another month, as one is closed once.
        "close_month" => {
            let (year, month) = (1_000 + below(900), 1 + below(12));
            Case::new(Client, format!("/ledger/v1/periods/{year}-{month:02}/close"))
                .body(json!({}))
                .own(a.client(&["controller"]).await)
        }
        "read_ledger_report" => Case::new(Client, "/ledger/v1/reports/revenue?month=2026-11"),
        "list_accounts" => Case::new(Client, "/ledger/v1/accounts"),
        "read_trial_balance" => Case::new(Client, "/ledger/v1/trial-balance"),
        "read_account_statement" => {
            let customer = a.customer().await;
            a.open_invoice(&customer, &["100"]).await;
            let path = format!("/ledger/v1/accounts/receivable.{customer}/statement?currency=EUR");
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![path]))
        }
        "list_journal_entries" => {
            let path = a_posting(a).await;
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![path]))
        }
        "read_journal_entry" => {
            let entries = a.all.all(&a_posting(a).await).await;
            Case::new(Client, format!("/ledger/v1/journal/{}", text(&entries[0], "id"))).cross(Cross::Path)
        }
        "read_invoice" => {
            let id = text(&a.invoice(&["100"]).await, "id");
            Case::new(Client, format!("/billing/v1/invoices/{id}")).cross(Cross::Path)
        }
        "read_invoice_document" | "read_credit_note_document" => {
            let settings = a.all.get("/billing/v1/tax-settings").await;
            if settings.status != 200 || settings.json()["version"].as_u64().unwrap_or(0) == 0 {
                a.taxed(&json!({"exemptions": [{"reason": "Small business"}]}))
                    .await;
            }
            let mut path = a.open_invoice(&a.customer().await, &["100"]).await;
            if operation == "read_credit_note_document" {
                let invoice = path.rsplit('/').next().unwrap_or_default();
                let notes = "/billing/v1/credit-notes";
                let made = a.all.post(notes, &json!({"invoice": invoice})).await.is(201);
                path = format!("{notes}/{}", text(&made, "id"));
            }
            Case::new(Client, format!("{path}/document")).cross(Cross::Path)
        }
        "finalize_invoice" => {
            let path = format!("/billing/v1/invoices/{}", text(&a.invoice(&["100"]).await, "id"));
            Case::new(Client, format!("{path}/finalize"))
                .body(json!({}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "pay_invoice" => {
            let buyer = a.buyer().await;
            let path = a.open_invoice(&buyer.customer, &["100"]).await;
            Case::new(Client, format!("{path}/pay"))
                .body(json!({"payment_method": buyer.card}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "put_tax_settings" | "read_tax_settings" => {
            let path = "/billing/v1/tax-settings";
            let version = async || {
                let read = a.all.get(path).await;
                let there = (read.status == 200).then(|| read.json()["version"].as_u64());
                there.flatten().unwrap_or(0)
            };
            // Nothing is taxed, so that amounts of others stay what they are.
            let free = json!({"exemptions": [{"reason": "Small business"}]});
            if operation == "put_tax_settings" {
                Case::new(Client, path).body(world::tax_body(version().await, &free))
            } else {
                if version().await == 0 {
                    a.taxed(&free).await;
                }
                Case::new(Client, path)
            }
        }
        "preview_invoice" => {
            let id = text(&a.invoice(&["100"]).await, "id");
            Case::new(Client, format!("/billing/v1/invoices/{id}/preview"))
                .body(json!({}))
                .cross(Cross::Path)
        }
        "settle_invoice" | "void_invoice" => {
            let path = a.open_invoice(&a.customer().await, &["100"]).await;
            let (verb, body) = match operation {
                "settle_invoice" => ("settle", json!({"outcome": "paid", "reason": "Bank transfer"})),
                _ => ("void", json!({})),
            };
            Case::new(Client, format!("{path}/{verb}"))
                .body(body)
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "create_meter" => {
            Case::new(Client, "/billing/v1/meters").body(json!({"name": "Calls", "aggregation": "count"}))
        }
        "list_meters" => {
            a.meter("count").await;
            let all = Cross::Lists(vec!["/billing/v1/meters?limit=100".into()]);
            Case::new(Client, "/billing/v1/meters").cross(all)
        }
        "read_meter" | "update_meter" => {
            let path = format!("/billing/v1/meters/{}", a.meter("count").await);
            let case = Case::new(Client, path.clone()).cross(Cross::Path);
            match operation {
                "read_meter" => case,
                _ => case.body(json!({"archived": true})).watch(&[&path]),
            }
        }
        "create_usage_events" => {
            let meter = a.meter("sum").await;
            let (own, other) = (a.customer().await, b.customer().await);
            let theirs = b.meter("sum").await;
            let body =
                |meter: &str, customer: &str| json!({"events": [world::usage(meter, customer, "2.5")]});
            let cross = Cross::Bodies(vec![
                body(&meter, &own),
                body(&meter, &other),
                body(&theirs, &own),
            ]);
            Case::new(Client, "/billing/v1/usage-events")
                .body(body(&meter, &own))
                .cross(cross)
        }
        "read_usage" => {
            let (meter, customer) = (a.meter("sum").await, a.customer().await);
            let body = json!({"events": [world::usage(&meter, &customer, "2.5")]});
            a.all.post("/billing/v1/usage-events", &body).await.is(200);
            let path = world::usage_path(&meter, &customer, "hour");
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![path]))
        }
        "create_subscription" => {
            let price = a.recurring("900").await;
            let body = |customer: String| json!({"customer": customer, "items": [{"price": price}]});
            let (own, other) = (a.customer().await, b.customer().await);
            let cross = Cross::Bodies(vec![body(own.clone()), body(other)]);
            Case::new(Client, "/billing/v1/subscriptions")
                .body(body(own))
                .cross(cross)
        }
        "list_subscriptions" => {
            let made = a.subscription(json!({})).await;
            let path = format!("/billing/v1/subscriptions?customer={}", text(&made, "customer"));
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![
                path,
                "/billing/v1/subscriptions?limit=100".into(),
            ]))
        }
        "read_subscription"
        | "update_subscription"
        | "cancel_subscription"
        | "preview_subscription"
        | "bill_subscription" => {
            let made = a.subscription(json!({})).await;
            let path = format!("/billing/v1/subscriptions/{}", text(&made, "id"));
            let item = json!({"id": made["items"][0]["id"], "quantity": "2"});
            let at = |verb: &str| {
                Case::new(Client, format!("{path}/{verb}"))
                    .body(json!({}))
                    .cross(Cross::Path)
            };
            match operation {
                "read_subscription" => Case::new(Client, path).cross(Cross::Path),
                "update_subscription" => Case::new(Client, path.clone())
                    .body(json!({"items": [item]}))
                    .cross(Cross::Path)
                    .watch(&[&path]),
                "preview_subscription" => at("preview"),
                "cancel_subscription" => at("cancel").watch(&[&path]),
                _ => at("bill").watch(&[&path]),
            }
        }
        "create_credit_note" | "list_credit_notes" | "read_credit_note" => {
            let notes = "/billing/v1/credit-notes";
            let path = a.open_invoice(&a.customer().await, &["100"]).await;
            let invoice = path.rsplit('/').next().unwrap_or_default();
            let body = json!({"invoice": invoice, "lines": [{"line": 0, "net": 40}]});
            if operation == "create_credit_note" {
                return Some(
                    Case::new(Client, notes)
                        .body(body.clone())
                        .cross(Cross::Bodies(vec![body]))
                        .watch(&[&path]),
                );
            }
            let made = a.all.post(notes, &body).await.is(201);
            if operation == "read_credit_note" {
                let path = format!("{notes}/{}", text(&made, "id"));
                Case::new(Client, path).cross(Cross::Path)
            } else {
                let path = format!("{notes}?invoice={invoice}");
                Case::new(Client, path.clone()).cross(Cross::Lists(vec![path, format!("{notes}?limit=100")]))
            }
        }
        "create_wallet_grant" | "read_wallet" => {
            let path = format!("/billing/v1/customers/{}", a.customer().await);
            let body = json!({"currency": "EUR", "amount": 100});
            let (grants, wallet) = (format!("{path}/wallet-grants"), format!("{path}/wallet"));
            if operation == "create_wallet_grant" {
                Case::new(Client, grants)
                    .body(body)
                    .cross(Cross::Path)
                    .watch(&[&wallet])
            } else {
                a.all.post(&grants, &body).await.is(201);
                Case::new(Client, wallet).cross(Cross::Path)
            }
        }
        "create_payment_method" => {
            let customer = a.customer().await;
            let watch = format!("/vault/v1/payment-methods?customer={customer}");
            let body = world::card_body(&customer, &cards::good());
            let cross = Cross::Bodies(vec![body.clone()]);
            Case::new(Client, "/vault/v1/payment-methods")
                .body(body)
                .cross(cross)
                .watch(&[&watch])
        }
        "list_payment_methods" => {
            let path = format!("/vault/v1/payment-methods?customer={}", a.buyer().await.customer);
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![path]))
        }
        "read_payment_method" => Case::new(
            Client,
            format!("/vault/v1/payment-methods/{}", a.buyer().await.card),
        )
        .cross(Cross::Path),
        "reveal_payment_method" => {
            let path = format!("/vault/v1/payment-methods/{}", a.buyer().await.card);
            Case::new(Client, format!("{path}/reveal"))
                .body(json!({"reason": "The issuer asks for it"}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "delete_payment_method" => {
            let path = format!("/vault/v1/payment-methods/{}", a.buyer().await.card);
            Case::new(Client, path.clone()).cross(Cross::Path).watch(&[&path])
        }
        "create_payment" => {
            let (own, other) = (a.buyer().await, b.buyer().await);
            let mixed = |customer: &str, card: &str| json!({"customer": customer, "payment_method": card, "amount": 100, "currency": "EUR"});
            let cross = Cross::Bodies(vec![
                mixed(&own.customer, &own.card),
                mixed(&own.customer, &other.card),
                mixed(&other.customer, &own.card),
            ]);
            Case::new(Client, "/payments/v1/payments")
                .body(own.pays(100, true))
                .cross(cross)
        }
        "list_payments" => {
            let path = format!(
                "/payments/v1/payments?customer={}",
                text(&a.payment(100, true).await, "customer")
            );
            Case::new(Client, path.clone())
                .cross(Cross::Lists(vec![path, "/payments/v1/payments?limit=100".into()]))
        }
        "read_payment" => {
            let id = text(&a.payment(100, true).await, "id");
            Case::new(Client, format!("/payments/v1/payments/{id}")).cross(Cross::Path)
        }
        "capture_payment" | "cancel_payment" => {
            let id = text(&a.payment(100, false).await, "id");
            let verb = operation.trim_end_matches("_payment");
            let path = format!("/payments/v1/payments/{id}");
            Case::new(Client, format!("{path}/{verb}"))
                .body(json!({}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "create_refund" | "list_refunds" => {
            let path = format!(
                "/payments/v1/payments/{}",
                text(&a.payment(100, true).await, "id")
            );
            let refunds = format!("{path}/refunds");
            let case = Case::new(Client, refunds.clone())
                .cross(Cross::Path)
                .watch(&[&path, &refunds]);
            if operation == "create_refund" {
                case.body(json!({"amount": 40}))
            } else {
                case
            }
        }
        "list_all_refunds" | "read_refund" => {
            let paid = a.payment(100, true).await;
            let refunds = format!("/payments/v1/payments/{}/refunds", text(&paid, "id"));
            let made = a.all.post(&refunds, &json!({"amount": 40})).await.is(201);
            if operation == "read_refund" {
                Case::new(Client, format!("/payments/v1/refunds/{}", text(&made, "id"))).cross(Cross::Path)
            } else {
                let path = format!("/payments/v1/refunds?customer={}", text(&paid, "customer"));
                Case::new(Client, path.clone())
                    .cross(Cross::Lists(vec![path, "/payments/v1/refunds?limit=100".into()]))
            }
        }
        "create_check" => {
            let (own, other) = (a.buyer().await, b.buyer().await);
            let body = |customer: &str, card: &str| json!({"customer": customer, "payment_method": card, "amount": 100, "currency": "EUR"});
            let cross = Cross::Bodies(vec![
                body(&own.customer, &own.card),
                body(&own.customer, &other.card),
                body(&other.customer, &own.card),
                json!({"customer": own.customer, "amount": 100, "currency": "EUR"}),
            ]);
            Case::new(Client, "/risk/v1/checks")
                .body(body(&own.customer, &own.card))
                .cross(cross)
        }
        "read_check" => {
            let body = json!({"customer": a.customer().await, "amount": 100, "currency": "EUR"});
            let made = a.all.post("/risk/v1/checks", &body).await.is(201);
            Case::new(Client, format!("/risk/v1/checks/{}", text(&made, "id"))).cross(Cross::Path)
        }
        "list_reviews" => {
            let path = format!(
                "/risk/v1/reviews?customer={}",
                text(&a.in_review().await, "customer")
            );
            Case::new(Client, path.clone())
                .cross(Cross::Lists(vec![path, "/risk/v1/reviews?limit=100".into()]))
        }
        "read_review" | "claim_review" | "release_review" | "snooze_review" | "decide_review" => {
            let path = format!("/risk/v1/reviews/{}", text(&a.in_review().await, "review"));
            let verb = operation.trim_end_matches("_review");
            if verb == "read" {
                Case::new(Client, path).cross(Cross::Path)
            } else {
                let body = match verb {
                    "snooze" => json!({"until": rfc3339(unix() + 3_600)}),
                    "decide" => json!({"decision": "decline", "reason": "Nobody answers"}),
                    _ => json!({}),
                };
                Case::new(Client, format!("{path}/{verb}"))
                    .body(body)
                    .cross(Cross::Path)
                    .watch(&[&path])
            }
        }
        "create_risk_label" => {
            let body = |payment: &Value| json!({"payment": payment["id"], "label": "genuine"});
            let paid = a.payment(100, true).await;
            Case::new(Client, "/risk/v1/labels")
                .body(body(&paid))
                .cross(Cross::Bodies(vec![body(&paid)]))
        }
        "list_risk_labels" => {
            let paid = a.payment(100, true).await;
            let body = json!({"payment": paid["id"], "label": "genuine"});
            a.all.post("/risk/v1/labels", &body).await.is(201);
            let path = format!("/risk/v1/labels?customer={}", text(&paid, "customer"));
            Case::new(Client, path.clone())
                .cross(Cross::Lists(vec![path, "/risk/v1/labels?limit=100".into()]))
        }
        "create_risk_list" => {
            Case::new(Client, "/risk/v1/lists").body(json!({"name": "Known fraud", "kind": "deny"}))
        }
        "list_risk_lists" => {
            risk_list(a).await;
            let all = Cross::Lists(vec!["/risk/v1/lists?limit=100".into()]);
            Case::new(Client, "/risk/v1/lists").cross(all)
        }
        "add_risk_list_item" => {
            let path = format!("/risk/v1/lists/{}/items", risk_list(a).await);
            Case::new(Client, path.clone())
                .body(json!({"payment_method": a.buyer().await.card}))
                .cross(Cross::Path)
                .watch(&[&format!("{path}?")])
        }
        "list_risk_list_items" => {
            let path = format!("/risk/v1/lists/{}/items", risk_list(a).await);
            let body = json!({"customer": a.customer().await});
            a.all.post(&path, &body).await.is(201);
            Case::new(Client, path).cross(Cross::Path)
        }
        "read_risk_rules" => Case::new(Client, "/risk/v1/rules"),
        "draft_risk_rules" => {
            let read = a.all.get("/risk/v1/rules").await.ok();
            Case::new(Client, "/risk/v1/rules").body(world::risk_rules(&read, &[("EUR", 500_000)]))
        }
        "try_risk_rules" => {
            let body = |customer: &str| json!({"customer": customer, "amount": 100, "currency": "EUR"});
            let own = a.customer().await;
            let cross = Cross::Bodies(vec![body(&own)]);
            Case::new(Client, "/risk/v1/rules/try")
                .body(body(&own))
                .cross(cross)
        }
        // Numbers of versions are each tenant's own.
        "read_risk_rules_version" | "publish_risk_rules" => {
            let version = a.risk_draft(&[("EUR", 500_000)]).await;
            let path = format!("/risk/v1/rules/{version}");
            match operation {
                "publish_risk_rules" => Case::new(Client, format!("{path}/publish")).body(json!({})),
                _ => Case::new(Client, path),
            }
        }
        "shadow_risk_rules" => {
            let version = a.risk_draft(&[("EUR", 500_000)]).await;
            Case::new(Client, "/risk/v1/rules/shadow")
                .body(json!({"version": version, "until": rfc3339(unix() + 3_600)}))
        }
        "create_webhook" => Case::new(Client, "/notifications/v1/webhooks").body(webhook("refund.failed")),
        "list_webhooks" => {
            a.all
                .post("/notifications/v1/webhooks", &webhook("refund.failed"))
                .await
                .is(201);
            let all = Cross::Lists(vec!["/notifications/v1/webhooks?limit=100".into()]);
            Case::new(Client, "/notifications/v1/webhooks").cross(all)
        }
        "update_webhook" | "delete_webhook" | "rotate_webhook_secret" => {
            let made = a
                .all
                .post("/notifications/v1/webhooks", &webhook("refund.failed"))
                .await;
            let path = format!("/notifications/v1/webhooks/{}", text(&made.is(201), "id"));
            match operation {
                "update_webhook" => Case::new(Client, path).body(json!({"description": "Changed"})),
                "delete_webhook" => Case::new(Client, path),
                _ => Case::new(Client, format!("{path}/rotate")).body(json!({})),
            }
            .cross(Cross::Path)
        }
        "list_event_types" => Case::new(Client, "/notifications/v1/event-types"),
        "retry_delivery" => {
            // Nobody listens there, so it is pending after its first attempt.
            let made = a
                .all
                .post("/notifications/v1/webhooks", &webhook("customer.created"))
                .await
                .is(201);
            a.customer().await;
            let path = format!("/notifications/v1/deliveries?webhook={}", text(&made, "id"));
            let tried = async || {
                let delivery = a.all.all(&path).await.first().cloned()?;
                (delivery["attempts"] != json!([])).then_some(delivery)
            };
            let delivery = until("an attempt", 60, tried).await;
            let retry = format!("/notifications/v1/deliveries/{}/retry", text(&delivery, "id"));
            Case::new(Client, retry).body(json!({})).cross(Cross::Path)
        }
        "list_deliveries" => {
            let made = a
                .all
                .post("/notifications/v1/webhooks", &webhook("customer.created"))
                .await
                .is(201);
            a.customer().await;
            let path = format!("/notifications/v1/deliveries?webhook={}", text(&made, "id"));
            let there = async || a.all.all(&path).await.first().map(|_| ());
            until("a delivery", 60, there).await;
            Case::new(Client, path.clone()).cross(Cross::Lists(vec![path.clone()]))
        }
        "list_entries" => Case::new(Client, "/audit/v1/entries")
            .cross(Cross::Lists(vec!["/audit/v1/entries?limit=100".into()])),
        "read_entry" => {
            Case::new(Client, format!("/audit/v1/entries/{}", an_entry(a).await)).cross(Cross::Path)
        }
        "prove_entry" => {
            let path = format!("/audit/v1/entries/{}/proof", an_entry(a).await);
            // An export has everything before it sealed and signed at once; otherwise that happens once an hour.
            a.all.post("/audit/v1/exports", &json!({})).await.is(202);
            let proven = async || a.all.get(&path).await.is_success().then_some(());
            until("a checkpoint over the entry", 60, proven).await;
            Case::new(Client, path).cross(Cross::Path)
        }
        "list_approvals" => Case::new(Admin, "/identity/v1/approvals"),
        "list_my_approvals" => Case::new(Admin, "/identity/v1/me/approvals"),
        "read_approval" | "withdraw_approval" => {
            let (id, role) = a_role(0);
            let path = format!("/identity/v1/roles/{id}");
            let asked = a.admin.request("PUT", &path).await.json(&role).send().await;
            let path = format!("/identity/v1/approvals/{}", text(&asked.is(202), "approval"));
            Case::new(Admin, path).cross(Cross::Path)
        }
        "decide_approval" => {
            let (id, role) = a_role(0);
            let path = format!("/identity/v1/roles/{id}");
            let waiting = a
                .second
                .request("PUT", &path)
                .await
                .json(&role)
                .send()
                .await
                .is(202);
            let path = format!("/identity/v1/approvals/{}", text(&waiting, "approval"));
            Case::new(Admin, path)
                .body(json!({"decision": "approve", "reason": "As agreed"}))
                .cross(Cross::Path)
        }
        "put_role" => {
            let (id, role) = a_role(0);
            Case::new(Admin, format!("/identity/v1/roles/{id}")).body(role)
        }
        "put_password_policy" => {
            let (id, role) = a_role(0);
            let path = format!("/identity/v1/roles/{id}");
            let made = a.admin.request("PUT", &path).await.json(&role);
            a.with_approval(made).await.is(200);
            Case::new(Admin, format!("{path}/password-policy"))
                .body(json!({"replaces": 1, "profile": "mfa"}))
                .cross(Cross::Path)
        }
        "put_default_password_policy" => {
            // As strict as it was, so that nobody's session is limited by it.
            Case::new(Admin, "/identity/v1/password-policy").body(json!({"profile": "pci-single-factor"}))
        }
        "list_sign_ins" => {
            let id = text(&a.second.get("/identity/v1/me").await.ok(), "id");
            Case::new(Admin, format!("/identity/v1/users/{id}/sign-ins")).cross(Cross::Path)
        }
        "change_password" => {
            let joined = a.person(&["auditor"]).await;
            let body = json!({"old_password": joined.person.password, "password": world::password()});
            Case::new(Admin, "/identity/v1/me/password")
                .body(body)
                .own(joined.caller)
        }
        "list_sessions" => Case::new(Admin, "/identity/v1/sessions")
            .cross(Cross::Lists(vec!["/identity/v1/sessions?limit=100".into()])),
        "delete_sessions" => {
            Case::new(Admin, "/identity/v1/sessions").own(a.person(&["auditor"]).await.caller)
        }
        "enrol_totp" => Case::new(Admin, "/identity/v1/me/totp")
            .body(json!({}))
            .own(a.person(&["auditor"]).await.caller),
        "confirm_totp" => {
            let joined = a.person(&["auditor"]).await;
            let enrolled = joined
                .caller
                .post("/identity/v1/me/totp", &json!({}))
                .await
                .is(201);
            let code = Authenticator::scan(&text(&enrolled, "uri")).code(0).await;
            Case::new(Admin, "/identity/v1/me/totp/confirm")
                .body(json!({"code": code}))
                .own(joined.caller)
        }
        "remove_totp" => {
            let enrolled = a.enrolled(&["auditor"]).await;
            Case::new(Admin, "/identity/v1/me/totp").own(enrolled.joined.caller)
        }
        "create_passkey_options" => Case::new(Admin, "/identity/v1/me/passkeys/options")
            .body(json!({}))
            .own(a.person(&["auditor"]).await.caller),
        "register_passkey" | "remove_passkey" => {
            let path = "/identity/v1/me/passkeys";
            let caller = a.person(&["auditor"]).await.caller;
            let asked = caller.post(&format!("{path}/options"), &json!({})).await.is(201);
            let (_, body) = Authenticating::make(&asked["public_key"], &Ceremony::good().await);
            if operation == "register_passkey" {
                return Some(Case::new(Admin, path).body(body).own(caller));
            }
            let made = caller.post(path, &body).await.is(201);
            Case::new(Admin, format!("{path}/{}", text(&made["passkey"], "id"))).own(caller)
        }
        "answer_challenge" => {
            let enrolled = a.enrolled(&["auditor"]).await;
            let asked = enrolled.joined.caller.sign_in().await.is(201);
            let (path, challenge) = ("/identity/v1/sessions/mfa", text(&asked, "challenge"));
            let code = enrolled.codes[0].clone();
            let elsewhere = json!({"challenge": challenge.replace(&a.id, &b.id), "code": code});
            let across = a.all.http.post(path, &elsewhere);
            Case::new(Nobody, path)
                .body(json!({"challenge": challenge, "code": code}))
                .cross(Cross::Requests(vec![across]))
        }
        "update_user" => {
            let path = format!("/identity/v1/users/{}", a.person(&["auditor"]).await.id);
            Case::new(Admin, path.clone())
                .body(json!({"status": "disabled", "roles": ["support"], "networks": ["127.0.0.0/8"]}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "reset_second_factor" => {
            let enrolled = a.enrolled(&["auditor"]).await;
            let path = format!("/identity/v1/users/{}", enrolled.joined.id);
            Case::new(Admin, format!("{path}/second-factor-reset"))
                .body(json!({}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "unlock_user" | "reset_user_password" => {
            let path = format!("/identity/v1/users/{}", a.person(&["auditor"]).await.id);
            let verb = if operation == "unlock_user" {
                "unlock"
            } else {
                "password-reset"
            };
            Case::new(Admin, format!("{path}/{verb}"))
                .body(json!({}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "list_keys" => Case::new(Admin, "/keys/v1/keys"),
        // The platform's key wraps them already.
        "set_kms_key" => Case::new(Admin, "/keys/v1/kms-key").body(json!({"arn": null})),
        "create_rotation" => Case::new(Admin, "/keys/v1/rotations").body(a_rotation(&a.id)),
        "read_rotation" => {
            let request = a.admin.request("POST", "/keys/v1/rotations").await;
            let request = request.json(&a_rotation(&a.id)).key(&random(22));
            let made = a.with_approval(request).await.is(202);
            Case::new(Admin, format!("/keys/v1/rotations/{}", text(&made, "id"))).cross(Cross::Path)
        }
        "list_checkpoints" => Case::new(Client, "/audit/v1/checkpoints"),
        "read_alert_rules" => Case::new(Client, "/audit/v1/alert-rules"),
        "replace_alert_rules" => {
            let kept = a.all.get("/audit/v1/alert-rules").await.ok();
            Case::new(Admin, "/audit/v1/alert-rules").body(json!({"rules": kept["rules"]}))
        }
        "list_alerts" => {
            an_alert(a).await;
            Case::new(Client, "/audit/v1/alerts")
                .cross(Cross::Lists(vec!["/audit/v1/alerts?limit=100".into()]))
        }
        "acknowledge_alert" => {
            let path = format!("/audit/v1/alerts/{}", an_alert(a).await);
            Case::new(Admin, format!("{path}/acknowledge"))
                .body(json!({"note": "Seen"}))
                .cross(Cross::Path)
        }
        "create_purge" => Case::new(Admin, "/audit/v1/purges").body(json!({})),
        "read_purge" => {
            let made = a.both("POST", "/audit/v1/purges", &json!({})).await.is(202);
            Case::new(Client, format!("/audit/v1/purges/{}", text(&made, "id"))).cross(Cross::Path)
        }
        "create_export" => Case::new(Client, "/audit/v1/exports").body(json!({})),
        "read_export" => {
            let made = a.all.post("/audit/v1/exports", &json!({})).await.is(202);
            Case::new(Client, format!("/audit/v1/exports/{}", text(&made, "id"))).cross(Cross::Path)
        }
        "create_privacy_request" => {
            let body = json!({"customer": a.customer().await, "type": "access"});
            let cross = Cross::Bodies(vec![body.clone()]);
            Case::new(Client, "/privacy/v1/requests").body(body).cross(cross)
        }
        "list_privacy_requests" => {
            privacy_request(a, "objection").await;
            let all = Cross::Lists(vec!["/privacy/v1/requests?limit=100".into()]);
            Case::new(Client, "/privacy/v1/requests").cross(all)
        }
        "read_privacy_request" => {
            let id = privacy_request(a, "objection").await;
            Case::new(Client, format!("/privacy/v1/requests/{id}")).cross(Cross::Path)
        }
        "decide_privacy_request" => {
            let path = format!("/privacy/v1/requests/{}", privacy_request(a, "objection").await);
            Case::new(Client, path.clone())
                .body(json!({"decision": "grant", "reason": "As asked"}))
                .cross(Cross::Path)
                .watch(&[&path])
        }
        "read_register" => Case::new(Client, "/privacy/v1/register"),
        "create_breach" => Case::new(Client, "/privacy/v1/breaches").body(json!({"summary": "Lost laptop"})),
        "list_breaches" => {
            breach(a).await;
            let all = Cross::Lists(vec!["/privacy/v1/breaches?limit=100".into()]);
            Case::new(Client, "/privacy/v1/breaches").cross(all)
        }
        "notify_breach" => {
            let path = format!("/privacy/v1/breaches/{}/notify", breach(a).await);
            Case::new(Client, path).body(json!({})).cross(Cross::Path)
        }
        "read_whole_contract" => Case::new(Nobody, "/openapi.json"),
        _ if operation.starts_with("read_") && operation.ends_with("_contract") => {
            let service = operation
                .trim_start_matches("read_")
                .trim_end_matches("_contract");
            Case::new(Nobody, format!("/{service}/v1/openapi.json"))
        }
        _ => return None,
    };
    Some(case)
}

/// A role that reads small payments: its id, and the body that makes it or its next version.
pub fn a_role(replaces: u32) -> (String, Value) {
    let filter = json!({"le": {"attribute": "amount", "value": 1000}});
    let body = json!({
        "name": "Small payments",
        "replaces": replaces,
        "grants": [{"right": "payment.read", "effect": "allow", "filter": filter}],
    });
    (format!("small_{}", random(10).to_lowercase()), body)
}

/// A new API client.
async fn an_api_client(tenant: &Tenant) -> String {
    let body = json!({"name": "Own", "roles": ["auditor"]});
    world::id(&tenant.admin.post("/tenancy/v1/api-clients", &body).await)
}

/// A rotation of keys that no earlier one of the tenant is about, and that no other call depends on.
fn a_rotation(tenant: &str) -> Value {
    static ASKED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    let mut asked = ASKED.lock().expect("no test panics here");
    let count = asked.entry(tenant.to_owned()).or_default();
    *count += 1;
    let (scope, purpose) = [
        ("tenant", "audit"),
        ("subjects", "audit"),
        ("tenant", "card"),
        ("subjects", "card"),
        ("subjects", "pii"),
    ][(*count - 1) % 5];
    json!({"scope": scope, "purpose": purpose})
}

/// An entry of the tenant's log.
async fn an_entry(tenant: &Tenant) -> String {
    let page = tenant.all.get("/audit/v1/entries?limit=1").await.ok();
    text(&page["data"][0], "id")
}

/// A new deny list.
async fn risk_list(tenant: &Tenant) -> String {
    let body = json!({"name": "Known fraud", "kind": "deny"});
    text(&tenant.all.post("/risk/v1/lists", &body).await.is(201), "id")
}

/// An open alert of the tenant: an export raises one.
async fn an_alert(tenant: &Tenant) -> String {
    // Another case may have replaced the shipped rules.
    let rules = "/audit/v1/alert-rules";
    let kept = tenant.all.get(rules).await.ok();
    if !kept["rules"].to_string().contains("data_exported") {
        let shipped = world::neighbour().await.all.get(rules).await.ok();
        let body = json!({"rules": shipped["rules"]});
        tenant.both("PUT", rules, &body).await.is(200);
    }
    let made = text(
        &tenant.all.post("/audit/v1/exports", &json!({})).await.is(202),
        "id",
    );
    let raised = async || {
        let open = tenant.all.all("/audit/v1/alerts?state=open").await;
        open.into_iter().find(|alert| alert["rule"] == "data_exported")
    };
    let alert = until(&format!("an alert about {made}"), 60, raised).await;
    text(&alert, "id")
}

/// A new request of somebody new.
async fn privacy_request(tenant: &Tenant, kind: &str) -> String {
    let body = json!({"customer": tenant.customer().await, "type": kind});
    text(
        &tenant.all.post("/privacy/v1/requests", &body).await.is(201),
        "id",
    )
}

/// A new breach.
async fn breach(tenant: &Tenant) -> String {
    let body = json!({"summary": "Lost laptop"});
    text(
        &tenant.all.post("/privacy/v1/breaches", &body).await.is(201),
        "id",
    )
}

/// A webhook that nobody listens at.
fn webhook(event: &str) -> Value {
    json!({"url": "https://localhost:9/", "event_types": [event]})
}

/// A text in an answer.
#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

/// The path of what an invoice has posted.
async fn a_posting(tenant: &Tenant) -> String {
    let path = tenant.open_invoice(&tenant.customer().await, &["100"]).await;
    let id = path.rsplit('/').next().unwrap_or_default();
    format!("/ledger/v1/journal?source={id}")
}

/// A number below `most`.
fn below(most: u32) -> u32 {
    random(6)
        .bytes()
        .fold(0, |n: u32, byte| n.wrapping_mul(31).wrapping_add(byte.into()))
        % most
}
