//! What functions ask of AWS is what their roles in the templates allow, and nothing else: every function is made to work, and what
//! was recorded of it is held against its roles.

use crate::{
    cases::case,
    contracts::operations,
    support::{
        Findings, Tenant, platform,
        platform::{binary, calls, root},
        run,
        time::until,
        world,
    },
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, process::Command};

/// The functions that have been seen to call AWS so far.
fn seen() -> BTreeSet<String> {
    let files = fs::read_dir(calls()).into_iter().flatten().flatten();
    let text: String = files
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .collect();
    let record = |line: &str| serde_json::from_str::<Value>(line).ok();
    let name = |record: Value| Some(record["function"].as_str()?.to_owned());
    text.lines().filter_map(record).filter_map(name).collect()
}

/// The functions that the templates have.
fn deployed() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("events")).expect("events").flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    names
        .filter_map(|n| Some(n.strip_suffix(".json")?.to_owned()))
        .collect()
}

#[test]
fn every_function_does_what_its_roles_allow_and_nothing_else() {
    run(async {
        let (a, b, operator) = (
            Tenant::new().await,
            Tenant::new().await,
            world::operator(platform()),
        );
        let mut findings = Findings::default();
        for operation in operations(&platform().http).await {
            let Some(case) = case(&operation.id, &a, &b).await else {
                continue;
            };
            let answer = case.send(&a, &operator, &operation.method).await;
            findings.check(answer.is_success(), || answer.told());
        }
        // Workers start with the platform; those behind streams and queues get to what was done above.
        let most = async || (seen().len() * 10 >= deployed().len() * 9).then_some(());
        until("nine of ten functions at work", 120, most).await;
        let mut command = Command::new(binary());
        command
            .arg("permissions")
            .arg("--root")
            .arg(root())
            .arg("--unused");
        let output = command.arg(calls()).output().expect("the command");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{}{}", told, String::from_utf8_lossy(&output.stderr));
        findings.check(output.status.success(), || told.clone());
        let judged = told.lines().last().unwrap_or_default();
        findings.check(judged.contains(" 0 denied"), || judged.to_owned());
        findings.none();
    });
}
