//! `GET /audit/v1/entries/{id}/proof`: the proof that an entry is in the log that a signed checkpoint covers.

use crate::{
    checkpoints::LatestItem,
    log::{Log, broken, items::LeafItem},
};
use serde::Serialize;
use shared::{
    audit::EntryItem,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::EntryId,
    merkle::{self, Hash, inclusion_proof, tiles_for_inclusion, verify_inclusion},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The entry.
    #[public]
    id: EntryId,
}

/// What was signed.
#[derive(Record, Serialize)]
#[record(name = "SignedCheckpoint")]
pub struct Signed {
    /// The exact text that was signed.
    #[public]
    body: String,
    /// ECDSA on P-256 with SHA-256 over the body: DER, in base64.
    #[public]
    signature: String,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "EntryProof")]
pub struct Answer {
    /// The entry.
    #[public]
    id: String,
    /// Its number in the log, from 0.
    #[public]
    index: u64,
    /// Its leaf hash, hexadecimal: SHA-256 over a zero byte and the body.
    #[public]
    leaf: String,
    /// Entries that the checkpoint covers.
    #[public]
    size: u64,
    /// Root over them, hexadecimal.
    #[public]
    root: String,
    /// Inclusion proof (RFC 6962, section 2.1.1), lowest sibling first, hexadecimal.
    #[public]
    path: Vec<String>,
    /// The latest checkpoint; it covers the entry.
    #[nested]
    checkpoint: Signed,
}

/// The endpoint.
#[derive(Debug)]
pub struct Prove;

impl Endpoint for Prove {
    const DECLARATION: Declaration = Declaration::new(
        "prove_entry",
        methods::get,
        "/audit/v1/entries/{id}/proof",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "Prove that an audit entry is in the log that a signed checkpoint covers",
    )
    .refuses(&[codes::NOT_SEALED_YET])
    .uses(&[Uses::Read(Table::Audit), Uses::Read(Table::Seals)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![
            at.key::<EntryItem>(),
            at.key::<LeafItem>(),
            Log::of_region(at.region).latest(at.tenant),
        ]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let id = input.id.as_str();
        let (entry_key, leaf_key) = (cx.key::<EntryItem>(id), cx.key::<LeafItem>(id));
        let here = Log::here(cx).latest(cx.tenant());
        let keys = [entry_key.clone(), leaf_key.clone(), here.clone()];
        let mut batch = cx.batch(&keys).await?;
        // Read for the caller's filters: what they hide is not proven either.
        batch
            .take::<EntryItem>(&entry_key)?
            .ok_or_else(Problem::not_found)?;
        let leaf = batch.take::<LeafItem>(&leaf_key)?.ok_or_else(|| not_yet(2))?;
        let log = Log {
            region: leaf.region.clone(),
            shard: leaf.shard,
        };
        let there = log.latest(cx.tenant());
        if there != here {
            batch = cx.batch(std::slice::from_ref(&there)).await?;
        }
        let checkpoint = batch.take::<LatestItem>(&there)?;
        let checkpoint = checkpoint.filter(|c| c.size > leaf.index);
        let checkpoint = checkpoint.ok_or_else(|| not_yet(60))?.item;
        let size = checkpoint.size;
        let tiles = log.hashes(cx, &tiles_for_inclusion(leaf.index, size)).await?;
        let wrong = |e: merkle::MerkleError| broken(cx.tenant(), &log, &e);
        let path = inclusion_proof(leaf.index, size, &tiles).map_err(wrong)?;
        let mut root: Hash = [0; 32];
        hex::decode_to_slice(&checkpoint.root, &mut root)
            .map_err(|_| Problem::internal("the root of a checkpoint does not parse"))?;
        let hash = <Hash>::try_from(leaf.leaf.0.as_slice())
            .map_err(|_| Problem::internal("a leaf hash has another length"))?;
        // A proof that does not hold is never handed out: the tiles would have been altered.
        verify_inclusion(leaf.index, size, &hash, &path, &root).map_err(wrong)?;
        let LatestItem {
            body,
            signature,
            root,
            ..
        } = checkpoint;
        let answer = Answer {
            id: id.to_owned(),
            index: leaf.index,
            leaf: hex::encode(hash),
            size,
            root,
            path: path.iter().map(hex::encode).collect(),
            checkpoint: Signed { body, signature },
        };
        Ok(Outcome::read(answer).concerning(id))
    }
}

fn not_yet(seconds: u32) -> Problem {
    Problem::conflict("not_sealed_yet", "No signed checkpoint covers this entry yet.").retry_after(seconds)
}
