//! Reading a condition: its text form, or its tree as JSON.

use crate::{
    BYTES, DEPTH, Expr, Fault, NODES, Op, Place,
    lex::{Found, Word, words},
    tree::FUNCTIONS,
};

/// A condition as read, and where its nodes stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The tree.
    pub expr: Expr,
    /// Where each node stands in the text, parents before their parts; none where it was read from JSON.
    pub(crate) places: Option<Vec<Place>>,
}

impl From<Expr> for Source {
    fn from(expr: Expr) -> Self {
        Self { expr, places: None }
    }
}

/// Reads the text form; what begins with `{` is a tree as JSON.
///
/// # Errors
/// What is wrong first, and where.
pub fn read(text: &str) -> Result<Source, Fault> {
    let start = Place::Text { line: 1, column: 1 };
    if text.len() > BYTES {
        let why = format!("is longer than {BYTES} bytes");
        return Err(Fault { at: start, why });
    }
    if text.trim_start().starts_with('{') {
        let expr: Expr = serde_json::from_str(text).map_err(|e| {
            let at = Place::Text {
                line: e.line(),
                column: e.column(),
            };
            // What serde says may repeat what was written; the place is enough.
            let why = if e.is_data() {
                "is no tree of a condition"
            } else {
                "is no JSON, or is nested too deeply"
            };
            Fault {
                at,
                why: why.to_owned(),
            }
        })?;
        return Ok(expr.into());
    }
    let mut words = words(text)?.into_iter();
    let (word, at) = words.next().unwrap_or((Word::End, start));
    let mut parser = Parser {
        words,
        word,
        at,
        open: 0,
    };
    let piece = parser.either()?;
    if parser.word != Word::End {
        return Err(parser.fault("is not expected here: an operator or the end is"));
    }
    Ok(Source {
        expr: piece.expr,
        places: Some(piece.places),
    })
}

/// A part that has been read.
struct Piece {
    expr: Expr,
    places: Vec<Place>,
    height: usize,
}

struct Parser {
    words: std::vec::IntoIter<Found>,
    word: Word,
    at: Place,
    open: usize,
}

fn fault(at: &Place, why: impl Into<String>) -> Fault {
    Fault {
        at: at.clone(),
        why: why.into(),
    }
}

fn leaf(at: Place, expr: Expr) -> Piece {
    Piece {
        expr,
        places: vec![at],
        height: 1,
    }
}

/// Puts parts under a node.
fn node(at: Place, of: Vec<Piece>, make: impl FnOnce(Vec<Expr>) -> Expr) -> Result<Piece, Fault> {
    let height = 1 + of.iter().map(|p| p.height).max().unwrap_or(0);
    if height > DEPTH {
        return Err(fault(&at, format!("is nested more than {DEPTH} levels deep")));
    }
    let mut places = vec![at.clone()];
    let mut parts = Vec::with_capacity(of.len());
    for piece in of {
        places.extend(piece.places);
        parts.push(piece.expr);
    }
    if places.len() > NODES {
        return Err(fault(&at, format!("has more than {NODES} nodes")));
    }
    Ok(Piece {
        expr: make(parts),
        places,
        height,
    })
}

fn apply(at: Place, op: Op, of: Vec<Piece>) -> Result<Piece, Fault> {
    node(at, of, |of| Expr::Apply { op, of })
}

impl Parser {
    fn fault(&self, why: &str) -> Fault {
        fault(&self.at, why)
    }

    /// Takes the word, and where it stood.
    fn next(&mut self) -> Found {
        let end = || (Word::End, self.at.clone());
        let (word, at) = self.words.next().unwrap_or_else(end);
        (
            std::mem::replace(&mut self.word, word),
            std::mem::replace(&mut self.at, at),
        )
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(&self.word, Word::Name(word) if word == name)
    }

