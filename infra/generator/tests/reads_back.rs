//! What the generator writes and what the topology reads are the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

use shared::endpoint::Service;
use std::collections::BTreeMap;
use topology::Topology;

static SERVICES: &[&Service] = &[&billing::SERVICE];

fn read(files: &BTreeMap<String, String>) -> Result<Topology, String> {
    Topology::read_with(&|name| Ok(files.get(name).cloned()))
}

#[test]
fn what_is_generated_reads_back() {
    let files = generator::generate(SERVICES).unwrap();
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
fn every_difference_is_named() {
    let mut files = generator::generate(SERVICES).unwrap();
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
    let none = read(&generator::generate(SERVICES).unwrap())
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
    let whole = generator::generate(SERVICES).unwrap();
    for (from, to, said) in [
        (
            "../../target/lambda/read_customer/",
            "../../target/lambda/other/",
            ": ReadCustomer runs the code in",
        ),
        (
            "      Role: !GetAtt ReadCustomerRole.Arn\n",
            "",
            ": ReadCustomer has no role of its own",
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
