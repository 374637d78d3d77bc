//! Lists that are read before it is known whether the caller may call, so that one read brings both the caller and the keys of those
//! who are on the list. Nothing is decided by them: what is not allowed is refused as ever and has cost a read, and what is allowed
//! finds the list that it asks for read.

use super::{context::Context, endpoint::Endpoint};
use crate::{kernel::record, store::Key};
use serde_json::Value;

/// Most keys that are read with the caller: what DynamoDB hands out at once is 100 items, and the rest is for the caller.
const MOST: usize = 75;

/// As many, as pages count them: a list whose rows have keys of their own keeps its pages to what is read with the caller.
pub const SEEN: i32 = 75;

/// What `E` begins with, if it says so and the input is one.
pub(crate) async fn early<E: Endpoint>(cx: &Context, input: Value) -> Vec<Key> {
    let (Some(early), Ok(input)) = (E::EARLY, record::parse::<E::Input>(input)) else {
        return Vec::new();
    };
    let mut keys = early(cx, input).await.unwrap_or_default();
    keys.truncate(MOST);
    keys
}
