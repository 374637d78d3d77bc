//! `POST /tenancy/v1/api-clients/{id}/rotate`: a new secret, in this answer and in no other. The one before it goes on
//! working for a while, so that a system can change over without a gap.

use super::{active, create::people_only, soap_secret};
use crate::tenants::found;
use serde::Serialize;
use shared::{
    auth::{ApiClient, ClientSecret, SoapAccess, SoapSecret},
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::ClientId,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::{IssuedSecret, RoleId},
    time::{Instant, after},
};

/// Seconds for which the secret before the new one goes on working, unless the call says otherwise.
const OVERLAP: u32 = 24 * 3600;
/// Most seconds that a call can ask for: a week.
const MOST: u32 = 7 * 24 * 3600;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The client.
    #[public]
    id: ClientId,
    /// Seconds for which the secret before the new one goes on working: 0 to 604800, 86400 when absent. Only the person
    /// who holds that secret has it overlap; when somebody else rotates, it and the tokens issued for it end at once.
    #[public]
    #[record(range(max = 604_800))]
    overlap_seconds: Option<u32>,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RotatedApiClientSecret")]
pub struct Answer {
    /// The client.
    #[public]
    id: ClientId,
    /// What it authenticates with: tenant and client in one.
    #[public]
    client_id: String,
    /// Its new secret, never shown again.
    #[secret]
    client_secret: IssuedSecret,
    /// Its new secret over SOAP, where it may call so; never shown again.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    soap_secret: Option<IssuedSecret>,
    /// Until when the secret before it works, too (RFC 3339 UTC); absent when it has ended.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_until: Option<Instant>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Rotate;

impl Endpoint for Rotate {
    const DECLARATION: Declaration = Declaration::new(
        "rotate_api_client",
        methods::post,
        "/tenancy/v1/api-clients/{id}/rotate",
        Access::Right(&rbac::APICLIENT_WRITE),
        Audit::Alert,
        "Give an API client a new secret, shown once; the one before it overlaps. Whoever takes it over from somebody else needs a second person",
    )
    .refuses(&[
        codes::ROLE_EXCEEDS_YOURS,
        codes::WRONG_STATE,
        codes::INSUFFICIENT_AUTHENTICATION,
    ])
    .four_eyes_where_asked()
    .uses(&[
        Uses::Write(Table::Tenancy),
        Uses::Read(Table::Identity),
        Uses::Key(Purpose::Secret),
    ]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ApiClient>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        if input.overlap_seconds.is_some_and(|s| s > MOST) {
            return Err(Problem::invalid(
                "/overlap_seconds",
                format!("must be at most {MOST}"),
            ));
        }
        let before = cx.get::<ApiClient>(input.id.as_str()).await?;
        active(&before)?;
        // Whoever gets the secret gets the client's rights, so they need what issuing it would need.
        let roles: Result<Vec<RoleId>, _> = before.roles.iter().map(|r| RoleId::parse(r)).collect();
        let roles = roles.map_err(|_| Problem::internal("a client with a role that is none"))?;
        people_only(&rbac::assignable(cx, &roles).await?)?;

        let holder = cx.principal().person();
        let same = cx.holder(&before).await?.as_deref() == Some(holder.as_str());
        // Two people who know a secret each would be one person to the four-eyes rule.
        let overlap = match input.overlap_seconds {
            Some(1..) if !same => {
                let text = "must be 0: the secret belongs to somebody else, and ends when you rotate it";
                return Err(Problem::invalid("/overlap_seconds", text));
            }
            asked if same => asked.unwrap_or(OVERLAP),
            _ => 0,
        };
        let until = after(cx.now(), i64::from(overlap));
        let (secret, digest) = found::secret();
        let kept_until = (overlap > 0).then_some(until.as_second());
        let (mut soap, mut shown) = (None, None);
        if let Some(before) = &before.soap {
            let number = before
                .secrets
                .iter()
                .map(|s| s.number)
                .max()
                .unwrap_or(0)
                .saturating_add(1);
            let (secret, kept) = soap_secret(cx, &input.id, number).await?;
            shown = Some(secret);
            soap = Some(SoapAccess {
                mode: before.mode,
                secrets: overlapping(&before.secrets, kept, kept_until),
            });
        }
        let next = ApiClient {
            secrets: rotated(&before.secrets, digest, kept_until),
            soap,
            issued_by: holder,
            held_since: if same {
                before.held_since
            } else {
                Some(cx.now().as_millisecond())
            },
            tokens_after: if same {
                before.tokens_after
            } else {
                Some(cx.now().as_second())
            },
            ..before.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&before, &next)?).object(
            input.id.as_str(),
            Some(&before.item),
            Some(&next),
        );
        // Handed over to somebody else, it takes two people.
        let changes = changes.two_people(!same);
        let answer = Answer {
            client_id: format!("{}.{}", cx.tenant(), input.id),
            client_secret: IssuedSecret::new(secret),
            soap_secret: shown,
            previous_secret_until: (overlap > 0).then(|| Instant::from(until)),
            id: input.id,
        };
        Ok(Outcome::changed(answer, changes))
    }
}

/// The secrets after a rotation, the new one first: it, and until `until` the one that was current. Whatever was before
/// that ends at once, so that there are never more than two.
fn rotated(old: &[ClientSecret], new: ClientSecret, until: Option<i64>) -> Vec<ClientSecret> {
    let current = old.iter().find(|s| s.until.is_none());
    let previous = current.zip(until).map(|(s, until)| ClientSecret {
        until: Some(until),
        ..s.clone()
    });
    std::iter::once(new).chain(previous).collect()
}

/// As [`rotated`], of SOAP secrets.
fn overlapping(old: &[SoapSecret], new: SoapSecret, until: Option<i64>) -> Vec<SoapSecret> {
    let current = old.iter().find(|s| s.until.is_none());
    let previous = current.zip(until).map(|(s, until)| SoapSecret {
        until: Some(until),
        ..s.clone()
    });
    std::iter::once(new).chain(previous).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::Digest;

    fn secret(n: u8) -> ClientSecret {
        ClientSecret {
            digest: Digest(vec![n]),
            until: None,
        }
    }

    #[test]
    fn there_are_never_more_than_two_secrets() {
        let mut secrets = vec![secret(0)];
        for n in 1..=5 {
            secrets = rotated(&secrets, secret(n), Some(i64::from(n)));
            let seen: Vec<_> = secrets.iter().map(|s| (s.digest.0[0], s.until)).collect();
            assert_eq!(seen, [(n, None), (n - 1, Some(i64::from(n)))]);
        }
        let alone = rotated(&secrets, secret(9), None);
        assert_eq!(
            (alone.len(), alone[0].digest.0[0]),
            (1, 9),
            "without overlap it stands alone"
        );
    }
}
