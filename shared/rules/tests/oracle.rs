//! The compiler and what it makes, against an interpreter that walks the tree and knows nothing of either.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod support;

use jiff::Timestamp;
use proptest::prelude::*;
use rules::{Expr, Op, Slots, Value, compile, print, read};
use rust_decimal::Decimal;
use support::{CATALOGUE, Random, rule};

type Event = Vec<(&'static str, Value<'static>)>;

/// An event: what may be missing is missing half of the time.
fn event(random: &mut Random) -> Event {
    let mut event = Event::new();
    for (name, kind, optional) in CATALOGUE {
        let value = if *optional && random.below(2) == 0 {
            Value::Missing
        } else {
            support::value(random, *kind)
        };
        event.push((name, value));
    }
    event
}

/// The value of a tree, the slow way.
fn slow(expr: &Expr, event: &Event) -> Value<'static> {
    use Value::{Boolean, Instant, Missing, Numbers, Text, Texts};
    let arguments = |of: &[Expr]| of.iter().map(|e| slow(e, event)).collect::<Vec<_>>();
    match expr {
        Expr::Text(text) => Text(text.clone().into()),
        Expr::Number(n) => Value::Decimal(Decimal::from(*n)),
        Expr::Decimal(n) => Value::Decimal(*n),
        Expr::Boolean(yes) => Boolean(*yes),
        Expr::Instant(at) => Instant(*at),
        Expr::Attribute(name) => event.iter().find(|(known, _)| known == name).unwrap().1.clone(),
        Expr::List(of) => match &of[0] {
            Expr::Text(_) => Texts(
                of.iter()
                    .map(|e| match e {
                        Expr::Text(text) => text.clone(),
                        _ => panic!("a list of two kinds"),
                    })
                    .collect(),
            ),
            _ => Numbers(
                arguments(of)
                    .into_iter()
                    .map(|v| match v {
                        Value::Decimal(n) => n,
                        _ => panic!("a list of two kinds"),
                    })
                    .collect(),
            ),
        },
        Expr::Apply { op: Op::And, of } => Boolean(of.iter().all(|e| slow(e, event) == Boolean(true))),
        Expr::Apply { op: Op::Or, of } => Boolean(of.iter().any(|e| slow(e, event) == Boolean(true))),
        Expr::Apply { op: Op::Coalesce, of } => arguments(of)
            .into_iter()
            .find(|v| *v != Missing)
            .unwrap_or(Missing),
        Expr::Apply { op: Op::Missing, of } => Boolean(slow(&of[0], event) == Missing),
        Expr::Apply { op, of } => applied(*op, &arguments(of)),
    }
}

fn offset(zone: &Value<'_>) -> i64 {
    match zone {
        Value::Text(name) if name == "Asia/Tokyo" => 9 * 3_600,
        Value::Text(name) if name == "Asia/Kolkata" => 19_800,
        _ => 0,
    }
}

fn minute(text: &Value<'_>) -> i64 {
    match text {
        Value::Text(t) => t[..2].parse::<i64>().unwrap() * 60 + t[3..].parse::<i64>().unwrap(),
        _ => panic!("no time of day"),
    }
}

