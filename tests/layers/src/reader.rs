//! Reads the files of a crate and the imports among them.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The path of a module inside its crate: `["road", "call"]`; the crate itself is empty.
pub type Module = Vec<String>;

/// That a file takes something from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The module of the file that takes.
    pub from: Module,
    /// The module of the file that defines.
    pub to: Module,
    /// What is taken, as the end of its path.
    pub what: String,
}

/// What has been read of a crate.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The modules of its files.
    pub files: BTreeSet<Module>,
    /// Paths that were followed, within a file too.
    pub paths: usize,
    /// Imports from file to file.
    pub imports: BTreeSet<Import>,
}

/// A path as it stands in code, and whether it is one of `pub use` (with the name that it gives).
struct Seen {
    path: Vec<String>,
    at: Module,
    public: Option<String>,
    glob: bool,
}

/// A module, in a file of its own or not.
#[derive(Default)]
struct Room {
    file: Module,
    defines: BTreeSet<String>,
    gives: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

#[derive(Default)]
struct Crate {
    rooms: BTreeMap<Module, Room>,
    /// Modules that exist for tests alone.
    tests: BTreeSet<Module>,
    /// Per file: its paths, and how often each name stands outside of `use`.
    seen: BTreeMap<Module, Vec<Seen>>,
    names: BTreeMap<Module, BTreeMap<String, usize>>,
    /// Macros, by name, and the file that exports them at the crate's root.
    macros: BTreeMap<String, Module>,
}

const ITEMS: [&str; 14] = [
    "mod",
    "fn",
    "use",
    "impl",
    "struct",
    "enum",
    "const",
    "static",
    "type",
    "pub",
    "async",
    "unsafe",
    "trait",
    "macro_rules",
];

fn ident(tree: Option<&TokenTree>) -> Option<String> {
    match tree {
        Some(TokenTree::Ident(name)) => Some(name.to_string()),
        _ => None,
    }
}

fn is_punct(tree: Option<&TokenTree>, sign: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == sign)
}

fn is_path_sign(trees: &[TokenTree], at: usize) -> bool {
    is_punct(trees.get(at), ':') && is_punct(trees.get(at + 1), ':')
}

fn group(tree: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match tree {
        Some(TokenTree::Group(g)) if g.delimiter() == delimiter => Some(g),
        _ => None,
    }
}

/// Whether an attribute is `cfg(test)` or asks for it among others; `cfg(not(test))` does not.
fn is_for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text.starts_with("cfg(") && text.contains("test") && !text.contains("not(test")
}

/// The end of the item that begins here.
fn item_end(trees: &[TokenTree], mut at: usize) -> usize {
    // Attributes of its own.
    while is_punct(trees.get(at), '#') && group(trees.get(at + 1), Delimiter::Bracket).is_some() {
        at += 2;
    }
    let first = ident(trees.get(at)).unwrap_or_default();
    let is_item = ITEMS.contains(&first.as_str());
    let listed =
        first == "use" || (first == "pub" && trees.iter().skip(at).take(3).any(|t| t.to_string() == "use"));
    while let Some(tree) = trees.get(at) {
        at += 1;
        match tree {
            TokenTree::Punct(p) if p.as_char() == ';' => break,
            TokenTree::Punct(p) if p.as_char() == ',' && !is_item => break,
            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace && is_item && !listed => break,
            _ => {}
        }
    }
    at
}

/// The leaves of a tree of `use`: path, the name that it gets here, and whether it is all of a module.
fn leaves(trees: &[TokenTree], before: &[String], found: &mut Vec<(Vec<String>, String, bool)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        match tree {
            TokenTree::Ident(name) if name == "as" => {
                let name = ident(trees.get(at + 1)).unwrap_or_default();
                found.push((path, name, false));
                return;
            }
            TokenTree::Ident(name) => path.push(name.to_string()),
            TokenTree::Punct(p) if p.as_char() == '*' => {
                found.push((path, String::new(), true));
                return;
            }
            TokenTree::Group(g) if g.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = g.stream().into_iter().collect();
                for part in inner.split(|t| is_punct(Some(t), ',')).filter(|p| !p.is_empty()) {
                    leaves(part, &path, found);
                }
                return;
            }
            _ => {}
        }
        at += 1;
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    if let Some(last) = path.last().cloned() {
        found.push((path, last, false));
    }
}

