//! Text types: parsed at the edge, valid from then on.

use crate::kernel::shape::{Bounds, Flow, Shape, Shaped, Text};
use unicode_normalization::UnicodeNormalization;

/// Declares a string newtype: a parser with static reasons, its pattern and the most characters (`Name[200]`) for its shape,
/// serde. The pattern takes whatever the parser takes: gateways refuse what does not match it. `Name as Decimal` is a decimal
/// number on the wire, `Name called "Term"` has another name in contracts.
#[macro_export]
macro_rules! text_type {
    ($(#[doc = $doc:literal])* $name:ident $([$max:literal])? $(as $kind:ident)? $(called $term:literal)?, $pattern:expr, $example:expr, $parse:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Parses and normalises.
            ///
            /// # Errors
            /// A fixed reason that never repeats the value.
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                let parse: fn(&str) -> Result<String, &'static str> = $parse;
                parse(text).map(Self)
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                use serde::de::Error;
                match <serde_json::Value as serde::Deserialize>::deserialize(d)? {
                    serde_json::Value::String(s) => Self::parse(&s).map_err(D::Error::custom),
                    _ => Err(D::Error::custom("must be a string")),
                }
            }
        }
        impl $crate::shape::Shaped for $name {
            fn shape() -> $crate::shape::Shape {
                let text = $crate::shape::Text {
                    name: Some($crate::said!(stringify!($name) $(, $term)?)),
                    about: concat!($($doc),*),
                    pattern: Some($pattern),
                    length: $crate::shape::Bounds {
                        min: None,
                        max: $crate::said!(None $(, Some($max))?),
                    },
                    examples: &[$example],
                    ..$crate::shape::Text::default()
                };
                $crate::text_shape!(text $(, $kind)?)
            }
        }
    };
}

/// What is said where nothing else is; the other, where it is.
#[doc(hidden)]
#[macro_export]
macro_rules! said {
    ($otherwise:expr) => {
        $otherwise
    };
    ($otherwise:expr, $said:expr) => {
        $said
    };
}

/// A text, or what it is on the wire beside that.
#[doc(hidden)]
#[macro_export]
macro_rules! text_shape {
    ($text:ident) => {
        $crate::shape::Shape::Text($text)
    };
    ($text:ident, $kind:ident) => {
        $crate::shape::Shape::$kind($text)
    };
}

/// Shuts a type that holds card data: its `Debug` is masked, and it can never be given a `Serialize`.
#[macro_export]
macro_rules! shut {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[card]")
            }
        }
        // Were the type ever given a `Serialize`, `_` would be ambiguous here and the crate would not compile.
        const _: fn() = || {
            trait Unserialisable<A> {
                fn check() {}
            }
            impl<T: ?Sized> Unserialisable<()> for T {}
            struct Serialisable;
            impl<T: ?Sized + serde::Serialize> Unserialisable<Serialisable> for T {}
            <$name as Unserialisable<_>>::check();
        };
    };
}

/// Lets a type that holds card data come in: by its `parse`, the text overwritten behind it; what it is, its pattern and examples
/// are for its shape.
#[macro_export]
macro_rules! comes_in {
    ($name:ident, $about:literal, $pattern:expr, $examples:expr) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                use serde::de::Error;
                match <serde_json::Value as serde::Deserialize>::deserialize(d)? {
                    serde_json::Value::String(mut text) => {
                        let parsed = Self::parse(&text);
                        zeroize::Zeroize::zeroize(&mut text);
                        parsed.map_err(D::Error::custom)
                    }
                    _ => Err(D::Error::custom("must be a string")),
                }
            }
        }
        impl $crate::shape::Shaped for $name {
            fn shape() -> $crate::shape::Shape {
                $crate::shape::Shape::Text($crate::shape::Text {
                    name: Some(stringify!($name)),
                    about: $about,
                    pattern: Some($pattern),
                    examples: &$examples,
                    flow: $crate::shape::Flow::In,
                    ..$crate::shape::Text::default()
                })
            }
        }
    };
}

/// Normalises to NFC, trims, and refuses control characters, blanks and more than `max` characters as given.
///
/// # Errors
/// A fixed reason.
pub fn line(text: &str, max: usize) -> Result<String, &'static str> {
    if text.chars().count() > max {
        return Err("is too long");
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters");
    }
    let text: String = text.nfc().collect();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("must not be empty");
    }
    Ok(trimmed.to_owned())
}

