//! The portal: the files of a static application (`web/`), answered below `/portal/`.
//!
//! It reads no table, no key and no secret, and knows of nobody: everything that is seen in the portal comes from the API, with the
//! rights of whoever is signed in. So it is not on the audited road (infra/decisions/0049).

mod headers;
mod lambda;
#[cfg(test)]
mod tests;

use headers::{FILE, page};
pub use lambda::serve;

/// Where it is.
pub const PREFIX: &str = "/portal/";
/// Where people enter it.
pub const ENTRANCE: &str = "/portal/home";

/// A built file, plain and compressed.
struct File {
    /// Below the folder that was built.
    path: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// The hash of the page's import map, and the files.
static BUILT: (&str, &[File]) = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The scripts that were built: path, hash, why it is there, whose it is (PCI DSS 6.4.3).
pub const INVENTORY: &str = include_str!(concat!(env!("OUT_DIR"), "/inventory.json"));

/// What stands there instead where nothing was built.
const STUB: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Ledgerkeep</title></head>\
<body><h1>The portal has not been built</h1><p>This build had no Node. <code>make run</code> and <code>make build</code> bring it and build the portal.</p></body></html>\n";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: &'static [u8],
}

/// Whether a path is the portal's.
#[must_use]
pub fn is_here(path: &str) -> bool {
    path == "/portal" || path.starts_with(PREFIX)
}

/// Whether the portal has been built into this program.
#[must_use]
pub fn is_built() -> bool {
    !BUILT.1.is_empty()
}

/// Where each built file is answered, but the page.
pub fn files() -> impl Iterator<Item = String> {
    let assets = BUILT.1.iter().filter(|f| f.path.starts_with("assets/"));
    assets.map(|f| format!("{PREFIX}{}", f.path))
}

/// The answer to `GET <path>`. `accepts` is the request's `Accept-Encoding`.
#[must_use]
pub fn answer(path: &str, accepts: &str) -> Answer {
    let Some(below) = path.strip_prefix(PREFIX).filter(|below| !below.is_empty()) else {
        return Answer {
            status: 308,
            headers: page("", None)
                .into_iter()
                .chain([("location", ENTRANCE.to_owned())])
                .collect(),
            body: b"",
        };
    };
    if below.starts_with("assets/") {
        return match BUILT.1.iter().find(|f| f.path == below) {
            Some(file) => {
                let (body, coding) = file.coded(accepts);
                let mut headers: Vec<(&'static str, String)> =
                    FILE.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
                headers.push(("content-type", media(below).to_owned()));
                headers.extend(coding.map(|c| ("content-encoding", c.to_owned())));
                Answer {
                    status: 200,
                    headers,
                    body,
                }
            }
            None => Answer {
                status: 404,
                headers: page("", None),
                body: b"There is no such file.",
            },
        };
    }
    // Any other path is a screen's, which the application draws.
    match BUILT.1.iter().find(|f| f.path == "index.html") {
        Some(file) => {
            let (body, coding) = file.coded(accepts);
            Answer {
                status: 200,
                headers: page(BUILT.0, coding),
                body,
            }
        }
        None => Answer {
            status: 200,
            headers: page("", None),
            body: STUB.as_bytes(),
        },
    }
}

impl File {
    /// Its bytes in the smallest coding that the caller takes, and that coding's name.
    fn coded(&self, accepts: &str) -> (&'static [u8], Option<&'static str>) {
        let takes = |coding: &str| {
            accepts.split(',').any(|part| {
                let mut said = part.split(';').map(str::trim);
                let named = said.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
                // A weight of nothing is a refusal (RFC 9110, section 12.5.3).
                let refused = said.any(|weight| {
                    weight
                        .strip_prefix("q=")
                        .is_some_and(|q| !q.bytes().any(|b| (b'1'..=b'9').contains(&b)))
                });
                named && !refused
            })
        };
        if takes("br") {
            (self.brotli, Some("br"))
        } else if takes("gzip") {
            (self.gzip, Some("gzip"))
        } else {
            (self.plain, None)
        }
    }
}

fn media(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
