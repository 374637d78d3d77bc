//! Whether the templates say what the crates declare.

use super::{Function, Queue, Route, Schedule, Stream, Topology};
use names::{ENDPOINT_TIMEOUT, VARIABLES, WORKER_MEMORY, files};
use shared::{
    crypto::KeyUse,
    endpoint::{Service, Uses},
    store::Table,
    worker::Trigger,
};
use std::{collections::BTreeSet, fmt::Debug};

impl Topology {
    /// Compares the templates with the declarations, in both directions.
    ///
    /// # Errors
    /// One line for each difference, naming the function, table or key.
    pub fn agree(&self, services: &[&'static Service]) -> Result<(), String> {
        let mut wrong = Vec::new();
        self.functions(services, &mut wrong);
        let declared = declared(services);
        compare("route", &self.routes, &declared.routes, &mut wrong);
        compare("stream trigger", &self.streams, &declared.streams, &mut wrong);
        compare("queue trigger", &self.queues, &declared.queues, &mut wrong);
        compare("schedule", &self.schedules, &declared.schedules, &mut wrong);
        for table in Table::ALL
            .into_iter()
            .filter(|t| *t != Table::Home && !self.tables.contains_key(t.name()))
        {
            wrong.push(format!("{} has no table {}", files::stack("data"), table.name()));
        }
        for key in KeyUse::ALL
            .into_iter()
            .filter(|k| !self.keys.contains_key(k.name()))
        {
            wrong.push(format!("{} has no key {}", files::stack("keys"), key.name()));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    }

    fn functions(&self, services: &[&'static Service], wrong: &mut Vec<String>) {
        let mut names = BTreeSet::new();
        for (name, wanted) in services.iter().flat_map(|s| functions(s)) {
            names.insert(name);
            match self.functions.get(name) {
                None => wrong.push(format!("{name} is declared, but no template has it")),
                Some(there) if *there != wanted => wrong.push(difference(name, there, &wanted)),
                Some(_) => {}
            }
        }
        for name in self.functions.keys().filter(|n| !names.contains(n.as_str())) {
            wrong.push(format!("{name} is in the templates, but no crate declares it"));
        }
    }
}

fn difference(name: &str, there: &Function, wanted: &Function) -> String {
    format!("{name} is not as declared: {there:?} in the templates, {wanted:?} declared")
}

fn declared(services: &[&'static Service]) -> Topology {
    let mut topology = Topology::default();
    for service in services {
        topology.routes.extend(service.endpoints.iter().map(|f| Route {
            method: (f.declaration.method)().to_string(),
            path: f.declaration.path.to_owned(),
            function: f.declaration.name.to_owned(),
            service: service.name.to_owned(),
        }));
        for worker in service.workers {
            let (function, batch) = (worker.name.to_owned(), worker.batch);
            match worker.trigger {
                Trigger::Stream(tables) => topology.streams.extend(tables.iter().map(|t| Stream {
                    function: function.clone(),
                    table: t.name().to_owned(),
                    batch,
                })),
                Trigger::Queue(queue) => topology.queues.push(Queue {
                    function,
                    queue: queue.to_owned(),
                    batch,
                }),
                Trigger::Schedule(expression) => {
                    topology.schedules.push(Schedule {
                        function,
                        expression: expression.to_owned(),
                    });
                }
                Trigger::Manual => {}
            }
        }
    }
    topology
}

fn compare<T: Debug + PartialEq>(what: &str, there: &[T], declared: &[T], wrong: &mut Vec<String>) {
    let missing = declared.iter().filter(|d| !there.contains(d));
    wrong.extend(missing.map(|d| format!("no template has the {what} {d:?}")));
    let extra = there.iter().filter(|t| !declared.contains(t));
    wrong.extend(extra.map(|t| format!("the templates have a {what} that no crate declares: {t:?}")));
}

/// The functions of a service as the templates should describe them, by their names.
fn functions(service: &Service) -> Vec<(&'static str, Function)> {
    let make = |memory, timeout, needs: &[Uses]| {
        let own = names::variables(needs).into_keys();
        let all = VARIABLES.into_iter().chain([names::DATA_ROLE]);
        let mut variables: Vec<String> = own.chain(all.map(str::to_owned)).collect();
        variables.sort();
        Function {
            service: service.name.to_owned(),
            memory,
            timeout,
            variables,
        }
    };
    let endpoints = service.endpoints.iter().map(|f| &f.declaration);
    let endpoints = endpoints.map(|d| (d.name, make(d.memory, ENDPOINT_TIMEOUT, &d.needs())));
    let workers = service.workers.iter();
    endpoints
        .chain(workers.map(|w| (w.name, make(WORKER_MEMORY, w.timeout, &w.needs()))))
        .collect()
}
