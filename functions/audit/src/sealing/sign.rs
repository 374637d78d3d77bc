//! Signing checkpoints: at most one of each size is ever kept.

use crate::{
    checkpoints::{CheckpointItem, LatestItem, body},
    log::{Log, padded},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{
    crypto::KeyUse,
    endpoint::Uses,
    problem::Problem,
    road::Context,
    store::{Changes, Key},
    time::rfc3339,
};

/// Rounds after lost races.
const ROUNDS: usize = 5;

/// Signs a checkpoint over the first `size` entries, unless there is one. `size` is one that a head has had.
///
/// # Errors
/// 503 when the store or KMS does not answer.
pub async fn sign(cx: &Context, log: &Log, size: u64) -> Result<(), Problem> {
    for _ in 0..ROUNDS {
        if signed(cx, log, size).await? {
            return Ok(());
        }
    }
    Err(Problem::unavailable("lost too many races"))
}

/// `false` after a lost race.
async fn signed(cx: &Context, log: &Log, size: u64) -> Result<bool, Problem> {
    let wanted = Key::sub::<CheckpointItem>(cx.tenant(), &log.id(), &padded(size));
    let latest = log.latest(cx.tenant());
    let mut batch = cx.batch(&[wanted.clone(), latest.clone()]).await?;
    if batch.take::<CheckpointItem>(&wanted)?.is_some() {
        return Ok(true);
    }
    let latest = batch.take::<LatestItem>(&latest)?;
    let app = cx.app();
    let root = hex::encode(log.root(cx, size).await?);
    let time = rfc3339(app.clock.now());
    let key_id = app
        .config
        .keys
        .get(&KeyUse::Checkpoint)
        .cloned()
        .unwrap_or_default();
    let body = body(cx.tenant(), log, size, &root, &time, &key_id)?;
    cx.may(Uses::Sign(KeyUse::Checkpoint))?;
    let signature = app
        .kms
        .sign(cx.meter(), KeyUse::Checkpoint, body.as_bytes())
        .await;
    let signature = signature.map_err(|e| Problem::unavailable(e.0))?;
    let item = CheckpointItem {
        id: log.id(),
        size,
        root,
        time,
        key_id,
        body,
        signature: STANDARD.encode(signature),
        region: log.region.clone(),
        archived_at: None,
    };
    let mut changes = Changes::new().write(cx.create(&item)?);
    changes = match &latest {
        None => changes.write(cx.create(&LatestItem::from(&item))?),
        Some(old) if old.size < size => changes.write(cx.replace(old, &LatestItem::from(&item))?),
        Some(_) => changes,
    };
    match cx.apply(changes).await {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(problem),
    }
}
