//! Identifiers: a prefix and a ULID. Nothing in an id says how many there are.

use crate::time::Timestamp;

/// Declares an id type with its prefix.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $crate::text_type!(
            $(#[$doc])* $name,
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
    crate::random::fill(&mut bytes);
    format!(
        "{prefix}_{}",
        ulid::Ulid::from_parts(millis, u128::from_be_bytes(bytes))
    )
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
}
