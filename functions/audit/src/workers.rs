//! Workers: sealer and alerting behind the stream, the sweeps for what the stream lost, the hourly signer, the archive and purges.

pub mod archive_log;
pub mod purge_entries;
pub mod raise_alerts;
pub mod seal_entries;
pub mod sign_checkpoints;
pub mod sweep_altered;
pub mod sweep_unsealed;

use shared::{ids::TenantId, problem::Problem, worker::Work};

/// Every tenant with a log: those of the directory, and the platform's own, where calls of nobody stand.
pub(crate) async fn tenants(work: &Work) -> Result<Vec<TenantId>, String> {
    let mut tenants = work.tenants().await.map_err(|p| told(&p))?;
    if !tenants.iter().any(TenantId::is_platform) {
        tenants.push(TenantId::platform());
    }
    Ok(tenants)
}

/// What a log may say of a problem.
pub(crate) fn told(problem: &Problem) -> String {
    format!(
        "{}: {}",
        problem.code,
        problem.internal.as_deref().unwrap_or(&problem.detail)
    )
}
