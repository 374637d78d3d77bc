//! Webhooks: where a tenant's events go, and the secrets that sign them.

pub mod create;
pub mod delete;
pub mod health;
pub mod list;
pub mod rotate;
pub mod update;

use crate::event_types::{CATALOGUE, EventType};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    egress,
    endpoint::Ahead,
    ids::TenantId,
    problem::Problem,
    record::Record,
    road::{Context, Standing},
    store::{Item, Key, Listing, Sealed, Stored, Table},
    text::{IssuedSecret, Line},
    time::Timestamp,
};
use standardwebhooks::Webhook as Signer;
use zeroize::Zeroizing;

/// Most webhooks of a tenant.
pub const MOST: i64 = 50;
/// The one partition of a tenant's webhooks: the dispatcher reads them all, strongly consistent, so that an
/// event that follows a webhook's creation finds it.
pub const PARTITION: &str = "all";
/// The list of webhooks that fail, by the time of their first failure since the last success.
pub const FAILING: &str = "webhooks-failing";

shared::id_type!(
    /// A webhook.
    WebhookId, "wh"
);

shared::text_type!(
    /// Where events are sent: an HTTPS URL of at most 2048 visible ASCII characters.
    WebhookUrl, "^[Hh][Tt][Tt][Pp][Ss]://[!-~]{1,2040}$", "https://example.com/webhooks", |t| {
        const BAD: &str = "must be an https URL of at most 2048 visible ASCII characters";
        // A scheme is written in any case and kept in small letters (RFC 3986, section 3.1).
        let (scheme, rest) = t.split_once("://").ok_or(BAD)?;
        if t.len() <= 2048 && scheme.eq_ignore_ascii_case("https") && !rest.is_empty() && t.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(format!("https://{rest}"))
        } else {
            Err(BAD)
        }
    }
);

/// Whether events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    /// They are.
    Enabled,
    /// They are not.
    Disabled,
}

/// How events are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// As JSON, signed after Standard Webhooks.
    #[default]
    Rest,
    /// As a SOAP 1.1 envelope with a UsernameToken, by the WSDL at `/notifications/v1/callback`.
    Soap,
}

/// Why the platform disabled a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "WebhookDisabledReason")]
pub enum DisabledReason {
    /// The endpoint answered 410.
    Gone,
    /// It did nothing but fail for five days.
    Failing,
    /// Its owner has left or was revoked, or nobody owns it. Whoever enables it owns it from then on.
    OwnerGone,
}

/// One secret of a webhook.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct WebhookSecret {
    /// Its number, part of the place that it is sealed for and never used again.
    #[internal]
    pub number: u32,
    /// The key bytes, sealed under the webhook's own subject key.
    #[secret]
    pub secret: Sealed,
    /// Unix seconds after which it no longer signs; the current one has none.
    #[internal]
    pub until: Option<i64>,
}

/// A webhook as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct WebhookItem {
    /// Its id.
    #[public]
    pub id: WebhookId,
    /// Where events are sent.
    #[internal]
    pub url: WebhookUrl,
    /// How.
    #[public]
    #[serde(default)]
    pub kind: WebhookKind,
    /// Whether envelopes say when they end (`wsu:Timestamp`).
    #[public]
    #[serde(default)]
    pub timestamp: bool,
    /// Which events.
    #[public]
    pub event_types: Vec<EventType>,
    /// What people call it.
    #[internal]
    pub description: Option<Line>,
    /// Its secrets: the current one, and one that a rotation lets run out. All of them sign.
    #[nested]
    pub secrets: Vec<WebhookSecret>,
    /// Whether events are sent.
    #[public]
    pub status: WebhookStatus,
    /// Why the platform disabled it.
    #[public]
    pub disabled_reason: Option<DisabledReason>,
    /// Unix seconds of the first failure since the last success.
    #[internal]
    pub failing_since: Option<i64>,
    /// Whose rights decide which events it gets: the user or API client who said last where they go.
    #[public]
    #[serde(default)]
    pub owner: Option<String>,
    /// Since when (Unix milliseconds).
    #[public]
    #[serde(default)]
    pub owned_since: Option<i64>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
}

impl SealedItem for WebhookItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.id.as_str(), Purpose::Secret);
        for secret in &mut self.secrets {
            seals.field(&place(secret.number), &mut secret.secret);
        }
        seals
    }
}

impl Item for WebhookItem {
    const TABLE: Table = Table::Notifications;
    const KIND: &'static str = "webhook";
    fn id(&self) -> &str {
        PARTITION
    }
    fn sort(&self) -> String {
        self.id.to_string()
    }
    fn second_listing(&self) -> Option<Listing> {
        let since = self
            .failing_since
            .filter(|_| self.status == WebhookStatus::Enabled)?;
        Some(Listing {
            list: FAILING.into(),
            sort: crate::fixed_width::fixed_width(since),
        })
    }
}

