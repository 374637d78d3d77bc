//! The portal's sessions: their refresh token lives in a cookie that no script can read, no other site can send and no
//! other host can set (RFC 6265bis, sections 4.1.3.2 and 5.5.7), and it is good at the portal's own endpoint only.
//!
//! A browser that asks for one says where it is: calls from anywhere but the platform's own origin are refused, so that
//! nobody signs a visitor in as somebody else, or out of what they were.

use shared::{
    problem::Problem,
    road::{Context, origin_refused},
    text::SecretText,
};

/// The cookie. The prefix makes browsers demand `Secure`, `Path=/` and no `Domain`.
const COOKIE: &str = "__Host-ledgerkeep-refresh";
/// The header that sets it.
pub const SET_COOKIE: &str = "set-cookie";

/// The cookie with a refresh token that is good for so many seconds.
#[must_use]
pub fn cookie(token: &str, seconds: i64) -> String {
    format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict")
}

/// The cookie of whoever has signed out.
#[must_use]
pub fn no_cookie() -> String {
    cookie("", 0)
}

/// The refresh token that a call brought. Of two cookies one is not the platform's, so neither is taken.
#[must_use]
pub fn token(cx: &Context) -> Option<SecretText> {
    let mut found = cx.request().cookies.iter().filter(|(name, _)| name == COOKIE);
    match (found.next(), found.next()) {
        (Some((_, token)), None) => Some(token.clone()),
        _ => None,
    }
}

/// Refuses whatever does not come from a page of the platform itself.
///
/// # Errors
/// 403.
pub fn from_here(cx: &Context) -> Result<(), Problem> {
    let request = cx.request();
    let here = request.origin.as_deref() == Some(cx.app().config.issuer.as_str());
    let same = request.site.as_deref().is_none_or(|site| site == "same-origin");
    (here && same).then_some(()).ok_or_else(origin_refused)
}
