//! The activities that entries can have: those of every function of every service.

/// One a line, generated from the declarations.
static ALL: &str = include_str!("../activities.txt");

/// Most names that a refusal suggests.
const NEAR: usize = 3;

/// Every activity.
pub fn all() -> impl Iterator<Item = &'static str> {
    ALL.lines()
}

/// Whether an entry can have this activity.
///
/// # Errors
/// Says which are written most like it. What was asked for is not repeated.
pub fn known(activity: &str) -> Result<(), String> {
    if all().any(|there| there == activity) {
        return Ok(());
    }
    let mut near: Vec<(usize, &str)> = all().map(|there| (distance(activity, there), there)).collect();
    near.sort_unstable();
    let near: Vec<&str> = near.into_iter().take(NEAR).map(|(_, there)| there).collect();
    Err(format!("is no activity; near it are {}", near.join(", ")))
}

/// How far a name is from another: letters to change, and none for what stands within it.
fn distance(asked: &str, there: &str) -> usize {
    let asked = asked.to_ascii_lowercase();
    let function = there.split_once('.').map_or(there, |(_, function)| function);
    if function == asked || (asked.len() > 3 && there.contains(asked.as_str())) {
        return 0;
    }
    let own = asked
        .split_once('.')
        .map_or(asked.as_str(), |(_, function)| function);
    edits(&asked, there).min(edits(own, function).saturating_add(1))
}

/// Letters to add, take away or change (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, letter) in one.chars().enumerate() {
        let mut diagonal = n;
        let mut left = n + 1;
        for (cell, there) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal + usize::from(letter != *there);
            diagonal = *cell;
            left = changed.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (one, other, far) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("ab", "ab", 0),
        ] {
            assert_eq!(
                (edits(one, other), edits(other, one)),
                (far, far),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn who_asks_for_none_is_told_what_there_is() {
        known("identity.create_session").unwrap();
        for (asked, near) in [
            ("identity.login", "identity."),
            ("create_session", "identity.create_session"),
            ("billing.reed_customer", "billing.read_customer"),
            ("payments.create_paymnt", "payments.create_payment"),
            ("identity.create_customer", "billing.create_customer"),
        ] {
            let why = known(asked).unwrap_err();
            assert!(why.contains(near), "{asked}: {why}");
        }
    }
}
