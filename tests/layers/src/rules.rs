//! What is demanded of the imports of a crate.

use crate::{
    graph::circles,
    reader::{Import, Module, Reading},
};
use std::collections::{BTreeMap, BTreeSet};

fn told<'i>(imports: impl IntoIterator<Item = &'i Import>) -> String {
    let one = |i: &Import| {
        let name = |m: &Module| {
            if m.is_empty() {
                "lib".to_owned()
            } else {
                m.join("::")
            }
        };
        format!(
            "\n    {} takes {} from {}",
            name(&i.from),
            if i.what.is_empty() { "all" } else { &i.what },
            name(&i.to)
        )
    };
    imports.into_iter().map(one).collect()
}

/// Circles between files. What `lib.rs` takes does not count: it lists everything below, and may use it.
fn files(reading: &Reading) -> Vec<String> {
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for import in reading.imports.iter().filter(|i| !i.from.is_empty()) {
        edges
            .entry(import.from.clone())
            .or_default()
            .insert(import.to.clone());
    }
    let one = |circle: Vec<Module>| {
        let inside = |i: &&Import| circle.contains(&i.from) && circle.contains(&i.to);
        format!(
            "files in a circle:{}",
            told(reading.imports.iter().filter(inside))
        )
    };
    circles(&edges).into_iter().map(one).collect()
}

/// The room of a module in a folder: the one that the next part of its path names.
fn room<'m>(folder: &[String], module: &'m Module) -> Option<&'m String> {
    module.strip_prefix(folder)?.first()
}

/// Whether a room is a folder, and not a file alone.
fn is_folder(reading: &Reading, folder: &[String], room: &String) -> bool {
    let below = |file: &Module| {
        file.strip_prefix(folder)
            .is_some_and(|rest| rest.len() > 1 && rest.first() == Some(room))
    };
    reading.files.iter().any(below)
}

/// Circles between the rooms of a folder.
fn rooms(reading: &Reading) -> Vec<String> {
    let folders: BTreeSet<&[String]> = reading
        .files
        .iter()
        .flat_map(|file| (0..file.len()).filter_map(|n| file.get(..n)))
        .collect();
    let mut found = Vec::new();
    for folder in folders {
        let between = |i: &Import| {
            let (from, to) = (room(folder, &i.from)?, room(folder, &i.to)?);
            let both = from != to && is_folder(reading, folder, from) && is_folder(reading, folder, to);
            both.then(|| (from.clone(), to.clone()))
        };
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in reading.imports.iter().filter_map(between) {
            edges.entry(from).or_default().insert(to);
        }
        for circle in circles(&edges) {
            let inside =
                |i: &&Import| between(i).is_some_and(|(a, b)| circle.contains(&a) && circle.contains(&b));
            let imports = told(reading.imports.iter().filter(inside));
            found.push(format!("rooms in a circle, {}:{imports}", circle.join(", ")));
        }
    }
    found
}

/// Imports from a lower room at the top of a crate into a higher one, and rooms that the order does not name. The order begins
/// with the lowest.
#[must_use]
pub fn upward(reading: &Reading, order: &[&str]) -> Vec<String> {
    let floor = |module: &Module| {
        let name = module.first()?;
        order.iter().position(|layer| layer == name)
    };
    let unknown: BTreeSet<&String> = reading
        .files
        .iter()
        .filter(|f| floor(f).is_none())
        .filter_map(|f| f.first())
        .collect();
    let mut found: Vec<String> = unknown
        .iter()
        .map(|name| format!("{name} is in no layer"))
        .collect();
    let up = |i: &&Import| match (floor(&i.from), floor(&i.to)) {
        (Some(from), Some(to)) => to > from,
        // What is defined at the root stands above every layer.
        (Some(_), None) => i.to.is_empty(),
        _ => false,
    };
    found.extend(
        reading
            .imports
            .iter()
            .filter(up)
            .map(|i| format!("an import that runs up:{}", told([i]))),
    );
    found
}