impl Crate {
    fn stream(&mut self, file: &Module, at: &Module, stream: TokenStream, top: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut i = 0;
        let mut exported = false;
        while let Some(tree) = trees.get(i) {
            if is_punct(Some(tree), '#')
                && let Some(attribute) = group(trees.get(i + 1), Delimiter::Bracket)
            {
                if is_for_tests(attribute) {
                    let end = item_end(&trees, i + 2);
                    self.tests_declared(at, trees.get(i + 2..end).unwrap_or_default());
                    i = end;
                    continue;
                }
                exported |= attribute.stream().to_string() == "macro_export";
            }
            match tree {
                TokenTree::Ident(word) if word == "use" => {
                    let end = item_end(&trees, i);
                    self.used(file, at, &trees, i, end);
                    i = end;
                    continue;
                }
                TokenTree::Ident(word) if word == "mod" && top => {
                    if let (Some(name), Some(body)) =
                        (ident(trees.get(i + 1)), group(trees.get(i + 2), Delimiter::Brace))
                    {
                        let mut inner = at.clone();
                        inner.push(name);
                        self.rooms.entry(inner.clone()).or_default().file = file.clone();
                        self.stream(file, &inner, body.stream(), true);
                        i += 3;
                        continue;
                    }
                }
                TokenTree::Ident(_) => i += self.word(file, at, &trees, i, top, &mut exported),
                TokenTree::Group(g) => self.stream(file, at, g.stream(), false),
                _ => {}
            }
            i += 1;
        }
    }

    fn tests_declared(&mut self, at: &Module, item: &[TokenTree]) {
        let named = item
            .iter()
            .position(|t| ident(Some(t)).is_some_and(|w| w == "mod"));
        if let Some(name) = named.and_then(|n| ident(item.get(n + 1))) {
            let mut module = at.clone();
            module.push(name);
            self.tests.insert(module);
        }
    }

    fn used(&mut self, file: &Module, at: &Module, trees: &[TokenTree], from: usize, end: usize) {
        let before = |n: usize| from.checked_sub(n).and_then(|n| trees.get(n));
        let restricted = group(before(1), Delimiter::Parenthesis).is_some();
        let public = ident(before(if restricted { 2 } else { 1 })).is_some_and(|w| w == "pub");
        let mut found = Vec::new();
        leaves(trees.get(from + 1..end).unwrap_or_default(), &[], &mut found);
        for (path, name, glob) in found {
            let room = self.rooms.entry(at.clone()).or_default();
            if public && glob {
                room.globs.push(path.clone());
            } else if public {
                room.gives.insert(name.clone(), path.clone());
            }
            let public = public.then_some(name);
            let at = at.clone();
            self.seen.entry(file.clone()).or_default().push(Seen {
                path,
                at,
                public,
                glob,
            });
        }
    }

    /// A word in code: it may define something, and it may begin a path. Gives how many more tokens it takes.
    fn word(
        &mut self,
        file: &Module,
        at: &Module,
        trees: &[TokenTree],
        i: usize,
        top: bool,
        exported: &mut bool,
    ) -> usize {
        let word = ident(trees.get(i)).unwrap_or_default();
        // A name in lower case is a function where it is called; otherwise it may be anything.
        let is_called = group(trees.get(i + 1), Delimiter::Parenthesis).is_some()
            && !i.checked_sub(1).is_some_and(|b| {
                is_punct(trees.get(b), '.') || ident(trees.get(b)).is_some_and(|w| w == "fn")
            });
        if is_called || word.starts_with(char::is_uppercase) {
            let named = self.names.entry(file.clone()).or_default();
            *named.entry(word.clone()).or_default() += 1;
        }
        if word == "macro_rules" {
            if let (true, Some(name)) = (std::mem::take(exported), ident(trees.get(i + 2))) {
                self.macros.insert(name, file.clone());
            }
            return 0;
        }
        let defines = [
            "fn", "struct", "enum", "trait", "type", "const", "static", "union",
        ];
        if top && defines.contains(&word.as_str()) {
            let mut n = i + 1;
            while ident(trees.get(n))
                .is_some_and(|w| ["fn", "mut", "unsafe", "async", "extern"].contains(&w.as_str()))
            {
                n += 1;
            }
            if let Some(name) = ident(trees.get(n)) {
                self.rooms.entry(at.clone()).or_default().defines.insert(name);
            }
            return 0;
        }
        let follows = i
            .checked_sub(1)
            .is_some_and(|b| is_punct(trees.get(b), '.') || is_punct(trees.get(b), ':'))
            && i.checked_sub(2)
                .is_some_and(|b| is_path_sign(trees, b) || is_punct(trees.get(i - 1), '.'));
        let mut path = vec![word];
        let mut next = i + 1;
        while is_path_sign(trees, next)
            && let Some(name) = ident(trees.get(next + 2))
        {
            *self
                .names
                .entry(file.clone())
                .or_default()
                .entry(name.clone())
                .or_default() += 1;
            path.push(name);
            next += 3;
        }
        if path.len() > 1 && !follows {
            let at = at.clone();
            let seen = Seen {
                path,
                at,
                public: None,
                glob: false,
            };
            self.seen.entry(file.clone()).or_default().push(seen);
        }
        next - i - 1
    }

