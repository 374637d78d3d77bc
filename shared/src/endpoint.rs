//! Endpoint declarations: the one source of routes, OpenAPI, the permission matrix, templates and roles.

use crate::{
    app::App,
    crypto::{KeyUse, Purpose, SubjectKeyItem},
    ids::TenantId,
    problem::{Problem, codes::Refusal},
    rbac::Right,
    record::{Field, Input, Record},
    road::{self, Call, Context, Finished},
    shape::{Shape, Shaped},
    store::{Changes, Item, Key, Table},
    worker::Trigger,
};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    future::Future,
    sync::{Arc, LazyLock},
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
}

/// What a function needs from AWS. Its role holds this and nothing else, and the store refuses the rest
/// locally too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uses {
    /// Finds out whether this region may write for a tenant. Whatever commits needs it, and has it without declaring it.
    Home,
    /// Reads a table.
    Read(Table),
    /// Writes a table conditionally.
    Write(Table),
    /// Goes through lists of an index, 1 or 2, of a table.
    List(Table, u8),
    /// Goes through the items below partitions of a table.
    Below(Table),
    /// Goes through a whole table. Only for maintenance.
    Scan(Table),
    /// Opens and seals under tenant keys of a purpose.
    Key(Purpose),
    /// Makes tenant keys.
    NewKeys,
    /// Has KMS wrap tenant keys by another key, without seeing them.
    Rewrap,
    /// Signs.
    Sign(KeyUse),
    /// Reads a public key.
    PublicKey(KeyUse),
    /// Makes a MAC.
    Mac(KeyUse),
    /// Reads a secret.
    Secret(&'static str),
    /// Sends to a queue.
    Send(&'static str),
    /// Calls out to the internet.
    Egress,
    /// Sends mail.
    Mail,
    /// Writes to the archive. One worker does.
    Archive,
    /// Removes items of the audit table that are past retention. One worker does.
    Purge(Table),
}

/// What a session may be limited to, until its user has done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Changing the password.
    PasswordChange,
    /// Enrolling a second factor.
    Enrolment,
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
    /// Takes a form and answers OAuth errors.
    #[must_use]
    pub const fn oauth(mut self) -> Self {
        self.format = Format::OAuth;
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
    /// What its handler refuses calls with: codes of [`crate::problem::codes`].
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

/// What a handler decided.
pub struct Outcome<A> {
    /// The answer.
    pub answer: A,
    /// What changes with it.
    pub changes: Changes,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent instead of the answer as JSON.
    pub instead: Option<Instead>,
}

/// What is sent instead of an answer as JSON.
#[derive(Clone, Debug)]
pub enum Instead {
    /// A page, for a caller that prefers one.
    Page(crate::page::Page),
    /// JSON that a process makes once, as it never changes.
    Text(Arc<str>),
}

/// JSON that is made once in a process.
pub type Text = LazyLock<Result<Arc<str>, String>>;

/// An answer as JSON, for a [`Text`].
///
/// # Errors
/// When it does not serialise.
pub fn text<A: Serialize>(answer: &A) -> Result<Arc<str>, String> {
    let text = serde_json::to_string(answer).map_err(|e| e.to_string())?;
    Ok(text.into())
}

impl<A> Outcome<A> {
    /// An answer that is the same for everybody and always. `empty` stands for it in types alone.
    ///
    /// # Errors
    /// 500 when it does not serialise.
    pub fn constant(empty: A, text: &Text) -> Result<Self, Problem> {
        let text = text.as_ref().map_err(|why| Problem::internal(why.clone()))?;
        Ok(Self::read(empty).text(text.clone()))
    }
    /// An answer that changes nothing.
    #[must_use]
    pub fn read(answer: A) -> Self {
        Self {
            answer,
            changes: Changes::new(),
            headers: Vec::new(),
            instead: None,
        }
    }
    /// An answer and its changes.
    #[must_use]
    pub fn changed(answer: A, changes: Changes) -> Self {
        Self {
            answer,
            changes,
            headers: Vec::new(),
            instead: None,
        }
    }
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
    /// The answer as a page, sent instead of JSON. Only where the declaration is `printable` and
    /// [`Context::wants_page`] says so; the audit entry holds the masked answer all the same.
    #[must_use]
    pub fn page(mut self, page: crate::page::Page) -> Self {
        self.instead = Some(Instead::Page(page));
        self
    }
    /// JSON of this text, sent instead of the answer: something that is the same for everybody and always, so that the
    /// audit entry does not hold it.
    #[must_use]
    pub fn text(mut self, text: Arc<str>) -> Self {
        self.instead = Some(Instead::Text(text));
        self
    }
    /// Names the object that was read, for the audit entry.
    #[must_use]
    pub fn concerning(mut self, id: &str) -> Self {
        self.changes.object = Some(id.to_owned());
        self
    }
}

/// Where a request points to, as far as its path and token say: nothing of it has been checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Ahead<'a> {
    /// The caller's tenant.
    pub tenant: &'a TenantId,
    /// The caller.
    pub caller: &'a str,
    /// The path's `{id}`; empty where it has none.
    pub id: &'a str,
    /// This region.
    pub region: &'a str,
}

impl Ahead<'_> {
    /// The key of the item with that id.
    #[must_use]
    pub fn key<T: Item>(&self) -> Key {
        Key::of::<T>(self.tenant, self.id)
    }
    /// The key of that item's subject key.
    #[must_use]
    pub fn subject(&self, purpose: Purpose) -> Key {
        SubjectKeyItem::key(self.tenant, self.id, purpose)
    }
}

