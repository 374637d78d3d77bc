//! What every suite needs: the platform, callers, tenants, cards, a receiver of webhooks, and proofs.

pub mod caller;
pub mod cards;
pub mod envelope;
pub mod faults;
pub mod forge;
pub mod http;
pub mod mail;
pub mod merkle;
pub mod needles;
pub mod passkey;
pub mod platform;
pub mod receiver;
pub mod regions;
pub mod tables;
pub mod time;
pub mod totp;
pub mod world;

pub use caller::{Caller, Login};
pub use faults::Faults;
pub use http::{Answer, Http, Request};
pub use platform::{Platform, platform, run};
pub use world::Tenant;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Random text in the alphabet of base64url, without the characters that look like punctuation.
pub fn random(length: usize) -> String {
    let mut bytes = vec![0; length * 2];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    let text = URL_SAFE_NO_PAD.encode(bytes);
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(length)
        .collect()
}

/// What failed, gathered over a table of cases, so that one run names every hole.
#[derive(Default)]
pub struct Findings(Vec<String>);

impl Findings {
    /// Notes `what` unless it holds.
    pub fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    /// Fails the test with everything that was noted.
    #[track_caller]
    pub fn none(self) {
        assert!(
            self.0.is_empty(),
            "{} findings:\n  {}",
            self.0.len(),
            self.0.join("\n  ")
        );
    }
}