fn applied(op: Op, of: &[Value<'static>]) -> Value<'static> {
    use Value::{Boolean, Instant, Numbers, Text, Texts};
    if of.contains(&Value::Missing) {
        panic!("something is missing behind an operation that was compiled: {op:?}");
    }
    let number = |n: i64| Value::Decimal(Decimal::from(n));
    match (op, of) {
        (Op::Not, [Boolean(yes)]) => Boolean(!yes),
        (Op::Eq, [a, b]) => Boolean(a == b),
        (Op::Ne, [a, b]) => Boolean(a != b),
        (Op::Lt, [Value::Decimal(a), Value::Decimal(b)]) => Boolean(a < b),
        (Op::Le, [Value::Decimal(a), Value::Decimal(b)]) => Boolean(a <= b),
        (Op::Gt, [Value::Decimal(a), Value::Decimal(b)]) => Boolean(a > b),
        (Op::Ge, [Value::Decimal(a), Value::Decimal(b)]) => Boolean(a >= b),
        (Op::Lt, [Instant(a), Instant(b)]) => Boolean(a < b),
        (Op::Le, [Instant(a), Instant(b)]) => Boolean(a <= b),
        (Op::Gt, [Instant(a), Instant(b)]) => Boolean(a > b),
        (Op::Ge, [Instant(a), Instant(b)]) => Boolean(a >= b),
        (Op::Neg, [Value::Decimal(a)]) => Value::Decimal(-a),
        (Op::Add, [Value::Decimal(a), Value::Decimal(b)]) => Value::Decimal(a.saturating_add(*b)),
        (Op::Sub, [Value::Decimal(a), Value::Decimal(b)]) => Value::Decimal(a.saturating_sub(*b)),
        (Op::Mul, [Value::Decimal(a), Value::Decimal(b)]) => Value::Decimal(a.saturating_mul(*b)),
        (Op::Div, [Value::Decimal(a), Value::Decimal(b)]) => {
            if *b == Decimal::ZERO {
                Value::Missing
            } else {
                Value::Decimal(a.checked_div(*b).unwrap_or_else(|| {
                    let below = a.is_sign_negative() != b.is_sign_negative();
                    if below { Decimal::MIN } else { Decimal::MAX }
                }))
            }
        }
        (Op::In, [Text(a), Texts(list)]) => Boolean(list.iter().filter(|one| *one == a).count() > 0),
        (Op::In, [Value::Decimal(a), Numbers(list)]) => {
            Boolean(list.iter().filter(|one| *one == a).count() > 0)
        }
        (Op::StartsWith, [Text(a), Text(b)]) => Boolean(a.as_bytes().starts_with(b.as_bytes())),
        (Op::EndsWith, [Text(a), Text(b)]) => Boolean(a.as_bytes().ends_with(b.as_bytes())),
        (Op::Contains, [Text(a), Text(b)]) => Boolean(a.find(&**b).is_some()),
        (Op::Lower, [Text(a)]) => Text(a.to_lowercase().into()),
        (Op::Decimal, [Text(a)]) => {
            let body = a.strip_prefix('-').unwrap_or(a);
            let good = !body.is_empty()
                && body.split('.').count() <= 2
                && body
                    .split('.')
                    .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
            let read: Option<Decimal> = good.then(|| a.parse().ok()).flatten();
            read.map_or(Value::Missing, Value::Decimal)
        }
        (Op::Hour, [Instant(at), zone]) => number((at.as_second() + offset(zone)).rem_euclid(86_400) / 3_600),
        // The first day of 1970 was a Thursday.
        (Op::Weekday, [Instant(at), zone]) => {
            number(((at.as_second() + offset(zone)).div_euclid(86_400) + 3).rem_euclid(7) + 1)
        }
        (Op::TimeBetween, [Instant(at), from, to, zone]) => {
            let now = (at.as_second() + offset(zone)).rem_euclid(86_400) / 60;
            let (from, to) = (minute(from), minute(to));
            // Minutes after `from`, around the clock.
            Boolean((now - from).rem_euclid(1_440) < (to - from).rem_euclid(1_440))
        }
        (Op::DaysBetween, [Instant(a), Instant(b)]) => {
            number((b.as_second() - a.as_second()).div_euclid(86_400))
        }
        _ => panic!("{op:?} of {of:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn a_program_says_what_the_slow_interpreter_says(seed: u64) {
        let mut random = Random(seed);
        let expr = rule(&mut random);
        let mut slots = Slots::default();
        let program = compile(&expr.clone().into(), &support::Catalogued, &mut slots)
            .unwrap_or_else(|fault| panic!("{fault}: {}", print(&expr)));
        for _ in 0..4 {
            let event = event(&mut random);
            let values: Vec<Value<'_>> = slots
                .names()
                .iter()
                .map(|name| event.iter().find(|(known, _)| known == name).unwrap().1.clone())
                .collect();
            prop_assert_eq!(program.run(&values), slow(&expr, &event), "{}", print(&expr));
            // Whatever is there, it does not panic and says yes or no.
            let nothing = vec![Value::Missing; values.len()];
            let _ = (program.holds(&nothing), program.holds(&[]));
        }
    }

    #[test]
    fn text_and_tree_are_the_same(seed: u64) {
        let expr = rule(&mut Random(seed));
        let text = print(&expr);
        let again = read(&text).unwrap_or_else(|fault| panic!("{fault}: {text}"));
        prop_assert_eq!(&again.expr, &expr, "{}", &text);
        prop_assert_eq!(print(&again.expr), text);
        let json = serde_json::to_string(&expr).unwrap();
        prop_assert_eq!(read(&json).unwrap().expr, expr);
    }
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics(text in any::<String>()) {
        drop(read(&text));
    }

    #[test]
    fn nothing_that_looks_like_a_rule_panics(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "and", "or", "not", "in", "(", ")", "[", "]", ",", "+", "-", "*", "/", "=", "!=", "<", ">=", "n", "mt", "t", "b", "1", "-2.5",
            "\"x\"", "\"", "`n`", "`", "missing(", "coalesce(", "hour(i, \"UTC\")", "instant(\"2026-01-01T00:00:00Z\")", "true", "\n", "é",
        ]), 0..40),
    ) {
        let text = words.join(" ");
        if let Ok(source) = read(&text) {
            prop_assert_eq!(&read(&print(&source.expr)).unwrap().expr, &source.expr, "{}", text);
            drop(compile(&source, &support::Catalogued, &mut Slots::default()));
        }
    }

    #[test]
    fn any_tree_is_taken_or_refused(seed: u64) {
        let expr = support::any(&mut Random(seed), 5);
        let mut slots = Slots::default();
        if let Ok(program) = compile(&expr.into(), &support::Catalogued, &mut slots) {
            let values: Vec<Value<'_>> = slots.names().iter().map(|_| Value::Instant(Timestamp::UNIX_EPOCH)).collect();
            let _ = program.holds(&values);
        }
    }
}
