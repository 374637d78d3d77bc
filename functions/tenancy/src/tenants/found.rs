//! What a new tenant starts with: wrapped keys, roles, administrators, and its line in the directory.

use aws_lc_rs::digest;
use shared::{
    auth::{
        ApiClient, ClientSecret, ClientStatus, Credential, Policy, Tenant, TenantDirectory, TenantStatus,
        User, UserStatus, check_policy,
    },
    crypto::{Purpose, SubjectCipher, TenantKeys, formats},
    ids::{ClientId, TenantId, UserId},
    problem::Problem,
    rbac::Role,
    road::Context,
    store::{AtRestBytes, Changes, Digest, Table},
    text::{EmailAddress, Name, SecretText},
};
use std::{collections::BTreeMap, sync::Arc};

/// A person who administers a new tenant.
pub struct Administrator {
    /// E-mail address.
    pub email: EmailAddress,
    /// Name.
    pub name: Name,
    /// First password.
    pub password: SecretText,
}

/// The keys of a tenant in the making.
pub struct Keys(BTreeMap<Purpose, Arc<TenantKeys>>);

impl Keys {
    fn of(&self, purpose: Purpose) -> Result<&TenantKeys, Problem> {
        self.0
            .get(&purpose)
            .map(Arc::as_ref)
            .ok_or_else(|| Problem::internal("a tenant key is missing"))
    }
}

/// The tenant itself, its keys and its roles.
///
/// # Errors
/// 503 when KMS does not answer.
pub async fn tenant(cx: &Context, name: &str, roles: &[Role]) -> Result<(Tenant, Keys, Changes), Problem> {
    let id = cx.tenant();
    let tenant = Tenant {
        policy: None,
        id: id.clone(),
        name: name.to_owned(),
        status: TenantStatus::Active,
        created_at: cx.now(),
        require_access_reason: false,
        retention_months: Tenant::retention(),
        online_months: Tenant::online(),
        networks: Vec::new(),
        rate_limit: None,
        client_rate_limit: None,
        metadata_keys: Vec::new(),
    };
    let founded = cx.app().keyring.found(cx.meter(), id).await;
    let (wraps, keys) = founded.map_err(|e| Problem::unavailable(e.0))?;
    let keys = Keys(keys);
    // The tenant is a subject of its own: stored answers and cursors are sealed under this key.
    let own = SubjectCipher::create(
        cx.app().kms.env(),
        id,
        id.as_str(),
        Purpose::Secret,
        keys.of(Purpose::Secret)?,
    )?;
    let mut changes = Changes::new()
        .founding(id)
        .write(cx.create(&tenant)?)
        .write(cx.create(&own.1)?);
    changes.writes.extend(wraps);
    for role in roles {
        changes.writes.push(cx.create(role)?);
    }
    Ok((tenant, keys, changes))
}

/// The line in the platform's directory of tenants.
///
/// # Errors
/// 500 when it does not encode.
pub fn directory(platform: &Context, id: &TenantId, changes: Changes) -> Result<Changes, Problem> {
    Ok(changes.write(platform.create(&TenantDirectory { id: id.clone() })?))
}

/// An administrator: user, credential and the key that their personal data is sealed under.
///
/// # Errors
/// 422 when the password does not meet the policy; `pointer` says where it stands.
pub async fn administrator(
    cx: &Context,
    keys: &Keys,
    tenant_name: &str,
    who: Administrator,
    pointer: &str,
    mut changes: Changes,
) -> Result<Changes, Problem> {
    let own_words = [who.name.as_str(), who.email.as_str(), tenant_name];
    check_policy(&Policy::default(), &who.password, &own_words)
        .map_err(|why| Problem::invalid(&format!("{pointer}/password"), why))?;
    let passwords = cx.app().passwords().await?;
    let hashed = tokio::task::spawn_blocking(move || passwords.hash(&who.password)).await;
    let hashed = hashed
        .map_err(|_| Problem::internal("hashing ended early"))?
        .map_err(|e| Problem::internal(e.0))?;

    let id = UserId::new(cx.now());
    let (env, tenant) = (cx.app().kms.env(), cx.tenant());
    let (cipher, subject) =
        SubjectCipher::create(env, tenant, id.as_str(), Purpose::Pii, keys.of(Purpose::Pii)?)?;
    let seal = |field: &str, text: &str| cipher.seal::<User>(id.as_str(), "-", field, text.as_bytes());
    let user = User {
        email: seal("email", who.email.as_str())?,
        name: seal("name", who.name.as_str())?,
        status: UserStatus::Active,
        roles: vec!["administrator".into(), "auditor".into()],
        signed_out_before: None,
        ended_before: None,
        locked_until: None,
        sign_in_locked_until: None,
        networks: Vec::new(),
        created_at: cx.now(),
        id: id.clone(),
    };
    let index = keys
        .of(Purpose::Index)?
        .current()
        .map_err(|e| Problem::internal(e.0))?;
    let address = who.email.normalised();
    let lookup = formats::blind_index(
        index,
        tenant.as_str(),
        Table::Identity.name(),
        "email",
        address.as_bytes(),
    )
    .map_err(|e| Problem::internal(e.to_string()))?;
    let credential = Credential {
        password: Some(AtRestBytes(hashed.phc.into_bytes())),
        password_set_at: Some(cx.now().as_millisecond()),
        pepper: hashed.pepper,
        ..Credential::new(hex::encode(lookup), id, user.roles.clone())
    };
    let taken = Problem::invalid(&format!("{pointer}/email"), "is used by another administrator");
    changes.writes.push(cx.create(&user)?);
    changes.writes.push(cx.create(&credential)?.otherwise(taken));
    changes.writes.push(cx.create(&subject)?);
    Ok(changes)
}

/// A new secret of an API client, and what is kept of it.
#[must_use]
pub fn secret() -> (String, ClientSecret) {
    let secret = shared::random::token();
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    let digest = Digest(digest.as_ref().to_vec());
    (secret, ClientSecret { digest, until: None })
}

/// A new API client and its secret, which is shown once and kept as SHA-256.
#[must_use]
pub fn api_client(
    cx: &Context,
    name: &str,
    roles: Vec<String>,
    networks: Vec<String>,
) -> (ApiClient, String) {
    let (secret, kept) = self::secret();
    let client = ApiClient {
        id: ClientId::new(cx.now()),
        name: name.to_owned(),
        roles,
        status: ClientStatus::Active,
        secrets: vec![kept],
        networks,
        issued_by: cx.principal().person(),
        held_since: None,
        tokens_after: None,
        require_dpop: false,
        soap: None,
        created_at: cx.now(),
    };
    (client, secret)
}
