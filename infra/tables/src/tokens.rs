//! Tokens that make a transaction idempotent: ten minutes long the same one stands for the same request.

use crate::fingerprint::Fingerprint;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// How long a token is kept after its transaction, as DynamoDB keeps it.
const KEPT: Duration = Duration::from_secs(600);

/// What is known of a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// No transaction was made under it, or not in the last ten minutes.
    Never,
    /// This very request was.
    Same,
    /// Another request was.
    Different,
}

/// The tokens of the last ten minutes. They lie in the order in which they end, so that forgetting costs each of them once and not
/// every call all of them.
#[derive(Debug, Default)]
pub struct Tokens {
    kept: HashMap<String, Fingerprint>,
    order: VecDeque<(Duration, String)>,
}

impl Tokens {
    /// What is known of a token at `now`, a monotonic reading.
    pub fn seen(&mut self, token: &str, request: Fingerprint, now: Duration) -> Seen {
        self.forget(now);
        match self.kept.get(token) {
            None => Seen::Never,
            Some(kept) if *kept == request => Seen::Same,
            Some(_) => Seen::Different,
        }
    }

    /// Keeps the token of a transaction that was made at `now`. A token that is there keeps its request and its time.
    pub fn keep(&mut self, token: String, request: Fingerprint, now: Duration) {
        if !self.kept.contains_key(&token) {
            self.order.push_back((now, token.clone()));
            self.kept.insert(token, request);
        }
    }

    fn forget(&mut self, now: Duration) {
        while self
            .order
            .front()
            .is_some_and(|(at, _)| now.saturating_sub(*at) >= KEPT)
        {
            if let Some((_, token)) = self.order.pop_front() {
                self.kept.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> Fingerprint {
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn a_token_stands_for_its_request_and_no_other() {
        let mut tokens = Tokens::default();
        let (one, two) = (request("[1]"), request("[2]"));
        let now = Duration::from_secs(1);
        assert_eq!(tokens.seen("a", one, now), Seen::Never);
        tokens.keep("a".into(), one, now);
        assert_eq!(tokens.seen("a", one, now), Seen::Same);
        assert_eq!(tokens.seen("a", two, now), Seen::Different);
        assert_eq!(tokens.seen("b", one, now), Seen::Never);
    }

    #[test]
    fn it_is_forgotten_after_ten_minutes_and_not_before() {
        let mut tokens = Tokens::default();
        let (one, two) = (request("[1]"), request("[2]"));
        let at = Duration::from_secs;
        tokens.keep("a".into(), one, at(0));
        tokens.keep("b".into(), one, at(1));
        assert_eq!(
            tokens.seen("a", two, Duration::from_millis(599_999)),
            Seen::Different
        );
        assert_eq!(tokens.seen("a", two, at(600)), Seen::Never);
        assert_eq!(tokens.seen("b", one, at(600)), Seen::Same, "each by its own time");
        // What was kept anew ends by its new time.
        tokens.keep("a".into(), two, at(600));
        assert_eq!(tokens.seen("b", one, at(601)), Seen::Never);
        assert_eq!(tokens.seen("a", two, at(1_199)), Seen::Same);
        assert_eq!(tokens.seen("a", two, at(1_200)), Seen::Never);
        assert!(
            tokens.kept.is_empty() && tokens.order.is_empty(),
            "nothing is left behind"
        );
    }
}
