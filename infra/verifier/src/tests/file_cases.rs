//! Tampering with lines, the header and the end of the file, each with what must be found.

use super::super::report::Kind::*;
use super::super::sample::{Signer, header, joined, usual};
use super::Place;
use super::cases::{Case, at, edit, on, over, replace};
use serde_json::{Value, json};

/// The bundles, each with what must be found.
pub fn file_cases(s: &Signer) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name, confirmed, wanted: &[Place], tamper: &dyn Fn(&mut Vec<String>)| {
        let mut lines = usual(s);
        tamper(&mut lines);
        cases.push(Case {
            name,
            bundle: joined(&lines),
            wanted: wanted.to_vec(),
            confirmed,
        });
    };
    let lost = [at(Malformed, 9), on(Missing, 10, 6)];
    let foreign: Vec<Place> = (2..=16)
        .map(|line| match line {
            7 | 11 | 16 => at(ForeignTenant, line),
            _ => on(
                ForeignTenant,
                line,
                line - 2 - u64::from(line > 7) - u64::from(line > 11),
            ),
        })
        .collect();
    case("header-of-another-tenant", 0, &foreign, &|l| {
        edit(&mut l[0], |v| v["tenant"] = json!("ten_x"))
    });
    case("header-unknown-format", 0, &[at(UnknownFormat, 1)], &|l| {
        replace(&mut l[0], "bundle/1", "bundle/2")
    });
    case("header-unknown-field", 12, &[at(UnknownField, 1)], &|l| {
        edit(&mut l[0], |v| v["x"] = json!(1))
    });
    case("header-without-a-field", 12, &[at(Malformed, 1)], &|l| {
        edit(&mut l[0], |v| drop(v.as_object_mut().unwrap().remove("shard")))
    });
    case("header-missing", 12, &[at(Malformed, 1)], &|l| drop(l.remove(0)));
    case("header-twice", 12, &[at(Malformed, 9)], &|l| {
        l.insert(8, l[0].clone())
    });
    case(
        "header-size-too-small",
        8,
        &[
            on(AfterLastCheckpoint, 12, 8),
            on(AfterLastCheckpoint, 13, 9),
            on(AfterLastCheckpoint, 14, 10),
            on(AfterLastCheckpoint, 15, 11),
            at(MisplacedCheckpoint, 16),
        ],
        &|l| l[0] = header(8).to_string(),
    );
    case(
        "header-size-too-large",
        12,
        &[over(Truncated, 16, 12, 13)],
        &|l| l[0] = header(14).to_string(),
    );
    case("line-not-json", 5, &lost, &|l| l[8] = "?".to_owned());
    case("line-blank", 12, &[at(Malformed, 9)], &|l| {
        l.insert(8, String::new())
    });
    case("line-an-array", 12, &[at(Malformed, 9)], &|l| {
        l.insert(8, "[\"header\"]".to_owned())
    });
    case("line-of-unknown-type", 12, &[at(Malformed, 9)], &|l| {
        l.insert(8, "{\"type\":\"note\"}".to_owned())
    });
    case("line-without-a-field", 5, &lost, &|l| {
        edit(&mut l[8], |v| drop(v.as_object_mut().unwrap().remove("leaf")))
    });
    case("line-with-a-null", 5, &lost, &|l| {
        edit(&mut l[8], |v| v["leaf"] = Value::Null)
    });
    case("line-with-a-number-as-text", 5, &lost, &|l| {
        edit(&mut l[8], |v| v["index"] = json!("6"))
    });
    case("line-with-a-field-twice", 5, &lost, &|l| {
        replace(&mut l[8], "{", "{\"index\":6,")
    });
    case("line-too-long", 12, &[at(Malformed, 9)], &|l| {
        l.insert(8, "x".repeat((16 << 20) + 1))
    });
    case(
        "leaf-in-capitals",
        5,
        &[on(Malformed, 9, 6), on(Missing, 10, 6)],
        &|l| {
            edit(&mut l[8], |v| {
                v["leaf"] = json!(v["leaf"].as_str().unwrap().to_uppercase())
            });
        },
    );
    case("entry-unknown-field", 12, &[at(UnknownField, 9)], &|l| {
        edit(&mut l[8], |v| v["x"] = json!(1))
    });
    case("entry-with-a-field-of-others", 12, &[at(UnknownField, 9)], &|l| {
        edit(&mut l[8], |v| v["size"] = json!(1))
    });
    case(
        "checkpoint-line-unknown-field",
        12,
        &[at(UnknownField, 11)],
        &|l| edit(&mut l[10], |v| v["x"] = json!(1)),
    );
    case(
        "last-checkpoint-missing",
        8,
        &[over(Truncated, 15, 8, 11)],
        &|l| drop(l.pop()),
    );
    case("cut-after-a-checkpoint", 8, &[over(Truncated, 11, 8, 11)], &|l| {
        l.truncate(11)
    });
    case("cut-within-a-line", 8, &[over(Truncated, 14, 8, 11)], &|l| {
        l.truncate(14)
    });
    case("only-the-header", 0, &[over(Truncated, 1, 0, 11)], &|l| {
        l.truncate(1)
    });
    for case in &mut cases {
        match case.name {
            "cut-within-a-line" => case.bundle.truncate(case.bundle.len() - 40),
            "line-not-json" => case
                .bundle
                .iter_mut()
                .filter(|byte| **byte == b'?')
                .for_each(|byte| *byte = 0xff),
            _ => {}
        }
    }
    cases.push(Case {
        name: "empty",
        bundle: vec![],
        wanted: vec![at(Truncated, 1)],
        confirmed: 0,
    });
    cases
}
