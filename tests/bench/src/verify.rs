//! `ledgerkeep verify` of a bundle against bare SHA-256 of the same bytes, in turns, and its memory.

use super::{Goal, entries::entry};
use crate::bootstraps::{median, millis, process::memory, stage::Scratch};
use aws_lc_rs::{
    digest::{Context, SHA256},
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use shared::{
    ids::TenantId,
    merkle::{Frontier, leaf_hash},
    time::{Clock, SystemClock, after},
};
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Turns of each.
const TURNS: usize = 3;
/// Bytes that are read at once, as the verifier does.
const BUFFER: usize = 1 << 18;
/// Entries between two checkpoints.
const CHECKPOINT: u64 = 100_000;
/// How often the memory of the verifier is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Writes a bundle of so many entries (`infra/audit-bundle-format.md`); gives its bytes.
fn bundle(path: &Path, key: &EcdsaKeyPair, entries: u64) -> Result<u64, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let clock = SystemClock::default();
    let (now, region) = (clock.now(), "eu-west-1");
    let tenant = TenantId::new(now);
    let mut out = BufWriter::with_capacity(BUFFER, File::create(path).map_err(failed)?);
    let header = json!({"type": "header", "format": "ledgerkeep-audit-bundle/1", "tenant": tenant, "region": region,
        "shard": 0, "size": entries});
    writeln!(out, "{header}").map_err(failed)?;
    let mut tree = Frontier::new();
    for index in 0..entries {
        let at = after(now, i64::try_from(index / 500).unwrap_or(0));
        let item = entry(&tenant, region, at, index);
        let leaf = leaf_hash(item.body.as_bytes());
        tree.append(leaf);
        let line = json!({"type": "entry", "index": index, "id": item.id, "leaf": hex::encode(leaf), "body": item.body});
        writeln!(out, "{line}").map_err(failed)?;
        let size = index + 1;
        if size % CHECKPOINT == 0 || size == entries {
            let body = json!({"format": "ledgerkeep-checkpoint/1", "tenant": tenant, "region": region, "shard": 0,
                "size": size, "root": hex::encode(tree.root()), "time": "2026-07-11T01:14:00Z", "key_id": "bench"});
            let body = body.to_string();
            let signature = key.sign(&SystemRandom::new(), body.as_bytes());
            let signature = STANDARD.encode(signature.map_err(|e| e.to_string())?.as_ref());
            let line = json!({"type": "checkpoint", "body": body, "signature": signature});
            writeln!(out, "{line}").map_err(failed)?;
        }
    }
    out.flush().map_err(failed)?;
    std::fs::metadata(path).map(|m| m.len()).map_err(failed)
}

/// SHA-256 of the file's bytes, and nothing else.
fn bare(path: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut reader = BufReader::with_capacity(BUFFER, File::open(path).map_err(failed)?);
    let mut context = Context::new(&SHA256);
    loop {
        let bytes = reader.fill_buf().map_err(failed)?;
        if bytes.is_empty() {
            break;
        }
        context.update(bytes);
        let count = bytes.len();
        reader.consume(count);
    }
    std::hint::black_box(context.finish());
    Ok(())
}

/// Runs the command on the bundle: its time, and its peak memory in kilobytes.
async fn verified(clock: &dyn Clock, path: &Path, key: &Path) -> Result<(Duration, u64), String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let began = clock.monotonic();
    let mut child = Command::new(&program)
        .arg("verify")
        .arg(path)
        .arg("--key")
        .arg(key)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))?;
    let mut peak = 0;
    while child.try_wait().map_err(|e| e.to_string())?.is_none() {
        // Its last look may be too late to see anything.
        peak = peak.max(memory(child.id(), "VmHWM:").unwrap_or(0));
        clock.sleep(LOOK).await;
    }
    let took = clock.monotonic().saturating_sub(began);
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !text.trim_end().ends_with("CLEAN") || text.contains("NOT CLEAN") {
        return Err(format!("the bundle does not verify: {text}"));
    }
    Ok((took, peak))
}

/// Measures with a bundle of so many entries.
pub(super) async fn measure(entries: u64) -> Result<(Vec<Goal>, Value), String> {
    let clock = SystemClock::default();
    let scratch = Scratch::new("verify")?;
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|e| e.to_string())?;
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|e| e.to_string())?;
    let (path, public) = (scratch.0.join("bundle.jsonl"), scratch.0.join("key.der"));
    std::fs::write(&public, der.as_ref()).map_err(|e| e.to_string())?;
    let bytes = bundle(&path, &key, entries)?;
    // Once for the cache of the system, which then serves both.
    bare(&path)?;
    let (mut bares, mut verifies, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TURNS {
        let began = clock.monotonic();
        bare(&path)?;
        bares.push(clock.monotonic().saturating_sub(began));
        let (took, most) = verified(&clock, &path, &public).await?;
        verifies.push(took);
        peak = peak.max(most);
    }
    let (bare, verify) = (median(bares), median(verifies));
    let ratio = verify.as_secs_f64() / bare.as_secs_f64().max(1e-9);
    #[allow(clippy::cast_precision_loss, reason = "for people")]
    let (size, peak) = (bytes as f64 / 1e6, peak as f64 * 1024.0 / 1e6);
    console::say(&format!(
        "verify of {entries} entries ({size:.0} MB), median of {TURNS}: {} ms against {} ms of bare SHA-256; {peak:.0} MB of memory",
        millis(verify),
        millis(bare)
    ));
    let goals = vec![
        Goal::most(
            "verify of a bundle against bare SHA-256 of its bytes",
            ratio,
            3.0,
            "x",
        ),
        Goal::most(
            &format!("memory of verify with {entries} entries"),
            peak,
            200.0,
            "MB",
        ),
    ];
    let shown = json!({"entries": entries, "bytes": bytes, "verify_millis": verify.as_millis(), "bare_millis": bare.as_millis(),
        "peak_megabytes": peak});
    Ok((goals, shown))
}