/// An endpoint: domain code between a typed input and an outcome. It never writes.
pub trait Endpoint: Send + Sync + 'static {
    /// The declaration.
    const DECLARATION: Declaration;
    /// What comes in: path parameters, and the query or the body.
    type Input: Input + Record + Send + Sync;
    /// What goes out.
    type Answer: Record + Serialize + Send;
    /// What the path's `{id}` points to, read ahead in the one call that reads the caller, so that the handler
    /// finds it without a call of its own. Nothing is decided by it, and a wrong guess only costs its read.
    #[must_use]
    fn ahead(_at: &Ahead<'_>) -> Vec<Key> {
        Vec::new()
    }
    /// Reads the list that the handler begins with and says where the keys of those on it stand, before it is known whether the
    /// caller may: they are then read with the caller, and the handler finds the list when it asks for the same page. The
    /// context is nobody's; it lists and does nothing else. Nothing is decided by it, and a failure leaves it to the handler.
    const EARLY: Option<Early<Self::Input>> = None;
    /// Decides.
    fn handle(
        cx: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Result<Outcome<Self::Answer>, Problem>> + Send;
}

/// An endpoint that calls the outside world. Its intent is committed before, its outcome after; what is
/// left between the two is finished by asking, never by trying again.
pub trait EffectEndpoint: Send + Sync + 'static {
    /// The declaration.
    const DECLARATION: Declaration;
    /// What comes in.
    type Input: Input + Record + Send + Sync;
    /// What goes out.
    type Answer: Record + Serialize + Send;
    /// What is stored of the intent: enough to finish it later. No secret, no card number.
    type Intent: Serialize + DeserializeOwned + Send + Sync;
    /// What only this invocation knows, such as a card number on its way to the provider.
    type Live: Send;
    /// What the outside world said.
    type Effect: Send + Sync;
    /// As [`Endpoint::ahead`].
    #[must_use]
    fn ahead(_at: &Ahead<'_>) -> Vec<Key> {
        Vec::new()
    }
    /// Decides, without touching the outside world. `Stop` answers at once and calls nobody.
    fn intend(
        cx: &Context,
        input: Self::Input,
    ) -> impl Future<Output = Decided<Self::Intent, Self::Live, Self::Answer>> + Send;
    /// Calls out, once, under a key that makes the call idempotent on the other side.
    fn perform(
        cx: &Context,
        intent: &Self::Intent,
        live: Self::Live,
    ) -> impl Future<Output = Self::Effect> + Send;
    /// Asks what became of a call whose answer was lost; `None` leaves the question for later.
    fn recover(cx: &Context, intent: &Self::Intent) -> impl Future<Output = Option<Self::Effect>> + Send;
    /// Turns what the outside world said into an outcome. Runs again after a lost race, and
    /// [`Context::round`] then is not 0: what the intent kept of an item is to be read anew.
    fn conclude(
        cx: &Context,
        intent: &Self::Intent,
        effect: &Self::Effect,
    ) -> impl Future<Output = Result<Outcome<Self::Answer>, Problem>> + Send;
}

/// What comes out of deciding an effect.
pub type Decided<I, L, A> = Result<Intended<I, L, A>, Problem>;

