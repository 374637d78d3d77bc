//! W3C Trace Context (Recommendation, 23 November 2021): which trace a call belongs to, and its own place in it.
//!
//! A call takes part: it keeps the trace id that it was given and is a span of its own, which its audit entry, its metrics
//! and everything that it causes name as their parent. `tracestate` is not handed on: it is free text of others, and what a
//! call causes goes to third parties.

use crate::kernel::random;

/// Characters of a `traceparent` of version 00: `00-<32>-<16>-<2>`.
const LENGTH: usize = 55;
/// The trace-flag `sampled`, the only one that version 00 has.
const SAMPLED: u8 = 1;

/// The fields of a valid `traceparent` that are used.
struct Parent<'t> {
    trace: &'t str,
    flags: u8,
}

/// Parses a `traceparent` (section 3.2). Of a later version that begins like version 00, what version 00 has is used.
fn parse(text: &str) -> Option<Parent<'_>> {
    let hex = |t: &str| {
        t.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let zero = |t: &str| t.bytes().all(|b| b == b'0');
    let (known, rest) = (text.get(..LENGTH)?, text.get(LENGTH..)?);
    let mut fields = known.split('-');
    let (version, trace, span, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let lengths = [version.len(), trace.len(), span.len(), flags.len()] == [2, 32, 16, 2];
    let whole = match version {
        "00" => rest.is_empty(),
        "ff" => false,
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    let valid = lengths
        && whole
        && fields.next().is_none()
        && [version, trace, span, flags].into_iter().all(hex)
        && !zero(trace)
        && !zero(span);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    valid.then_some(Parent { trace, flags })
}

/// Whether a text is a valid `traceparent`.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    parse(text).is_some()
}

/// Not all zero, as section 3.2.2.3 and 3.2.2.4 demand.
fn id<const N: usize>() -> String {
    loop {
        let bytes = random::bytes::<N>();
        if bytes != [0; N] {
            return hex::encode(bytes);
        }
    }
}

/// The `traceparent` of a new trace.
#[must_use]
pub fn begin() -> String {
    format!("00-{}-{}-{SAMPLED:02x}", id::<16>(), id::<8>())
}

/// The `traceparent` of a call that was made with these `traceparent` headers: it continues the trace of a single valid one, and
/// begins one where there is none, several, or an invalid one (section 3.2, "restarting").
#[must_use]
pub fn enter<'t>(mut given: impl Iterator<Item = &'t [u8]>) -> String {
    let text = given.next().and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(parse).filter(|_| given.next().is_none()) {
        Some(parent) => format!("00-{}-{}-{:02x}", parent.trace, id::<8>(), parent.flags & SAMPLED),
        None => begin(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn entered(given: &[&str]) -> String {
        let own = enter(given.iter().map(|t| t.as_bytes()));
        assert!(is_valid(&own), "{own}");
        own
    }

    #[test]
    fn a_valid_parent_is_continued_as_a_span_of_its_own() {
        let own = entered(&[GIVEN]);
        assert_eq!(own[..36], GIVEN[..36], "the trace stays");
        assert_ne!(own[36..52], GIVEN[36..52], "the span is new");
        assert!(own.ends_with("-01"), "{own}");
        assert!(entered(&[&GIVEN.replace("-01", "-00")]).ends_with("-00"));
        // Flags that version 00 does not have are set to zero.
        assert!(entered(&[&GIVEN.replace("-01", "-ff")]).ends_with("-01"));
        // A later version is read as far as it is like version 00, and answered in ours.
        for later in [
            GIVEN.replacen("00", "cc", 1),
            GIVEN.replacen("00", "01", 1) + "-what-ever",
        ] {
            assert_eq!(entered(&[&later])[..36], GIVEN[..36], "{later}");
        }
    }

    #[test]
    fn what_is_not_valid_is_replaced() {
        let bad = [
            String::new(),
            "00".into(),
            GIVEN.to_uppercase(),
            GIVEN.replacen("00", "ff", 1),
            GIVEN.replacen("00", "0g", 1),
            format!("{GIVEN}-00"),
            format!("{GIVEN} "),
            format!(" {GIVEN}"),
            GIVEN.replacen("00", "01", 1) + "x",
            GIVEN.replace('-', "_"),
            GIVEN[..54].to_owned(),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01".into(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01".into(),
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01".into(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g".into(),
            GIVEN.replacen("4bf92f", "4bf9é", 1),
        ];
        for text in &bad {
            assert!(!is_valid(text), "{text:?}");
            assert_ne!(entered(&[text])[3..35], GIVEN[3..35], "{text:?}");
        }
        assert_ne!(entered(&[GIVEN, GIVEN])[3..35], GIVEN[3..35], "two of them");
        assert_ne!(entered(&[]), entered(&[]));
        assert!(!is_valid(&String::from_utf8_lossy(b"\xff")));
        assert_ne!(enter([&b"\xff"[..]].into_iter())[3..35], GIVEN[3..35]);
    }
}
