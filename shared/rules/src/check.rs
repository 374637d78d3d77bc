//! Compiling a condition: names, types and what may be missing are checked, each fault where it is, and steps come out.

use crate::{
    Catalogue, DEPTH, Expr, Fault, Kind, NODES, Op, Place, Program, Slots, Source, Value, number,
    program::Step, zone,
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Compiles a condition against a catalogue. Attributes get their places in `slots`.
///
/// # Errors
/// What is wrong first, and where: in the text that the condition was read from, else in its tree.
pub fn compile(source: &Source, catalogue: &dyn Catalogue, slots: &mut Slots) -> Result<Program> {
    let mut compiler = Compiler {
        places: source.places.as_deref(),
        catalogue,
        slots,
        next: 0,
        steps: Vec::new(),
        reads: BTreeSet::new(),
        there: Vec::new(),
    };
    let root = At {
        node: 0,
        pointer: String::new(),
    };
    if source.expr.nodes() > NODES {
        return Err(compiler.fault(&root, format!("has more than {NODES} nodes")));
    }
    let made = compiler.node(&source.expr, String::new(), 1)?;
    if made.kind != Kind::Boolean {
        let why = format!("is {}, and a condition is true or false", made.kind.name());
        return Err(compiler.fault(&root, why));
    }
    compiler.there(&made)?;
    Ok(Program {
        steps: compiler.steps,
        reads: compiler.reads.into_iter().collect(),
    })
}

/// A node: how many come before it, and its pointer.
#[derive(Clone)]
struct At {
    node: usize,
    pointer: String,
}

/// What is known of a node that has been compiled.
struct Made {
    at: At,
    kind: Kind,
    may_be_missing: bool,
    /// Whether it is missing in some event, whatever has been ruled out.
    ever_missing: bool,
    /// Its value where it is a number that no event changes.
    constant: Option<Decimal>,
    /// Attributes that are there where it is true.
    if_true: BTreeSet<usize>,
    /// Attributes that are there where it is false.
    if_false: BTreeSet<usize>,
    /// The attribute that it is.
    slot: Option<usize>,
}

struct Compiler<'c> {
    places: Option<&'c [Place]>,
    catalogue: &'c dyn Catalogue,
    slots: &'c mut Slots,
    next: usize,
    steps: Vec<Step>,
    reads: BTreeSet<usize>,
    /// Attributes that are known to be there, at what is compiled now.
    there: Vec<BTreeSet<usize>>,
}

type Result<T> = std::result::Result<T, Fault>;

