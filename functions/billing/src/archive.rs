//! Archives: what is in one takes nothing new, and stays for what names it.

use shared::time::Timestamp;

/// Since when something is archived, once it was asked whether it is to be: what is archived already is so since then.
#[must_use]
pub fn archived(since: Option<Timestamp>, asked: bool, now: Timestamp) -> Option<Timestamp> {
    asked.then(|| since.unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_archived_stays_so_since_it_was() {
        let (then, now) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(archived(None, true, now), Some(now));
        assert_eq!(archived(Some(then), true, now), Some(then));
        assert_eq!(archived(Some(then), false, now), None);
        assert_eq!(archived(None, false, now), None);
    }
}
