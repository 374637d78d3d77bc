//! Logs: JSON lines, ids and codes only.

use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged where `LOG` says nothing.
const DEFAULT: &str = "warn,shared=info";

/// Starts logging, once a process. `LOG` sets the levels, as in `warn,shared=info`. Targets and levels are all that is understood:
/// filters by fields and spans would bring regular expressions into every binary.
pub fn start() {
    let levels: Option<Targets> = std::env::var("LOG").ok().and_then(|text| text.parse().ok());
    let levels = levels.or_else(|| DEFAULT.parse().ok()).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false);
    let _ = tracing_subscriber::registry().with(levels).with(lines).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::filter::LevelFilter;

    #[test]
    fn the_default_lets_through_what_the_road_says() {
        let levels: Targets = DEFAULT.parse().unwrap();
        assert!(levels.would_enable("shared::road::serve", &tracing::Level::INFO));
        assert!(!levels.would_enable("hyper", &tracing::Level::INFO));
        assert!(levels.would_enable("hyper", &tracing::Level::WARN));
        assert_eq!(levels.default_level(), Some(LevelFilter::WARN));
    }
}