impl Compiler<'_> {
    fn fault(&self, at: &At, why: impl Into<String>) -> Fault {
        let place = self.places.and_then(|places| places.get(at.node));
        let place = place.cloned().unwrap_or_else(|| Place::Tree(at.pointer.clone()));
        Fault {
            at: place,
            why: why.into(),
        }
    }

    fn made(at: At, kind: Kind) -> Made {
        Made {
            at,
            kind,
            may_be_missing: false,
            ever_missing: false,
            constant: None,
            if_true: BTreeSet::new(),
            if_false: BTreeSet::new(),
            slot: None,
        }
    }

    /// Demands that something cannot be missing.
    fn there(&self, made: &Made) -> Result<()> {
        if made.may_be_missing {
            let why = "may be missing: say coalesce(…, what else), or rule it out with missing(…) before";
            return Err(self.fault(&made.at, why));
        }
        Ok(())
    }

    fn node(&mut self, expr: &Expr, pointer: String, depth: usize) -> Result<Made> {
        let at = At {
            node: self.next,
            pointer,
        };
        self.next += 1;
        if depth > DEPTH {
            return Err(self.fault(&at, format!("is nested more than {DEPTH} levels deep")));
        }
        let (kind, value, constant) = match expr {
            Expr::Text(text) => (Kind::Text, Value::Text(text.clone().into()), None),
            Expr::Number(n) => {
                let n = Decimal::from(*n);
                (Kind::Number, Value::Decimal(n), Some(n))
            }
            Expr::Decimal(n) => (Kind::Decimal, Value::Decimal(*n), Some(*n)),
            Expr::Boolean(yes) => (Kind::Boolean, Value::Boolean(*yes), None),
            Expr::Instant(instant) => (Kind::Instant, Value::Instant(*instant), None),
            Expr::List(of) => {
                let (kind, value) = self.list(&at, of)?;
                (kind, value, None)
            }
            Expr::Attribute(name) => return self.attribute(at, name),
            Expr::Apply { op, of } => return self.apply(at, *op, of, depth),
        };
        self.steps.push(Step::Push(value));
        Ok(Made {
            constant,
            ..Self::made(at, kind)
        })
    }

    fn list(&mut self, at: &At, of: &[Expr]) -> Result<(Kind, Value<'static>)> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for (n, part) in of.iter().enumerate() {
            match part {
                Expr::Text(text) => texts.push(text.clone()),
                Expr::Number(n) => numbers.push(Decimal::from(*n)),
                Expr::Decimal(n) => numbers.push(*n),
                _ => {}
            }
            let wrong = texts.len() + numbers.len() <= n || (!texts.is_empty() && !numbers.is_empty());
            if wrong {
                let at = At {
                    node: self.next + n,
                    pointer: format!("{}/list/{n}", at.pointer),
                };
                return Err(self.fault(
                    &at,
                    "does not belong here: a list has texts alone, or numbers alone",
                ));
            }
        }
        self.next += of.len();
        if of.is_empty() {
            return Err(self.fault(at, "is an empty list, which has nothing"));
        }
        Ok(if numbers.is_empty() {
            (Kind::Texts, Value::Texts(texts.into()))
        } else {
            (Kind::Numbers, Value::Numbers(numbers.into()))
        })
    }

    fn attribute(&mut self, at: At, name: &str) -> Result<Made> {
        let Some(known) = self.catalogue.attribute(name) else {
            // A name that is none is not repeated.
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
            let plain = name.len() <= 60 && name.bytes().all(plain);
            let why = if plain {
                format!("there is no attribute {name}")
            } else {
                "there is no such attribute".to_owned()
            };
            return Err(self.fault(&at, why));
        };
        let slot = self.slots.of(name);
        self.reads.insert(slot);
        self.steps.push(Step::Load(slot));
        let there = self.there.iter().any(|known| known.contains(&slot));
        Ok(Made {
            may_be_missing: known.may_be_missing && !there,
            ever_missing: known.may_be_missing,
            slot: Some(slot),
            ..Self::made(at, known.kind)
        })
    }

    fn apply(&mut self, at: At, op: Op, of: &[Expr], depth: usize) -> Result<Made> {
        let (least, most) = op.takes();
        if of.len() < least || of.len() > most {
            let more = if most > least { " or more" } else { "" };
            let why = format!("{} takes {least}{more}, and there are {}", op.name(), of.len());
            return Err(self.fault(&at, why));
        }
        match op {
            Op::And | Op::Or => self.logic(at, op, of, depth),
            Op::Coalesce => self.coalesce(at, of, depth),
            Op::Hour | Op::Weekday | Op::TimeBetween => self.time(at, op, of, depth),
            _ => self.plain(at, op, of, depth),
        }
    }

    fn part(&mut self, at: &At, n: usize, expr: &Expr, depth: usize) -> Result<Made> {
        self.node(expr, format!("{}/apply/of/{n}", at.pointer), depth + 1)
    }

    /// A part of a type that is never missing.
    fn typed(&mut self, at: &At, n: usize, expr: &Expr, depth: usize, kinds: &[Kind]) -> Result<Made> {
        let made = self.part(at, n, expr, depth)?;
        if !kinds.contains(&made.kind) {
            let wanted: Vec<&str> = kinds.iter().map(|k| k.name()).collect();
            let why = format!("is {}, where {} is needed", made.kind.name(), wanted.join(" or "));
            return Err(self.fault(&made.at, why));
        }
        self.there(&made)?;
        Ok(made)
    }

    /// `and` and `or`: what an operand has ruled out holds for those after it.
    fn logic(&mut self, at: At, op: Op, of: &[Expr], depth: usize) -> Result<Made> {
        let and = op == Op::And;
        let (mut jumps, mut all) = (Vec::new(), BTreeSet::new());
        let mut same: Option<BTreeSet<usize>> = None;
        for (n, expr) in of.iter().enumerate() {
            self.there.push(all.clone());
            let made = self.typed(&at, n, expr, depth, &[Kind::Boolean]);
            self.there.pop();
            let made = made?;
            let (on, off) = if and {
                (made.if_true, made.if_false)
            } else {
                (made.if_false, made.if_true)
            };
            all.extend(on);
            same = Some(same.map_or(off.clone(), |same| same.intersection(&off).copied().collect()));
            if n + 1 < of.len() {
                jumps.push(self.steps.len());
                self.steps.push(Step::IfTrue(0));
            }
        }
        let end = self.steps.len();
        for jump in jumps {
            let over = end - jump - 1;
            if let Some(step) = self.steps.get_mut(jump) {
                *step = if and {
                    Step::UnlessTrue(over)
                } else {
                    Step::IfTrue(over)
                };
            }
        }
        let same = same.unwrap_or_default();
        let (if_true, if_false) = if and { (all, same) } else { (same, all) };
        Ok(Made {
            if_true,
            if_false,
            ..Self::made(at, Kind::Boolean)
        })
    }

    fn coalesce(&mut self, at: At, of: &[Expr], depth: usize) -> Result<Made> {
        let mut jumps = Vec::new();
        let (mut kind, mut missing) = (None, true);
        for (n, expr) in of.iter().enumerate() {
            let made = self.part(&at, n, expr, depth)?;
            kind = match kind {
                None => Some(made.kind),
                Some(kind) if kind == made.kind => Some(kind),
                Some(kind) if kind.numeric() && made.kind.numeric() => Some(Kind::Decimal),
                Some(kind) => {
                    let why = format!("is {}, where {} is needed", made.kind.name(), kind.name());
                    return Err(self.fault(&made.at, why));
                }
            };
            let last = n + 1 == of.len();
            if !last && !made.ever_missing {
                return Err(self.fault(&made.at, "is never missing, so that nothing after it counts"));
            }
            missing &= made.may_be_missing;
            if !last {
                jumps.push(self.steps.len());
                self.steps.push(Step::IfThere(0));
            }
        }
        let end = self.steps.len();
        for jump in jumps {
            if let Some(step) = self.steps.get_mut(jump) {
                *step = Step::IfThere(end - jump - 1);
            }
        }
        Ok(Made {
            may_be_missing: missing,
            ever_missing: missing,
            ..Self::made(at, kind.unwrap_or(Kind::Boolean))
        })
    }

    /// What needs a zone and times of day, which no event changes.
    fn time(&mut self, at: At, op: Op, of: &[Expr], depth: usize) -> Result<Made> {
        let mut texts = Vec::new();
        for (n, expr) in of.iter().enumerate() {
            if n == 0 {
                self.typed(&at, 0, expr, depth, &[Kind::Instant])?;
                continue;
            }
            let place = At {
                node: self.next,
                pointer: format!("{}/apply/of/{n}", at.pointer),
            };
            self.next += 1;
            let Expr::Text(text) = expr else {
                return Err(self.fault(&place, "must be a text in quotes"));
            };
            texts.push((place, text.as_str()));
        }
        let Some((place, name)) = texts.pop() else {
            return Err(self.fault(&at, "needs a zone"));
        };
        let zone = zone::zone(name).ok_or_else(|| self.fault(&place, "is no time zone"))?;
        let mut minutes = Vec::new();
        for (place, text) in texts {
            let wrong = || self.fault(&place, "must be a time of day from 00:00 to 23:59");
            let parsed = zone::minutes(text).ok_or_else(wrong)?;
            if minutes.contains(&parsed) {
                return Err(self.fault(&place, "is when it begins as well"));
            }
            minutes.push(parsed);
        }
        let (step, kind) = match (op, minutes.as_slice()) {
            (Op::TimeBetween, [from, to]) => (Step::Between(zone, *from, *to), Kind::Boolean),
            (Op::Weekday, _) => (Step::Weekday(zone), Kind::Number),
            _ => (Step::Hour(zone), Kind::Number),
        };
        self.steps.push(step);
        Ok(Self::made(at, kind))
    }

    fn plain(&mut self, at: At, op: Op, of: &[Expr], depth: usize) -> Result<Made> {
        let numeric = [Kind::Number, Kind::Decimal];
        let kinds: &[Kind] = match op {
            Op::Not => &[Kind::Boolean],
            Op::Missing | Op::Eq | Op::Ne => &[
                Kind::Text,
                Kind::Number,
                Kind::Decimal,
                Kind::Boolean,
                Kind::Instant,
            ],
            Op::Lt | Op::Le | Op::Gt | Op::Ge => &[Kind::Number, Kind::Decimal, Kind::Instant],
            Op::In => &[Kind::Text, Kind::Number, Kind::Decimal],
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Neg => &numeric,
            Op::DaysBetween => &[Kind::Instant],
            _ => &[Kind::Text],
        };
        let Some(first) = of.first() else {
            return Err(self.fault(&at, "takes something"));
        };
        if op == Op::Missing {
            return self.missing(at, first, depth);
        }
        let left = self.typed(&at, 0, first, depth, kinds)?;
        let right = match of.get(1) {
            None => None,
            Some(expr) => {
                let alike: &[Kind] = match left.kind {
                    Kind::Number | Kind::Decimal if op == Op::In => &[Kind::Numbers],
                    Kind::Number | Kind::Decimal => &numeric,
                    Kind::Text if op == Op::In => &[Kind::Texts],
                    Kind::Text => &[Kind::Text],
                    Kind::Boolean => &[Kind::Boolean],
                    _ => &[Kind::Instant],
                };
                Some(self.typed(&at, 1, expr, depth, alike)?)
            }
        };
        self.steps.push(Step::Apply(op));
        let divisor = right.as_ref().and_then(|r| r.constant);
        if let (Op::Div, Some(right), Some(true)) = (op, &right, divisor.map(|d| d.is_zero())) {
            return Err(self.fault(&right.at, "is zero, and nothing can be divided by it"));
        }
        let kind = match op {
            Op::Div | Op::Decimal => Kind::Decimal,
            Op::Neg => left.kind,
            Op::Add | Op::Sub | Op::Mul => match &right {
                Some(right) if right.kind == left.kind => left.kind,
                _ => Kind::Decimal,
            },
            Op::Lower => Kind::Text,
            Op::DaysBetween => Kind::Number,
            _ => Kind::Boolean,
        };
        let constant = match (op, left.constant, divisor) {
            (Op::Neg, Some(a), _) => Some(-a),
            (Op::Add, Some(a), Some(b)) => Some(number::add(a, b)),
            (Op::Sub, Some(a), Some(b)) => Some(number::sub(a, b)),
            (Op::Mul, Some(a), Some(b)) => Some(number::mul(a, b)),
            (Op::Div, Some(a), Some(b)) => number::div(a, b),
            _ => None,
        };
        let swap = op == Op::Not;
        let missing = op == Op::Decimal || (op == Op::Div && divisor.is_none());
        Ok(Made {
            may_be_missing: missing,
            ever_missing: missing,
            constant,
            if_true: if swap { left.if_false } else { BTreeSet::new() },
            if_false: if swap { left.if_true } else { BTreeSet::new() },
            ..Self::made(at, kind)
        })
    }

    fn missing(&mut self, at: At, expr: &Expr, depth: usize) -> Result<Made> {
        let made = self.part(&at, 0, expr, depth)?;
        if !made.ever_missing {
            return Err(self.fault(&made.at, "is never missing"));
        }
        self.steps.push(Step::Apply(Op::Missing));
        Ok(Made {
            if_false: made.slot.into_iter().collect(),
            ..Self::made(at, Kind::Boolean)
        })
    }
}
