//! What is refused, and where; and what zones and missing values do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test says what is wrong by panicking; the support is larger than what it needs"
)]

mod support;

use rules::{DEPTH, Expr, Fault, Op, Slots, Value, compile, read};
use support::Catalogued;

fn compiled(text: &str) -> Result<(), Fault> {
    let source = read(text)?;
    compile(&source, &Catalogued, &mut Slots::default()).map(drop)
}

fn refused(text: &str, place: &str, why: &str) {
    let fault = compiled(text).unwrap_err();
    assert_eq!(fault.at.to_string(), place, "{text}: {fault}");
    assert!(fault.why.contains(why), "{text}: {fault}");
}

#[test]
fn every_fault_stands_where_it_is() {
    for (text, place, why) in [
        ("n / 0 > 1", "line 1, column 5", "is zero"),
        ("n / (2 - 2) > 1", "line 1, column 8", "is zero"),
        ("n > 1 and\n  x = 2", "line 2, column 3", "no attribute x"),
        (
            "n = \"a\"",
            "line 1, column 5",
            "where a number or a decimal is needed",
        ),
        ("t < \"a\"", "line 1, column 1", "is a text"),
        ("mn > 3", "line 1, column 1", "may be missing"),
        ("n / n > 3", "line 1, column 3", "may be missing"),
        ("decimal(t) > 3", "line 1, column 1", "may be missing"),
        ("mb", "line 1, column 1", "may be missing"),
        ("missing(mn) and mn > 3", "line 1, column 17", "may be missing"),
        ("coalesce(n, 3) > 1", "line 1, column 10", "never missing"),
        ("missing(n)", "line 1, column 9", "never missing"),
        ("n", "line 1, column 1", "a condition is true or false"),
        ("t in [1, 2]", "line 1, column 6", "a list of texts is needed"),
        ("t in [\"a\", 2]", "line 1, column 12", "texts alone"),
        ("t in []", "line 1, column 6", "empty list"),
        (
            "hour(i, \"Mars/Olympus\") > 3",
            "line 1, column 9",
            "no time zone",
        ),
        (
            "time_between(i, \"24:00\", \"06:00\", \"UTC\")",
            "line 1, column 17",
            "time of day",
        ),
        (
            "time_between(i, \"06:00\", \"06:00\", \"UTC\")",
            "line 1, column 26",
            "begins",
        ),
        ("hour(i) > 3", "line 1, column 1", "takes 2, and there are 1"),
        ("sin(n) > 3", "line 1, column 1", "no function sin"),
        ("n > ", "line 1, column 5", "a value is"),
        ("n > 1 n", "line 1, column 7", "the end is"),
        ("n > 1.2.3", "line 1, column 5", "not a number"),
        ("n > 99999999999999999999", "line 1, column 5", "larger"),
        ("t = \"a", "line 1, column 5", "does not end"),
        ("t = \"\\x\"", "line 1, column 5", "escape"),
        ("n > 1 & b", "line 1, column 7", "no part of the language"),
        ("i > instant(\"yesterday\")", "line 1, column 13", "RFC 3339"),
    ] {
        refused(text, place, why);
    }
}

#[test]
fn a_tree_is_refused_by_its_pointer() {
    let tree = r#"{"apply": {"op": "and", "of": [{"boolean": true}, {"apply": {"op": "gt", "of": [{"attribute": "mn"}, {"number": 1}]}}]}}"#;
    refused(tree, "/apply/of/1/apply/of/0", "may be missing");
    refused(
        r#"{"apply": {"op": "exec", "of": []}}"#,
        "line 1, column 23",
        "no tree",
    );
    refused("{", "line 1, column 1", "no JSON");
    let list =
        r#"{"apply": {"op": "in", "of": [{"attribute": "t"}, {"list": [{"text": "a"}, {"number": 1}]}]}}"#;
    refused(list, "/apply/of/1/list/1", "texts alone");
}

#[test]
fn what_is_deep_or_large_is_refused() {
    let deep = |n: usize| format!("{}b{}", "not (".repeat(n), ")".repeat(n));
    compiled(&deep(10)).unwrap();
    for text in [
        deep(40),
        deep(10_000),
        "(".repeat(60_000),
        "not ".repeat(10_000),
        "-".repeat(60_000),
        format!("n > 1{}", " + 1".repeat(5_000)),
    ] {
        let fault = compiled(&text).unwrap_err();
        assert!(fault.why.contains("nested more than"), "{fault}");
    }
    let wide = |n: usize| format!("b{}", " or b".repeat(n));
    compiled(&wide(1_998)).unwrap();
    assert!(
        compiled(&wide(1_999))
            .unwrap_err()
            .why
            .contains("more than 2000 nodes")
    );
    assert!(
        compiled(&"b or ".repeat(20_000))
            .unwrap_err()
            .why
            .contains("longer than")
    );
    let mut tree = Expr::Boolean(true);
    for _ in 0..DEPTH {
        tree = Expr::apply(Op::Not, [tree]);
    }
    let fault = compile(&tree.into(), &Catalogued, &mut Slots::default()).unwrap_err();
    assert!(fault.why.contains("nested more than"), "{fault}");
    let json = format!(
        "{}{{\"boolean\":true}}{}",
        r#"{"apply":{"op":"not","of":["#.repeat(2_000),
        "]}}".repeat(2_000)
    );
    assert!(compiled(&json).unwrap_err().why.contains("nested too deeply"));
}

fn holds(text: &str, at: &str) -> bool {
    let mut slots = Slots::default();
    let program = compile(&read(text).unwrap(), &Catalogued, &mut slots).unwrap();
    program.holds(&[Value::Instant(at.parse().unwrap())])
}

#[test]
fn a_time_of_day_is_that_of_the_zone_in_summer_and_in_winter() {
    let night = "time_between(i, \"22:00\", \"06:00\", \"Europe/Berlin\")";
    for (at, expected) in [
        ("2026-01-15T20:59:59Z", false),
        ("2026-01-15T21:00:00Z", true),
        ("2026-07-15T19:59:59Z", false),
        ("2026-07-15T20:00:00Z", true),
        ("2026-07-15T03:59:59Z", true),
        ("2026-07-15T04:00:00Z", false),
    ] {
        assert_eq!(holds(night, at), expected, "{at}");
    }
    assert!(holds("hour(i, \"Europe/Berlin\") = 14", "2026-07-15T12:30:00Z"));
    // A Sunday evening in Berlin, and Monday morning in Tokyo.
    assert!(holds(
        "weekday(i, \"Asia/Tokyo\") = 1 and weekday(i, \"Europe/Berlin\") = 7",
        "2026-11-29T20:00:00Z"
    ));
}

#[test]
fn what_has_been_ruled_out_may_be_compared() {
    for text in [
        "missing(mn) or mn > 3",
        "not missing(mn) and mn > 3",
        "not (missing(mn) or b) and mn > 3",
        "b and not missing(mn) and (b or mn > 3)",
        "not (not missing(mn) and b) or mn > 3",
        "coalesce(mn, 0) > 3",
        "coalesce(mn, decimal(t), 1.5) > 3",
        "missing(n / n) or coalesce(n / n, 1.0) > 3",
        "coalesce(mb, false)",
    ] {
        compiled(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    }
    for text in [
        "not missing(mn) or mn > 3",
        "(missing(mn) or b) and mn > 3",
        "(b or not missing(mn)) and mn > 3",
    ] {
        assert!(
            compiled(text).unwrap_err().why.contains("may be missing"),
            "{text}"
        );
    }
}
