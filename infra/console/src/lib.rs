//! What commands share: lines and tables for people, JSON as it is kept, and a client for the platform's own authority.

pub mod http;
mod json;
pub mod table;

pub use json::json_text;
use std::io::Write;

/// Writes a line for people to standard output.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
