//! Sealing and opening a field of 64 bytes against bare AES-256-GCM.

use super::Goal;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use shared::{
    crypto::formats::{FieldAddress, Key256, SubjectKey},
    time::{Clock, SystemClock},
};
use std::hint::black_box;

/// Bytes of the field.
const LENGTH: usize = 64;
/// Operations of one sample.
const BATCH: u32 = 2_000;
/// Samples, of which the median counts.
const SAMPLES: usize = 41;

/// Where a customer's name lies.
const AT: FieldAddress<'_> = FieldAddress {
    env: "local",
    tenant: "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    table: "billing",
    pk: "T#ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A#customer#cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
    sk: "-",
    attribute: "name",
    kind: "customer",
    subject: "cus_01JD3X8M9V5T2Q4R6S8W0Y1Z2A",
};

/// Nanoseconds of each operation, the median of samples that take turns, so that what else the machine does meets all of them.
pub(super) fn medians<const N: usize>(
    operations: &mut [&mut dyn FnMut() -> Result<(), String>; N],
) -> Result<[f64; N], String> {
    let clock = SystemClock::default();
    let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..SAMPLES {
        for (operation, samples) in operations.iter_mut().zip(&mut samples) {
            let began = clock.monotonic();
            for _ in 0..BATCH {
                operation()?;
            }
            let took = clock.monotonic().saturating_sub(began);
            samples.push(took.as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    Ok(samples.map(|mut s| {
        s.sort_by(f64::total_cmp);
        s.get(s.len() / 2).copied().unwrap_or_default()
    }))
}

/// Measures.
pub(super) fn measure() -> Result<(Vec<Goal>, Value), String> {
    let wrong = |e: &dyn std::fmt::Display| e.to_string();
    let secret = shared::random::bytes::<32>();
    let bare = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &secret).map_err(|e| wrong(&e))?);
    let key = Key256::from_slice(&secret).map_err(|e| wrong(&e))?;
    let subject = SubjectKey::new(1, &key).map_err(|e| wrong(&e))?;
    let field = subject.field_key(AT.table, AT.attribute).map_err(|e| wrong(&e))?;
    let plain = [7_u8; LENGTH];
    let sealed = field.seal(&AT, &plain).map_err(|e| wrong(&e))?;
    let mut bare_sealed = plain.to_vec();
    let nonce = || Nonce::assume_unique_for_key([9; 12]);
    bare.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bare_sealed)
        .map_err(|e| wrong(&e))?;

    let mut buffer = Vec::with_capacity(LENGTH + 16);
    let mut bare_seal = || {
        buffer.clear();
        buffer.extend_from_slice(black_box(&plain));
        bare.seal_in_place_append_tag(nonce(), Aad::empty(), &mut buffer)
            .map_err(|e| e.to_string())?;
        black_box(&buffer);
        Ok(())
    };
    let mut scratch = Vec::with_capacity(LENGTH + 16);
    let mut bare_open = || {
        scratch.clear();
        scratch.extend_from_slice(black_box(&bare_sealed));
        let opened = bare.open_in_place(nonce(), Aad::empty(), &mut scratch);
        black_box(opened.map_err(|e| e.to_string())?);
        Ok(())
    };
    let mut seal = || {
        black_box(
            field
                .seal(black_box(&AT), black_box(&plain))
                .map_err(|e| e.to_string())?,
        );
        Ok(())
    };
    let mut open = || {
        black_box(
            field
                .open(black_box(&AT), black_box(&sealed))
                .map_err(|e| e.to_string())?,
        );
        Ok(())
    };
    let [bare_seal, bare_open, seal, open] =
        medians(&mut [&mut bare_seal, &mut bare_open, &mut seal, &mut open])?;
    console::say(&format!(
        "a field of {LENGTH} bytes, median of {SAMPLES} samples: seal {seal:.0} ns against {bare_seal:.0} ns of bare AES-256-GCM, open {open:.0} ns against {bare_open:.0} ns"
    ));
    let goals = vec![
        Goal::most(
            "seal of a field against bare AES-256-GCM",
            seal / bare_seal,
            15.0,
            "x",
        ),
        Goal::most(
            "open of a field against bare AES-256-GCM",
            open / bare_open,
            4.0,
            "x",
        ),
    ];
    let shown =
        json!({"bare_seal_ns": bare_seal, "bare_open_ns": bare_open, "seal_ns": seal, "open_ns": open});
    Ok((goals, shown))
}
