//! Entries as comma-separated values (RFC 4180), which no spreadsheet takes for formulas.

use serde_json::{Map, Value};

/// The members of an entry that have a column.
const COLUMNS: [&str; 22] = [
    "id",
    "at",
    "tenant",
    "region",
    "activity",
    "code",
    "outcome",
    "status",
    "problem",
    "actor",
    "actor_tenant",
    "session",
    "address",
    "agent",
    "object",
    "reason",
    "right",
    "grant",
    "policy",
    "method",
    "path",
    "request_id",
];

/// The first line.
#[must_use]
pub fn header() -> String {
    let cells: Vec<String> = std::iter::once("index").chain(COLUMNS).map(cell).collect();
    cells.join(",")
}

/// An entry as a line.
#[must_use]
pub fn row(index: u64, entry: &Map<String, Value>) -> String {
    let value = |name: &str| match entry.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            texts.join(" ")
        }
        Some(other) => other.to_string(),
    };
    let cells: Vec<String> = std::iter::once(index.to_string())
        .chain(COLUMNS.map(value))
        .map(|text| cell(&text))
        .collect();
    cells.join(",")
}

/// A quoted cell. What a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV Injection), and line
/// breaks become spaces, so that a line is a row.
fn cell(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let formula = |c: char| "=+-@|%\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c);
    let guard = if text.trim_start().starts_with(formula) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_cell_begins_like_a_formula_or_leaves_its_place() {
        for (text, wanted) in [
            ("plain", "\"plain\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            (" =1", "\"' =1\""),
            ("\t=1", "\"' =1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("a\",\"=1", "\"a\"\",\"\"=1\""),
            ("a\r\n=1", "\"a  =1\""),
            ("a,b", "\"a,b\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_column() {
        let entry = json!({"id": "aud_1", "status": 200, "policy": ["a/1", "b/2"], "agent": "=1,\"2\"", "details": {"x": 1}});
        let Value::Object(entry) = entry else {
            unreachable!()
        };
        let row = row(7, &entry);
        assert!(
            row.starts_with("\"7\",\"aud_1\",") && row.contains("\"a/1 b/2\"") && row.contains("\"200\"")
        );
        assert!(row.contains("\"'=1,\"\"2\"\"\""), "{row}");
        assert_eq!(header().split(',').count(), COLUMNS.len() + 1);
        assert!(!row.contains('\n'));
    }
}
