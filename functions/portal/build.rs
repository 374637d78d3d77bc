//! Takes the portal's built files (infra/tools/portal.sh) into the crate, where there are some: without Node there are none, and a page
//! that says so takes their place. What is built lies outside of the sources, so that no build changes them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Compressed files stand beside the plain ones.
const CODINGS: [&str; 2] = ["br", "gz"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let built = root.join("../../target/portal");
    // A folder that is not there would be looked for by every build.
    let _ = fs::create_dir_all(&built);
    println!("cargo::rerun-if-changed={}", built.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let taken = match take(&built, &out.join("portal")) {
        Ok(taken) => taken,
        Err(e) => {
            println!("cargo::error={}: {e}", built.display());
            return;
        }
    };
    let mut text = format!("{:?}, &[\n", import_map(&built));
    let inventory = fs::read_to_string(built.join("inventory.json"));
    let inventory = inventory.unwrap_or_else(|_| "{\"scripts\": []}".to_owned());
    for path in taken {
        let [plain, br, gz] = ["", ".br", ".gz"].map(|end| out.join("portal").join(format!("{path}{end}")));
        text.push_str(&format!(
            "File {{ path: {path:?}, plain: include_bytes!({plain:?}), brotli: include_bytes!({br:?}), gzip: include_bytes!({gz:?}) }},\n"
        ));
    }
    text.push_str("]\n");
    for (name, text) in [("files.rs", format!("({text})")), ("inventory.json", inventory)] {
        let out = out.join(name);
        if let Err(e) = fs::write(&out, text) {
            println!("cargo::error={}: {e}", out.display());
        }
    }
}

/// Copies what was built, so that the crate compiles whatever becomes of it meanwhile; says what that is.
fn take(built: &Path, out: &Path) -> std::io::Result<Vec<String>> {
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out.join("assets"))?;
    let found = files(built);
    for path in &found {
        for end in ["", ".br", ".gz"] {
            let name = format!("{path}{end}");
            fs::copy(built.join(&name), out.join(&name))?;
        }
    }
    Ok(found)
}

/// The page and what it loads, in order; none where anything is missing.
fn files(built: &Path) -> Vec<String> {
    let mut found = vec!["index.html".to_owned()];
    for entry in fs::read_dir(built.join("assets")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !CODINGS.iter().any(|end| name.ends_with(&format!(".{end}"))) {
            found.push(format!("assets/{name}"));
        }
    }
    found.sort();
    let there = |path: &String| {
        ["", ".br", ".gz"]
            .iter()
            .all(|end| built.join(format!("{path}{end}")).is_file())
    };
    match found.iter().all(there) {
        true => found,
        false => Vec::new(),
    }
}

/// The hash of the page's import map, as `manifest.json` says it.
fn import_map(built: &Path) -> String {
    let manifest = fs::read_to_string(built.join("manifest.json")).unwrap_or_default();
    let named = manifest.split("\"import_map\": \"").nth(1);
    named
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default()
        .to_owned()
}
