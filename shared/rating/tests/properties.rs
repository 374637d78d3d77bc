//! What holds of all periods, prices and changes, against models that are slow and obvious.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;
use rating::{
    Aggregation, Anchor, Axis, Fraction, Interval, Model, Number, Period, Proration, Reading, Schedule,
    Segment, Tally, Terms, Tier, Unit, Zone, change,
};
use std::collections::BTreeMap;

const UNITS: [Unit; 6] = [
    Unit::Day,
    Unit::Week,
    Unit::Month,
    Unit::Quarter,
    Unit::HalfYear,
    Unit::Year,
];

fn zones() -> Vec<Zone> {
    Zone::names().map(|name| Zone::named(&name).unwrap()).collect()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What is known of a schedule without its code: the day of period `n`, by counting days or months up one by one.
fn slow_day(start: Date, unit: Unit, count: u16, n: i64) -> Date {
    let steps = n * i64::from(count);
    let (each, days) = match unit {
        Unit::Day => (1, true),
        Unit::Week => (7, true),
        Unit::Month => (1, false),
        Unit::Quarter => (3, false),
        Unit::HalfYear => (6, false),
        Unit::Year => (12, false),
    };
    if days {
        return (0..steps * each).fold(start, |date, _| date.tomorrow().unwrap());
    }
    let mut month = start.first_of_month();
    for _ in 0..steps * each {
        month = month.last_of_month().tomorrow().unwrap();
    }
    let day = start.day().min(month.days_in_month());
    Date::new(month.year(), month.month(), day).unwrap()
}

/// The first instant at which clocks show a local time or a later one, found by asking them.
fn slow_instant(zone: &Zone, date: Date, time: jiff::civil::Time) -> Timestamp {
    let wanted = date.to_datetime(time);
    let about = wanted
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
        .as_second();
    // No zone is further than a day and a bit from UTC; a jump back within the day is found by the quarters of an hour.
    let mut before = about - 100_000;
    let mut found = before;
    while zone.local(at(found)) < wanted {
        before = found;
        found += 600;
    }
    while found - before > 1 {
        let middle = before + (found - before) / 2;
        if zone.local(at(middle)) < wanted {
            before = middle
        } else {
            found = middle
        }
    }
    at(found)
}

#[test]
fn periods_tile_30_years_in_every_zone() {
    // A month in every zone from the last minute of the 31st, a day's in those whose clocks jump.
    for zone in zones() {
        let local = "1996-01-31T00:30".parse().unwrap();
        let start = zone.instant(local).unwrap();
        for (unit, periods) in [(Unit::Month, 360), (Unit::Year, 30)] {
            let interval = Interval::new(unit, 1).unwrap();
            for anchor in [Anchor::Start, Anchor::Calendar, Anchor::Day(30)] {
                let schedule = Schedule::new(zone.clone(), start, interval, anchor).unwrap();
                let mut end = start;
                for n in 0..periods {
                    let period = schedule.period(n).unwrap();
                    assert_eq!(period.start, end, "{zone:?} {unit:?} {anchor:?} {n}");
                    assert!(!period.is_empty());
                    end = period.end;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn days_and_weeks_tile_time_over_30_years(
        zone in proptest::sample::select(zones()), start in 0i64..2_000_000_000, unit in 0usize..6, count in 1u16..4,
        anchor in 0usize..3, n in 0i64..200,
    ) {
        let unit = UNITS[unit];
        let anchor = match (anchor, unit) {
            (0, _) => Anchor::Start,
            (1, _) | (_, Unit::Day) => Anchor::Calendar,
            (_, Unit::Week) => Anchor::Day(4),
            _ => Anchor::Day(31),
        };
        let interval = Interval::new(unit, count).unwrap();
        let schedule = Schedule::new(zone, at(start), interval, anchor).unwrap();
        prop_assert!(schedule.boundary(0).unwrap() <= at(start));
        prop_assert!(schedule.period(0).unwrap().contains(at(start)));
        let (this, next) = (schedule.period(n).unwrap(), schedule.period(n + 1).unwrap());
        prop_assert!(this.start <= this.end);
        prop_assert_eq!(this.end, next.start);
        // The end belongs to the next, what is before it does not; a day that a zone skipped has no instants.
        if !this.is_empty() {
            prop_assert_eq!(schedule.index(this.start), Ok(Some(n)));
            let last = this.end - jiff::SignedDuration::from_secs(1);
            prop_assert_eq!(schedule.index(last.max(this.start)), Ok(Some(n)));
        }
        prop_assert!(schedule.index(this.end).unwrap() > Some(n));
        prop_assert_eq!(schedule.index(at(start - 1)), Ok(None));
    }

    #[test]
    fn period_n_is_the_original_anchor_and_n_intervals(
        zone in proptest::sample::select(zones()), start in 0i64..2_000_000_000, unit in 0usize..6, count in 1u16..4, n in 1i64..40,
    ) {
        let unit = UNITS[unit];
        let interval = Interval::new(unit, count).unwrap();
        let local = zone.local(at(start));
        let schedule = Schedule::new(zone.clone(), at(start), interval, Anchor::Start).unwrap();
        let day = slow_day(local.date(), unit, count, n);
        prop_assert_eq!(schedule.boundary(n).unwrap(), slow_instant(&zone, day, local.time()));
    }

    #[test]
    fn parts_of_a_period_are_all_of_it(
        zone in proptest::sample::select(zones()), start in 0i64..2_000_000_000, cuts in prop::collection::vec(0u32..1000, 0..6),
        by_day: bool,
    ) {
        let month = Interval::new(Unit::Month, 1).unwrap();
        let schedule = Schedule::new(zone.clone(), at(start), month, Anchor::Start).unwrap();
        let full = schedule.full(3).unwrap();
        let axis = Axis::new(&zone, if by_day { Proration::Day } else { Proration::Second });
        let length = full.end.as_second() - full.start.as_second();
        let mut edges: Vec<_> = cuts.iter().map(|cut| at(full.start.as_second() + length * i64::from(*cut) / 1000)).collect();
        edges.extend([full.start, full.end]);
        edges.sort();
        let parts = edges.windows(2).map(|pair| Period { start: pair[0], end: pair[1] });
        let parts: Vec<_> = parts.filter_map(|part| axis.fraction(part, full).unwrap()).collect();
        let whole = parts[0].whole();
        prop_assert_eq!(parts.iter().map(|part| part.part()).sum::<u64>(), whole);
        prop_assert!(parts.iter().all(|part| part.whole() == whole));
        if by_day { prop_assert!((28..=31).contains(&whole)); }
    }

    /// Against a table of what each day costs: every unit of the period has the terms of the last change at or before it.
    #[test]
    fn twelve_changes_bill_what_a_model_by_days_bills(
        full in 1i64..367, first in 0i64..100, changes in prop::collection::vec((0i64..367, 0u32..5, 0i64..100_000), 0..12),
    ) {
        let from = first % full;
        let price = |name: u32, amount: i64| Terms { name: name.to_string(), amount: Number::whole(amount) };
        let prices: BTreeMap<u32, i64> = changes.iter().map(|(_, name, amount)| (*name, *amount)).collect();
        let begin = price(9, 3_333);
        let share = Fraction::new((full - from) as u64, full as u64).unwrap();
        let net = begin.amount.rounded(share).unwrap();
        let mut segments = vec![Segment { from, to: full, terms: begin.clone(), net, taken: 0 }];
        let mut days: Vec<Terms> = (0..full).map(|_| begin.clone()).collect();
        let (mut billed, mut rounded) = (net, 1);
        let mut places: Vec<_> = changes.iter().map(|(at, name, _)| (at % full, *name)).filter(|(at, _)| *at >= from).collect();
        places.sort_by_key(|(at, _)| *at);
        for (at, name) in places {
            let terms = price(name, prices[&name]);
            let change = change(&segments, at, full, Some(terms.clone())).unwrap();
            if let Some((segment, credit, _)) = &change.credit { prop_assert!(*credit > 0 && segment.to == full); }
            billed += change.net();
            rounded += 2;
            segments = change.segments;
            for day in &mut days[at as usize..] { *day = terms.clone(); }
        }
        // What is left of the segments is what was billed; they tile the period and stand where the model says.
        prop_assert_eq!(segments.iter().map(|s| s.net).sum::<i64>(), billed);
        prop_assert_eq!(segments[0].from, from);
        prop_assert_eq!(segments.last().unwrap().to, full);
        for pair in segments.windows(2) { prop_assert_eq!(pair[0].to, pair[1].from); }
        for segment in &segments {
            prop_assert!(segment.from < segment.to);
            for day in segment.from..segment.to { prop_assert_eq!(&days[day as usize], &segment.terms); }
        }
        // Within half a unit for each line that was rounded: exact × full, summed day by day.
        let exact: i64 = days[from as usize..].iter().map(|terms| terms.amount.minor().unwrap()).sum();
        prop_assert!((2 * (billed * full - exact)).abs() <= rounded * full, "{} {}", billed, exact);
    }

    #[test]
    fn back_and_forth_at_one_instant_bills_nothing(full in 2i64..367, at in 1i64..366, amount in 0i64..100_000, other in 0i64..100_000) {
        let at = at % full;
        let terms = |name: &str, amount| Terms { name: name.into(), amount: Number::whole(amount) };
        let first = Segment { from: 0, to: full, terms: terms("a", amount), net: amount, taken: 0 };
        let there = change(std::slice::from_ref(&first), at, full, Some(terms("b", other))).unwrap();
        let back = change(&there.segments, at, full, Some(terms("a", amount))).unwrap();
        prop_assert_eq!(there.net() + back.net(), 0);
        prop_assert_eq!(back.segments, vec![first]);
    }

    /// Unit by unit: each falls into the first tier that reaches it.
    #[test]
    fn tiers_cost_what_a_count_unit_by_unit_says(
        steps in prop::collection::vec((1i64..20, 0i64..500, 0i64..900), 1..5), quantity in 0i64..80,
    ) {
        let mut end = 0;
        let last = steps.len() - 1;
        let tiers: Vec<Tier> = steps.iter().enumerate().map(|(n, (width, unit, flat))| {
            end += width;
            Tier { up_to: (n < last).then(|| Number::whole(end)), unit_amount: Number::whole(*unit), flat_amount: Number::whole(*flat) }
        }).collect();
        let of = |unit: i64| {
            let mut end = 0;
            for (n, (width, amount, flat)) in steps.iter().enumerate() {
                end += width;
                if unit <= end || n == last { return (n, *amount, *flat); }
            }
            unreachable!()
        };
        let graduated: i64 = (1..=quantity).map(|unit| of(unit).1).sum::<i64>()
            + steps.iter().take(of(quantity).0 + 1).map(|(_, _, flat)| flat).sum::<i64>();
        let (_, amount, flat) = of(quantity);
        let cost = |model: Model| {
            model.check().unwrap();
            let priced = model.price(Number::whole(quantity)).unwrap();
            let sum = priced.steps.iter().fold(Number::ZERO, |sum, step| sum.plus(step.amount).unwrap());
            assert_eq!(sum, priced.exact);
            priced.amount(Fraction::ALL).unwrap()
        };
        prop_assert_eq!(cost(Model::Graduated(tiers.clone())), graduated);
        prop_assert_eq!(cost(Model::Volume(tiers)), quantity * amount + flat);
    }
}

const AGGREGATIONS: [Aggregation; 6] = [
    Aggregation::Sum,
    Aggregation::Count,
    Aggregation::Max,
    Aggregation::Last,
    Aggregation::Unique,
    Aggregation::WeightedSum,
];

/// What events come to, in whole numbers and one millisecond after the other; times the length of the period, where it is weighted.
fn slow_quantity(aggregation: Aggregation, events: &[(i64, i64)], length: i64) -> i128 {
    let values = || events.iter().map(|(_, value)| i128::from(*value));
    match aggregation {
        Aggregation::Sum => values().sum(),
        Aggregation::Count => events.len() as i128,
        Aggregation::Max => values().max().unwrap_or(0),
        Aggregation::Last => {
            let mut last = (i64::MIN, 0);
            for (place, (at, _)) in events.iter().enumerate() {
                if *at >= last.0 {
                    last = (*at, place);
                }
            }
            values().nth(last.1).unwrap_or(0)
        }
        Aggregation::Unique => values().collect::<std::collections::BTreeSet<_>>().len() as i128,
        Aggregation::WeightedSum => {
            let mut sum = 0;
            for moment in 0..length {
                let level = events
                    .iter()
                    .filter(|(at, _)| *at <= moment)
                    .max_by_key(|(at, _)| *at);
                sum += level.map_or(0, |(_, value)| i128::from(*value));
            }
            sum
        }
    }
}

proptest! {
    /// However events are cut into batches and in whichever order these come, they come to what a slow model says.
    #[test]
    fn batches_in_any_order_come_to_what_a_slow_model_says(
        events in proptest::collection::vec((0i64..200, -50i64..50), 0..30), batches in 1usize..6, turn in 0usize..30, length in 1i64..200,
    ) {
        let mut events: Vec<(i64, i64)> = events.into_iter().filter(|(at, _)| *at < length).collect();
        // The model breaks ties by place, and keys are places.
        events.sort_by_key(|(at, _)| *at);
        for aggregation in AGGREGATIONS {
            let mut readings: Vec<Reading> = events.iter().enumerate().map(|(place, (at, value))| Reading {
                at: *at, key: format!("{place:03}"), value: value.to_string(),
            }).collect();
            if aggregation == Aggregation::WeightedSum {
                // Of one instant only the last level holds for any time.
                readings.reverse();
                readings.dedup_by_key(|reading| reading.at);
                events = readings.iter().rev().map(|r| (r.at, r.value.parse().unwrap())).collect();
            }
            if !readings.is_empty() { let by = turn % readings.len(); readings.rotate_left(by); }
            let mut tally = Tally::default();
            for batch in 0..batches {
                let own = readings.iter().skip(batch).step_by(batches).cloned().collect();
                let other = Tally::of(aggregation, own).unwrap();
                tally = if batch % 2 == 0 { tally.with(aggregation, other) } else { other.with(aggregation, tally) }.unwrap();
            }
            prop_assert_eq!(tally.events, i64::try_from(events.len()).unwrap());
            let got = tally.quantity(aggregation, 0, length).unwrap();
            let slow = slow_quantity(aggregation, &events, length);
            let slow = Number::exact(&slow.to_string()).unwrap();
            let slow = if aggregation == Aggregation::WeightedSum { slow.divided(u64::try_from(length).unwrap()).unwrap() } else { slow };
            prop_assert_eq!(got, slow, "{:?}", aggregation);
        }
    }
}
