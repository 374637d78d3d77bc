//! What is answered, built or not.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};

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

#[test]
fn lambda_answers_as_this_machine_does() {
    let sample = include_str!("../../../events/serve_portal.json");
    let assets = BUILT.1.iter().map(|f| format!("/portal/{}", f.path));
    let others = ["/portal", "/portal/home", "/portal/assets/none.js"];
    for path in assets.chain(others.map(str::to_owned)) {
        for accepts in ["identity", "gzip, br"] {
            let event = sample.replace("/portal/home", &path).replace("gzip, br", accepts);
            let answered = crate::lambda::answered(&serde_json::from_str(&event).unwrap());
            let wanted = answer(&path, accepts);
            assert_eq!(answered["statusCode"], wanted.status, "{path}");
            assert_eq!(answered["isBase64Encoded"], true);
            let body = STANDARD.decode(answered["body"].as_str().unwrap()).unwrap();
            assert_eq!(body, wanted.body, "{path}");
            for (name, value) in wanted.headers {
                assert_eq!(answered["headers"][name], value, "{path}: {name}");
            }
        }
    }
    // Whoever writes the header otherwise gets it compressed, too.
    let event = sample.replace("\"accept-encoding\"", "\"Accept-Encoding\"");
    let answered = crate::lambda::answered(&serde_json::from_str(&event).unwrap());
    assert_eq!(answered["headers"]["content-encoding"] == "br", is_built());
}

#[test]
fn every_script_that_is_served_is_in_the_inventory_with_its_hash_and_none_else_is() {
    let inventory: serde_json::Value = serde_json::from_str(INVENTORY).unwrap();
    let listed = inventory["scripts"].as_array().unwrap();
    let served: Vec<&File> = BUILT.1.iter().filter(|f| f.path.ends_with(".js")).collect();
    assert_eq!(listed.len(), served.len());
    for file in served {
        let path = format!("/portal/{}", file.path);
        let entry = listed.iter().find(|e| e["path"] == *path);
        let entry = entry.unwrap_or_else(|| panic!("{path} is in no inventory"));
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, file.plain);
        let hash = format!("sha384-{}", STANDARD.encode(hash));
        assert_eq!(entry["integrity"], *hash, "{path}");
        for told in ["reason", "owner"] {
            assert!(
                entry[told].as_str().is_some_and(|t| t.len() > 3),
                "{path}: {told}"
            );
        }
        // What the page lets run is what is listed: by the import map, or beside the entry's own element.
        let page = BUILT.1.iter().find(|f| f.path == "index.html").unwrap();
        assert!(std::str::from_utf8(page.plain).unwrap().contains(&hash), "{path}");
    }
}
