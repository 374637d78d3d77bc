//! Zones of IANA, from the table that this build brings.

use crate::Wrong;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};
use std::{fmt, sync::LazyLock};

static TABLE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone by its name, such as `Europe/Paris`.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name.
    ///
    /// # Errors
    /// [`Wrong::Zone`] when there is none.
    pub fn named(name: &str) -> Result<Self, Wrong> {
        TABLE.get(name).map(Self).map_err(|_| Wrong::Zone)
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = String> {
        TABLE.available().map(|name| name.to_string())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What its clocks show.
    #[must_use]
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.0.to_datetime(instant)
    }

    /// What its calendars show.
    #[must_use]
    pub fn date(&self, instant: Timestamp) -> Date {
        self.local(instant).date()
    }

    /// When its clocks show this: the first time where they do so twice, and where they skip it the first instant after the gap.
    ///
    /// # Errors
    /// [`Wrong::Time`] outside the calendar.
    pub fn instant(&self, local: DateTime) -> Result<Timestamp, Wrong> {
        let at = |offset: jiff::tz::Offset| offset.to_timestamp(local).map_err(|_| Wrong::Time);
        match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset),
            AmbiguousOffset::Fold { before, .. } => at(before),
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the later offset it is an instant before the clocks jump, and no other jump lies between.
                let jump = self.0.following(at(after)?).next();
                jump.map(|jump| jump.timestamp()).ok_or(Wrong::Time)
            }
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(zone: &str, local: &str) -> String {
        let zone = Zone::named(zone).unwrap();
        zone.instant(local.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn what_clocks_skip_is_the_first_instant_after_the_gap() {
        assert_eq!(
            instant("America/New_York", "2024-03-10T02:30"),
            "2024-03-10T07:00:00Z"
        );
        assert_eq!(
            instant("America/New_York", "2024-03-10T02:00"),
            "2024-03-10T07:00:00Z"
        );
        assert_eq!(
            instant("America/New_York", "2024-03-10T03:00"),
            "2024-03-10T07:00:00Z"
        );
        assert_eq!(
            instant("Australia/Lord_Howe", "2024-10-06T02:15"),
            "2024-10-05T15:30:00Z"
        );
        // Midnight itself is skipped, and in Samoa a whole day.
        assert_eq!(
            instant("America/Santiago", "2024-09-08T00:00"),
            "2024-09-08T04:00:00Z"
        );
        assert_eq!(
            instant("Pacific/Apia", "2011-12-30T12:00"),
            "2011-12-30T10:00:00Z"
        );
    }

    #[test]
    fn what_clocks_show_twice_is_the_first_time() {
        assert_eq!(
            instant("America/New_York", "2024-11-03T01:30"),
            "2024-11-03T05:30:00Z"
        );
        assert_eq!(
            instant("Europe/Berlin", "2024-10-27T02:30"),
            "2024-10-27T00:30:00Z"
        );
        assert_eq!(
            instant("Europe/Berlin", "2024-10-27T03:00"),
            "2024-10-27T02:00:00Z"
        );
    }

    #[test]
    fn zones_are_named_as_iana_names_them() {
        for bad in ["", "Europe/Atlantis", "+01:00", "../etc/passwd"] {
            assert_eq!(Zone::named(bad), Err(Wrong::Zone), "{bad}");
        }
        assert_eq!(Zone::named("Europe/Paris").unwrap().name(), "Europe/Paris");
        assert!(Zone::names().count() > 400);
    }
}
