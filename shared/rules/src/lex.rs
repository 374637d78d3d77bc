//! Words of the text form.

use crate::{Fault, Place};
use rust_decimal::Decimal;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// A name, or a word of the language.
    Name(String),
    /// A name in backticks, which is never a word of the language.
    Quoted(String),
    /// A text, unescaped.
    Text(String),
    /// Digits.
    Whole(String),
    /// Digits with a point.
    Decimal(Decimal),
    /// A sign.
    Sign(&'static str),
    /// The end.
    End,
}

/// A word, and where it begins.
pub(crate) type Found = (Word, Place);

/// Signs, longer ones first.
const SIGNS: [&str; 15] = [
    "!=", "<=", ">=", "==", "=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]",
];

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Lexer<'a> {
    fn place(&self) -> Place {
        Place::Text {
            line: self.line,
            column: self.column,
        }
    }

    /// Takes this many bytes, which end between characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        for letter in taken.chars() {
            if letter == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn run(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn fault(&self, why: &str) -> Fault {
        Fault {
            at: self.place(),
            why: why.to_owned(),
        }
    }

    fn word(&mut self) -> Result<Word, Fault> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(Word::End);
        };
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.run(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            return Ok(Word::Name(name.to_owned()));
        }
        if first.is_ascii_digit() {
            let fault = self.fault("is not a number");
            let digits = self.run(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
            if digits.bytes().all(|b| b.is_ascii_digit()) {
                return Ok(Word::Whole(digits.to_owned()));
            }
            return crate::number::decimal(digits).map(Word::Decimal).ok_or(fault);
        }
        if first == '"' {
            return self.text();
        }
        if first == '`' {
            let fault = self.fault("a name in backticks does not end");
            let end = self.rest.get(1..).and_then(|rest| rest.find('`')).ok_or(fault)?;
            let taken = self.take(end + 2);
            return Ok(Word::Quoted(taken.trim_matches('`').to_owned()));
        }
        if first == ',' {
            self.take(1);
            return Ok(Word::Sign(","));
        }
        let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        let sign = sign.ok_or_else(|| self.fault("is no part of the language"))?;
        self.take(sign.len());
        Ok(Word::Sign(if *sign == "==" { "=" } else { sign }))
    }

    /// A text in quotes, with the escapes of JSON.
    fn text(&mut self) -> Result<Word, Fault> {
        let (mut escaped, mut end) = (false, None);
        for (at, letter) in self.rest.char_indices().skip(1) {
            match letter {
                '"' if !escaped => {
                    end = Some(at + 1);
                    break;
                }
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        let end = end.ok_or_else(|| self.fault("a text does not end"))?;
        let fault = self.fault("a text has an escape or a control character that JSON does not have");
        serde_json::from_str(self.take(end))
            .map(Word::Text)
            .map_err(|_| fault)
    }
}

/// All words of a text; the last one is the end.
pub(crate) fn words(text: &str) -> Result<Vec<Found>, Fault> {
    let mut lexer = Lexer {
        rest: text,
        line: 1,
        column: 1,
    };
    let mut words = Vec::new();
    loop {
        lexer.run(char::is_whitespace);
        let at = lexer.place();
        let word = lexer.word()?;
        let last = word == Word::End;
        words.push((word, at));
        if last {
            return Ok(words);
        }
    }
}
