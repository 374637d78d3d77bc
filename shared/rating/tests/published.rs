//! Numbers that others have published, and that are got wrong elsewhere. Each test names its case.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use jiff::Timestamp;
use rating::{
    Aggregation, Anchor, Axis, Fraction, Interval, Model, Number, PercentageTerms, Period, Proration,
    Reading, Schedule, Segment, Tally, Terms, Tier, Unit, Wrong, Zone, change, commitment, trial_end,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

fn schedule(name: &str, start: &str, unit: Unit, anchor: Anchor) -> Schedule {
    Schedule::new(zone(name), at(start), Interval::new(unit, 1).unwrap(), anchor).unwrap()
}

/// The local days on which the first periods begin.
fn days(schedule: &Schedule, count: i64) -> Vec<String> {
    let day = |n| {
        schedule
            .zone()
            .date(schedule.period(n).unwrap().start)
            .to_string()
    };
    (0..count).map(day).collect()
}

/// The instant at which a local day begins.
fn day(zone: &Zone, date: &str) -> Timestamp {
    zone.instant(format!("{date}T00:00").parse().unwrap()).unwrap()
}

fn by_day(zone: &Zone, part: (&str, &str), whole: (&str, &str)) -> Fraction {
    let period = |(start, end)| Period {
        start: day(zone, start),
        end: day(zone, end),
    };
    let axis = Axis::new(zone, Proration::Day);
    axis.fraction(period(part), period(whole)).unwrap().unwrap()
}

fn tiers(list: &[(Option<&str>, &str)]) -> Vec<Tier> {
    let tier = |(up_to, unit): &(Option<&str>, &str)| Tier {
        up_to: up_to.map(number),
        unit_amount: number(unit),
        flat_amount: Number::ZERO,
    };
    list.iter().map(tier).collect()
}

fn cost(model: &Model, quantity: &str) -> i64 {
    model.check().unwrap();
    model
        .price(number(quantity))
        .unwrap()
        .amount(Fraction::ALL)
        .unwrap()
}

#[test]
fn los_angeles_a_trial_of_30_days_ends_on_31_march_at_its_time_of_day_and_anchors_there() {
    let zone = zone("America/Los_Angeles");
    let start = zone.instant("2017-03-01T23:30".parse().unwrap()).unwrap();
    let paid = trial_end(&zone, start, 30).unwrap();
    assert_eq!(paid, at("2017-04-01T06:30:00Z"));
    let interval = Interval::new(Unit::Month, 1).unwrap();
    let schedule = Schedule::new(zone, paid, interval, Anchor::Start).unwrap();
    assert_eq!(days(&schedule, 3), ["2017-03-31", "2017-04-30", "2017-05-31"]);
}

#[test]
fn new_york_a_month_counts_from_the_local_day_and_nothing_is_prorated() {
    let schedule = schedule(
        "America/New_York",
        "2023-03-01T03:47:56Z",
        Unit::Month,
        Anchor::Start,
    );
    assert_eq!(
        days(&schedule, 4),
        ["2023-02-28", "2023-03-28", "2023-04-28", "2023-05-28"]
    );
    assert_eq!(schedule.period(0), schedule.full(0));
}

#[test]
fn denver_a_calendar_week_begun_on_thursday_is_four_sevenths() {
    let schedule = schedule(
        "America/Denver",
        "2023-06-16T05:00:00Z",
        Unit::Week,
        Anchor::Calendar,
    );
    let axis = Axis::new(schedule.zone(), Proration::Day);
    let part = axis.fraction(schedule.period(0).unwrap(), schedule.full(0).unwrap());
    assert_eq!(part, Fraction::new(4, 7).map(Some));
    assert_eq!(number("700").rounded(part.unwrap().unwrap()), Ok(400));
}

#[test]
fn paris_runs_before_and_after_midnight_utc_are_in_one_period() {
    let schedule = schedule("Europe/Paris", "2023-05-22T22:00:00Z", Unit::Week, Anchor::Start);
    assert_eq!(days(&schedule, 2), ["2023-05-23", "2023-05-30"]);
    for run in ["2023-05-30T20:00:00Z", "2023-05-30T23:00:00Z"] {
        assert_eq!(schedule.index(at(run)), Ok(Some(1)));
    }
}

#[test]
fn monthly_from_30_january_2024_is_clamped_and_never_chained() {
    let schedule = schedule(
        "Europe/Berlin",
        "2024-01-30T11:00:00Z",
        Unit::Month,
        Anchor::Start,
    );
    assert_eq!(
        days(&schedule, 4),
        ["2024-01-30", "2024-02-29", "2024-03-30", "2024-04-30"]
    );
}

#[test]
fn yearly_from_29_february_2024_comes_back_to_it_in_2028() {
    let schedule = schedule("UTC", "2024-02-29T00:00:00Z", Unit::Year, Anchor::Start);
    let expected = [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ];
    assert_eq!(days(&schedule, 5), expected);
}

#[test]
fn a_chosen_31st_is_the_last_day_of_shorter_months() {
    let schedule = schedule(
        "Europe/Berlin",
        "2024-02-10T12:00:00Z",
        Unit::Month,
        Anchor::Day(31),
    );
    assert_eq!(
        days(&schedule, 4),
        ["2024-02-10", "2024-02-29", "2024-03-31", "2024-04-30"]
    );
    assert_eq!(
        schedule.zone().date(schedule.boundary(0).unwrap()).to_string(),
        "2024-01-31"
    );
}

#[test]
fn nine_a_month_for_three_days_of_february() {
    let utc = zone("UTC");
    let leap = by_day(&utc, ("2020-02-27", "2020-03-01"), ("2020-02-01", "2020-03-01"));
    assert_eq!((leap.part(), leap.whole()), (3, 29));
    assert_eq!(number("900").rounded(leap), Ok(93));
    let plain = by_day(&utc, ("2025-02-26", "2025-03-01"), ("2025-02-01", "2025-03-01"));
    assert_eq!(number("900").rounded(plain), Ok(96));
}

#[test]
fn three_weeks_of_a_quarter_of_91_days() {
    let berlin = zone("Europe/Berlin");
    let part = by_day(
        &berlin,
        ("2024-05-20", "2024-06-10"),
        ("2024-04-01", "2024-07-01"),
    );
    assert_eq!((part.part(), part.whole()), (21, 91));
    assert_eq!(number("30000").rounded(part), Ok(6923));
    let quarter = schedule(
        "Europe/Berlin",
        "2024-05-20T10:00:00Z",
        Unit::Quarter,
        Anchor::Calendar,
    );
    let full = quarter.full(0).unwrap();
    assert_eq!(
        (full.start, full.end),
        (day(&berlin, "2024-04-01"), day(&berlin, "2024-07-01"))
    );
}

#[test]
fn half_units_in_volume_and_graduated_tiers_and_the_edge_of_a_tier() {
    let list = tiers(&[(Some("5"), "200"), (Some("10"), "100"), (None, "50")]);
    let (volume, graduated) = (Model::Volume(list.clone()), Model::Graduated(list));
    assert_eq!((cost(&volume, "5.5"), cost(&graduated, "5.5")), (550, 1050));
    assert_eq!((cost(&volume, "5"), cost(&graduated, "5")), (1000, 1000));
    assert_eq!((cost(&volume, "0"), cost(&graduated, "0")), (0, 0));
}

#[test]
fn stripes_tiers_of_7_and_6_50_and_6() {
    let list = tiers(&[(Some("5"), "700"), (Some("10"), "650"), (None, "600")]);
    let (volume, graduated) = (Model::Volume(list.clone()), Model::Graduated(list));
    for (quantity, minor) in [("6", 3900), ("20", 12_000), ("25", 15_000)] {
        assert_eq!(cost(&volume, quantity), minor, "volume {quantity}");
    }
    for (quantity, minor) in [("20", 12_750), ("25", 15_750)] {
        assert_eq!(cost(&graduated, quantity), minor, "graduated {quantity}");
    }
}

#[test]
fn the_flat_amount_of_every_tier_entered_and_the_first_is_entered_at_zero() {
    let mut list = tiers(&[(Some("5"), "500"), (None, "400")]);
    list[0].flat_amount = number("1000");
    list[1].flat_amount = number("2000");
    let (volume, graduated) = (Model::Volume(list.clone()), Model::Graduated(list));
    for (quantity, by_volume, by_tiers) in [("0", 1000, 1000), ("5", 3500, 3500), ("6", 4400, 5900)] {
        assert_eq!(
            (cost(&volume, quantity), cost(&graduated, quantity)),
            (by_volume, by_tiers),
            "{quantity}"
        );
    }
    let priced = graduated.price(number("6")).unwrap();
    let steps: Vec<_> = priced.steps.iter().map(|step| step.amount.to_string()).collect();
    assert_eq!(steps, ["3500", "2400"]);
}

#[test]
fn twelve_units_with_5_free_are_one_package_of_10() {
    let model = Model::Package {
        amount: number("900"),
        size: number("10"),
        free: number("5"),
    };
    let cases = [
        ("12", 900),
        ("5", 0),
        ("5.000001", 900),
        ("15", 900),
        ("15.1", 1800),
        ("0", 0),
    ];
    for (quantity, minor) in cases {
        assert_eq!(cost(&model, quantity), minor, "{quantity}");
    }
}

#[test]
fn a_level_of_2500_from_5_march_weighs_27_of_31_days() {
    let part = by_day(
        &zone("UTC"),
        ("2023-03-05", "2023-04-01"),
        ("2023-03-01", "2023-04-01"),
    );
    // In hundredths.
    assert_eq!(number("250000").rounded(part), Ok(217_742));
}

#[test]
fn five_billed_then_two_late_and_three_new_are_20_on_the_old_period_and_30_on_the_new() {
    let model = Model::PerUnit(number("1000"));
    assert_eq!(cost(&model, "7") - cost(&model, "5"), 2000);
    assert_eq!(cost(&model, "3"), 3000);
}

#[test]
fn two_hundred_for_29_of_30_days() {
    let part = by_day(
        &zone("UTC"),
        ("2024-06-02", "2024-07-01"),
        ("2024-06-01", "2024-07-01"),
    );
    assert_eq!(number("20000").rounded(part), Ok(19_333));
}

#[test]
fn yen_have_no_decimals_and_dinars_three() {
    let part = Fraction::new(6, 31).unwrap();
    assert_eq!(number("10000").rounded(part), Ok(1935));
    assert_eq!(cost(&Model::PerUnit(number("35200")), "1"), 35_200);
}

#[test]
fn thirty_a_month_upgraded_on_16_june_gives_15_back() {
    let utc = zone("UTC");
    let axis = Axis::new(&utc, Proration::Day);
    let [from, to, on] =
        ["2024-06-01", "2024-07-01", "2024-06-16"].map(|date| axis.position(day(&utc, date)));
    let terms = |name: &str, amount| Terms {
        name: name.into(),
        amount: number(amount),
    };
    let billed = Segment {
        from,
        to,
        terms: terms("basic", "3000"),
        net: 3000,
        taken: 0,
    };
    let up = change(&[billed], on, to - from, Some(terms("plus", "5000"))).unwrap();
    assert_eq!(up.credit.as_ref().map(|(_, credit, _)| *credit), Some(1500));
    assert_eq!(up.net(), 1000);
    // And down again on the same day: as if nothing had been.
    let down = change(&up.segments, on, to - from, Some(terms("basic", "3000"))).unwrap();
    assert_eq!(up.net() + down.net(), 0);
    assert_eq!(down.segments.len(), 1);
}

#[test]
fn a_share_of_each_payment_with_a_fixed_fee_a_floor_a_cap_and_free_ones() {
    let model = Model::Percentage(PercentageTerms {
        rate: number("0.029"),
        fixed: number("30"),
        free_events: 1,
        free_basis: number("5000"),
        minimum: Some(number("50")),
        maximum: Some(number("400")),
    });
    model.check().unwrap();
    let cost = |events: &[&str]| {
        let events: Vec<_> = events.iter().map(|event| number(event)).collect();
        model.events(&events).unwrap().amount(Fraction::ALL).unwrap()
    };
    // The first is free; of the second 5000 are; 29 + 30 of 1000; at least 50; at most 400.
    assert_eq!(cost(&["99999"]), 0);
    assert_eq!(cost(&["99999", "5000"]), 0);
    assert_eq!(cost(&["99999", "6000"]), 59);
    assert_eq!(cost(&["99999", "6000", "100"]), 59 + 50);
    assert_eq!(cost(&["99999", "6000", "100", "1000000"]), 59 + 50 + 400);
}

#[test]
fn a_minimum_of_100_is_reached_for_the_part_of_the_period() {
    assert_eq!(commitment(10_000, Fraction::ALL, 6_000), Ok(4_000));
    assert_eq!(commitment(10_000, Fraction::new(15, 30).unwrap(), 6_000), Ok(0));
    assert_eq!(commitment(10_000, Fraction::new(20, 30).unwrap(), 6_000), Ok(667));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for wrong in [
        tiers(&[]),
        tiers(&[(Some("5"), "1")]),
        tiers(&[(None, "1"), (None, "2")]),
        tiers(&[(Some("5"), "1"), (Some("5"), "2"), (None, "3")]),
    ] {
        assert_eq!(Model::Volume(wrong).check(), Err(Wrong::Tiers));
    }
    assert_eq!(Model::Flat(number("-1")).check(), Err(Wrong::Negative));
    let model = Model::Graduated(tiers(&[(None, "1")]));
    assert_eq!(model.price(number("-1")), Err(Wrong::Negative));
    let interval = Interval::new(Unit::Day, 1).unwrap();
    let day = Schedule::new(zone("UTC"), at("2024-01-01T00:00:00Z"), interval, Anchor::Day(3));
    assert_eq!(day, Err(Wrong::Anchor));
    assert_eq!(Interval::new(Unit::Year, 11), Err(Wrong::Interval));
    assert_eq!(Interval::new(Unit::Month, 0), Err(Wrong::Interval));
}

fn reading(text: &str, key: &str, value: &str) -> Reading {
    Reading {
        at: at(text).as_millisecond(),
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

fn used(aggregation: Aggregation, readings: &[Reading], from: &str, to: &str) -> Number {
    let tally = Tally::of(aggregation, readings.to_vec()).unwrap();
    let ends = [from, to].map(|end| at(end).as_millisecond());
    tally.quantity(aggregation, ends[0], ends[1]).unwrap()
}

#[test]
fn weighted_2500_from_5_march_of_31_days_is_2177_42() {
    let level = [reading("2023-03-05T00:00:00Z", "a", "2500")];
    let quantity = used(
        Aggregation::WeightedSum,
        &level,
        "2023-03-01T00:00:00Z",
        "2023-04-01T00:00:00Z",
    );
    assert_eq!(quantity.to_string(), "2177.41935483871");
    let price = Model::PerUnit(Number::whole(100));
    assert_eq!(price.price(quantity).unwrap().amount(Fraction::ALL), Ok(217_742));
}

#[test]
fn five_times_10_billed_two_late_and_three_new_are_20_on_the_old_period_and_30_on_the_new() {
    let price = Model::PerUnit(Number::whole(1000));
    let amount = |events: i64| {
        let quantity = Number::whole(events);
        price.price(quantity).unwrap().amount(Fraction::ALL).unwrap()
    };
    assert_eq!((amount(5), amount(7) - amount(5), amount(3)), (5000, 2000, 3000));
}

#[test]
fn of_one_instant_the_greater_key_is_last_and_what_is_greatest_is_of_any_instant() {
    let readings = [
        reading("2024-01-01T00:00:00Z", "b", "7"),
        reading("2024-01-01T00:00:00Z", "a", "9"),
        reading("2023-12-31T00:00:00Z", "c", "8"),
    ];
    let month = |aggregation| {
        used(
            aggregation,
            &readings,
            "2023-12-01T00:00:00Z",
            "2024-02-01T00:00:00Z",
        )
        .to_string()
    };
    assert_eq!(month(Aggregation::Last), "7");
    assert_eq!(month(Aggregation::Max), "9");
    assert_eq!(month(Aggregation::Unique), "3");
    assert_eq!(month(Aggregation::Sum), "24");
    assert_eq!(month(Aggregation::Count), "3");
}
