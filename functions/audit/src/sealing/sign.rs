//! Signing checkpoints: at most one of each size is ever kept.

use crate::{
    checkpoints::{CheckpointItem, body},
    log::{Log, padded},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{
    crypto::KeyUse, endpoint::Uses, problem::Problem, road::Context, store::Changes, time::rfc3339,
};

/// Signs a checkpoint over the first `size` entries, unless there is one. `size` is one that a head has had.
///
/// # Errors
/// 503 when the store or KMS does not answer.
pub async fn sign(cx: &Context, log: &Log, size: u64) -> Result<(), Problem> {
    if cx
        .find_sub::<CheckpointItem>(&log.id(), &padded(size))
        .await?
        .is_some()
    {
        return Ok(());
    }
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
    };
    match cx.apply(Changes::new().write(cx.create(&item)?)).await {
        // A lost race: somebody else has kept one of this size, which is as good.
        Ok(()) | Err(None) => Ok(()),
        Err(Some(problem)) => Err(problem),
    }
}
