//! Times as bounds of ids: an id begins with the millisecond that it was made at.

/// The first and the last possible id of entries made at a millisecond.
#[must_use]
pub fn entries_at(millisecond: i64) -> (String, String) {
    ids_at("aud", millisecond)
}

/// The first and the last possible id with a prefix made at a millisecond.
pub use shared::ids::bounds as ids_at;

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{ids::EntryId, time::Timestamp};

    #[test]
    fn bounds_hold_every_id_of_their_millisecond_and_no_other() {
        let now: Timestamp = "2026-11-21T10:00:00.123Z".parse().unwrap();
        let (first, last) = entries_at(now.as_millisecond());
        for _ in 0..100 {
            let id = EntryId::new(now).to_string();
            assert!(first <= id && id <= last, "{first} {id} {last}");
        }
        assert!(last < entries_at(now.as_millisecond() + 1).0);
        assert!(EntryId::parse(&first).is_ok() && EntryId::parse(&last).is_ok());
        assert_eq!(entries_at(-5), entries_at(0));
        assert_eq!(entries_at(i64::MAX).1.len(), first.len());
    }
}