impl WebhookItem {
    /// The key of a webhook.
    #[must_use]
    pub fn key(tenant: &TenantId, id: &WebhookId) -> Key {
        Key::sub::<Self>(tenant, PARTITION, id.as_str())
    }

    /// Reads a webhook.
    ///
    /// # Errors
    /// 404 or 503.
    pub async fn get(cx: &Context, id: &WebhookId) -> Result<Stored<Self>, Problem> {
        let found = cx.find_sub::<Self>(PARTITION, id.as_str()).await?;
        found.ok_or_else(Problem::not_found)
    }

    /// Whether an event of this kind is to be sent.
    #[must_use]
    pub fn wants(&self, kind: &str) -> bool {
        self.status == WebhookStatus::Enabled && self.event_types.iter().any(|t| t.covers(kind))
    }

    /// Made the caller's own: what it gets from now on is what they may see.
    pub fn own(&mut self, cx: &Context) {
        self.owner = Some(cx.principal().id());
        self.owned_since = Some(cx.now().as_millisecond());
    }

    /// Its owner as they are now; none where they have gone.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn standing(&self, cx: &Context) -> Result<Option<Standing>, Problem> {
        match (&self.owner, self.owned_since) {
            (Some(owner), Some(since)) => cx.standing(owner, since).await,
            _ => Ok(None),
        }
    }

    /// Seals a secret for its place.
    ///
    /// # Errors
    /// 500 when it cannot be sealed.
    pub fn seal(cipher: &SubjectCipher, id: &WebhookId, number: u32, key: &[u8]) -> Result<Sealed, Problem> {
        cipher.seal::<Self>(PARTITION, id.as_str(), &place(number), key)
    }

    /// The secrets that have not run out at `now` (unix seconds).
    fn signing(&self, now: i64) -> impl Iterator<Item = &WebhookSecret> {
        let good = move |s: &&WebhookSecret| s.until.is_none_or(|until| until > now);
        self.secrets.iter().filter(good)
    }

    fn open(&self, cipher: &SubjectCipher, secret: &WebhookSecret) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let place = place(secret.number);
        cipher.open::<Self>(PARTITION, self.id.as_str(), &place, &secret.secret)
    }

    /// What signs at `now` (unix seconds): the current secret first.
    ///
    /// # Errors
    /// 500 when a secret does not open.
    pub fn signers(&self, cipher: &SubjectCipher, now: i64) -> Result<Vec<Signer>, Problem> {
        self.signing(now)
            .map(|s| {
                let key = self.open(cipher, s)?;
                Signer::from_bytes(key.to_vec()).map_err(|_| Problem::internal("a webhook secret is no key"))
            })
            .collect()
    }

    /// What an envelope shows at `now` (unix seconds). It has room for one digest, so it is of the secret that a rotation lets run
    /// out, for as long as that lasts: the receiver has until then to learn the new one.
    ///
    /// # Errors
    /// 500 when a secret does not open, or there is none.
    pub fn password(&self, cipher: &SubjectCipher, now: i64) -> Result<Zeroizing<String>, Problem> {
        let secret = self.signing(now).last();
        let secret = secret.ok_or_else(|| Problem::internal("a webhook has no secret"))?;
        Ok(shown(&self.open(cipher, secret)?))
    }
}

/// What a path to a webhook points to: its item and the key of its secrets.
fn ahead(at: &Ahead<'_>) -> Vec<Key> {
    vec![
        Key::sub::<WebhookItem>(at.tenant, PARTITION, at.id),
        at.subject(Purpose::Secret),
    ]
}

/// A secret as Standard Webhooks libraries take it; as it is, it is the password of envelopes.
fn shown(key: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(key));
    Zeroizing::new(format!("whsec_{}", text.as_str()))
}

/// As [`shown`], for an answer.
fn issued(key: &[u8]) -> IssuedSecret {
    IssuedSecret::new(shown(key).to_string())
}

/// Refuses a URL that the platform would not call.
fn callable(cx: &Context, url: &WebhookUrl) -> Result<(), Problem> {
    let checked = egress::check_url(url.as_str(), &cx.app().egress_policy());
    checked
        .map(|_| ())
        .map_err(|refused| Problem::invalid("/url", refused.to_string()))
}

/// At least one type, none twice.
fn distinct(types: Vec<EventType>) -> Result<Vec<EventType>, Problem> {
    let mut sorted = types.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if types.is_empty() {
        Err(Problem::invalid("/event_types", "must not be empty"))
    } else if sorted.len() != types.len() || types.len() > CATALOGUE.len() + 1 {
        Err(Problem::invalid("/event_types", "must not hold a type twice"))
    } else {
        Ok(types)
    }
}

fn place(number: u32) -> String {
    format!("secrets.{number}")
}

/// How many webhooks a tenant has, so that no race gets beyond [`MOST`].
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct WebhookCount {
    /// The number.
    #[internal]
    pub count: i64,
}

