//! Whether the templates say what the crates declare.

use super::{Function, Queue, Route, Schedule, Stream, Topology};
use crate::templates;
use shared::{crypto::KeyUse, endpoint::Service, store::Table, worker::Trigger};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

impl Topology {
    /// Compares the templates with the declarations, in both directions.
    ///
    /// # Errors
    /// One line for each difference, naming the function, table or key.
    pub fn agree(&self, services: &[&'static Service]) -> Result<(), String> {
        let mut wrong = Vec::new();
        self.functions(services, &mut wrong);
        self.holders(services, &mut wrong);
        let declared = declared(services);
        compare("route", &self.routes, &declared.routes, &mut wrong);
        compare("stream trigger", &self.streams, &declared.streams, &mut wrong);
        compare("queue trigger", &self.queues, &declared.queues, &mut wrong);
        compare("schedule", &self.schedules, &declared.schedules, &mut wrong);
        for table in Table::ALL
            .into_iter()
            .filter(|t| *t != Table::Home && !self.tables.contains_key(t.name()))
        {
            wrong.push(format!("infra/data.yaml has no table {}", table.name()));
        }
        for key in KeyUse::ALL
            .into_iter()
            .filter(|k| !self.keys.contains_key(k.name()))
        {
            wrong.push(format!("infra/keys.yaml has no key {}", key.name()));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    }

    /// Only those have a role together that may do the same.
    fn holders(&self, services: &[&'static Service], wrong: &mut Vec<String>) {
        let declared = templates::permissions_of(services);
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for (function, roles) in &self.roles {
            for role in [&roles.own, &roles.data] {
                let other = first.entry(&role.arn).or_insert(function);
                if declared.get(*other) != declared.get(function.as_str()) {
                    wrong.push(format!(
                        "{function} has the role {} together with {other}, which may do something else",
                        role.arn
                    ));
                }
            }
        }
    }

    fn functions(&self, services: &[&'static Service], wrong: &mut Vec<String>) {
        let mut names = BTreeSet::new();
        for (name, wanted) in services.iter().flat_map(|s| templates::functions(s)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    static SERVICES: &[&Service] = &[&billing::SERVICE];

    fn read(files: &BTreeMap<String, String>) -> Result<Topology, String> {
        Topology::read_with(&|name| Ok(files.get(name).cloned()))
    }

    #[test]
    fn what_is_generated_reads_back() {
        let files = templates::generate(SERVICES).unwrap();
        let topology = read(&files).unwrap();
        topology.agree(SERVICES).unwrap();
        let billing = &topology.tables["billing"];
        assert_eq!((billing.hash.as_str(), billing.range.as_str()), ("pk", "sk"));
        assert_eq!(
            billing
                .indexes
                .iter()
                .map(|i| i.hash.as_str())
                .collect::<Vec<_>>(),
            ["gsi1pk", "gsi2pk"]
        );
        assert_eq!(billing.stream_view.as_deref(), Some("NEW_AND_OLD_IMAGES"));
        assert_eq!(topology.tables["audit"].expiry, None);
        assert_eq!(topology.keys["token"].spec, "ECC_NIST_P256");
        assert!(topology.keys.values().all(|k| k.multi_region));
    }

    #[test]
    fn a_service_that_is_split_reads_back_to_the_same_routes() {
        let services: &[&Service] = &[&payments::SERVICE, &billing::SERVICE];
        let whole = read(&templates::generate_split(services, &[]).unwrap()).unwrap();
        let files = templates::generate_split(services, &[templates::split::tests::INVOICES]).unwrap();
        let split = read(&files).unwrap();
        split.agree(services).unwrap();
        let routes = |topology: &Topology| topology.routes.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(routes(&split), routes(&whole));
        assert_eq!(
            (&split.functions, &split.refusals),
            (&whole.functions, &whole.refusals)
        );
        assert_eq!(
            (&split.schedules, &split.streams, &split.queues),
            (&whole.schedules, &whole.streams, &whole.queues)
        );
        assert_eq!(split.roles.len(), split.functions.len());
        // Each half is a stack with an API, an alarm that takes its deployments back, and rules to it.
        let invoices = &files["infra/service-billing.invoices.yaml"];
        for part in [
            "Name: !Sub ledgerkeep-${Environment}-billing-invoices\n",
            "LogGroupName: !Sub /ledgerkeep/${Environment}/api-billing-invoices\n",
            "AlarmName: !Sub ledgerkeep-${Environment}-billing-invoices-canary\n",
            "Path: '/billing/v1/invoices'",
        ] {
            assert!(invoices.contains(part), "{part}");
            assert!(!files["infra/service-billing.yaml"].contains(part), "{part}");
        }
        let region = &files["template.yaml"];
        for part in [
            "  BillingInvoices:\n",
            "Location: infra/service-billing.invoices.yaml\n",
            "  BillingInvoicesApi:\n",
        ] {
            assert!(region.contains(part), "{part}");
        }
        let edge = &files["infra/edge.yaml"];
        let at = |rule: &str| edge.find(rule).unwrap_or_else(|| panic!("{rule}"));
        for domain in ["Global", "Regional"] {
            let (part, service) = (
                format!("  {domain}BillingV1InvoicesRule:\n"),
                format!("  {domain}BillingRule:\n"),
            );
            assert!(at(&part) < at(&service), "what is split off is looked for first");
        }
        assert!(
            edge.contains("- billing/v1/invoices\n") && edge.contains("ApiId: !Ref BillingInvoicesApi\n")
        );
        assert!(edge.contains("  BillingInvoicesGuarded:\n"));
        let monitoring = &files["infra/monitoring.yaml"];
        for part in [
            "ledgerkeep-${Environment}-billing-invoices-gateway",
            "billing-invoices 5xx",
        ] {
            assert!(monitoring.contains(part), "{part}");
        }
        assert!(files["infra/quotas.json"].contains("\"infra/service-billing.invoices.yaml\": {"));
    }

    #[test]
    fn a_role_that_others_have_who_may_do_something_else_is_named() {
        let mut files = templates::generate(SERVICES).unwrap();
        let stack = files.get_mut("infra/service-billing.yaml").unwrap();
        // Both roles of one function become those that another has.
        let swap = |text: &str| {
            text.replace("CreateCustomerRole", "SharedXRole")
                .replace("CreateCustomerDataRole", "SharedXDataRole")
        };
        *stack = swap(stack);
        read(&files).unwrap().agree(SERVICES).unwrap();
        let stack = files.get_mut("infra/service-billing.yaml").unwrap();
        // Further in, a model has the same name.
        let id = "\n  SearchCustomers:\n";
        let (before, after) = stack.split_once(id).unwrap();
        let own = after
            .split("Role: !GetAtt ")
            .nth(1)
            .unwrap()
            .split("Role.Arn")
            .next()
            .unwrap()
            .to_owned();
        let after = after.replacen(&format!("{own}Role.Arn"), "SharedXRole.Arn", 1);
        let after = after.replacen(&format!("{own}DataRole.Arn"), "SharedXDataRole.Arn", 1);
        *stack = format!("{before}{id}{after}");
        let wrong = read(&files).unwrap().agree(SERVICES).unwrap_err();
        assert!(
            wrong.contains("search_customers has the role")
                && wrong.contains("together with create_customer"),
            "{wrong}"
        );
    }

    #[test]
    fn every_difference_is_named() {
        let mut files = templates::generate(SERVICES).unwrap();
        let stack = files.get_mut("infra/service-billing.yaml").unwrap();
        *stack = stack.replace(
            "Path: '/billing/v1/customers/search'",
            "Path: '/billing/v1/customers/find'",
        );
        *stack = stack.replacen("MemorySize: 256", "MemorySize: 128", 1);
        let wrong = read(&files).unwrap().agree(SERVICES).unwrap_err();
        for part in ["search_customers", "/find", "create_customer is not as declared"] {
            assert!(wrong.contains(part), "{part}: {wrong}");
        }
        let none = read(&templates::generate(SERVICES).unwrap())
            .unwrap()
            .agree(&[])
            .unwrap_err();
        assert!(
            none.contains("read_customer is in the templates, but no crate declares it"),
            "{none}"
        );
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let whole = templates::generate(SERVICES).unwrap();
        for (from, to, said) in [
            (
                "../target/lambda/read_customer/",
                "../target/lambda/other/",
                ": ReadCustomer runs the code in",
            ),
            (
                "      Role: !GetAtt CreateCustomerRole.Arn\n",
                "",
                ": CreateCustomer has no role of its own, nor one that several have",
            ),
            ("Method: POST", "Method: FETCH", "FETCH"),
            ("Resources:", "Resources: [", "at line"),
        ] {
            let mut files = whole.clone();
            let stack = files.get_mut("infra/service-billing.yaml").unwrap();
            assert!(stack.contains(from), "{from}");
            *stack = stack.replace(from, to);
            let wrong = read(&files).unwrap_err();
            assert!(
                wrong.starts_with("infra/service-billing.yaml:") && wrong.contains(said),
                "{wrong}"
            );
            assert!(!wrong.contains('\n'), "{wrong}");
        }
        let mut files = whole;
        files.remove("infra/data.yaml");
        assert_eq!(
            read(&files).unwrap_err(),
            "infra/data.yaml: there is no such file"
        );
    }
}
