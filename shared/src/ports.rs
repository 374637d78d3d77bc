//! What a process reaches beside its tables, and what it tells: the audit log, home regions, the archive, the internet, mail, metrics.

pub mod archive;
pub mod audit;
pub mod aws;
pub mod egress;
pub mod home;
pub mod mail;
pub mod metrics;
