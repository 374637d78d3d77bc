//! Tenants with people, clients, customers, cards and payments of their own.

use super::{
    Answer, Caller, Http, Login, Platform, Request, cards, platform, random, time, totp::Authenticator,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// A person who administers a tenant.
#[derive(Clone)]
pub struct Person {
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl Person {
    /// Somebody new.
    pub fn new() -> Self {
        Self {
            email: format!("{}@people.example", random(14).to_lowercase()),
            name: format!("Person {}", random(12)),
            password: password(),
        }
    }

    fn json(&self) -> Value {
        json!({"email": self.email, "name": self.name, "password": self.password})
    }
}

/// A password that the policy takes.
pub fn password() -> String {
    format!("{}7q", random(22))
}

/// A person who has joined a tenant.
pub struct Joined {
    /// `usr_…`.
    pub id: String,
    /// Who.
    pub person: Person,
    /// As a caller.
    pub caller: Caller,
}

/// A person with a second factor.
pub struct Enrolled {
    /// Who.
    pub joined: Joined,
    /// Their authenticator.
    pub authenticator: Authenticator,
    /// Their recovery codes.
    pub codes: Vec<String>,
}

/// A tenant and who calls for it.
pub struct Tenant {
    /// `ten_…`.
    pub id: String,
    /// Its two administrators.
    pub people: [Person; 2],
    /// The first administrator.
    pub admin: Caller,
    /// The second administrator.
    pub second: Caller,
    /// An API client with every right that a client may hold.
    pub all: Caller,
}

/// The roles that together hold every right that an API client may hold.
pub const EVERYTHING: [&str; 8] = [
    "integration",
    "billing_integration",
    "webhook_manager",
    "auditor",
    "risk_analyst",
    "risk_manager",
    "card_custodian",
    "privacy_officer",
];

/// The operator's client of a platform, which makes tenants.
pub fn operator(platform: &Platform) -> Caller {
    let told = platform.first_sign_in();
    let text = |name: &str| {
        told["operator"][name]
            .as_str()
            .expect("the operator's client")
            .to_owned()
    };
    Caller::new(
        &platform.http,
        Login::Client {
            id: text("client_id"),
            secret: text("client_secret"),
        },
    )
}

/// The next version of rules: those in force that limit no amount, and these amounts.
pub fn risk_rules(read: &Value, amounts: &[(&str, i64)]) -> Value {
    let live = read["live"]["rules"].as_array().expect("rules");
    let mut rules: Vec<Value> = live
        .iter()
        .filter(|rule| rule["limit"]["amount"].is_null())
        .cloned()
        .collect();
    for (currency, most) in amounts {
        let id = format!("amount_{}", currency.to_lowercase());
        rules.push(json!({"id": id, "limit": {"amount": {"currency": currency, "most": most}}}));
    }
    json!({"replaces": read["latest"], "rules": rules})
}

/// What makes a tenant.
pub fn tenant_body(name: &str, people: &[Person]) -> Value {
    json!({"name": name, "administrators": people.iter().map(Person::json).collect::<Vec<_>>()})
}

impl Tenant {
    /// A new tenant of the shared platform.
    pub async fn new() -> Self {
        Self::on(platform()).await
    }

    /// A new tenant.
    pub async fn on(platform: &Platform) -> Self {
        let people = [Person::new(), Person::new()];
        let made = operator(platform)
            .post(
                "/tenancy/v1/tenants",
                &tenant_body(&format!("Tenant {}", random(8)), &people),
            )
            .await;
        let id = made.is(201)["id"].as_str().expect("the tenant's id").to_owned();
        let admin = Self::user(&platform.http, &id, &people[0]);
        let second = Self::user(&platform.http, &id, &people[1]);
        let all = issue(&admin, &second, &EVERYTHING).await;
        Self {
            id,
            people,
            admin,
            second,
            all,
        }
    }

    /// A person of a tenant, not yet signed in.
    pub fn user(http: &Http, tenant: &str, person: &Person) -> Caller {
        let Person { email, password, .. } = person.clone();
        Caller::new(
            http,
            Login::User {
                tenant: tenant.to_owned(),
                email,
                password,
            },
        )
    }

    /// A new API client with these roles.
    pub async fn client(&self, roles: &[&str]) -> Caller {
        issue(&self.admin, &self.second, roles).await
    }

    /// The second administrator decides on what an answer says is waiting; gives the approval's id.
    pub async fn decides(&self, waiting: &Answer, decision: &str) -> String {
        decides(&self.second, waiting, decision).await
    }

    /// Sends a request as somebody who needs the second administrator's approval, which is given.
    pub async fn with_approval(&self, request: Request) -> Answer {
        approved(&self.second, request).await
    }

    /// A new API client with these roles, as it was answered.
    pub async fn issued(&self, body: &Value) -> Answer {
        self.both("POST", "/tenancy/v1/api-clients", body).await
    }

    /// The first administrator asks for something that the second one approves.
    pub async fn both(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = self.admin.request(method, path).await.json(body);
        if method == "POST" {
            request = request.key(&random(22));
        }
        self.with_approval(request).await
    }

    /// A draft of rules that limit amounts by currency, beside what is shipped; its number.
    pub async fn risk_draft(&self, amounts: &[(&str, i64)]) -> String {
        let read = self.all.get("/risk/v1/rules").await.ok();
        let rules = risk_rules(&read, amounts);
        let draft = self.all.request("PUT", "/risk/v1/rules").await.json(&rules);
        draft.send().await.is(200)["version"].to_string()
    }

    /// Limits amounts by currency from now on.
    pub async fn limits_amounts(&self, amounts: &[(&str, i64)]) {
        let path = format!("/risk/v1/rules/{}/publish", self.risk_draft(amounts).await);
        let publish = self.all.request("POST", &path).await.json(&json!({}));
        self.with_approval(publish.key(&random(22))).await.is(200);
    }

    /// A payment of 77.77 that waits for a person, made by a client of the second administrator, so that everybody else may decide.
    pub async fn in_review(&self) -> Value {
        self.reviews().await;
        let other = issue(&self.second, &self.admin, &["integration"]).await;
        let paid = other
            .post("/payments/v1/payments", &self.buyer().await.pays(7_777, true))
            .await
            .is(201);
        assert_eq!(paid["status"], "in_review", "{paid}");
        paid
    }

    /// Has a person decide about payments of 77.77 from now on.
    pub async fn reviews(&self) {
        let read = self.all.get("/risk/v1/rules").await.ok();
        if read["live"]["conditions"].to_string().contains("7777") {
            return;
        }
        let rule = json!({"id": "look", "when": "amount = 7777", "decision": "review"});
        let mut rules = risk_rules(&read, &[]);
        rules["conditions"] = json!([rule]);
        let draft = self.all.request("PUT", "/risk/v1/rules").await.json(&rules);
        let version = draft.send().await.is(200)["version"].to_string();
        let path = format!("/risk/v1/rules/{version}/publish");
        let publish = self.all.request("POST", &path).await.json(&json!({}));
        self.with_approval(publish.key(&random(22))).await.is(200);
    }

    /// The first administrator invites somebody, and the second approves.
    pub async fn invite(&self, body: &Value) -> Answer {
        self.both("POST", "/identity/v1/users", body).await
    }

    /// A new person with these roles, who has chosen a password and not yet signed in.
    pub async fn person(&self, roles: &[&str]) -> Joined {
        let body = user_body(roles);
        let id = id(&self.invite(&body).await);
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        let person = Person {
            email: text("email"),
            name: text("name"),
            password: password(),
        };
        let code = super::mail::code(platform(), &person.email).await;
        let confirm = json!({"token": code, "password": person.password});
        let path = "/identity/v1/password-resets/confirm";
        self.admin.http.post(path, &confirm).send().await.is(204);
        let caller = Self::user(&self.admin.http, &self.id, &person);
        Joined { id, person, caller }
    }

    /// A new person with these roles and a second factor, whose token is that of the session that enrolled it.
    pub async fn enrolled(&self, roles: &[&str]) -> Enrolled {
        let joined = self.person(roles).await;
        let answer = joined
            .caller
            .post("/identity/v1/me/totp", &json!({}))
            .await
            .is(201);
        let uri = answer["uri"].as_str().expect("an address");
        let codes = answer["recovery_codes"].as_array().expect("codes");
        let codes = codes.iter().map(|c| c.as_str().expect("a code").to_owned());
        let codes = codes.collect();
        let authenticator = Authenticator::scan(uri);
        // The code of the step before, so that those of now and of the next one are left.
        let first = json!({"code": authenticator.code(-1).await});
        let path = "/identity/v1/me/totp/confirm";
        joined.caller.post(path, &first).await.is(204);
        Enrolled {
            joined,
            authenticator,
            codes,
        }
    }

    /// A new customer.
    pub async fn customer(&self) -> String {
        id(&self.all.post("/billing/v1/customers", &customer_body()).await)
    }

    /// Stores a card.
    pub async fn card(&self, customer: &str, number: &str) -> String {
        id(&self
            .all
            .post("/vault/v1/payment-methods", &card_body(customer, number))
            .await)
    }

    /// A new customer with a card that the sandbox approves.
    pub async fn buyer(&self) -> Buyer {
        self.buyer_with(&cards::good()).await
    }

    /// A new customer with this card.
    pub async fn buyer_with(&self, number: &str) -> Buyer {
        let customer = self.customer().await;
        let card = self.card(&customer, number).await;
        Buyer { customer, card }
    }

    /// A payment of EUR by somebody new: captured, or authorised only.
    pub async fn payment(&self, cents: i64, capture: bool) -> Value {
        let buyer = self.buyer().await;
        let paid = self
            .all
            .post("/payments/v1/payments", &buyer.pays(cents, capture))
            .await
            .is(201);
        let expected = if capture { "captured" } else { "authorized" };
        assert_eq!(paid["status"], expected, "{paid}");
        paid
    }

    /// Sets what invoices are taxed by, beside the seller, for the first time.
    pub async fn taxed(&self, settings: &Value) {
        let put = self.all.request("PUT", "/billing/v1/tax-settings").await;
        self.with_approval(put.json(&tax_body(0, settings))).await.is(200);
    }

    /// A new product.
    pub async fn product(&self) -> String {
        id(&self
            .all
            .post("/billing/v1/products", &json!({"name": "Seat"}))
            .await)
    }

    /// A price of a new product, for each unit and month.
    pub async fn recurring(&self, unit_amount: &str) -> String {
        let mut body = price_body(&self.product().await, "per_unit", unit_amount);
        body["kind"] = json!("recurring");
        body["interval"] = json!("month");
        id(&self.all.post("/billing/v1/prices", &body).await)
    }

    /// A meter that counts so.
    pub async fn meter(&self, aggregation: &str) -> String {
        let mut body = json!({"name": "Calls", "aggregation": aggregation});
        if aggregation == "unique" {
            body["value_property"] = json!("user");
        }
        id(&self.all.post("/billing/v1/meters", &body).await)
    }

    /// A monthly price of what a meter counts, for each unit.
    pub async fn metered(&self, meter: &str, unit_amount: &str) -> String {
        let mut body = price_body(&self.product().await, "per_unit", unit_amount);
        body["kind"] = json!("recurring");
        body["interval"] = json!("month");
        body["meter"] = json!(meter);
        id(&self.all.post("/billing/v1/prices", &body).await)
    }

    /// A subscription of a customer and a price of its own, and whatever else the body says.
    pub async fn subscription(&self, more: Value) -> Value {
        let mut body =
            json!({"customer": self.customer().await, "items": [{"price": self.recurring("3000").await}]});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.all.post("/billing/v1/subscriptions", &body).await.is(201)
    }

    /// A draft for somebody new, with a line for each of these unit amounts.
    pub async fn invoice(&self, unit_amounts: &[&str]) -> Value {
        let body = invoice_body(&self.customer().await, unit_amounts);
        self.all.post("/billing/v1/invoices", &body).await.is(201)
    }

    /// The path of a numbered invoice of this customer.
    pub async fn open_invoice(&self, customer: &str, unit_amounts: &[&str]) -> String {
        let body = invoice_body(customer, unit_amounts);
        let path = format!(
            "/billing/v1/invoices/{}",
            id(&self.all.post("/billing/v1/invoices", &body).await)
        );
        self.all
            .post(&format!("{path}/finalize"), &json!({}))
            .await
            .is(200);
        path
    }

    /// Everything that lists show, to tell whether something has changed.
    pub async fn snapshot(&self, also: &[String]) -> Value {
        let lists = [
            "/billing/v1/customers",
            "/billing/v1/products",
            "/billing/v1/prices",
            "/billing/v1/invoices",
            "/payments/v1/payments",
            "/notifications/v1/webhooks",
            "/risk/v1/lists",
        ];
        let mut seen = serde_json::Map::new();
        for path in lists.iter().map(ToString::to_string).chain(also.iter().cloned()) {
            let is_list = lists.contains(&path.as_str()) || path.contains('?') || path.ends_with("/refunds");
            let found = if is_list {
                json!(self.all.all(&path).await)
            } else {
                self.all.get(&path).await.ok()
            };
            seen.insert(path, found);
        }
        Value::Object(seen)
    }
}

/// A customer with a stored card.
#[derive(Clone)]
pub struct Buyer {
    /// `cus_…`.
    pub customer: String,
    /// `pm_…`.
    pub card: String,
}

impl Buyer {
    /// The body of a payment of EUR.
    pub fn pays(&self, cents: i64, capture: bool) -> Value {
        json!({"customer": self.customer, "payment_method": self.card, "amount": cents, "currency": "EUR", "capture": capture})
    }
}

/// A customer whom nobody has met.
pub fn customer_body() -> Value {
    json!({"name": format!("Customer {}", random(12)), "email": format!("{}@buyers.example", random(14).to_lowercase()), "country": "DE"})
}

/// Somebody to be invited.
pub fn user_body(roles: &[&str]) -> Value {
    json!({"email": format!("{}@people.example", random(14).to_lowercase()), "name": format!("Person {}", random(12)), "roles": roles})
}

/// A price of a product.
pub fn price_body(product: &str, scheme: &str, unit_amount: &str) -> Value {
    json!({"product": product, "currency": "EUR", "billing_scheme": scheme, "unit_amount": unit_amount})
}

/// An invoice with a line for each of these unit amounts.
pub fn invoice_body(customer: &str, unit_amounts: &[&str]) -> Value {
    let lines = unit_amounts.iter().enumerate().map(|(at, unit_amount)| {
        json!({"description": format!("Work {at}"), "quantity": 1, "unit_amount": unit_amount})
    });
    json!({"customer": customer, "currency": "EUR", "lines": lines.collect::<Vec<_>>()})
}

/// Tax settings of a seller in Germany, in place of the version that is there.
pub fn tax_body(replaces: u64, more: &Value) -> Value {
    let mut settings = json!({
        "seller": {"name": "Shop GmbH", "address": {"lines": ["Hauptstr. 1"], "city": "Berlin", "postal_code": "10115"},
                   "country": "DE", "tax_ids": ["DE136695976"]},
    });
    for (name, value) in more.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    json!({"replaces": replaces, "settings": settings})
}

/// A card of a customer.
pub fn card_body(customer: &str, number: &str) -> Value {
    json!({"customer": customer, "number": number, "exp_month": 12, "exp_year": 2034, "holder": format!("Holder {}", random(12))})
}

/// The id of what was created.
#[track_caller]
pub fn id(answer: &Answer) -> String {
    answer.is(201)["id"].as_str().expect("an id").to_owned()
}

/// Somebody decides on what an answer says is waiting; gives the approval's id.
pub async fn decides(second: &Caller, waiting: &Answer, decision: &str) -> String {
    let approval = waiting.is(202)["approval"]
        .as_str()
        .expect("an approval to wait for")
        .to_owned();
    let path = format!("/identity/v1/approvals/{approval}");
    let decided = second.post(&path, &json!({"decision": decision})).await;
    decided.is(200);
    approval
}

/// Sends a request, and again once somebody has approved it where that is needed.
pub async fn approved(second: &Caller, request: Request) -> Answer {
    let waiting = request.clone().send().await;
    if waiting.status != 202 || !waiting.json()["approval"].is_string() {
        return waiting;
    }
    let approval = decides(second, &waiting, "approve").await;
    request.header("approval-id", &approval).send().await
}

/// Issues an API client, for whose rights a second person stands in.
pub async fn issue(admin: &Caller, second: &Caller, roles: &[&str]) -> Caller {
    let body = json!({"name": format!("Client {}", random(6)), "roles": roles});
    let request = admin.request("POST", "/tenancy/v1/api-clients").await;
    let made = approved(second, request.json(&body)).await.is(201);
    let text = |name: &str| made[name].as_str().expect("a credential").to_owned();
    Caller::new(
        &admin.http,
        Login::Client {
            id: text("client_id"),
            secret: text("client_secret"),
        },
    )
}

/// A tenant for tests that change nothing which another one counts.
pub async fn shop() -> &'static Tenant {
    static SHOP: OnceCell<Tenant> = OnceCell::const_new();
    SHOP.get_or_init(Tenant::new).await
}

/// Another one.
pub async fn neighbour() -> &'static Tenant {
    static NEIGHBOUR: OnceCell<Tenant> = OnceCell::const_new();
    NEIGHBOUR.get_or_init(Tenant::new).await
}

/// An event of now that says this much.
#[must_use]
pub fn usage(meter: &str, customer: &str, value: &str) -> Value {
    let at = time::rfc3339(time::unix());
    json!({"id": random(20), "meter": meter, "customer": customer, "timestamp": at, "value": value})
}

/// Where the usage of the last and the next ten days is read.
#[must_use]
pub fn usage_path(meter: &str, customer: &str, window: &str) -> String {
    const DAY: u64 = 86_400;
    let today = time::unix() / DAY * DAY;
    let (from, to) = (time::rfc3339(today - 10 * DAY), time::rfc3339(today + 10 * DAY));
    format!("/billing/v1/usage?meter={meter}&customer={customer}&from={from}&to={to}&window={window}")
}
