//! The stacks of services. A service is one stack, and one that outgrows it is split by its nouns: what is split off has an API of its
//! own, to which the routing rules of its nouns lead.

use super::{is_name, needs_of, pascal};
use shared::{
    endpoint::{Function, Service, Uses},
    worker::{Trigger, Worker},
};
use std::collections::BTreeSet;

/// What of a service stands in a stack of its own.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The service.
    pub service: &'static str,
    /// What the stack is called, behind the service's name: `invoices`.
    pub name: &'static str,
    /// The nouns whose endpoints it holds: what follows the version in their paths.
    pub nouns: &'static [&'static str],
    /// The workers that it holds.
    pub workers: &'static [&'static str],
}

/// What is split off. The largest stack has room: `infra/stacks/quotas.json` has the counts.
pub(super) const PARTS: &[Part] = &[Part {
    service: "billing",
    name: "usage",
    nouns: &["meters", "usage", "usage-events"],
    workers: &[],
}];

/// One stack of a service.
pub(super) struct Piece {
    pub(super) service: &'static Service,
    /// What it holds by itself; none for what is left of the service, or for all of it.
    part: Option<Part>,
    pub(super) endpoints: Vec<&'static Function>,
    pub(super) workers: Vec<&'static Worker>,
}

/// The noun of an endpoint: `/billing/v1/invoices/{id}` is about `invoices`. None for what stands outside of its service's paths.
fn noun<'p>(service: &Service, path: &'p str) -> Option<&'p str> {
    let own = path
        .strip_prefix('/')?
        .strip_prefix(service.name)?
        .strip_prefix('/')?;
    own.split('/').nth(1)
}

