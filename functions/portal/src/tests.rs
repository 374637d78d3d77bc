//! What is answered, built or not.

use super::*;

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut found = answer.headers.iter().filter(|(n, _)| *n == name);
    let first = found.next().map(|(_, v)| v.as_str());
    assert!(found.next().is_none(), "{name} twice");
    first
}

#[test]
fn the_page_may_load_and_run_nothing_but_its_own() {
    for path in ["/portal/home", "/portal/payments/pay_1", "/portal/assets"] {
        let page = answer(path, "");
        assert_eq!(page.status, 200, "{path}");
        let policy = header(&page, "content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.split("; ").any(|p| p == part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&page, "cache-control"), Some("no-store"));
        assert_eq!(header(&page, "cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(header(&page, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));
    }
}

#[test]
fn what_is_not_there_is_no_page() {
    for path in [
        "/portal/assets/",
        "/portal/assets/../index.html",
        "/portal/assets/x.js.br",
    ] {
        assert_eq!(answer(path, "br").status, 404, "{path}");
    }
    for path in ["/portal", "/portal/"] {
        let answer = answer(path, "");
        assert_eq!(
            (answer.status, header(&answer, "location")),
            (308, Some(ENTRANCE))
        );
    }
    assert!(!is_here("/portals") && is_here("/portal") && is_here("/portal/x"));
}

#[test]
fn files_are_answered_in_the_smallest_coding_that_is_taken_and_for_good() {
    let file = File {
        path: "assets/a.js",
        plain: b"plain",
        brotli: b"br",
        gzip: b"gz",
    };
    for (accepts, wanted) in [
        ("", None),
        ("identity", None),
        ("gzip, deflate", Some("gzip")),
        ("gzip, deflate, br, zstd", Some("br")),
        ("br;q=0, gzip;q=0.5", Some("gzip")),
        ("br;q=0.0", None),
        ("BR", Some("br")),
        ("brr", None),
    ] {
        assert_eq!(file.coded(accepts).1, wanted, "{accepts}");
    }
    // Where the portal is built, each of its files.
    for file in BUILT.1.iter().filter(|f| f.path.starts_with("assets/")) {
        let answered = answer(&format!("/portal/{}", file.path), "br");
        assert_eq!(
            (answered.status, header(&answered, "content-encoding")),
            (200, Some("br"))
        );
        let kept = header(&answered, "cache-control").unwrap();
        assert!(kept.contains("immutable"), "{kept}");
        assert!(
            !answered.body.is_empty() || file.plain.is_empty(),
            "{}",
            file.path
        );
    }
}

#[test]
fn a_build_without_node_says_so() {
    let page = answer("/portal/home", "");
    let text = std::str::from_utf8(page.body).unwrap();
    assert_eq!(text.contains("has not been built"), !is_built());
}