    fn is_for_tests(&self, module: &[String]) -> bool {
        (1..=module.len()).any(|n| module.get(..n).is_some_and(|m| self.tests.contains(m)))
    }

    /// A path from the crate's root on, if it begins inside of the crate.
    fn absolute(&self, path: &[String], at: &Module) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut from = match first.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => at.clone(),
            name => {
                let mut inner = at.clone();
                inner.push(name.to_owned());
                return self
                    .rooms
                    .contains_key(&inner)
                    .then(|| [at.as_slice(), path].concat());
            }
        };
        if first == "super" {
            from.pop();
        }
        let mut rest = rest;
        while let Some((next, more)) = rest.split_first()
            && next == "super"
        {
            from.pop();
            rest = more;
        }
        Some([from.as_slice(), rest].concat())
    }

    /// The file that defines what a path names, and what is left of the path there.
    fn follow(&self, path: &[String], depth: usize) -> (Module, Vec<String>) {
        let mut at = Module::new();
        let mut rest = path;
        while let Some((name, more)) = rest.split_first() {
            let mut inner = at.clone();
            inner.push(name.clone());
            if self.rooms.contains_key(&inner) {
                (at, rest) = (inner, more);
                continue;
            }
            let Some(room) = self.rooms.get(&at) else { break };
            if room.defines.contains(name) || depth > 16 {
                break;
            }
            if let Some(given) = room.gives.get(name).and_then(|to| self.absolute(to, &at)) {
                return self.follow(&[given.as_slice(), more].concat(), depth + 1);
            }
            let globs = room.globs.iter().filter_map(|glob| self.absolute(glob, &at));
            let through = globs.map(|glob| self.follow(&[glob.as_slice(), rest].concat(), depth + 1));
            if let Some(found) = through.into_iter().find(|(room, left)| self.has(room, left)) {
                return found;
            }
            if at.is_empty()
                && let Some(file) = self.macros.get(name)
            {
                return (file.clone(), rest.to_vec());
            }
            break;
        }
        (at, rest.to_vec())
    }

    /// Whether a room defines what is left of a path; all of it has been followed where nothing is left.
    fn has(&self, room: &Module, left: &[String]) -> bool {
        left.first()
            .is_none_or(|name| self.rooms.get(room).is_some_and(|r| r.defines.contains(name)))
    }

    fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        let files = self.rooms.iter().filter(|(module, room)| **module == room.file);
        reading.files = files.map(|(module, _)| module.clone()).collect();
        reading.files.retain(|file| !self.is_for_tests(file));
        for (file, seen) in self.seen.iter().filter(|(file, _)| !self.is_for_tests(file)) {
            for one in seen {
                let Some(path) = self.absolute(&one.path, &one.at) else {
                    continue;
                };
                let (room, left) = self.follow(&path, 0);
                reading.paths += 1;
                let Some(to) = self.rooms.get(&room).map(|r| r.file.clone()) else {
                    continue;
                };
                if to == *file || self.is_for_tests(&room) {
                    continue;
                }
                // A list of what stands below is no use of it, unless the name is used here.
                let listed = one.public.as_ref().is_some_and(|name| {
                    let count = self.names.get(file).and_then(|names| names.get(name));
                    to.starts_with(file) && (one.glob || count.is_none())
                });
                if !listed
                    && (!one.glob || one.public.is_some() || !left.is_empty() || to != room || !to.is_empty())
                {
                    let what = left.join("::");
                    reading.imports.insert(Import {
                        from: file.clone(),
                        to,
                        what,
                    });
                }
            }
        }
        reading
    }
}

/// Reads texts by their path below `src`, such as `road/call.rs`.
///
/// # Errors
/// A text that is not Rust.
pub fn read_texts<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Reading, String> {
    let texts: BTreeMap<&str, &str> = texts.into_iter().collect();
    let mut whole = Crate::default();
    for (path, text) in &texts {
        let mut module: Module = path
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        let last = module.last().map(String::as_str);
        let is_root = module.len() == 1
            && (last == Some("lib") || (last == Some("main") && !texts.contains_key("lib.rs")));
        if is_root || last == Some("mod") {
            module.pop();
        } else if last == Some("main") || module.first().is_some_and(|first| first == "bin") {
            // Mains use their crate from outside.
            continue;
        }
        whole.rooms.entry(module.clone()).or_default().file = module.clone();
        let stream: TokenStream = text.parse().map_err(|e| format!("{path}: {e}"))?;
        whole.stream(&module, &module, stream, true);
    }
    Ok(whole.reading())
}

