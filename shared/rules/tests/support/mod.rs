//! Random rules, well typed and otherwise.

use jiff::Timestamp;
use rules::{Attribute, Catalogue, Expr, Kind, Op, Value};
use rust_decimal::Decimal;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

pub const CATALOGUE: &[(&str, Kind, bool)] = &[
    ("n", Kind::Number, false),
    ("a.d", Kind::Decimal, false),
    ("t", Kind::Text, false),
    ("b", Kind::Boolean, false),
    ("i", Kind::Instant, false),
    ("l", Kind::Texts, false),
    ("mn", Kind::Number, true),
    ("m.order-id", Kind::Text, true),
    ("mi", Kind::Instant, true),
    ("mb", Kind::Boolean, true),
];

pub struct Catalogued;

impl Catalogue for Catalogued {
    fn attribute(&self, name: &str) -> Option<Attribute> {
        let (_, kind, may_be_missing) = CATALOGUE.iter().find(|(known, ..)| *known == name)?;
        Some(Attribute {
            kind: *kind,
            may_be_missing: *may_be_missing,
        })
    }
}

const TEXTS: &[&str] = &["", "a", "ab", "ABC", "12.50", "-3", "1.", "é\"\\\n", "visa", "İ"];
const ZONES: &[&str] = &["UTC", "Asia/Tokyo", "Asia/Kolkata"];
const TIMES: &[&str] = &["00:00", "06:30", "12:00", "22:15", "23:59"];

fn instant(random: &mut Random) -> Timestamp {
    // From 1970 on these zones have kept their offsets.
    let second = i64::try_from(random.below(3_000_000_000)).unwrap();
    Timestamp::from_second(second).unwrap()
}

fn number(random: &mut Random) -> i64 {
    match random.below(8) {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => 0,
        _ => i64::try_from(random.below(40)).unwrap() - 20,
    }
}

fn decimal(random: &mut Random) -> Decimal {
    if random.below(10) == 0 {
        return Decimal::MAX;
    }
    let scale = u32::try_from(random.below(4)).unwrap();
    Decimal::new(number(random) >> 1, scale).normalize()
}

pub fn value(random: &mut Random, kind: Kind) -> Value<'static> {
    match kind {
        Kind::Text => Value::Text(random.one(TEXTS).into()),
        Kind::Number => Value::Decimal(Decimal::from(number(random))),
        Kind::Decimal => Value::Decimal(decimal(random)),
        Kind::Boolean => Value::Boolean(random.below(2) == 0),
        Kind::Instant => Value::Instant(instant(random)),
        _ => Value::Texts(
            (0..random.below(3))
                .map(|_| random.one(TEXTS).to_owned())
                .collect(),
        ),
    }
}

/// A condition that compiles.
pub fn rule(random: &mut Random) -> Expr {
    typed(random, Kind::Boolean, 5)
}

fn name(name: &str) -> Expr {
    Expr::Attribute(name.to_owned())
}

fn literal(random: &mut Random, kind: Kind) -> Expr {
    match kind {
        Kind::Text => Expr::Text(random.one(TEXTS).to_owned()),
        Kind::Number => Expr::Number(number(random)),
        Kind::Decimal => Expr::Decimal(decimal(random)),
        Kind::Boolean => Expr::Boolean(random.below(2) == 0),
        Kind::Instant => Expr::Instant(instant(random)),
        Kind::Texts => Expr::List(
            (0..=random.below(3))
                .map(|_| literal(random, Kind::Text))
                .collect(),
        ),
        Kind::Numbers => Expr::List(
            (0..=random.below(3))
                .map(|n| literal(random, if n == 1 { Kind::Decimal } else { Kind::Number }))
                .collect(),
        ),
    }
}

fn leaf(random: &mut Random, kind: Kind) -> Expr {
    let there: Vec<&str> = CATALOGUE
        .iter()
        .filter(|(_, k, missing)| *k == kind && !missing)
        .map(|(name, ..)| *name)
        .collect();
    if there.is_empty() || random.below(3) == 0 {
        literal(random, kind)
    } else {
        name(random.one(&there))
    }
}

/// An expression of a type that is never missing.
fn typed(random: &mut Random, kind: Kind, depth: u64) -> Expr {
    if depth == 0 {
        return leaf(random, kind);
    }
    let next = depth - 1;
    match kind {
        Kind::Boolean => boolean(random, next),
        Kind::Number => match random.below(7) {
            0 => Expr::apply(
                random.one(&[Op::Add, Op::Sub, Op::Mul]),
                [typed(random, kind, next), typed(random, kind, next)],
            ),
            1 => Expr::apply(Op::Neg, [typed(random, kind, next)]),
            2 => Expr::apply(Op::Coalesce, [name("mn"), typed(random, kind, next)]),
            3 => Expr::apply(
                Op::DaysBetween,
                [
                    typed(random, Kind::Instant, next),
                    typed(random, Kind::Instant, next),
                ],
            ),
            4 => {
                let zone = Expr::Text(random.one(ZONES).to_owned());
                Expr::apply(
                    random.one(&[Op::Hour, Op::Weekday]),
                    [typed(random, Kind::Instant, next), zone],
                )
            }
            _ => leaf(random, kind),
        },
        Kind::Decimal => {
            let some = random.one(&[Kind::Number, Kind::Decimal]);
            match random.below(6) {
                0 => Expr::apply(
                    random.one(&[Op::Add, Op::Sub, Op::Mul]),
                    [typed(random, kind, next), typed(random, some, next)],
                ),
                1 => {
                    let by = Expr::apply(
                        Op::Div,
                        [typed(random, some, next), name(random.one(&["n", "a.d"]))],
                    );
                    Expr::apply(Op::Coalesce, [by, typed(random, kind, next)])
                }
                2 => {
                    let by = Expr::Number(i64::try_from(random.below(9)).unwrap() + 1);
                    Expr::apply(Op::Div, [typed(random, some, next), by])
                }
                3 => {
                    let read = Expr::apply(Op::Decimal, [typed(random, Kind::Text, next)]);
                    Expr::apply(Op::Coalesce, [read, name("mn"), typed(random, kind, next)])
                }
                _ => leaf(random, kind),
            }
        }
        Kind::Text => match random.below(4) {
            0 => Expr::apply(Op::Lower, [typed(random, kind, next)]),
            1 => Expr::apply(Op::Coalesce, [name("m.order-id"), typed(random, kind, next)]),
            _ => leaf(random, kind),
        },
        Kind::Instant if random.below(3) == 0 => {
            Expr::apply(Op::Coalesce, [name("mi"), typed(random, kind, next)])
        }
        _ => leaf(random, kind),
    }
}

