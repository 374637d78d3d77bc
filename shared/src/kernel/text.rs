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
                    parse: Some(|text| Self::parse(text).map(|parsed| parsed.0)),
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

/// Normalises to NFC, and only then measures and trims: a character may be one as it comes and two as it is kept (U+0958), and what
/// is kept must be readable again. Every text that people write goes through here. Refuses control characters, blanks and more than
/// `max` characters.
///
/// # Errors
/// A fixed reason.
pub fn line(text: &str, max: usize) -> Result<String, &'static str> {
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters");
    }
    // What is far too long is not worth the work: no character becomes less than a third of one.
    if text.chars().nth(max.saturating_mul(4)).is_some() {
        return Err("is too long");
    }
    let text: String = text.nfc().collect();
    if text.chars().nth(max).is_some() {
        return Err("is too long");
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("must not be empty");
    }
    Ok(trimmed.to_owned())
}

/// As two texts are compared whatever their case: NFC of each character's lower case after its upper case, so that `\u{df}` is `ss`
/// and a sigma is one wherever it stands.
#[must_use]
pub fn folded(text: &str) -> String {
    let upper: String = text.nfc().flat_map(char::to_uppercase).collect();
    // Character by character: the whole text's lower case would look at what a sigma stands beside.
    let lower = upper.chars().flat_map(char::to_lowercase);
    lower.nfc().collect()
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
    /// An e-mail address that mail can be sent to: the `addr-spec` of RFC 5322 without quoting, ASCII before the `@`, since mail is
    /// sent to no other, and after it a domain, kept as A-labels (UTS 46), never an IP address. Compared whatever its case.
    EmailAddress, r"^\s*[^@\s]{1,64}@[^@\s]+\.[^@\s]+\s*$", "ada@example.com", |t| {
        let t = t.trim();
        let bad = Err("is not an e-mail address");
        let Some((local, domain)) = t.rsplit_once('@') else { return bad };
        if !local.is_ascii() {
            return Err("must be ASCII before its @: mail cannot be sent to anything else");
        }
        let local_ok = !local.is_empty() && local.len() <= 64 && !local.starts_with('.') && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        if !local_ok {
            return bad;
        }
        let Some(domain) = a_labels(domain) else { return bad };
        if local.len() + 1 + domain.len() > 254 {
            return bad;
        }
        Ok(format!("{local}@{domain}"))
    }
);