/// Reads a crate's folder `src`.
///
/// # Errors
/// A file that cannot be read or is not Rust.
pub fn read(src: &Path) -> Result<Reading, String> {
    let mut texts = Vec::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        let told = |e: std::io::Error| format!("{}: {e}", folder.display());
        for entry in fs::read_dir(&folder).map_err(told)? {
            let path = entry.map_err(told)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(src).map_err(|e| e.to_string())?;
                let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                texts.push((name.to_string_lossy().into_owned(), text));
            }
        }
    }
    read_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(texts: &[(&str, &str)]) -> Vec<String> {
        let reading = read_texts(texts.iter().copied()).unwrap();
        let text = |i: &Import| format!("{} -> {} {}", i.from.join("::"), i.to.join("::"), i.what);
        reading.imports.iter().map(text).collect()
    }

    #[test]
    fn every_way_to_name_something_is_read() {
        for (code, what) in [
            ("use crate::low::Thing;", "high -> low Thing"),
            ("use crate::{low::{self, Thing}};", "high -> low Thing"),
            ("use super::low::Thing as Other;", "high -> low Thing"),
            ("fn f() -> crate::low::Thing { todo() }", "high -> low Thing"),
            (
                "fn f() { g(|x| super::low::Thing::new(x)) }",
                "high -> low Thing::new",
            ),
            ("mod inner { use super::super::low::Thing; }", "high -> low Thing"),
            ("m!(a, [$crate::low::Thing { x }]);", "high -> low Thing"),
            (
                "#[derive(Debug)] #[x(crate::low::Thing)] struct S;",
                "high -> low Thing",
            ),
            ("pub use crate::low::Thing;", "high -> low Thing"),
            ("pub(crate) use crate::low::*;", "high -> low "),
            ("fn f() { crate::list::Thing::new() }", "high -> low Thing::new"),
            ("use crate::all::Thing;", "high -> low Thing"),
            ("fn f() { crate::shout!(1) }", "high -> low shout"),
        ] {
            let low = "pub struct Thing; #[macro_export] macro_rules! shout { () => {} }";
            let list = "pub use crate::low::Thing;";
            let all = "pub use crate::low::*;";
            let texts = [
                ("lib.rs", "pub mod low; pub mod high; mod list; mod all;"),
                ("low.rs", low),
                ("high.rs", code),
                ("list.rs", list),
                ("all.rs", all),
            ];
            let found = imports(&texts);
            assert!(found.contains(&what.to_owned()), "{code}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_import_is_left_out() {
        for code in [
            "// use crate::low::Thing;\n/// [`crate::low::Thing`]\nfn f() {}",
            "const T: &str = \"crate::low::Thing\";",
            "#[cfg(test)] mod tests { use crate::low::Thing; }",
            "#[cfg(test)] use crate::low::Thing;\nfn f() {}",
            "use std::low::Thing; fn f() { other::low::Thing }",
            "fn f(x: X) { x.low.low() }",
        ] {
            let texts = [
                ("lib.rs", "mod low; mod high;"),
                ("low.rs", "pub struct Thing;"),
                ("high.rs", code),
            ];
            assert_eq!(imports(&texts), Vec::<String>::new(), "{code}");
        }
        let texts = [
            ("lib.rs", "mod low; mod high;"),
            ("low.rs", "pub struct Thing;"),
            ("high.rs", "#[cfg(test)] mod tests;"),
            ("high/tests.rs", "use crate::low::Thing;"),
        ];
        assert_eq!(imports(&texts), Vec::<String>::new());
        let not = "#[cfg(not(test))] use crate::low::Thing;";
        assert_eq!(
            imports(&[("lib.rs", ""), ("low.rs", "pub struct Thing;"), ("high.rs", not)]).len(),
            1
        );
    }

    #[test]
    fn a_list_of_children_is_no_use_of_them() {
        let child = ("noun/verb.rs", "use super::Noun; pub struct Verb;");
        let lists = ("noun.rs", "mod verb; pub use verb::Verb; pub struct Noun;");
        assert_eq!(
            imports(&[("lib.rs", ""), lists, child]),
            ["noun::verb -> noun Noun"]
        );
        let uses = ("noun.rs", "mod verb; pub use verb::Verb; pub struct Noun(Verb);");
        let both = ["noun -> noun::verb Verb", "noun::verb -> noun Noun"];
        assert_eq!(imports(&[("lib.rs", ""), uses, child]), both);
        let by_path = ("noun.rs", "mod verb; pub struct Noun(verb::Verb);");
        assert_eq!(imports(&[("lib.rs", ""), by_path, child]), both);
        // What a sibling takes through the parent's list is the sibling's.
        let sibling = ("noun/other.rs", "use super::Verb;");
        let found = imports(&[("lib.rs", ""), lists, child, sibling]);
        assert_eq!(
            found,
            ["noun::other -> noun::verb Verb", "noun::verb -> noun Noun"]
        );
    }

    #[test]
    fn a_text_that_is_not_rust_is_told() {
        assert!(read_texts([("lib.rs", "fn f( {")]).is_err());
    }
}
