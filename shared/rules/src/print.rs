//! Writing the text form: what is read from it is the same tree.

use crate::{Expr, Op, tree::FUNCTIONS};

/// How strongly what needs no brackets binds.
const LEAF: u8 = 9;

/// The text form of a tree.
#[must_use]
pub fn print(expr: &Expr) -> String {
    let mut out = String::new();
    written(expr, 0, &mut out);
    out
}

/// A text in quotes, with the escapes of JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn strength(expr: &Expr) -> u8 {
    match expr {
        Expr::Apply { op, .. } => op.sign().map_or(LEAF, |(_, strength)| strength),
        _ => LEAF,
    }
}

/// Writes what must bind at least this strongly.
fn written(expr: &Expr, least: u8, out: &mut String) {
    let brackets = strength(expr) < least;
    if brackets {
        out.push('(');
    }
    bare(expr, out);
    if brackets {
        out.push(')');
    }
}

fn bare(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Text(text) => out.push_str(&quoted(text)),
        Expr::Number(number) => out.push_str(&number.to_string()),
        Expr::Decimal(number) => {
            let number = number.normalize().to_string();
            out.push_str(&number);
            // A decimal stays one.
            if !number.contains('.') {
                out.push_str(".0");
            }
        }
        Expr::Boolean(yes) => out.push_str(&yes.to_string()),
        Expr::Instant(at) => out.push_str(&format!("instant(\"{at}\")")),
        Expr::List(of) => list(of, ('[', ']'), out),
        Expr::Attribute(name) => named(name, out),
        Expr::Apply { op, of } => applied(*op, of, out),
    }
}

fn named(name: &str, out: &mut String) {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    let word = matches!(name, "true" | "false" | "and" | "or" | "not" | "in");
    if start && !word && name.bytes().all(plain) {
        out.push_str(name);
    } else {
        out.push_str(&format!("`{name}`"));
    }
}

fn list(of: &[Expr], (open, close): (char, char), out: &mut String) {
    out.push(open);
    for (n, part) in of.iter().enumerate() {
        if n > 0 {
            out.push_str(", ");
        }
        written(part, 0, out);
    }
    out.push(close);
}

fn applied(op: Op, of: &[Expr], out: &mut String) {
    let Some((sign, strength)) = op.sign() else {
        let name = FUNCTIONS.iter().find(|(_, known)| *known == op);
        out.push_str(name.map_or("", |(name, _)| name));
        return list(of, ('(', ')'), out);
    };
    let prefix = matches!(op, Op::Not | Op::Neg);
    for (n, part) in of.iter().enumerate() {
        if prefix {
            out.push_str(sign);
        } else if n > 0 {
            out.push_str(&format!(" {sign} "));
        }
        // What stands left of a sum or product may be one of the same strength; all else is bracketed.
        let least = match op {
            Op::Add | Op::Sub | Op::Mul | Op::Div if n == 0 => strength,
            Op::Not => strength,
            // The sign before a number would be the number's own.
            Op::Neg if matches!(part, Expr::Number(_) | Expr::Decimal(_)) => LEAF + 1,
            Op::Neg => strength,
            _ => strength + 1,
        };
        written(part, least, out);
    }
}
