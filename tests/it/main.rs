//! End-to-end suites: they speak HTTPS to one local platform and share it. Each test attacks what it is about and
//! then looks whether anything has changed.

#[cfg(test)]
mod support;

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod addresses;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod api_clients;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bad_names;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod consistency;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod cvv;
#[cfg(test)]
mod declines;
#[cfg(test)]
mod dpop;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod four_eyes;
#[cfg(test)]
mod home;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod invoice_durability;
#[cfg(test)]
mod invoice_races;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod invoices_lawful;
#[cfg(test)]
mod key_overlaps;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod latency;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod malformed;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod networks;
#[cfg(test)]
mod next_call;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod passkeys;
#[cfg(test)]
mod patterns;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod privacy_races;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod purges;
#[cfg(test)]
mod races;
#[cfg(test)]
mod rate_limits;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod resets;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod risk;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod search;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod soap;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod walls;
#[cfg(test)]
mod webhook_changes;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod workers;
