//! Logs: JSON lines, ids and codes only.

/// Starts logging, once a process. `LOG` sets the filter, `info` by default.
pub fn start() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,shared=info"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(false)
        .try_init();
}
