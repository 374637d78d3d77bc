//! Texts of policies: wildcards, variables, ARNs.

use super::Context;

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
}

/// Puts a context's values where a text has variables (IAM User Guide, "Policy elements: variables and tags"): `None` where one
/// has no value, which matches nothing. Wildcards of the text stay wildcards, those of a value are plain characters.
fn pieces(text: &str, context: &Context) -> Result<Option<Vec<Piece>>, String> {
    let (mut out, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("{text}: a variable without an end"))?;
            match value(name, context)? {
                Some(value) => out.extend(value.chars().map(Piece::Char)),
                None => return Ok(None),
            }
            rest = after;
            continue;
        }
        let mut letters = rest.chars();
        out.extend(letters.next().map(|letter| match letter {
            '*' => Piece::Any,
            '?' => Piece::One,
            other => Piece::Char(other),
        }));
        rest = letters.as_str();
    }
    Ok(Some(out))
}

fn value(name: &str, context: &Context) -> Result<Option<String>, String> {
    if ["*", "?", "$"].contains(&name) {
        return Ok(Some(name.to_owned()));
    }
    let (name, default) = match name.split_once(',') {
        None => (name, None),
        Some((name, default)) => {
            let quoted = default
                .trim()
                .strip_prefix('\'')
                .and_then(|d| d.strip_suffix('\''));
            let quoted = quoted.ok_or_else(|| format!("${{{name},{default}}}: the default is not quoted"))?;
            (name.trim(), Some(quoted.to_owned()))
        }
    };
    match context.get(name) {
        None => Ok(default),
        Some([one]) => Ok(Some(one.clone())),
        Some(_) => Err(format!("${{{name}}} has several values")),
    }
}

fn fits(pattern: &[Piece], text: &[char]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(Piece::Any), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(Piece::One), Some(_)) => (p, t) = (p + 1, t + 1),
            (Some(Piece::Char(a)), Some(b)) if a == b => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|piece| *piece == Piece::Any)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Whether a text is like a pattern with wildcards and variables, as `StringLike` compares.
pub(super) fn like(pattern: &str, text: &str, context: &Context) -> Result<bool, String> {
    Ok(pieces(pattern, context)?.is_some_and(|p| fits(&p, &letters(text))))
}

/// Whether a text is a pattern in which only variables stand for something else, as `StringEquals` compares.
pub(super) fn equal(pattern: &str, text: &str, context: &Context) -> Result<bool, String> {
    let plain = pieces(pattern, context)?.map(|pieces| {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Char(c) => *c,
                Piece::One => '?',
                Piece::Any => '*',
            })
            .collect::<String>()
    });
    Ok(plain.as_deref() == Some(text))
}

/// Whether an action's name is like a pattern. Cases are not told apart.
pub(super) fn action(pattern: &str, action: &str) -> Result<bool, String> {
    like(
        &pattern.to_lowercase(),
        &action.to_lowercase(),
        &Context::default(),
    )
}

/// Whether an ARN is like a pattern: each of its six parts by itself, as wildcards do not reach across colons, but for the last.
pub(super) fn arn(pattern: &str, arn: &str, context: &Context) -> Result<bool, String> {
    if pattern == "*" {
        return Ok(true);
    }
    let (patterns, parts) = (split(pattern), split(arn));
    if patterns.len() != parts.len() {
        return Ok(false);
    }
    for (pattern, part) in patterns.iter().zip(parts) {
        if !like(pattern, part, context)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// At the first five colons that do not stand in a variable.
fn split(arn: &str) -> Vec<&str> {
    let (mut parts, mut from, mut inside) = (Vec::new(), 0, false);
    for (at, letter) in arn.char_indices() {
        match letter {
            '{' => inside = true,
            '}' => inside = false,
            ':' if !inside && parts.len() < 5 => {
                parts.extend(arn.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(arn.get(from..));
    parts
}
