//! Starting: what keeps the platform from it is said in one clear line, and changes nothing.

use crate::support::{
    Platform,
    platform::{root, scratch, serve},
    run,
    time::{Since, block},
};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Runs a command that must end with an error, and gives the one line that it said on standard error.
#[track_caller]
fn refused(mut command: Command) -> String {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    let began = Since::now();
    let status = loop {
        match child.try_wait().expect("its state") {
            Some(status) => break status,
            None if began.elapsed().as_secs() > 30 => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("it started all the same");
            }
            None => block(20),
        }
    };
    let output = child.wait_with_output().expect("its output");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!status.success(), "it ended well: {told}");
    let lines: Vec<&str> = told.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!(
        lines.len() == 1 && !told.contains("panicked"),
        "not one clear line but:\n{told}"
    );
    told
}

/// A copy of the repository's templates.
fn templates() -> PathBuf {
    let copy = scratch("templates");
    fs::create_dir_all(copy.join("infra/stacks")).expect("a directory");
    let mut names = vec![PathBuf::from("template.yaml")];
    for entry in fs::read_dir(root().join("infra/stacks"))
        .expect("stacks")
        .flatten()
    {
        let name = PathBuf::from("infra/stacks").join(entry.file_name());
        if name.extension().is_some_and(|extension| extension == "yaml") {
            names.push(name);
        }
    }
    for name in names {
        fs::copy(root().join(&name), copy.join(&name)).unwrap_or_else(|e| panic!("{}: {e}", name.display()));
    }
    copy
}

/// How a template is broken.
type Break = fn(String) -> String;

/// Replaces a file's text.
fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let changed = change(text.clone());
    assert_ne!(text, changed, "{}", path.display());
    fs::write(path, changed).expect("a changed copy");
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let told = refused(serve(&scratch("taken"), &root(), port));
    assert!(told.contains(&port.to_string()), "{told}");
}

#[test]
fn a_broken_template_is_named() {
    let service = |copy: &Path, name: &str| {
        let own = copy.join("infra/stacks").join(format!("{name}.yaml"));
        if own.exists() {
            own
        } else {
            copy.join("template.yaml")
        }
    };
    let cases: [(&str, Break); 3] = [
        ("half a file", |text| {
            text[..text.len() / 2].to_owned() + "\n  - : ["
        }),
        ("a tab", |text| {
            text.replacen("Resources:\n", "Resources:\n\tBroken: [\n", 1)
        }),
        ("a list instead of resources", |_| "- nothing\n".to_owned()),
    ];
    for (name, change) in cases {
        let copy = templates();
        let broken = service(&copy, "payments");
        rewrite(&broken, change);
        let told = refused(serve(&scratch("broken"), &copy, 0));
        let file = broken.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(told.contains(&file), "{name}: {file} is not named: {told}");
    }
    let copy = templates();
    fs::remove_file(copy.join("template.yaml")).expect("the copy");
    let told = refused(serve(&scratch("missing"), &copy, 0));
    assert!(told.contains("template.yaml"), "{told}");
}

#[test]
fn a_damaged_state_file_is_named_and_left_alone() {
    let dir = scratch("damaged");
    let platform = Platform::start(&dir, &root());
    platform.kill();
    let mut files = Vec::new();
    let mut dirs = vec![dir.clone()];
    while let Some(next) = dirs.pop() {
        for entry in fs::read_dir(&next).expect("the data directory").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let state = !["platform.json", "platform.log", "ca.pem"].contains(&name.as_str());
            if path.is_dir() {
                dirs.push(path);
            } else if state && (name.ends_with(".json") || name.ends_with(".pem")) {
                files.push(path);
            }
        }
    }
    assert!(files.len() >= 2, "state files: {files:?}");
    for file in files {
        let good = fs::read(&file).expect("a state file");
        for damaged in [good[..good.len() / 2].to_vec(), b"\0garbage".to_vec(), Vec::new()] {
            fs::write(&file, &damaged).expect("a damaged file");
            let told = refused(serve(&dir, &root(), 0));
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(told.contains(&name), "{name} is not named: {told}");
            assert_eq!(
                fs::read(&file).expect("the file"),
                damaged,
                "{name} was overwritten"
            );
        }
        fs::write(&file, good).expect("the file as it was");
    }
    let again = Platform::start(&dir, &root());
    run(async { again.http.get("/tenancy/v1/health").send().await.is(200) });
}

#[test]
fn wrong_arguments_are_told() {
    let told = Command::new(crate::support::platform::binary())
        .args(["serve", "--port", "70000"])
        .output()
        .expect("the command");
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stderr).contains("70000"));
    let told = Command::new(crate::support::platform::binary())
        .args(["verify", "no-such-bundle", "--key", "no-such-key"])
        .output()
        .expect("the command");
    let line = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        !told.status.success() && line.contains("no-such-key") && line.lines().count() == 1,
        "{line}"
    );
}