fn boolean(random: &mut Random, next: u64) -> Expr {
    let numeric = [Kind::Number, Kind::Decimal];
    match random.below(12) {
        0 => Expr::apply(Op::Not, [typed(random, Kind::Boolean, next)]),
        1 | 2 => {
            let op = random.one(&[Op::And, Op::Or]);
            let of: Vec<Expr> = (0..2 + random.below(2))
                .map(|_| typed(random, Kind::Boolean, next))
                .collect();
            Expr::apply(op, of)
        }
        3 => {
            let kind = random.one(&[Kind::Text, Kind::Boolean, Kind::Instant]);
            let op = random.one(&[Op::Eq, Op::Ne]);
            Expr::apply(op, [typed(random, kind, next), typed(random, kind, next)])
        }
        4 | 5 => {
            let op = random.one(&[Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge]);
            let (a, b) = (random.one(&numeric), random.one(&numeric));
            Expr::apply(op, [typed(random, a, next), typed(random, b, next)])
        }
        6 => {
            let list = typed(random, Kind::Texts, 0);
            Expr::apply(Op::In, [typed(random, Kind::Text, next), list])
        }
        7 => {
            let list = literal(random, Kind::Numbers);
            Expr::apply(Op::In, [typed(random, Kind::Number, next), list])
        }
        8 => {
            let op = random.one(&[Op::StartsWith, Op::EndsWith, Op::Contains]);
            Expr::apply(
                op,
                [typed(random, Kind::Text, next), typed(random, Kind::Text, next)],
            )
        }
        9 => {
            let from = random.below(TIMES.len() as u64);
            let to = (from + 1 + random.below(TIMES.len() as u64 - 1)) % TIMES.len() as u64;
            let time = |n: u64| Expr::Text(TIMES[usize::try_from(n).unwrap()].to_owned());
            let zone = Expr::Text(random.one(ZONES).to_owned());
            Expr::apply(
                Op::TimeBetween,
                [typed(random, Kind::Instant, next), time(from), time(to), zone],
            )
        }
        10 => guarded(random, next),
        _ => leaf(random, Kind::Boolean),
    }
}

/// What may be missing, behind what rules that out.
fn guarded(random: &mut Random, next: u64) -> Expr {
    let missing = |name: Expr| Expr::apply(Op::Missing, [name]);
    let (attribute, kind) = random.one(&[
        ("mn", Kind::Number),
        ("m.order-id", Kind::Text),
        ("mb", Kind::Boolean),
    ]);
    let compare = Expr::apply(
        random.one(&[Op::Eq, Op::Ne]),
        [name(attribute), typed(random, kind, next.min(1))],
    );
    match random.below(3) {
        0 => Expr::apply(Op::Or, [missing(name(attribute)), compare]),
        1 => Expr::apply(
            Op::And,
            [Expr::apply(Op::Not, [missing(name(attribute))]), compare],
        ),
        _ => {
            // Not (it is missing or …): behind it, it is there.
            let either = Expr::apply(Op::Or, [missing(name(attribute)), leaf(random, Kind::Boolean)]);
            Expr::apply(Op::And, [Expr::apply(Op::Not, [either]), compare])
        }
    }
}

/// Anything, of whatever types.
pub fn any(random: &mut Random, depth: u64) -> Expr {
    const OPS: &[Op] = &[
        Op::Not,
        Op::And,
        Op::Or,
        Op::Eq,
        Op::Lt,
        Op::Add,
        Op::Div,
        Op::Neg,
        Op::In,
        Op::Contains,
        Op::Lower,
        Op::Decimal,
        Op::Missing,
        Op::Coalesce,
        Op::Hour,
        Op::TimeBetween,
        Op::DaysBetween,
    ];
    if depth > 0 && random.below(4) > 0 {
        let of: Vec<Expr> = (0..random.below(4)).map(|_| any(random, depth - 1)).collect();
        return if random.below(8) == 0 {
            Expr::List(of)
        } else {
            Expr::apply(random.one(OPS), of)
        };
    }
    let kind = random.one(&[
        Kind::Text,
        Kind::Number,
        Kind::Decimal,
        Kind::Boolean,
        Kind::Instant,
        Kind::Texts,
    ]);
    if random.below(2) == 0 {
        literal(random, kind)
    } else {
        name(random.one(CATALOGUE).0)
    }
}
