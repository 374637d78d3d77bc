//! What a rule is called.

shared::text_type!(
    /// The id of a rule: the same in every version.
    RuleId called "RiskRuleId", r"^[a-z][a-z0-9_]{0,39}$", "amount_eur", |t| {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let ok = (1..=40).contains(&t.len()) && t.bytes().all(good) && t.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if ok { Ok(t.to_owned()) } else { Err("must be 1 to 40 lower case letters, digits and underscores") }
    }
);
