//! JSON documents that are kept in the repository.

use serde_json::Value;

/// How deep a document is broken into lines: a path's method stands on one.
const LINES: usize = 3;

/// A document as it is kept.
#[must_use]
pub fn json_text(document: &Value) -> String {
    let mut text = String::new();
    lines(document, 0, &mut text);
    text.push('\n');
    text
}

/// JSON in lines short enough to see a change in, and few enough to keep every version.
fn lines(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if depth < LINES && !members.is_empty() => {
            let indent = " ".repeat(depth + 1);
            out.push_str("{\n");
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push_str(",\n");
                }
                out.push_str(&format!("{indent}{}: ", Value::from(name.as_str())));
                lines(member, depth + 1, out);
            }
            out.push_str(&format!("\n{}}}", " ".repeat(depth)));
        }
        other => out.push_str(&other.to_string()),
    }
}
