//! `ledgerkeep check-portal`: whether browsers get the portal that this build is, headers and all (PCI DSS 11.6.1).

use console::{
    http::{kept, text},
    say,
};
use reqwest::{StatusCode, header::HeaderMap};
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// Headers that only something between would add: they say who may read an answer, or change what a browser does with it.
const NEVER: [&str; 5] = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "link",
    "refresh",
    "set-cookie",
];

/// `ledgerkeep check-portal`.
#[derive(clap::Args, Debug, Clone)]
pub struct CheckPortalArgs {
    /// Where the platform answers, such as `https://api.example.com`; the local one's address otherwise
    #[arg(long)]
    pub address: Option<String>,
    /// The data directory of the local platform
    #[arg(long, default_value = ".ledgerkeep")]
    pub data_dir: PathBuf,
}

/// What an answer has that is not as it was built: a line each.
fn differences(
    path: &str,
    wanted: &portal::Answer,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: String| found.push(format!("{path}: {what}"));
    if status.as_u16() != wanted.status {
        differs(format!("status {status}, not {}", wanted.status));
    }
    if body != wanted.body {
        differs(format!("{} bytes that are not what was built", body.len()));
    }
    for (name, value) in &wanted.headers {
        let got: Vec<&[u8]> = headers.get_all(*name).iter().map(|v| v.as_bytes()).collect();
        if got != [value.as_bytes()] {
            let got: Vec<_> = got.iter().map(|v| String::from_utf8_lossy(v)).collect();
            differs(format!("{name} is {got:?}, not {value:?}"));
        }
    }
    for name in NEVER.iter().filter(|name| headers.contains_key(**name)) {
        differs(format!("has {name}"));
    }
    found
}

/// Fetches the page and every file, and says what differs.
///
/// # Errors
/// One line when the portal was not built into this program, or nothing answers.
pub async fn run(args: &CheckPortalArgs) -> Result<bool, String> {
    if !portal::is_built() {
        return Err("this program has no portal in it: it was built without Node".to_owned());
    }
    let (http, address) = match &args.address {
        Some(address) => {
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
            let builder = reqwest::Client::builder().timeout(Duration::from_secs(60));
            let http = builder.build().map_err(|e| e.to_string())?;
            (http, address.trim_end_matches('/').to_owned())
        }
        None => {
            let http = console::http::client(&args.data_dir.join("ca.pem"))?;
            (http, text(&kept(&args.data_dir, "platform.json")?, "address")?)
        }
    };
    let paths: BTreeSet<String> = portal::files().chain([portal::ENTRANCE.to_owned()]).collect();
    let mut found = Vec::new();
    for path in &paths {
        let asked = http
            .get(format!("{address}{path}"))
            .header("accept-encoding", "identity")
            .send()
            .await;
        let answer = asked.map_err(|e| format!("{path}: no answer: {e}"))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|e| format!("{path}: {e}"))?;
        found.extend(differences(
            path,
            &portal::answer(path, "identity"),
            status,
            &headers,
            &body,
        ));
    }
    for line in &found {
        say(line);
    }
    say(&match found.len() {
        0 => format!("{address}: {} files, all as they were built", paths.len()),
        count => format!("{address}: {count} differences in {} files", paths.len()),
    });
    Ok(found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn sent(answer: &portal::Answer) -> HeaderMap {
        let pair = |(name, value): &(&'static str, String)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        answer.headers.iter().map(pair).collect()
    }

    #[test]
    fn each_header_and_each_byte_that_is_another_is_named() {
        let wanted = portal::answer(portal::ENTRANCE, "identity");
        let tell = |headers: &HeaderMap, body: &[u8]| {
            differences(portal::ENTRANCE, &wanted, StatusCode::OK, headers, body)
        };
        let good = sent(&wanted);
        assert_eq!(tell(&good, wanted.body), Vec::<String>::new());
        for name in good.keys() {
            let mut bent = good.clone();
            bent.remove(name);
            assert_eq!(tell(&bent, wanted.body).len(), 1, "{name} is gone");
            bent.insert(name, HeaderValue::from_static("script-src *"));
            let told = tell(&bent, wanted.body);
            assert!(told.len() == 1 && told[0].contains(name.as_str()), "{told:?}");
            let mut twice = good.clone();
            twice.append(name, good[name].clone());
            assert_eq!(tell(&twice, wanted.body).len(), 1, "{name} twice");
        }
        let script = [wanted.body, b"<script src=\"https://evil.example\"></script>"].concat();
        assert_eq!(tell(&good, &script).len(), 1);
        let mut more = good.clone();
        more.insert("set-cookie", HeaderValue::from_static("a=b"));
        assert_eq!(
            tell(&more, wanted.body),
            [format!("{}: has set-cookie", portal::ENTRANCE)]
        );
        let lost = differences(
            portal::ENTRANCE,
            &wanted,
            StatusCode::NOT_FOUND,
            &good,
            wanted.body,
        );
        assert_eq!(lost.len(), 1);
    }
}