/// What an effect endpoint decided before calling out.
pub enum Intended<I, L, A> {
    /// Call out.
    Go {
        /// Stored.
        intent: I,
        /// Not stored.
        live: L,
        /// Committed with the intent.
        changes: Changes,
    },
    /// No call is needed.
    Stop(Outcome<A>),
}

/// See [`Endpoint::EARLY`].
pub type Early<I> = for<'c> fn(&'c Context, I) -> BoxFuture<'c, Result<Vec<Key>, Problem>>;

type Begin = for<'c> fn(&'c Context, serde_json::Value) -> BoxFuture<'c, Vec<Key>>;
type Run = fn(Arc<Call>, serde_json::Value) -> BoxFuture<'static, Result<Finished, Problem>>;
type Resume = fn(Arc<Call>, road::IntentItem) -> BoxFuture<'static, Result<bool, Problem>>;

/// What a function fetches while it starts, beyond what every function does.
pub(crate) type Warm = fn(Arc<App>) -> BoxFuture<'static, ()>;

/// Found where functions are declared, so that only those that read the peppers have the code for it.
const fn warm(uses: &[Uses]) -> Option<Warm> {
    let mut rest = uses;
    while let [first, more @ ..] = rest {
        if matches!(first, Uses::Secret(_)) {
            return Some(|app| Box::pin(async move { drop(app.passwords().await) }));
        }
        rest = more;
    }
    None
}

/// A declared endpoint with its types erased: what lists, routers and generators work with.
#[derive(Clone, Copy)]
pub struct Function {
    /// The declaration.
    pub declaration: Declaration,
    /// Fields of the input.
    pub input: &'static [Field],
    /// Fields of the answer.
    pub answer: &'static [Field],
    /// Shape of the input.
    pub input_shape: fn() -> Shape,
    /// Shape of the answer.
    pub answer_shape: fn() -> Shape,
    pub(crate) ahead: fn(&Ahead<'_>) -> Vec<Key>,
    pub(crate) early: Option<Begin>,
    pub(crate) run: Run,
    pub(crate) resume: Option<Resume>,
    pub(crate) warm: Option<Warm>,
}

/// Erases an endpoint.
#[must_use]
pub const fn function<E: Endpoint>() -> Function {
    Function {
        declaration: E::DECLARATION,
        input: <E::Input as Record>::FIELDS,
        answer: <E::Answer as Record>::FIELDS,
        input_shape: <E::Input as Shaped>::shape,
        answer_shape: <E::Answer as Shaped>::shape,
        ahead: E::ahead,
        early: match E::EARLY {
            Some(_) => Some(|cx, input| Box::pin(road::early::<E>(cx, input))),
            None => None,
        },
        run: |call, input| Box::pin(road::plain::<E>(call, input)),
        resume: None,
        warm: warm(E::DECLARATION.uses),
    }
}

/// Erases an effect endpoint.
#[must_use]
pub const fn effect<E: EffectEndpoint>() -> Function {
    let mut declaration = E::DECLARATION;
    declaration.effect = true;
    Function {
        declaration,
        input: <E::Input as Record>::FIELDS,
        answer: <E::Answer as Record>::FIELDS,
        input_shape: <E::Input as Shaped>::shape,
        answer_shape: <E::Answer as Shaped>::shape,
        ahead: E::ahead,
        early: None,
        run: |call, input| Box::pin(road::effect::<E>(call, input)),
        resume: Some(|call, intent| Box::pin(road::resume::<E>(call, intent))),
        warm: warm(E::DECLARATION.uses),
    }
}

/// A service: its endpoints and its workers.
#[derive(Clone, Copy)]
pub struct Service {
    /// Its name, the first segment of its paths.
    pub name: &'static str,
    /// The version of its contract (semantic versioning 2.0.0); the major one stands in its paths.
    pub version: &'static str,
    /// What it is, for its OpenAPI document.
    pub about: &'static str,
    /// Endpoints, one line each.
    pub endpoints: &'static [Function],
    /// Functions with a trigger.
    pub workers: &'static [crate::worker::Worker],
    /// What it keeps: every type of item, one line each.
    pub items: &'static [crate::processing::ItemType],
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", (self.declaration.method)(), self.declaration.path)
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

/// What starts a worker, in one word.
#[must_use]
pub fn trigger_name(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Stream(_) => "stream",
        Trigger::Queue(_) => "queue",
        Trigger::Schedule(_) => "schedule",
        Trigger::Manual => "manual",
    }
}
