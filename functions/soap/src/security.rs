//! `wsse:Security`: exactly one UsernameToken, at most one Timestamp, and each part of them once (OASIS UsernameToken Profile 1.1.1,
//! WS-I Basic Security Profile 1.1).

use crate::names::{BASE64, PASSWORD, WSSE, WSU};
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{
    auth::{Created, Shown, UsernameToken},
    problem::Problem,
    text::SecretText,
    time::Timestamp,
};
use xml::Element;

/// Fewest and most bytes of a nonce.
const NONCE: std::ops::RangeInclusive<usize> = 8..=128;
/// Most bytes of any text here.
const LONGEST: usize = 512;

pub(crate) fn invalid(detail: &str) -> Problem {
    Problem::bad_request("invalid_security", detail)
}

fn token(detail: &str) -> Problem {
    Problem::bad_request("invalid_security_token", detail)
}

fn unsupported(detail: &str) -> Problem {
    Problem::bad_request("unsupported_security_token", detail)
}

/// The text of an element that holds text alone.
fn text(element: &Element) -> Result<String, Problem> {
    let text = element.text().filter(|text| text.len() <= LONGEST);
    text.ok_or_else(|| token("A part of the security header holds no text, or too much of it."))
}

/// Puts an element where none of its name may stand yet.
fn once<'e>(place: &mut Option<&'e Element>, element: &'e Element) -> Result<(), Problem> {
    match place.replace(element) {
        None => Ok(()),
        Some(_) => Err(token("A part of the security header stands twice.")),
    }
}

/// UTC, up to nine digits of a second, no leap second.
pub(crate) fn time(text: &str) -> Result<Timestamp, Problem> {
    let shape = |text: &str| -> Option<bool> {
        let plain = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let pattern = b"0000-00-00T00:00:00";
        let fits = whole.len() == pattern.len()
            && whole.bytes().zip(pattern).all(|(b, p)| match p {
                b'0' => b.is_ascii_digit(),
                p => b == *p,
            });
        let second = whole.get(17..)?;
        Some(fits && digits(fraction) && fraction.len() <= 9 && second < "60")
    };
    let bad = || token("A time is written as 2026-01-31T12:00:00.000Z.");
    if shape(text) != Some(true) {
        return Err(bad());
    }
    text.parse().map_err(|_| bad())
}

/// Reads the header.
pub(crate) fn read(security: &Element) -> Result<(UsernameToken, bool), Problem> {
    if security.has_comment() || !security.is_structure() {
        return Err(invalid("There are comments or text in the security header."));
    }
    let (mut username, mut timestamp) = (None, None);
    for part in security.elements() {
        if part.name.is(WSSE, "UsernameToken") {
            once(&mut username, part)?;
        } else if part.name.is(WSU, "Timestamp") {
            once(&mut timestamp, part)?;
        } else {
            return Err(unsupported(
                "The security header takes a UsernameToken and a Timestamp, and nothing else.",
            ));
        }
    }
    let username = username.ok_or_else(|| invalid("The security header has no UsernameToken."))?;
    let mut token = read_token(username)?;
    if let Some(timestamp) = timestamp {
        (token.stamped, token.expires) = read_timestamp(timestamp)?;
    }
    Ok((token, timestamp.is_some()))
}

fn read_token(element: &Element) -> Result<UsernameToken, Problem> {
    let [mut username, mut password, mut nonce, mut created] = [None; 4];
    if !element.is_structure() {
        return Err(token("There is text in the UsernameToken."));
    }
    for part in element.elements() {
        let place = match (part.name.namespace.as_deref(), part.name.local.as_str()) {
            (Some(WSSE), "Username") => &mut username,
            (Some(WSSE), "Password") => &mut password,
            (Some(WSSE), "Nonce") => &mut nonce,
            (Some(WSU), "Created") => &mut created,
            _ => return Err(token("The UsernameToken holds something that is not known.")),
        };
        once(place, part)?;
    }
    let missing = || token("The UsernameToken needs a Username and a Password.");
    let username = text(username.ok_or_else(missing)?)?.trim().to_owned();
    let password = password.ok_or_else(missing)?;
    let nonce = nonce.map(read_nonce).transpose()?;
    let created = created.map(text).transpose()?;
    let created = created
        .map(|text| time(&text).map(|at| Created { text, at }))
        .transpose()?;
    let kind = password.attribute(None, "Type").unwrap_or_default();
    let shown = match kind.strip_prefix(PASSWORD) {
        Some("PasswordDigest") => {
            if nonce.is_none() || created.is_none() {
                return Err(token("A digest needs a Nonce and a Created."));
            }
            let digest = STANDARD.decode(text(password)?.trim());
            Shown::Digest(digest.map_err(|_| token("The digest is not Base64."))?)
        }
        Some("PasswordText") => Shown::Text(SecretText::new(text(password)?)),
        None if kind.is_empty() => Shown::Text(SecretText::new(text(password)?)),
        _ => return Err(unsupported("The Password is of a type that is not known.")),
    };
    Ok(UsernameToken {
        username,
        shown,
        nonce,
        created,
        expires: None,
        stamped: None,
    })
}

fn read_nonce(element: &Element) -> Result<Vec<u8>, Problem> {
    let encoding = element.attribute(None, "EncodingType");
    if encoding.is_some_and(|encoding| encoding != BASE64) {
        return Err(token("The Nonce is in another encoding than Base64."));
    }
    let nonce = STANDARD.decode(text(element)?.trim()).ok();
    nonce
        .filter(|nonce| NONCE.contains(&nonce.len()))
        .ok_or_else(|| token("The Nonce is not Base64 of 8 to 128 bytes."))
}

/// When it was made, and when it ends.
fn read_timestamp(element: &Element) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
    let [mut created, mut expires] = [None; 2];
    for part in element.elements() {
        let place = match (part.name.namespace.as_deref(), part.name.local.as_str()) {
            (Some(WSU), "Created") => &mut created,
            (Some(WSU), "Expires") => &mut expires,
            _ => return Err(token("The Timestamp holds something that is not known.")),
        };
        once(place, part)?;
    }
    let read = |part: Option<&Element>| part.map(|part| time(&text(part)?)).transpose();
    let (created, expires) = (read(created)?, read(expires)?);
    match (created, expires) {
        (None, _) => Err(token("The Timestamp has no Created.")),
        (Some(made), Some(end)) if end <= made => Err(token("The Timestamp ends before it begins.")),
        both => Ok(both),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        for good in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.1Z",
            "2026-01-31T12:00:59.123456789+00:00",
        ] {
            assert!(time(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2026-01-31",
            "2026-01-31T12:00Z",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:60Z",
            "2026-02-30T12:00:00Z",
            "2026-01-31T12:00:00+01:00",
            "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00.1234567890Z",
            " 2026-01-31T12:00:00Z",
            "2026-01-31t12:00:00z",
            "2026-01-31T12:00:00-00:00",
            "2026-01-31T24:00:00Z",
            "+2026-01-31T12:00:00Z",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }
}