/// The stacks of these services: each service's own, behind it what is split off.
///
/// # Errors
/// Names the part that is about nothing, or about what another one has.
pub(super) fn pieces(services: &[&'static Service], parts: &[Part]) -> Result<Vec<Piece>, String> {
    if let Some(part) = parts
        .iter()
        .find(|p| services.iter().all(|s| s.name != p.service))
    {
        return Err(format!("{}: {} is split off no service", part.service, part.name));
    }
    let mut pieces = Vec::new();
    for service in services {
        let of_it: Vec<&Part> = parts.iter().filter(|p| p.service == service.name).collect();
        let mut whole = Piece {
            service,
            part: None,
            endpoints: service.endpoints.iter().collect(),
            workers: service.workers.iter().collect(),
        };
        let split: Result<Vec<Piece>, String> = of_it.iter().map(|part| whole.without(part)).collect();
        let split = split?;
        if !split.is_empty() && whole.endpoints.is_empty() {
            return Err(format!("{}: nothing is left of the service itself", service.name));
        }
        pieces.push(whole);
        pieces.extend(split);
    }
    let mut names = BTreeSet::new();
    match pieces.iter().find(|p| !names.insert(p.name())) {
        Some(twice) => Err(format!("{}: two stacks have this name", twice.name())),
        None => Ok(pieces),
    }
}

impl Piece {
    /// Takes a part out of it.
    fn without(&mut self, part: &Part) -> Result<Self, String> {
        let told = |why: String| format!("{}: {}: {why}", part.service, part.name);
        if !is_name(part.name) {
            return Err(told("the name of a part is lower case words".to_owned()));
        }
        let service = self.service;
        for wanted in part.nouns {
            if !self
                .endpoints
                .iter()
                .any(|f| noun(service, f.declaration.path) == Some(wanted))
            {
                return Err(told(format!("no endpoint is left about {wanted}")));
            }
        }
        for wanted in part.workers {
            if !self.workers.iter().any(|w| w.name == *wanted) {
                return Err(told(format!("no worker {wanted} is left")));
            }
        }
        if part.nouns.is_empty() {
            return Err(told("it is about no noun".to_owned()));
        }
        let about =
            |f: &&Function| noun(service, f.declaration.path).is_some_and(|n| part.nouns.contains(&n));
        let (endpoints, rest) = self.endpoints.iter().copied().partition(about);
        self.endpoints = rest;
        let (workers, rest) = self
            .workers
            .iter()
            .copied()
            .partition(|w| part.workers.contains(&w.name));
        self.workers = rest;
        Ok(Self {
            service,
            part: Some(*part),
            endpoints,
            workers,
        })
    }

    /// What its API, its alarms and its logs are called: `billing`, `billing-invoices`.
    pub(super) fn name(&self) -> String {
        match &self.part {
            None => self.service.name.to_owned(),
            Some(part) => format!("{}-{}", self.service.name, part.name.replace('_', "-")),
        }
    }

    /// Its logical id: `Payments`, `PaymentsRefunds`.
    pub(super) fn id(&self) -> String {
        pascal(&self.name())
    }

    /// Its file, without folder and ending: `service-billing`, `service-billing.invoices`. What stands before the dot is the
    /// service.
    pub(super) fn file(&self) -> String {
        match &self.part {
            None => format!("service-{}", self.service.name),
            Some(part) => format!("service-{}.{}", self.service.name, part.name),
        }
    }

    /// The base paths that lead to its API: its service's name and each path that stands elsewhere by itself, or those of its nouns.
    pub(super) fn base_paths(&self) -> Vec<String> {
        let service = self.service;
        let bare = |path: &str| path.trim_start_matches('/').to_owned();
        let paths = || self.endpoints.iter().map(|f| f.declaration.path);
        if self.part.is_none() {
            let own = format!("/{}/", service.name);
            let elsewhere = paths().filter(|path| noun(service, path).is_none() && !path.starts_with(&own));
            return std::iter::once(service.name.to_owned())
                .chain(elsewhere.map(bare))
                .collect();
        }
        let mut nouns: Vec<String> = paths()
            .map(|path| path.split('/').take(4).collect::<Vec<_>>().join("/"))
            .map(|path| bare(&path))
            .collect();
        nouns.sort_unstable();
        nouns.dedup();
        nouns
    }

    /// Whether rules to it must stand before those of its service.
    pub(super) const fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Everything that its functions need, and the trigger of each that has one.
    pub(super) fn needs(&self) -> impl Iterator<Item = (Vec<Uses>, Option<Trigger>)> {
        needs_of(self.endpoints.iter().copied(), self.workers.iter().copied())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the tests split off.
    pub(crate) const INVOICES: Part = Part {
        service: "billing",
        name: "invoices",
        nouns: &["invoices"],
        workers: &[],
    };

    fn refused(part: Part) -> String {
        let services: &[&'static Service] = &[&billing::SERVICE];
        pieces(services, &[part]).err().unwrap()
    }

    #[test]
    fn a_part_takes_its_nouns_and_nothing_else() {
        let services: &[&'static Service] = &[&billing::SERVICE];
        let whole = &pieces(services, &[]).unwrap()[0];
        let split = pieces(services, &[INVOICES]).unwrap();
        let [rest, invoices] = split.as_slice() else {
            panic!()
        };
        assert!(!rest.endpoints.is_empty() && !invoices.endpoints.is_empty());
        assert_eq!(
            rest.endpoints.len() + invoices.endpoints.len(),
            whole.endpoints.len()
        );
        assert!(
            invoices
                .endpoints
                .iter()
                .all(|f| f.declaration.path.starts_with("/billing/v1/invoices"))
        );
        assert_eq!(
            (rest.name(), invoices.name()),
            ("billing".into(), "billing-invoices".into())
        );
        assert_eq!(
            (invoices.id(), invoices.file()),
            ("BillingInvoices".into(), "service-billing.invoices".into())
        );
        assert_eq!(invoices.base_paths(), ["billing/v1/invoices"]);
        assert!(rest.base_paths().contains(&"billing".to_owned()));
    }

    #[test]
    fn a_part_about_nothing_is_refused() {
        assert!(
            refused(Part {
                service: "cheques",
                ..INVOICES
            })
            .contains("split off no service")
        );
        assert!(
            refused(Part {
                nouns: &["cheques"],
                ..INVOICES
            })
            .contains("no endpoint is left about cheques")
        );
        assert!(
            refused(Part {
                nouns: &[],
                ..INVOICES
            })
            .contains("about no noun")
        );
        assert!(
            refused(Part {
                workers: &["seal_entries"],
                ..INVOICES
            })
            .contains("no worker seal_entries")
        );
        assert!(
            refused(Part {
                name: "Invoices",
                ..INVOICES
            })
            .contains("lower case")
        );
        let twice = pieces(&[&billing::SERVICE], &[INVOICES, INVOICES]).err().unwrap();
        assert!(twice.contains("no endpoint is left about invoices"), "{twice}");
    }
}
