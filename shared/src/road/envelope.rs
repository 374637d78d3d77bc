//! Who calls in an envelope: the client that a UsernameToken names, where it shows that client's secret.
//!
//! A process remembers what its latest clients are called and show (0021, 0035), so that all that is read of a caller is read at
//! once, as for a token. What is remembered holds where the client's item is still the one it was learnt from, which is looked at
//! in every call before anything else is decided.

use crate::{
    access::auth::{
        ApiClient, Claims, ClientStatus, SoapAccess, SoapMode,
        remembered::{Remembered, change},
        single::Single,
        username::{self, UsernameToken},
    },
    crypto::{SubjectCipher, SubjectKeyItem},
    declaration::endpoint::Declaration,
    kernel::{
        ids::{ClientId, TenantId, UserId},
        problem::Problem,
        purpose::Purpose,
        time::Timestamp,
    },
    process::app::App,
    store::{Key, decode, meter::Meter},
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What an envelope's token says of who sent it.
pub(super) struct Shown {
    /// As a token of the token endpoint would say it.
    pub(super) claims: Claims,
    /// The nonce, which is good for this call alone.
    pub(super) single: Option<Single>,
    /// What it was held against, where that was remembered.
    pub(super) remembered: Option<Arc<Remembered>>,
}

/// A refusal, and whose log it belongs into where there is such a client.
pub(super) type Refused = (Option<TenantId>, Problem);

/// A call, as far as it matters here.
pub(super) struct Caller<'c> {
    pub(super) app: &'c App,
    pub(super) meter: &'c Meter,
    pub(super) now: Timestamp,
    pub(super) declaration: &'c Declaration,
    pub(super) has_key: bool,
}

impl Caller<'_> {
    /// The client that an envelope names, if it shows its secret. With `afresh`, nothing that is remembered counts.
    ///
    /// # Errors
    /// 401 for whoever is not known or late, 400 for a write by password without an idempotency key, 503.
    pub(super) async fn shown(&self, token: &UsernameToken, afresh: bool) -> Result<Shown, Refused> {
        let failed = || (None, username::failed());
        let (tenant, client) = token.username.split_once('.').ok_or_else(failed)?;
        let tenant = TenantId::parse(tenant).map_err(|_| failed())?;
        let client = ClientId::parse(client).map_err(|_| failed())?;
        let key = Key::of::<ApiClient>(&tenant, client.as_str());
        let known = self
            .app
            .envelopes
            .get(&key)
            .filter(|known| !afresh && known.matches(token, self.now));
        let (known, remembered) = match known {
            Some(known) => (known.clone(), Some(known)),
            None => (self.read(&tenant, &client, key, token).await?, None),
        };
        let told = |problem| (Some(tenant.clone()), problem);
        token.is_current(self.now, None).map_err(told)?;
        if known.mode == SoapMode::Text && self.declaration.takes_idempotency_key() && !self.has_key {
            let text = "A client that shows its password as text sends an idempotencyKey with whatever changes something.";
            return Err(told(Problem::bad_request("idempotency_key_required", text)));
        }
        let mut claims = self
            .app
            .tokens
            .claims(self.now, &tenant, client.as_str(), None, &known.roles);
        claims.hld.clone_from(&known.holder);
        Ok(Shown {
            claims,
            single: self.single(&client, token),
            remembered,
        })
    }

    /// The nonce, for as long as the message could be sent again.
    fn single(&self, client: &ClientId, token: &UsernameToken) -> Option<Single> {
        token.nonce.as_ref().map(|nonce| {
            let until = match &token.created {
                Some(created) => created
                    .at
                    .as_second()
                    .saturating_add(username::WINDOW + 2 * username::SKEW),
                // Without a time of its own it is never too old, so it is kept for as long as an idempotency key.
                None => self.now.as_second().saturating_add(24 * 3600),
            };
            Single::nonce(client.as_str(), nonce, until)
        })
    }

    /// Reads the client and holds the token against it.
    async fn read(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        key: Key,
        token: &UsernameToken,
    ) -> Result<Arc<Remembered>, Refused> {
        let told = |problem| (Some(tenant.clone()), problem);
        let internal = |e: String| told(Problem::internal(e));
        let keys = [key, SubjectKeyItem::key(tenant, tenant.as_str(), Purpose::Secret)];
        let found = self.app.database.batch_get(self.meter, &keys).await;
        let mut found = found.map_err(|e| (None, e.problem()))?;
        let [record, subject] = keys.each_ref().map(|key| found.remove(key));
        let record = record.ok_or_else(|| (None, username::failed()))?;
        let change = change(&record);
        let record = decode::<ApiClient>(record).map_err(internal)?.item;
        let good = record.status == ClientStatus::Active && !record.require_dpop;
        let (true, Some(soap), Some(subject)) = (good, &record.soap, subject) else {
            return Err(told(username::failed()));
        };
        let subject = decode::<SubjectKeyItem>(subject).map_err(internal)?.item;
        let unwrapped = self.app.keyring.for_subject(self.meter, tenant, &subject).await;
        let unwrapped = unwrapped.map_err(|e| told(Problem::unavailable(e.0)))?;
        let cipher =
            SubjectCipher::open_item(self.app.kms.env(), tenant, &subject, &unwrapped).map_err(told)?;
        let mut secrets = Vec::new();
        for secret in &soap.secrets {
            let place = SoapAccess::place(secret.number);
            let open = cipher.open::<ApiClient>(client.as_str(), "-", &place, &secret.secret);
            secrets.push((secret.until, Zeroizing::new(open.map_err(told)?.to_vec())));
        }
        let [key, _] = keys;
        let read = Remembered {
            key,
            change: change.clone().unwrap_or_default(),
            mode: soap.mode,
            holder: Some(record.issued_by).filter(|by| UserId::parse(by).is_ok()),
            roles: record.roles,
            secrets,
        };
        if !read.matches(token, self.now) {
            return Err(told(username::failed()));
        }
        // What does not say what changed it last could not be told from what it becomes.
        Ok(match change {
            Some(_) => self.app.envelopes.keep(read),
            None => Arc::new(read),
        })
    }
}