/// Everything that is wrong with the imports of a crate, whether it has layers or not.
#[must_use]
pub fn check(reading: &Reading) -> Vec<String> {
    let mut found = files(reading);
    found.extend(rooms(reading));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read_texts;

    const ORDER: [&str; 3] = ["low", "middle", "high"];

    fn wrong(texts: &[(&str, &str)]) -> String {
        let reading = read_texts(texts.iter().copied()).unwrap();
        [check(&reading), upward(&reading, &ORDER)].concat().join("\n")
    }

    const LIB: (&str, &str) = ("lib.rs", "mod low; mod middle; mod high; pub use high::High;");

    #[test]
    fn a_crate_that_only_looks_down_is_fine() {
        let texts = [
            LIB,
            ("low.rs", "pub struct Low;"),
            (
                "middle.rs",
                "mod part; pub use part::Part; pub struct Middle(crate::low::Low);",
            ),
            ("middle/part.rs", "use super::Middle; pub struct Part(Middle);"),
            (
                "high.rs",
                "use crate::{low::Low, middle::Middle}; pub struct High(Low, Middle);",
            ),
        ];
        assert_eq!(wrong(&texts), "");
    }

    #[test]
    fn an_import_that_runs_up_is_found() {
        let high = ("high.rs", "pub struct High;");
        let up = [
            LIB,
            ("low.rs", "fn f() { crate::high::High; }"),
            ("middle.rs", ""),
            high,
        ];
        assert!(
            wrong(&up).contains("runs up:\n    low takes High from high"),
            "{}",
            wrong(&up)
        );
        // Through the list of public names as well.
        let round = [
            LIB,
            ("low/deep.rs", "use crate::High;"),
            ("low.rs", "mod deep;"),
            ("middle.rs", ""),
            high,
        ];
        assert!(
            wrong(&round).contains("low::deep takes High from high"),
            "{}",
            wrong(&round)
        );
        let root = [
            ("lib.rs", "pub static ALL: u8 = 1;"),
            ("low.rs", "fn f() { crate::ALL; }"),
        ];
        assert!(
            wrong(&root).contains("low takes ALL from lib"),
            "{}",
            wrong(&root)
        );
        let stray = [LIB, ("low.rs", ""), ("attic.rs", "")];
        assert!(wrong(&stray).contains("attic is in no layer"));
    }

    #[test]
    fn circles_of_two_and_of_three_are_found() {
        let two = [
            ("lib.rs", ""),
            ("low/a.rs", "use super::b::B; pub struct A;"),
            ("low/b.rs", "use super::a::A; pub struct B;"),
            ("low.rs", ""),
        ];
        assert!(
            wrong(&two).contains(
                "files in a circle:\n    low::a takes B from low::b\n    low::b takes A from low::a"
            ),
            "{}",
            wrong(&two)
        );
        let three = [
            ("lib.rs", ""),
            ("low/a.rs", "fn f() { super::b::b() } pub fn a() {}"),
            ("low/b.rs", "use crate::low::c::c; pub fn b() {}"),
            ("low/c.rs", "use crate::low::{a::a}; pub fn c() {}"),
            ("low.rs", "mod a; mod b; mod c;"),
        ];
        let said = wrong(&three);
        for part in [
            "files in a circle",
            "a takes b from",
            "b takes c from",
            "c takes a from",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let parent = [
            ("lib.rs", ""),
            ("low.rs", "mod part; pub struct Low(part::Part);"),
            ("low/part.rs", "use super::Low; pub struct Part;"),
        ];
        assert!(wrong(&parent).contains("files in a circle"));
    }

    #[test]
    fn rooms_in_a_circle_are_found_where_no_two_files_are() {
        let texts = [
            LIB,
            ("low.rs", "mod a; mod b;"),
            ("low/a.rs", "mod x; mod y;"),
            ("low/a/x.rs", "use crate::low::b::v::V;"),
            ("low/a/y.rs", "pub struct Y;"),
            ("low/b.rs", "pub mod v; mod w;"),
            ("low/b/v.rs", "pub struct V;"),
            ("low/b/w.rs", "use crate::low::a::y::Y;"),
            ("middle.rs", ""),
            ("high.rs", ""),
        ];
        let said = wrong(&texts);
        assert!(
            said.contains("rooms in a circle, a, b") && !said.contains("files"),
            "{said}"
        );
    }
}
