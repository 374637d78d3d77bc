//! What the generator writes and what the topology reads are the same.

use shared::endpoint::Service;
use std::collections::{BTreeMap, BTreeSet};
use topology::Topology;

static SERVICES: &[&Service] = &[&billing::SERVICE];

fn read(files: &BTreeMap<String, String>) -> Result<Topology, String> {
    Topology::read_with(&|name| Ok(files.get(name).cloned()))
}

#[test]
fn what_is_generated_reads_back() {
    let files = crate::generate(SERVICES).unwrap();
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
    let mut parts = crate::split::PARTS.to_vec();
    let whole = read(&crate::generate_split(services, &parts).unwrap()).unwrap();
    parts.push(crate::split::tests::INVOICES);
    let files = crate::generate_split(services, &parts).unwrap();
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
    let invoices = &files["infra/stacks/service-billing.invoices.yaml"];
    for part in [
        "Name: !Sub ledgerkeep-${Environment}-billing-invoices\n",
        "LogGroupName: !Sub /ledgerkeep/${Environment}/api-billing-invoices\n",
        "AlarmName: !Sub ledgerkeep-${Environment}-billing-invoices-canary\n",
        "Path: '/billing/v1/invoices'",
    ] {
        assert!(invoices.contains(part), "{part}");
        assert!(
            !files["infra/stacks/service-billing.yaml"].contains(part),
            "{part}"
        );
    }
    let region = &files["template.yaml"];
    for part in [
        "  BillingInvoices:\n",
        "Location: infra/stacks/service-billing.invoices.yaml\n",
        "  BillingInvoicesApi:\n",
    ] {
        assert!(region.contains(part), "{part}");
    }
    let edge = &files["infra/stacks/edge.yaml"];
    let at = |rule: &str| edge.find(rule).unwrap_or_else(|| panic!("{rule}"));
    for domain in ["Global", "Regional"] {
        let (part, service) = (
            format!("  {domain}BillingV1InvoicesRule:\n"),
            format!("  {domain}BillingRule:\n"),
        );
        assert!(at(&part) < at(&service), "what is split off is looked for first");
    }
    assert!(edge.contains("- billing/v1/invoices\n") && edge.contains("ApiId: !Ref BillingInvoicesApi\n"));
    assert!(edge.contains("  BillingInvoicesGuarded:\n"));
    let monitoring = &files["infra/stacks/monitoring.yaml"];
    for part in [
        "ledgerkeep-${Environment}-billing-invoices-gateway",
        "billing-invoices 5xx",
    ] {
        assert!(monitoring.contains(part), "{part}");
    }
    assert!(files["infra/stacks/quotas.json"].contains("\"infra/stacks/service-billing.invoices.yaml\": {"));
}

#[test]
fn a_role_that_others_have_who_may_do_something_else_is_named() {
    let mut files = crate::generate(SERVICES).unwrap();
    let stack = files.get_mut("infra/stacks/service-billing.yaml").unwrap();
    // Both roles of one function become those that another has.
    *stack = stack
        .replace("CreateCustomerRole", "SharedXRole")
        .replace("CreateCustomerDataRole", "SharedXDataRole");
    crate::holders_agree(&read(&files).unwrap(), SERVICES).unwrap();
    let stack = files.get_mut("infra/stacks/service-billing.yaml").unwrap();
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
    let wrong = crate::holders_agree(&read(&files).unwrap(), SERVICES).unwrap_err();
    assert!(
        wrong.contains("search_customers has the role") && wrong.contains("together with create_customer"),
        "{wrong}"
    );
}

#[test]
fn every_difference_is_named() {
    let mut files = crate::generate(SERVICES).unwrap();
    let stack = files.get_mut("infra/stacks/service-billing.yaml").unwrap();
    *stack = stack.replace(
        "Path: '/billing/v1/customers/search'",
        "Path: '/billing/v1/customers/find'",
    );
    *stack = stack.replacen("MemorySize: 256", "MemorySize: 128", 1);
    let wrong = read(&files).unwrap().agree(SERVICES).unwrap_err();
    for part in ["search_customers", "/find", "create_customer is not as declared"] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
    let none = read(&crate::generate(SERVICES).unwrap())
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
    let whole = crate::generate(SERVICES).unwrap();
    for (from, to, said) in [
        (
            "../../target/lambda/read_customer/",
            "../../target/lambda/other/",
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
        let stack = files.get_mut("infra/stacks/service-billing.yaml").unwrap();
        assert!(stack.contains(from), "{from}");
        *stack = stack.replace(from, to);
        let wrong = read(&files).unwrap_err();
        assert!(
            wrong.starts_with("infra/stacks/service-billing.yaml:") && wrong.contains(said),
            "{wrong}"
        );
        assert!(!wrong.contains('\n'), "{wrong}");
    }
    let mut files = whole;
    files.remove("infra/stacks/data.yaml");
    assert_eq!(
        read(&files).unwrap_err(),
        "infra/stacks/data.yaml: there is no such file"
    );
}
