//! Identifiers: a prefix and a ULID. Nothing in an id says how many there are.

use crate::kernel::time::Timestamp;
use aws_lc_rs::digest;

/// Declares an id type with its prefix.
#[macro_export]
macro_rules! id_type {
    ($(#[doc = $doc:literal])* $name:ident $(called $term:literal)?, $prefix:literal) => {
        $crate::text_type!(
            $(#[doc = $doc])* $name $(called $term)?,
            concat!("^", $prefix, "_[0-9A-HJKMNP-TV-Z]{26}$"),
            concat!($prefix, "_01JD3X8M9V5T2Q4R6S8W0Y1Z2A"),
            |t| $crate::ids::check($prefix, t)
        );
        impl $name {
            /// A new id made at `now`.
            #[must_use]
            pub fn new(now: $crate::time::Timestamp) -> Self {
                Self($crate::ids::fresh($prefix, now))
            }
            /// The id of what `key` asks for on the day of `now`: the same however often and wherever it is asked for.
            #[must_use]
            pub fn of_key(key: &str, now: $crate::time::Timestamp) -> Self {
                Self($crate::ids::of_key($prefix, key, now))
            }
            /// The id of what was made at `now` and has this digest, of which 80 bits are taken.
            #[must_use]
            pub fn of_digest(digest: &[u8], now: $crate::time::Timestamp) -> Self {
                Self($crate::ids::of_digest($prefix, digest, now))
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// Checks prefix, length and alphabet (Crockford's base 32, upper case).
///
/// # Errors
/// A fixed reason.
pub fn check(prefix: &str, text: &str) -> Result<String, &'static str> {
    let rest = text
        .strip_prefix(prefix)
        .and_then(|r| r.strip_prefix('_'))
        .ok_or("has the wrong prefix")?;
    let alphabet = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b));
    if rest.len() == 26 && rest.bytes().all(alphabet) {
        Ok(text.to_owned())
    } else {
        Err("is not a valid id")
    }
}

/// A fresh id: 48 bits of time, 80 random bits.
#[must_use]
pub fn fresh(prefix: &str, now: Timestamp) -> String {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let mut bytes = [0u8; 16];
    crate::kernel::random::fill(&mut bytes);
    format!(
        "{prefix}_{}",
        ulid::Ulid::from_parts(millis, u128::from_be_bytes(bytes))
    )
}

/// An id that commits to a digest: 48 bits of time, 80 of the digest.
#[must_use]
pub fn of_digest(prefix: &str, digest: &[u8], now: Timestamp) -> String {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let bits = digest
        .iter()
        .take(10)
        .fold(0, |all, byte| (all << 8) | u128::from(*byte));
    format!("{prefix}_{}", ulid::Ulid::from_parts(millis, bits))
}

/// An id that tells `key` and the UTC day of `now` from every other: 48 bits of the day's first moment, 80 of a digest.
#[must_use]
pub fn of_key(prefix: &str, key: &str, now: Timestamp) -> String {
    const DAY: i64 = 24 * 3_600_000;
    let day = now.as_millisecond().div_euclid(DAY).saturating_mul(DAY);
    let digest = digest::digest(&digest::SHA256, format!("{prefix}#{key}").as_bytes());
    let digest = digest
        .as_ref()
        .iter()
        .take(16)
        .fold(0, |all, byte| (all << 8) | u128::from(*byte));
    format!(
        "{prefix}_{}",
        ulid::Ulid::from_parts(u64::try_from(day).unwrap_or(0), digest)
    )
}

/// The first and the last possible id with a prefix made at a millisecond: an id begins with the time.
#[must_use]
pub fn bounds(prefix: &str, millisecond: i64) -> (String, String) {
    // 48 bits of time: what is later is as late as it gets.
    let at = u64::try_from(millisecond).unwrap_or(0).min((1 << 48) - 1);
    let id = |random| format!("{prefix}_{}", ulid::Ulid::from_parts(at, random));
    (id(0), id(u128::MAX))
}

/// When an id was made, to the millisecond.
#[must_use]
pub fn time_of(id: &str) -> Option<Timestamp> {
    let (_, ulid) = id.rsplit_once('_')?;
    let made = ulid::Ulid::from_string(ulid).ok()?.timestamp_ms();
    Timestamp::from_millisecond(i64::try_from(made).ok()?).ok()
}

id_type!(
    /// A tenant. The fixed length and alphabet keep `#` out of every key.
    TenantId, "ten"
);
id_type!(
    /// A user of a tenant.
    UserId, "usr"
);
id_type!(
    /// A session of a user.
    SessionId, "ses"
);
id_type!(
    /// An API client of a tenant.
    ClientId, "cli"
);
id_type!(
    /// An audit entry.
    EntryId, "aud"
);
id_type!(
    /// An event for webhooks.
    EventId, "evt"
);
id_type!(
    /// A customer of a tenant.
    CustomerId, "cus"
);
id_type!(
    /// A tokenised card.
    PaymentMethodId, "pm"
);
id_type!(
    /// A payment.
    PaymentId, "pay"
);

impl TenantId {
    /// The tenant that operates the platform itself.
    #[must_use]
    pub fn platform() -> Self {
        Self("ten_00000000000000000000000000".to_owned())
    }
    /// Whether this is the platform's own tenant.
    #[must_use]
    pub fn is_platform(&self) -> bool {
        *self == Self::platform()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_and_refuse() {
        let id = TenantId::new(Timestamp::UNIX_EPOCH);
        assert_eq!(TenantId::parse(id.as_str()), Ok(id.clone()));
        assert_ne!(TenantId::new(Timestamp::UNIX_EPOCH), id);
        for bad in [
            "",
            "ten_",
            "usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
            "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2#",
            "ten_01jd3x8m9v5t2q4r6s8w0y1z2a",
        ] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
        assert!(TenantId::parse(TenantId::platform().as_str()).is_ok());
    }

    #[test]
    fn a_key_leads_to_one_id_a_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let noon = at("2027-01-01T12:00:00Z");
        let id = EventId::of_key("k", noon);
        assert_eq!(id, EventId::of_key("k", at("2027-01-01T23:59:59Z")));
        assert_eq!(EventId::parse(id.as_str()), Ok(id.clone()));
        for other in [
            EventId::of_key("l", noon),
            EventId::of_key("k", at("2027-01-02T00:00:00Z")),
        ] {
            assert_ne!(id, other);
        }
        assert_ne!(
            id.as_str().split('_').nth(1),
            EntryId::of_key("k", noon).as_str().split('_').nth(1),
            "another kind of thing"
        );
    }
}
