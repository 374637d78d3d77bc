//! Whether a document may be issued.

mod codes;
mod parties;
mod profiles;
mod rule;
mod sums;
mod tax;
mod texts;

pub use rule::{Fault, Rule};

use crate::document::{Document, Profile};

/// What is wrong, as it is found.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, rule: Rule, at: impl Into<String>) {
        self.0.push(Fault { rule, at: at.into() });
    }

    /// Notes the rule where it does not hold.
    fn unless(&mut self, holds: bool, rule: Rule, at: impl Into<String>) {
        if !holds {
            self.add(rule, at);
        }
    }
}

/// Checks sums to the minor unit, by our own rules; and for every profile but [`Profile::Page`] what EN 16931 and the profile ask for.
///
/// What the standard's own artefacts tolerate is not tolerated: they let the tax of a group be almost one unit of the currency off
/// (BR-CO-17).
///
/// # Errors
/// Everything that is wrong.
pub fn validate(document: &Document) -> Result<(), Vec<Fault>> {
    let mut faults = Faults::default();
    texts::check(document, &mut faults);
    sums::check(document, &mut faults);
    tax::sums(document, &mut faults);
    if document.profile != Profile::Page {
        codes::check(document, &mut faults);
        parties::check(document, &mut faults);
        tax::categories(document, &mut faults);
        profiles::check(document, &mut faults);
    }
    if faults.0.is_empty() {
        Ok(())
    } else {
        Err(faults.0)
    }
}
