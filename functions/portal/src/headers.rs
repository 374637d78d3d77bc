//! What a browser is told beside the bodies: what the page may load, run and be framed by.

/// The one style that React Aria writes into the page, the same for all and always.
const STYLE: &str = "sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o=";

/// What both kinds of answers carry.
const BOTH: [(&str, &str); 4] = [
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains; preload",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Headers of a file whose name is a hash of what it holds.
pub(crate) const FILE: [(&str, &str); 7] = [
    BOTH[0],
    BOTH[1],
    BOTH[2],
    BOTH[3],
    ("cache-control", "public, max-age=31536000, immutable"),
    ("vary", "accept-encoding"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// What the page may do: run its own files and the import map of this hash, show its own styles, call this host, and no more.
fn policy(import_map: &str) -> String {
    let map = match import_map {
        "" => String::new(),
        hash => format!(" '{hash}'"),
    };
    format!(
        "default-src 'none'; script-src 'self'{map}; style-src 'self' '{STYLE}'; img-src data:; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Headers of the page.
pub(crate) fn page(import_map: &str, coding: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers: Vec<(&'static str, String)> = BOTH.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
    headers.extend([
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("content-security-policy", policy(import_map)),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self)"
                .to_owned(),
        ),
        ("cache-control", "no-store".to_owned()),
        ("vary", "accept-encoding".to_owned()),
    ]);
    headers.extend(coding.map(|c| ("content-encoding", c.to_owned())));
    headers
}
