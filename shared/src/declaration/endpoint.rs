//! Endpoint declarations: the one source of routes, OpenAPI, the permission matrix, templates and roles. Data alone: what answers a
//! declared endpoint is the road's.

use super::uses::Uses;
use crate::{
    access::{auth::Limit, rbac::Right},
    crypto::KeyUse,
    kernel::{problem::codes::Refusal, purpose::Purpose},
    store::Table,
};

pub use http::Method;

/// Who may call. There is no default: a declaration without it does not compile.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Anybody, said out loud.
    Public,
    /// Any signed-in user or API client.
    Session,
    /// Whoever holds the right.
    Right(&'static Right),
}

impl Access {
    /// The right that it asks for.
    #[must_use]
    pub const fn right(self) -> Option<&'static Right> {
        match self {
            Self::Right(right) => Some(right),
            Self::Public | Self::Session => None,
        }
    }
}

/// How a call is audited. Every call gets an entry; this says what is in it and whom it alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// `L`: the call.
    Log,
    /// `C`: the call, and the object before and after.
    Change,
    /// `S`: a read of sensitive data, with the reason given.
    Sensitive,
    /// `X`: raises an alert event.
    Alert,
}

impl Audit {
    /// The letter in the contract.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Log => "L",
            Self::Change => "C",
            Self::Sensitive => "S",
            Self::Alert => "X",
        }
    }
}

/// How the body comes in and how errors go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json` in, problem details out.
    Json,
    /// `application/x-www-form-urlencoded` in, OAuth errors out (RFC 6749, sections 4.4.2 and 5.2).
    OAuth,
    /// A SOAP envelope in and out; and the WSDL, whose parameters are written in any case. OpenAPI does not tell of it.
    Soap,
}

/// One endpoint, declared.
///
/// ```
/// use shared::endpoint::{Access, Audit, Declaration, methods};
/// Declaration::new("read_it", methods::get, "/it/v1/it", Access::Public, Audit::Log, "Read it");
/// ```
///
/// Without saying who may call it does not compile:
///
/// ```compile_fail
/// use shared::endpoint::{Access, Audit, Declaration, methods};
/// Declaration::new("read_it", methods::get, "/it/v1/it", Audit::Log, "Read it");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// The function, its binary and its operation id: `create_customer`.
    pub name: &'static str,
    /// HTTP method.
    pub method: fn() -> Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Who may call.
    pub access: Access,
    /// How it is audited.
    pub audit: Audit,
    /// One line for people.
    pub summary: &'static str,
    /// What it needs beside what the road needs.
    pub uses: &'static [Uses],
    /// Whether it changes what a tenant's people may do or are held to: the log is signed right after it.
    pub changes_policy: bool,
    /// Needs a sign-in younger than ten minutes (RFC 9470).
    pub step_up: bool,
    /// Sessions that are limited may call it all the same, if this is what they are limited to.
    pub within: Option<Limit>,
    /// Needs a second person's approval.
    pub four_eyes: bool,
    /// For which inputs, as parsed JSON with path parameters, it needs the approval; all, unless said otherwise.
    pub four_eyes_when: fn(&serde_json::Value) -> bool,
    /// Body format.
    pub format: Format,
    /// Status of a success.
    pub status: u16,
    /// Calls the outside world: an intent is committed first.
    pub effect: bool,
    /// Writes items of a tenant that is not the caller's: only where tenants are made, suspended and resumed.
    pub founds_tenants: bool,
    /// A POST that only reads: no `Idempotency-Key`.
    pub reads_only: bool,
    /// Answers a printable page, too, to whoever accepts `text/html`.
    pub printable: bool,
    /// Asks browsers where they come from, always or for some inputs.
    pub from_browser: bool,
    /// What its handler refuses calls with, beside what the road refuses every such call with.
    pub refuses: &'static [Refusal],
    /// Memory of the function in MB.
    pub memory: u32,
    /// What it is called over SOAP, where it can be.
    pub soap: Option<&'static str>,
}

