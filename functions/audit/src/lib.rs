//! Audit: entries, alerts, the Merkle tree that they are sealed into, signed checkpoints, and bundles for the offline verifier.

pub mod activities;
pub mod alert_rules;
pub mod alerting;
pub mod alerts;
pub mod archive;
pub mod bounds;
pub mod checkpoints;
pub mod contract;
pub mod entries;
pub mod exports;
pub mod log;
pub mod purges;
pub mod sealing;
pub mod workers;

use shared::{
    Function, Service, function,
    processing::{ItemType, item},
    worker::Worker,
};

/// What this service answers, one line each.
pub static ENDPOINTS: &[Function] = &[
    function::<entries::list::List>(),
    function::<entries::read::Read>(),
    function::<entries::prove::Prove>(),
    function::<checkpoints::list::List>(),
    function::<exports::create::Create>(),
    function::<exports::read::Read>(),
    function::<alert_rules::read::Read>(),
    function::<alert_rules::replace::Replace>(),
    function::<alerts::list::List>(),
    function::<alerts::acknowledge::Acknowledge>(),
    function::<purges::create::Create>(),
    function::<purges::read::Read>(),
    function::<contract::Read>(),
];

/// What it does without being asked, one line each.
pub static WORKERS: &[Worker] = &[
    workers::seal_entries::WORKER,
    workers::sweep_unsealed::WORKER,
    workers::sign_checkpoints::WORKER,
    workers::raise_alerts::WORKER,
    workers::sweep_altered::WORKER,
    workers::archive_log::WORKER,
    workers::purge_entries::WORKER,
];

/// What it keeps, one line each.
pub static ITEMS: &[ItemType] = &[
    item::<shared::audit::EntryItem>(),
    item::<shared::audit::ChunkItem>(),
    item::<log::items::HeadItem>(),
    item::<log::items::TileItem>(),
    item::<log::items::LeafItem>(),
    item::<log::items::TouchItem>(),
    item::<log::items::PartItem>(),
    item::<log::items::ExportSealItem>(),
    item::<log::items::SweepItem>(),
    item::<archive::ArchiveItem>(),
    item::<exports::ExportItem>(),
    item::<checkpoints::CheckpointItem>(),
    item::<checkpoints::LatestItem>(),
    item::<alert_rules::RulesItem>(),
    item::<alerts::AlertItem>(),
    item::<alerting::items::HeardItem>(),
    item::<alerting::items::TrackerItem>(),
    item::<alerting::items::ComparedItem>(),
    item::<purges::PurgeItem>(),
    item::<purges::FloorItem>(),
];

/// The service.
pub static SERVICE: Service = Service {
    name: "audit",
    version: "1.2.0",
    about: "Audit entries, alerts, proofs, signed checkpoints and bundles for the offline verifier.",
    endpoints: ENDPOINTS,
    workers: WORKERS,
    items: ITEMS,
};