/// A domain of at least two labels as A-labels (UTS 46, strictly; RFC 1035 for the lengths); none where it is no name: an address of
/// IPv4 is none, nor is what ends with a dot.
fn a_labels(domain: &str) -> Option<String> {
    // 254 characters as they are kept; what is longer than that as it comes is none.
    if !domain.contains('.') || domain.chars().nth(254).is_some() || domain.chars().any(char::is_whitespace) {
        return None;
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (_, top) = ascii.rsplit_once('.')?;
    // No label at the top is a number (RFC 3696, section 2), so that no address passes for a name.
    let is_name = !top.is_empty() && !top.bytes().all(|b| b.is_ascii_digit());
    let labels = ascii
        .split('.')
        .all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'));
    (is_name && labels && ascii.is_ascii()).then_some(ascii)
}

impl EmailAddress {
    /// An address that was kept, whatever rules came since.
    #[must_use]
    pub fn kept(text: String) -> Self {
        Self(text)
    }
    /// The form that a blind index is made over: NFC, whatever its case.
    #[must_use]
    pub fn normalised(&self) -> String {
        folded(&self.0)
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
    use proptest::prelude::*;

    fn email(text: &str) -> Result<String, &'static str> {
        EmailAddress::parse(text).map(|e| e.normalised())
    }

    #[test]
    fn addresses() {
        for good in [
            "a@b.co",
            "ada.l+x@sub.example.com",
            "u@b\u{fc}cher.example",
            " a@b.co ",
        ] {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let long = |n| format!("a@{}.example", "b".repeat(n));
        for bad in [
            "",
            "a",
            "@b.co",
            "a@b",
            "a b@c.de",
            "a@-b.co",
            "a@b-.co",
            "a..b@c.de",
            "a@b..co",
            "a@b.co.",
            "<a@b.co>",
            "a@b.co\n.x",
            "\"a b\"@c.de",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "a@1.2",
            "a@b_c.de",
            "a@b.c d",
            &long(64),
            &format!("{}@b.co", "a".repeat(65)),
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
        assert!(EmailAddress::parse(&long(63)).is_ok());
        assert_eq!(email("Ada@Example.COM").unwrap(), "ada@example.com");
    }

    /// One rule: ASCII before the `@`, whatever the script, the marks and the normal form.
    #[test]
    fn what_mail_cannot_be_sent_to_is_no_address() {
        for local in [
            "\u{fc}",
            "u\u{308}",
            "\u{e01}\u{e34}\u{e19}",
            "\u{928}\u{93f}",
            "\u{3bd}.\u{3b1}",
            "\u{ff41}",
        ] {
            let why = email(&format!("{local}@example.com")).unwrap_err();
            assert!(why.contains("ASCII"), "{local}: {why}");
        }
    }

    #[test]
    fn a_domain_is_one_however_it_is_written() {
        let same = [
            "a@b\u{fc}cher.example",
            "a@bu\u{308}cher.example",
            "A@B\u{dc}CHER.Example",
            "a@xn--bcher-kva.example",
        ];
        for address in same {
            assert_eq!(email(address).unwrap(), "a@xn--bcher-kva.example", "{address}");
        }
        for script in ["a@\u{928}\u{93f}.example", "a@\u{e01}\u{e34}\u{e19}.example"] {
            let kept = EmailAddress::parse(script).unwrap();
            assert!(kept.as_str().contains("@xn--"), "{}", kept.as_str());
        }
        // A label that is none, though it says so.
        assert!(email("a@xn--a.example").is_err());
    }

    #[test]
    fn case_is_folded_wholly() {
        assert_eq!(
            folded("\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}.\u{391}"),
            folded("\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}.\u{3b1}")
        );
        assert_eq!(folded("STRASSE"), folded("stra\u{df}e"));
        assert_eq!(folded("E\u{301}"), folded("\u{e9}"));
    }

    #[test]
    fn lines_are_normalised_and_bounded() {
        assert_eq!(Name::parse(" e\u{301} ").unwrap().as_str(), "\u{e9}");
        assert!(Name::parse("a\u{0}b").is_err());
        assert!(Name::parse(&"x".repeat(201)).is_err());
        // Two hundred as they come, one more as they are kept.
        assert!(Name::parse(&format!("{}\u{958}", "a".repeat(199))).is_err());
        assert!(Name::parse(&format!("{}\u{958}", "a".repeat(198))).is_ok());
        // And the other way round.
        assert_eq!(
            Name::parse(&"e\u{301}".repeat(200))
                .unwrap()
                .as_str()
                .chars()
                .count(),
            200
        );
    }

    proptest! {
        #[test]
        fn what_is_taken_is_within_its_bounds_and_is_taken_again(text in "(\\PC|[\u{958}\u{1d15e}\u{fb2c}e\u{301} ]){0,230}") {
            if let Ok(kept) = line(&text, 200) {
                prop_assert!((1..=200).contains(&kept.chars().count()));
                let again = line(&kept, 200);
                prop_assert_eq!(again.as_deref(), Ok(kept.as_str()));
            }
        }

        #[test]
        fn an_address_that_is_taken_is_taken_again_and_is_ascii(text in "[a-z.+\u{e9}]{1,5}@(\\PC|[a-z.\u{fc}-]){1,20}") {
            if let Ok(kept) = EmailAddress::parse(&text) {
                prop_assert!(kept.as_str().is_ascii());
                let again = EmailAddress::parse(kept.as_str()).map(|again| again.0);
                prop_assert_eq!(again.as_deref(), Ok(kept.as_str()));
            }
        }
    }
}