text_type!(
    /// A short human-readable name: 1 to 200 characters, NFC, no control characters.
    Name[200], r"^[^\x00-\x1f\x7f-\x9f]+$", "Ada Lovelace", |t| line(t, 200)
);

text_type!(
    /// A line of free text: 1 to 500 characters, NFC, no control characters.
    Line[500], r"^[^\x00-\x1f\x7f-\x9f]+$", "Order 17", |t| line(t, 500)
);

text_type!(
    /// A reference of the caller's own system: 1 to 100 visible ASCII characters.
    Reference, r"^[!-~]{1,100}$", "order-17", |t| {
        if (1..=100).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(t.to_owned())
        } else {
            Err("must be 1 to 100 visible ASCII characters")
        }
    }
);

text_type!(
    /// The id of a role.
    RoleId, "^[a-z][a-z0-9_]{0,63}$", "integration", |t| {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=64).contains(&t.len()) && t.bytes().all(ok) && t.starts_with(|c: char| c.is_ascii_lowercase()) {
            Ok(t.to_owned())
        } else {
            Err("is not a role's id")
        }
    }
);

text_type!(
    /// An e-mail address as people type it (the `addr-spec` of RFC 5322 without quoting), kept as given and
    /// compared in lower case.
    EmailAddress, r"^\s*[^@\s]{1,64}@[^@\s]+\.[^@\s]+\s*$", "ada@example.com", |t| {
        let t = t.trim();
        let bad = Err("is not an e-mail address");
        let Some((local, domain)) = t.rsplit_once('@') else { return bad };
        let label_ok = |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-')
            && l.chars().all(|c| c.is_alphanumeric() || c == '-');
        let local_ok = !local.is_empty() && local.len() <= 64 && !local.starts_with('.') && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        if t.len() > 254 || !local_ok || !domain.contains('.') || !domain.split('.').all(label_ok) {
            return bad;
        }
        Ok(t.to_owned())
    }
);

impl EmailAddress {
    /// The form that a blind index is made over: NFC, lower case.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.0.nfc().collect::<String>().to_lowercase()
    }
}

/// A secret that came in: zeroised on drop, never shown.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes ownership of a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }
    /// The one way to read it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// NFC-normalised copy, as passwords are compared (NIST SP 800-63B-4, 3.1.1.2).
    #[must_use]
    pub fn nfc(&self) -> Self {
        Self(self.0.nfc().collect())
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> serde::Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_json::Value::deserialize(d)? {
            serde_json::Value::String(s) if s.is_empty() => Err(D::Error::custom("must not be empty")),
            serde_json::Value::String(s) if s.len() <= 4096 => Ok(Self(s)),
            serde_json::Value::String(_) => Err(D::Error::custom("is too long")),
            _ => Err(D::Error::custom("must be a string")),
        }
    }
}

/// A secret that goes out exactly once, in an answer that is never stored.
pub struct IssuedSecret(SecretText);

impl IssuedSecret {
    /// Wraps a fresh secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretText(text))
    }
}

impl serde::Serialize for IssuedSecret {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.expose())
    }
}

impl Shaped for SecretText {
    fn shape() -> Shape {
        Shape::Text(Text {
            length: Bounds {
                min: Some(1),
                max: Some(4096),
            },
            flow: Flow::In,
            ..Text::default()
        })
    }
}

impl Shaped for IssuedSecret {
    fn shape() -> Shape {
        Shape::Text(Text {
            flow: Flow::Out,
            ..Text::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.co", "ada.l+x@sub.example.com", "ü@bücher.example"] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@b",
            "a b@c.de",
            "a@-b.co",
            "a..b@c.de",
            "a@b..co",
            "<a@b.co>",
            "a@b.co\n.x",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            EmailAddress::parse("Ada@Example.COM").unwrap().normalised(),
            "ada@example.com"
        );
    }

    #[test]
    fn lines_are_normalised_and_bounded() {
        assert_eq!(Name::parse(" e\u{301} ").unwrap().as_str(), "é");
        assert!(Name::parse("a\u{0}b").is_err());
        assert!(Name::parse(&"x".repeat(201)).is_err());
    }
}
