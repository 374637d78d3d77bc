//! Values that must not be seen, in the forms in which they could be: as they are, in hex, in base64.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use std::collections::HashMap;

/// Bytes by which a needle is looked up.
const HEAD: usize = 8;

/// Everything that is looked for.
#[derive(Default)]
pub struct Needles {
    by_head: HashMap<[u8; HEAD], Vec<(String, Vec<u8>)>>,
}

impl Needles {
    /// Adds a value; `name` is what a finding says.
    pub fn add(&mut self, name: &str, value: &str) {
        assert!(value.len() >= HEAD, "{name} is too short to be looked for");
        for (form, bytes) in forms(value) {
            let head: [u8; HEAD] = bytes[..HEAD].try_into().expect("long enough");
            self.by_head
                .entry(head)
                .or_default()
                .push((format!("{name}, {form}"), bytes));
        }
    }

    /// Names what `hay` holds, without the values.
    pub fn found(&self, place: &str, hay: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, head) in hay.windows(HEAD).enumerate() {
            let Some(here) = <&[u8; HEAD]>::try_from(head)
                .ok()
                .and_then(|h| self.by_head.get(h))
            else {
                continue;
            };
            for (name, bytes) in here {
                let line = format!("{name} in {place}");
                if hay[at..].starts_with(bytes) && !found.contains(&line) {
                    found.push(line);
                }
            }
        }
        found
    }
}

/// The forms of a value. What base64 makes of it depends on where among three bytes it begins.
fn forms(value: &str) -> Vec<(String, Vec<u8>)> {
    let hexadecimal = hex::encode(value);
    let mut forms = vec![
        ("plain".to_owned(), value.as_bytes().to_vec()),
        ("upper hex".to_owned(), hexadecimal.to_uppercase().into_bytes()),
        ("hex".to_owned(), hexadecimal.into_bytes()),
    ];
    for offset in 0..3usize {
        let bytes = [vec![0; offset], value.as_bytes().to_vec()].concat();
        // Characters that say nothing about what stands before or after.
        let (from, to) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
        for (form, text) in [
            ("base64", STANDARD_NO_PAD.encode(&bytes)),
            ("base64url", URL_SAFE_NO_PAD.encode(&bytes)),
        ] {
            forms.push((format!("{form} at {offset}"), text.as_bytes()[from..to].to_vec()));
        }
    }
    forms
}

#[test]
fn every_form_of_a_planted_value_is_found() {
    let mut needles = Needles::default();
    needles.add("it", "Ada?>Lovelace~ü");
    let value = "Ada?>Lovelace~ü";
    for before in ["", "x", "xy", "xyz"] {
        let text = format!("{before}{value}zz");
        for hay in [
            text.clone(),
            hex::encode(&text),
            hex::encode_upper(&text),
            STANDARD_NO_PAD.encode(&text),
            URL_SAFE_NO_PAD.encode(&text),
        ] {
            assert!(!needles.found("a text", hay.as_bytes()).is_empty(), "{hay}");
        }
        assert!(needles.found("a text", b"Ada?>Lovelac and more of it").is_empty());
    }
}
