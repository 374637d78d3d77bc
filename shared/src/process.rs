//! The process: configuration, clients, caches.

pub mod app;
mod trust;
