//! Running a condition.

use crate::{Op, Program, Value, number, program::Step, zone::clock};
use rust_decimal::Decimal;
use std::{borrow::Cow, cmp::Ordering};

/// Seconds of a day.
const DAY: i64 = 86_400;

impl Program {
    /// The value of the condition for an event. `values` are those of [`crate::Slots::names`]; one that is not there is missing.
    #[must_use]
    pub fn run<'a>(&'a self, values: &'a [Value<'a>]) -> Value<'a> {
        let mut stack: Vec<Value<'a>> = Vec::with_capacity(8);
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            at += 1;
            match step {
                Step::Push(value) => stack.push(borrowed(value)),
                Step::Load(slot) => stack.push(values.get(*slot).map_or(Value::Missing, borrowed)),
                Step::UnlessTrue(over) => {
                    if stack.pop() != Some(Value::Boolean(true)) {
                        stack.push(Value::Boolean(false));
                        at = at.saturating_add(*over);
                    }
                }
                Step::IfTrue(over) => {
                    if stack.last() == Some(&Value::Boolean(true)) {
                        at = at.saturating_add(*over);
                    } else {
                        stack.pop();
                    }
                }
                Step::IfThere(over) => {
                    if matches!(stack.last(), Some(Value::Missing) | None) {
                        stack.pop();
                    } else {
                        at = at.saturating_add(*over);
                    }
                }
                Step::Hour(zone) => on_instant(&mut stack, |at| {
                    Value::number(Some(i64::from(clock(at, zone).hour())))
                }),
                Step::Weekday(zone) => on_instant(&mut stack, |at| {
                    let day = zone.to_datetime(at).weekday().to_monday_one_offset();
                    Value::number(Some(i64::from(day)))
                }),
                Step::Between(zone, from, to) => on_instant(&mut stack, |at| {
                    let time = clock(at, zone);
                    let now =
                        u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
                    Value::Boolean(if from < to {
                        (*from..*to).contains(&now)
                    } else {
                        now >= *from || now < *to
                    })
                }),
                Step::Apply(op) => {
                    let last = stack.pop().unwrap_or(Value::Missing);
                    let result = if op.takes().0 == 1 {
                        one(*op, last)
                    } else {
                        two(*op, &stack.pop().unwrap_or(Value::Missing), &last)
                    };
                    stack.push(result);
                }
            }
        }
        stack.pop().unwrap_or(Value::Missing)
    }
}

/// The same value, without a copy of its text.
fn borrowed<'a>(value: &'a Value<'_>) -> Value<'a> {
    match value {
        Value::Missing => Value::Missing,
        Value::Text(text) => Value::Text(Cow::Borrowed(text)),
        Value::Decimal(number) => Value::Decimal(*number),
        Value::Boolean(yes) => Value::Boolean(*yes),
        Value::Instant(at) => Value::Instant(*at),
        Value::Texts(list) => Value::Texts(Cow::Borrowed(list)),
        Value::Numbers(list) => Value::Numbers(Cow::Borrowed(list)),
    }
}

fn on_instant<'a>(stack: &mut Vec<Value<'a>>, of: impl FnOnce(jiff::Timestamp) -> Value<'a>) {
    let result = match stack.pop() {
        Some(Value::Instant(at)) => of(at),
        _ => Value::Missing,
    };
    stack.push(result);
}

fn one(op: Op, value: Value<'_>) -> Value<'_> {
    match (op, value) {
        (Op::Missing, value) => Value::Boolean(value == Value::Missing),
        (Op::Not, Value::Boolean(yes)) => Value::Boolean(!yes),
        (Op::Neg, Value::Decimal(number)) => Value::Decimal(-number),
        (Op::Lower, Value::Text(text)) => Value::Text(Cow::Owned(text.to_lowercase())),
        (Op::Decimal, Value::Text(text)) => number::decimal(&text).map_or(Value::Missing, Value::Decimal),
        _ => Value::Missing,
    }
}

fn two(op: Op, left: &Value<'_>, right: &Value<'_>) -> Value<'static> {
    match (op, left, right) {
        (Op::Add, Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(number::add(*a, *b)),
        (Op::Sub, Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(number::sub(*a, *b)),
        (Op::Mul, Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(number::mul(*a, *b)),
        (Op::Div, Value::Decimal(a), Value::Decimal(b)) => {
            number::div(*a, *b).map_or(Value::Missing, Value::Decimal)
        }
        (Op::In, Value::Text(text), Value::Texts(list)) => {
            Value::Boolean(list.iter().any(|one| *one == **text))
        }
        (Op::In, Value::Decimal(number), Value::Numbers(list)) => Value::Boolean(list.contains(number)),
        (Op::StartsWith, Value::Text(a), Value::Text(b)) => Value::Boolean(a.starts_with(&**b)),
        (Op::EndsWith, Value::Text(a), Value::Text(b)) => Value::Boolean(a.ends_with(&**b)),
        (Op::Contains, Value::Text(a), Value::Text(b)) => Value::Boolean(a.contains(&**b)),
        (Op::DaysBetween, Value::Instant(a), Value::Instant(b)) => {
            let seconds = b.as_second().saturating_sub(a.as_second());
            Value::Decimal(Decimal::from(seconds.div_euclid(DAY)))
        }
        _ => order(left, right).map_or(Value::Missing, |order| {
            Value::Boolean(match op {
                Op::Eq => order.is_eq(),
                Op::Ne => order.is_ne(),
                Op::Lt => order.is_lt(),
                Op::Le => order.is_le(),
                Op::Gt => order.is_gt(),
                Op::Ge => order.is_ge(),
                _ => return Value::Missing,
            })
        }),
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Instant(a), Value::Instant(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