impl Item for WebhookCount {
    const TABLE: Table = Table::Notifications;
    const KIND: &'static str = "webhook-count";
    fn id(&self) -> &str {
        PARTITION
    }
}

/// A webhook as answered.
#[derive(Record, Serialize)]
pub struct Webhook {
    /// Its id.
    #[public]
    pub id: WebhookId,
    /// Where events are sent.
    #[internal]
    pub url: WebhookUrl,
    /// How.
    #[public]
    pub kind: WebhookKind,
    /// Whether envelopes say when they end (`wsu:Timestamp`), as some servers demand.
    #[public]
    pub timestamp: bool,
    /// Which events; `*` stands for all.
    #[public]
    pub event_types: Vec<EventType>,
    /// What people call it.
    #[internal]
    pub description: Option<Line>,
    /// Whether events are sent.
    #[public]
    pub status: WebhookStatus,
    /// Why the platform disabled it.
    #[public]
    pub disabled_reason: Option<DisabledReason>,
    /// Whose rights decide which events it gets: the user or API client who said last where they go.
    #[public]
    pub owner: Option<String>,
    /// When it was created (RFC 3339 UTC).
    #[public]
    pub created_at: shared::time::Instant,
}

impl From<&WebhookItem> for Webhook {
    fn from(item: &WebhookItem) -> Self {
        Self {
            id: item.id.clone(),
            url: item.url.clone(),
            kind: item.kind,
            timestamp: item.timestamp,
            event_types: item.event_types.clone(),
            description: item.description.clone(),
            status: item.status,
            disabled_reason: item.disabled_reason,
            owner: item.owner.clone(),
            created_at: shared::time::Instant::from(item.created_at),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn webhook(event_types: &[EventType]) -> WebhookItem {
        WebhookItem {
            id: WebhookId::parse("wh_01JD3X8M9V5T2Q4R6S8W0Y1Z2A").unwrap(),
            url: WebhookUrl::parse("https://example.com/hook").unwrap(),
            kind: WebhookKind::Rest,
            timestamp: false,
            event_types: event_types.to_vec(),
            description: None,
            secrets: vec![WebhookSecret {
                number: 1,
                secret: Sealed(vec![1]),
                until: None,
            }],
            status: WebhookStatus::Enabled,
            disabled_reason: None,
            failing_since: None,
            owner: Some("usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A".into()),
            owned_since: Some(0),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn matching() {
        let captured = webhook(&[EventType::PaymentCaptured, EventType::RefundFailed]);
        assert!(captured.wants("payment.captured") && captured.wants("refund.failed"));
        assert!(!captured.wants("payment.declined") && !captured.wants("payment") && !captured.wants("*"));
        assert!(webhook(&[EventType::All]).wants("payment.declined"));
        assert!(!webhook(&[]).wants("payment.captured"));
        let disabled = WebhookItem {
            status: WebhookStatus::Disabled,
            ..webhook(&[EventType::All])
        };
        assert!(!disabled.wants("payment.captured"));
    }

    #[test]
    fn a_secret_signs_until_it_runs_out() {
        let secret = |number, until| WebhookSecret {
            number,
            secret: Sealed(vec![1]),
            until,
        };
        let webhook = WebhookItem {
            secrets: vec![secret(2, None), secret(1, Some(100))],
            ..webhook(&[])
        };
        let numbers = |now| webhook.signing(now).map(|s| s.number).collect::<Vec<_>>();
        assert_eq!(
            (numbers(99), numbers(100), numbers(i64::MAX)),
            (vec![2, 1], vec![2], vec![2])
        );
    }

    #[test]
    fn urls() {
        assert!(WebhookUrl::parse("https://example.com:8443/a?b=c").is_ok());
        let long = format!("https://example.com/{}", "a".repeat(2048));
        for bad in [
            "",
            "http://example.com",
            "https://exa mple.com",
            "https://bücher.example",
            long.as_str(),
        ] {
            assert!(WebhookUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn items_round_trip_and_only_failing_ones_are_listed_as_such() {
        let tenant = TenantId::platform();
        let failing = WebhookItem {
            failing_since: Some(1_700_000_000),
            ..webhook(&[EventType::All])
        };
        let attributes = shared::store::encode(&tenant, &failing, 3).unwrap();
        assert_eq!(attributes["gsi2sk"].as_s().unwrap(), "001700000000");
        let back = shared::store::decode::<WebhookItem>(attributes).unwrap();
        assert_eq!(
            (back.item.event_types, back.item.failing_since, back.revision),
            (vec![EventType::All], Some(1_700_000_000), 3)
        );
        assert!(
            !shared::store::encode(&tenant, &webhook(&[]), 1)
                .unwrap()
                .contains_key("gsi2sk")
        );
        assert!(!format!("{failing:?}").contains("Sealed"));
    }
}