impl Declaration {
    /// What every declaration must say.
    #[must_use]
    pub const fn new(
        name: &'static str,
        method: fn() -> Method,
        path: &'static str,
        access: Access,
        audit: Audit,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            method,
            path,
            access,
            audit,
            summary,
            uses: &[],
            changes_policy: false,
            step_up: false,
            within: None,
            four_eyes: false,
            four_eyes_when: |_| true,
            format: Format::Json,
            status: 200,
            effect: false,
            founds_tenants: false,
            reads_only: false,
            printable: false,
            from_browser: false,
            refuses: &[],
            memory: 256,
            soap: None,
        }
    }
    /// What it needs beside what the road needs.
    #[must_use]
    pub const fn uses(mut self, uses: &'static [Uses]) -> Self {
        self.uses = uses;
        self
    }
    /// Changes what a tenant's people may do or are held to.
    #[must_use]
    pub const fn changes_policy(mut self) -> Self {
        self.changes_policy = true;
        self
    }
    /// Needs a fresh sign-in.
    #[must_use]
    pub const fn step_up(mut self) -> Self {
        self.step_up = true;
        self
    }
    /// What a limited session is limited to.
    #[must_use]
    pub const fn within(mut self, limit: Limit) -> Self {
        self.within = Some(limit);
        self
    }
    /// Needs a second person: answered with 202 and an approval to wait for, and done when it is repeated with
    /// that approval. Not for effects, and not for endpoints whose handler reserves something.
    #[must_use]
    pub const fn four_eyes(mut self) -> Self {
        self.four_eyes = true;
        self
    }
    /// Needs a second person for some inputs only: those that `when` is true of. It sees the input before it is
    /// validated, so it must say `true` of whatever could be parsed as such a call.
    #[must_use]
    pub const fn four_eyes_when(mut self, when: fn(&serde_json::Value) -> bool) -> Self {
        self.four_eyes = true;
        self.four_eyes_when = when;
        self
    }
    /// Needs a second person, and a fresh sign-in, where its handler asks for them: see `Changes::two_people`.
    #[must_use]
    pub const fn four_eyes_where_asked(mut self) -> Self {
        self.four_eyes = true;
        self.four_eyes_when = |_| false;
        self
    }
    /// Takes a form and answers OAuth errors.
    #[must_use]
    pub const fn oauth(mut self) -> Self {
        self.format = Format::OAuth;
        self
    }
    /// Takes SOAP envelopes, or reads out what they are.
    #[must_use]
    pub const fn speaks_soap(mut self) -> Self {
        self.format = Format::Soap;
        self
    }
    /// An operation of this name over SOAP, too. What it takes and answers has to have a shape that a schema of XML can say.
    #[must_use]
    pub const fn soap(mut self, operation: &'static str) -> Self {
        self.soap = Some(operation);
        self
    }
    /// Status of a success.
    #[must_use]
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
    /// Writes items of tenants that are not the caller's: of new ones, and the record of one that the platform suspends.
    #[must_use]
    pub const fn founds_tenants(mut self) -> Self {
        self.founds_tenants = true;
        self
    }
    /// A POST that only reads, because what it looks for must not stand in a URL.
    #[must_use]
    pub const fn reads_only(mut self) -> Self {
        self.reads_only = true;
        self
    }
    /// Answers a printable page, too: see [`Outcome::page`].
    #[must_use]
    pub const fn printable(mut self) -> Self {
        self.printable = true;
        self
    }
    /// Refuses browsers that are on other sites, always or for some inputs: it reads or sets a cookie.
    #[must_use]
    pub const fn from_browser(mut self) -> Self {
        self.from_browser = true;
        self
    }
    /// What its handler refuses calls with: codes of [`crate::kernel::problem::codes`].
    #[must_use]
    pub const fn refuses(mut self, refuses: &'static [Refusal]) -> Self {
        self.refuses = refuses;
        self
    }
    /// Verifies passwords, which wants a whole core.
    #[must_use]
    pub const fn memory(mut self, megabytes: u32) -> Self {
        self.memory = megabytes;
        self
    }

    /// The service: the first segment of the path. A well-known address of an issuer ends with it (RFC 8414, section 3), and the
    /// document of all services is read out by the one that knows of tenants.
    #[must_use]
    pub fn service(&self) -> &'static str {
        let mut segments = self.path.trim_start_matches('/').split('/');
        match segments.next() {
            Some("openapi.json") => "tenancy",
            Some(".well-known") => segments.next_back().unwrap_or_default(),
            first => first.unwrap_or_default(),
        }
    }

    /// `<service>.<function>`, the activity in audit entries.
    #[must_use]
    pub fn activity(&self) -> String {
        format!("{}.{}", self.service(), self.name)
    }

    /// Whether it is for changing something: only a tenant's home region takes such calls.
    #[must_use]
    pub fn writes(&self) -> bool {
        !self.reads_only && (self.method)() != Method::GET
    }

    /// The service's own table, where idempotency records, intents and outbox items stand.
    #[must_use]
    pub fn table(&self) -> Option<Table> {
        Table::ALL
            .into_iter()
            .find(|t| t.name() == self.service() && *t != Table::Audit)
    }

    /// Whether an `Idempotency-Key` means something here.
    #[must_use]
    pub fn takes_idempotency_key(&self) -> bool {
        !self.reads_only
            && !matches!(self.access, Access::Public)
            && (self.method)() == Method::POST
            && self.idempotency_table().is_some()
    }

    /// Where its idempotency records stand. The audit table holds entries only, so its service uses seals.
    #[must_use]
    pub fn idempotency_table(&self) -> Option<Table> {
        if self.service() == "audit" {
            Some(Table::Seals)
        } else if self.service() == "keys" {
            // The table of keys holds keys only, and lets nothing run out.
            Some(Table::Tenancy)
        } else {
            self.table()
        }
    }

    /// Everything its role must allow: what it declares and what the road itself needs.
    #[must_use]
    pub fn needs(&self) -> Vec<Uses> {
        let mut needs = self.uses.to_vec();
        needs.push(Uses::Write(Table::Audit));
        if self.writes() || !matches!(self.access, Access::Public) {
            // Sessions are stamped at home only, even by reads.
            needs.push(Uses::Home);
        }
        if !matches!(self.access, Access::Public) {
            needs.extend([
                Uses::Read(Table::Identity),
                Uses::Read(Table::Tenancy),
                Uses::PublicKey(KeyUse::Token),
            ]);
            // Session activity is stamped at most once a minute.
            needs.push(Uses::Write(Table::Identity));
        }
        if self.takes_idempotency_key()
            && let Some(table) = self.idempotency_table()
        {
            needs.extend([Uses::Read(table), Uses::Write(table), Uses::Key(Purpose::Secret)]);
        }
        if self.four_eyes {
            // The approval is kept, its approver looked up, and its payload hashed under a key of the tenant.
            needs.extend([
                Uses::Read(Table::Identity),
                Uses::Write(Table::Identity),
                Uses::Key(Purpose::Secret),
            ]);
        }
        if needs.iter().any(|n| matches!(n, Uses::Key(_))) {
            needs.push(Uses::Read(Table::Keys));
        }
        if needs.contains(&Uses::PublicKey(KeyUse::Token)) {
            needs.push(Uses::PublicKey(KeyUse::TokenBeside));
        }
        needs.sort();
        needs.dedup();
        needs
    }
}

/// The methods, as declarations name them.
pub mod methods {
    use super::Method;
    /// GET.
    #[must_use]
    pub fn get() -> Method {
        Method::GET
    }
    /// POST.
    #[must_use]
    pub fn post() -> Method {
        Method::POST
    }
    /// DELETE.
    #[must_use]
    pub fn delete() -> Method {
        Method::DELETE
    }
    /// PATCH.
    #[must_use]
    pub fn patch() -> Method {
        Method::PATCH
    }
    /// PUT.
    #[must_use]
    pub fn put() -> Method {
        Method::PUT
    }
}
