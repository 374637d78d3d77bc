//! Whether the time of a sign-in tells known users from unknown ones.

use super::{Goal, figure};
use crate::bootstraps::stage::Scratch;
use demo::host::Host;
use serde_json::{Value, json};
use shared::time::{Clock, SystemClock};
use std::{path::Path, sync::Arc};

/// Rounds; each has one right sign-in, after as many wrong ones as do not lock.
const ROUNDS: usize = 60;
/// Wrong attempts of a round for somebody known, and as many for somebody unknown.
const WRONG: usize = 8;

/// Time of one call in microseconds: as its caller sees it, and on the platform beside argon2id and other services.
struct Taken {
    whole: f64,
    own: f64,
}

struct Door {
    http: reqwest::Client,
    address: String,
    tenant: Value,
}

impl Door {
    async fn knock(
        &self,
        clock: &dyn Clock,
        email: &str,
        password: &str,
        status: u16,
    ) -> Result<Taken, String> {
        let body = json!({"tenant": self.tenant, "email": email, "password": password});
        let request = self
            .http
            .post(format!("{}/identity/v1/sessions", self.address))
            .header("content-type", "application/json")
            .body(body.to_string());
        let began = clock.monotonic();
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let whole = clock.monotonic().saturating_sub(began).as_secs_f64() * 1e6;
        if answer.status().as_u16() != status {
            return Err(format!("a sign-in answered {}, not {status}", answer.status()));
        }
        let calls = answer.headers().get("x-ledgerkeep-calls");
        let calls = calls.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let own = figure(calls, "micros")? - figure(calls, "waited")? - figure(calls, "hashed")?;
        Ok(Taken { whole, own })
    }
}

/// Measures.
pub(super) async fn measure() -> Result<(Vec<Goal>, Value), String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let scratch = Scratch::new("sign-in")?;
    let host = Host::find_or_start(&*clock, &scratch.0).await?;
    let result = work(&*clock, &scratch.0, &host.address).await;
    host.stop(&*clock).await;
    result
}

async fn work(clock: &dyn Clock, dir: &Path, address: &str) -> Result<(Vec<Goal>, Value), String> {
    let path = dir.join("first-sign-in.json");
    let first = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let first: Value = serde_json::from_str(&first).map_err(|e| format!("{}: {e}", path.display()))?;
    let text = |place: &str| {
        let found = first.pointer(place).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("first-sign-in.json has no {place}"))
    };
    let door = Door {
        http: console::http::client(&dir.join("ca.pem"))?,
        address: address.to_owned(),
        tenant: json!(text("/tenant")?),
    };
    let (email, password) = (
        text("/administrators/0/email")?,
        text("/administrators/0/password")?,
    );
    let wrong = format!("{}9z", shared::random::token());
    // As long as the known address, so that it is not the length that is measured.
    let stranger = || {
        let mut name: String = shared::random::token().to_lowercase();
        name.retain(|c| c.is_ascii_alphanumeric());
        let domain = email
            .find('@')
            .and_then(|at| email.get(at..))
            .unwrap_or("@x.example");
        let length = email.len().saturating_sub(domain.len()).max(3);
        format!(
            "{}{domain}",
            name.chars().cycle().take(length).collect::<String>()
        )
    };
    door.knock(clock, &email, &password, 201).await?;
    let (mut known, mut unknown, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for n in 0..WRONG {
            // In turns, and each as often first, so that what else the machine does is shared.
            for turn in 0..2 {
                if (round + n + turn) % 2 == 0 {
                    known.push(door.knock(clock, &email, &wrong, 401).await?.whole);
                } else {
                    unknown.push(door.knock(clock, &stranger(), &wrong, 401).await?.whole);
                }
            }
        }
        own.push(door.knock(clock, &email, &password, 201).await?.own);
    }
    for list in [&mut known, &mut unknown, &mut own] {
        list.sort_by(f64::total_cmp);
    }
    let overlap = overlap(&known, &unknown);
    let shown = |list: &[f64]| {
        let at = |part| rank(list, part) / 1e3;
        json!({"calls": list.len(), "p5_ms": at(0.05), "p25_ms": at(0.25), "p50_ms": at(0.5), "p75_ms": at(0.75), "p95_ms": at(0.95)})
    };
    for (name, list) in [("known", &known), ("unknown", &unknown)] {
        console::say(&format!(
            "sign-in with a wrong password, {name:>7} user: p5 {:.1} ms, p25 {:.1}, p50 {:.1}, p75 {:.1}, p95 {:.1}, of {} calls",
            rank(list, 0.05) / 1e3,
            rank(list, 0.25) / 1e3,
            rank(list, 0.5) / 1e3,
            rank(list, 0.75) / 1e3,
            rank(list, 0.95) / 1e3,
            list.len()
        ));
    }
    console::say(&format!(
        "the two distributions overlap by {:.0} %; beside argon2id, DynamoDB and KMS a right one takes {:.2} ms where all of the \
         platform is one process (`--only cold` has the function by itself)",
        overlap * 100.0,
        rank(&own, 0.5) / 1e3
    ));
    let goals = vec![
        // Two samples of this size from one distribution are further apart than this one time in a hundred.
        Goal::most(
            "distance of the sign-in times of known and unknown users (Kolmogorov-Smirnov)",
            1.0 - overlap,
            critical(known.len(), unknown.len()),
            "",
        ),
    ];
    let all =
        json!({"known": shown(&known), "unknown": shown(&unknown), "overlap": overlap, "own": shown(&own)});
    Ok((goals, all))
}

/// The value below which this part of a sorted list stands.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks of a short list"
)]
fn rank(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// One less the greatest distance between the two cumulated distributions, each sorted.
#[allow(clippy::cast_precision_loss, reason = "counts of short lists")]
fn overlap(one: &[f64], other: &[f64]) -> f64 {
    let part =
        |list: &[f64], value: f64| list.partition_point(|x| *x <= value) as f64 / list.len().max(1) as f64;
    let apart = one
        .iter()
        .chain(other)
        .map(|value| (part(one, *value) - part(other, *value)).abs());
    1.0 - apart.fold(0.0, f64::max)
}

/// The distance of Kolmogorov and Smirnov that samples of one distribution reach one time in a hundred.
#[allow(clippy::cast_precision_loss, reason = "counts of short lists")]
fn critical(one: usize, other: usize) -> f64 {
    let (one, other) = (one as f64, other as f64);
    let distance = 1.628 * ((one + other) / (one * other)).sqrt();
    (distance * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_overlaps_and_distances() {
        let list = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!([0.0, 0.5, 1.0].map(|part| rank(&list, part)), [1.0, 3.0, 5.0]);
        assert!(rank(&[], 0.5).is_nan());
        assert_eq!(overlap(&list, &list), 1.0);
        assert_eq!(overlap(&[1.0, 2.0], &[3.0, 4.0]), 0.0);
        assert_eq!(overlap(&[1.0, 3.0], &[2.0, 4.0]), 0.5);
        assert!((critical(480, 480) - 0.105).abs() < 0.001);
    }
}