    fn sign(&self) -> &'static str {
        match self.word {
            Word::Sign(sign) => sign,
            _ => "",
        }
    }

    /// Takes a sign that must be here.
    fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        if self.sign() != sign {
            return Err(self.fault(&format!("is not expected here: `{sign}` is")));
        }
        self.next();
        Ok(())
    }

    /// Goes one level in. Brackets count even where they leave no node behind.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.open += 1;
        if self.open > DEPTH {
            return Err(self.fault(&format!("is nested more than {DEPTH} levels deep")));
        }
        let piece = read(self)?;
        self.open -= 1;
        Ok(piece)
    }

    /// `a or b or c`
    fn either(&mut self) -> Result<Piece, Fault> {
        self.inside(|p| p.chain("or", Op::Or, |p| p.chain("and", Op::And, Self::negated)))
    }

    fn chain(
        &mut self,
        word: &str,
        op: Op,
        part: impl Fn(&mut Self) -> Result<Piece, Fault>,
    ) -> Result<Piece, Fault> {
        let first = part(self)?;
        if !self.is_name(word) {
            return Ok(first);
        }
        let (at, mut of) = (self.at.clone(), vec![first]);
        while self.is_name(word) {
            self.next();
            of.push(part(self)?);
        }
        apply(at, op, of)
    }

    fn negated(&mut self) -> Result<Piece, Fault> {
        if !self.is_name("not") {
            return self.compared();
        }
        let (_, at) = self.next();
        let of = self.inside(Self::negated)?;
        apply(at, Op::Not, vec![of])
    }

    fn compared(&mut self) -> Result<Piece, Fault> {
        let left = self.sum()?;
        let op = match self.sign() {
            "=" => Op::Eq,
            "!=" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            _ if self.is_name("in") => Op::In,
            _ => return Ok(left),
        };
        let (_, at) = self.next();
        let right = self.sum()?;
        apply(at, op, vec![left, right])
    }

    fn sum(&mut self) -> Result<Piece, Fault> {
        self.left(&[("+", Op::Add), ("-", Op::Sub)], |p| {
            p.left(&[("*", Op::Mul), ("/", Op::Div)], Self::signed)
        })
    }

    /// Operators that take what stands left of them first.
    fn left(
        &mut self,
        signs: &[(&str, Op)],
        part: impl Fn(&mut Self) -> Result<Piece, Fault>,
    ) -> Result<Piece, Fault> {
        let mut left = part(self)?;
        while let Some((_, op)) = signs.iter().find(|(sign, _)| *sign == self.sign()) {
            let (_, at) = self.next();
            let right = part(self)?;
            left = apply(at, *op, vec![left, right])?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Piece, Fault> {
        if self.sign() != "-" {
            return self.primary();
        }
        let (_, at) = self.next();
        match &self.word {
            Word::Whole(digits) => {
                let digits = format!("-{digits}");
                self.next();
                whole(at, &digits)
            }
            Word::Decimal(number) => {
                let number = -*number;
                self.next();
                Ok(leaf(at, Expr::Decimal(number)))
            }
            _ => {
                let of = self.inside(Self::signed)?;
                apply(at, Op::Neg, vec![of])
            }
        }
    }

    fn primary(&mut self) -> Result<Piece, Fault> {
        let expected = "is not expected here: a value is";
        let (word, at) = self.next();
        match word {
            Word::Text(text) => Ok(leaf(at, Expr::Text(text))),
            Word::Whole(digits) => whole(at, &digits),
            Word::Decimal(number) => Ok(leaf(at, Expr::Decimal(number))),
            Word::Quoted(name) => Ok(leaf(at, Expr::Attribute(name))),
            Word::Sign("(") => {
                let piece = self.either()?;
                self.expect(")")?;
                Ok(piece)
            }
            Word::Sign("[") => {
                let of = self.list("]")?;
                node(at, of, Expr::List)
            }
            Word::Name(name) => self.named(&name, at),
            Word::Sign(_) | Word::End => Err(fault(&at, expected)),
        }
    }

    fn named(&mut self, name: &str, at: Place) -> Result<Piece, Fault> {
        match name {
            "true" | "false" => return Ok(leaf(at, Expr::Boolean(name == "true"))),
            "and" | "or" | "not" | "in" => return Err(fault(&at, "is not expected here: a value is")),
            _ => {}
        }
        if self.sign() != "(" {
            return Ok(leaf(at, Expr::Attribute(name.to_owned())));
        }
        self.next();
        if name == "instant" {
            let (word, place) = self.next();
            let instant = match word {
                Word::Text(text) => text.parse().ok(),
                _ => None,
            };
            let instant =
                instant.ok_or_else(|| fault(&place, "must be a time in quotes, as RFC 3339 writes it"))?;
            self.expect(")")?;
            return Ok(leaf(at, Expr::Instant(instant)));
        }
        let op = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let (_, op) = op.ok_or_else(|| fault(&at, format!("there is no function {name}")))?;
        let of = self.list(")")?;
        apply(at, *op, of)
    }

    /// What stands between commas, up to a closing sign.
    fn list(&mut self, end: &str) -> Result<Vec<Piece>, Fault> {
        let mut of = Vec::new();
        while self.sign() != end {
            if !of.is_empty() {
                self.expect(",")?;
            }
            of.push(self.either()?);
        }
        self.next();
        Ok(of)
    }
}

fn whole(at: Place, digits: &str) -> Result<Piece, Fault> {
    match digits.parse() {
        Ok(number) => Ok(leaf(at, Expr::Number(number))),
        Err(_) => Err(fault(&at, "is larger than a number can be: say a decimal")),
    }
}
