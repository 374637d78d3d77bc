//! Random roles and requests with what is decided about them, from a fixed seed, so that another policy engine can
//! decide the same.

use super::{Decision, Effect, Exclusion, Filter, Grant, Operand, Policy, RIGHTS, Right, Role};
use crate::store::{Attributes, Value};
use serde_json::json;
use std::io::Write;

const SEED: u64 = 0x5eed_2026_1121_0001;
const CALLERS: usize = 2_500;
const REQUESTS: usize = 40;
/// What objects and callers may have.
const NAMES: [&str; 4] = ["amount", "currency", "customer", "id"];

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
    fn value(&mut self) -> Value {
        match self.below(6) {
            0 => Value::Bool(self.below(2) == 0),
            1..=3 => Value::Number(i64::try_from(self.below(4)).unwrap() - 1),
            _ => Value::Text(self.one(&["a", "b", "1"]).to_owned()),
        }
    }
    fn filter(&mut self, depth: usize) -> Filter {
        let attribute = self.one(&NAMES).to_owned();
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => Filter::Eq {
                attribute,
                value: self.value(),
            },
            1 => {
                let values = (0..self.below(4)).map(|_| self.value()).collect();
                Filter::In { attribute, values }
            }
            2 => Filter::Le {
                attribute,
                value: self.value(),
            },
            3 => Filter::Ge {
                attribute,
                value: self.value(),
            },
            4 => {
                let principal = Operand(self.one(&NAMES).to_owned());
                Filter::SelfEq { attribute, principal }
            }
            5 => Filter::All(self.filters(depth)),
            6 => Filter::Any(self.filters(depth)),
            _ => Filter::Not(Box::new(self.filter(depth - 1))),
        }
    }
    fn filters(&mut self, depth: usize) -> Vec<Filter> {
        (0..self.below(4)).map(|_| self.filter(depth - 1)).collect()
    }
    fn attributes(&mut self) -> Attributes {
        let mut all = Attributes::new();
        for name in NAMES {
            if self.below(4) > 0 {
                all.insert(name, self.value());
            }
        }
        all
    }
    fn role(&mut self, n: usize, rights: &[&Right]) -> Role {
        let grants = (0..self.below(6)).map(|_| Grant {
            right: self.one(rights).name.to_owned(),
            effect: if self.below(3) == 0 {
                Effect::Deny
            } else {
                Effect::Allow
            },
            filter: (self.below(3) > 0).then(|| self.filter(3)),
        });
        let mut role = Role::new(&format!("role_{n}"), 1, "Role", grants.collect());
        if self.below(4) == 0 {
            let (one, other) = (self.one(rights).name, self.one(rights).name);
            let pair = Exclusion(one.to_owned(), other.to_owned());
            role.exclusions.extend((one != other).then_some(pair));
        }
        role
    }
}

/// Writes a line for each caller into the file that `LEDGERKEEP_DECISIONS` names, if it names one.
#[test]
fn decisions_for_the_oracle() {
    println!("seed {SEED:#x}");
    let file = std::env::var_os("LEDGERKEEP_DECISIONS");
    let mut file = file.map(|path| std::io::BufWriter::new(std::fs::File::create(path).unwrap()));
    let mut dice = Dice(SEED);
    let (mut decided, mut allowed, mut filtered, mut excluded) = (0, 0, 0, 0);
    for _ in 0..CALLERS {
        let rights: Vec<&Right> = (0..4).map(|_| &RIGHTS[dice.below(RIGHTS.len())]).collect();
        let roles: Vec<Role> = (0..dice.below(6)).map(|n| dice.role(n, &rights)).collect();
        let policy = Policy::of(roles.clone());
        let mut requests = Vec::new();
        for _ in 0..REQUESTS {
            let right = dice.one(&rights);
            let (object, me) = (dice.attributes(), dice.attributes());
            let decision = Decision::of(right, &policy);
            let permits = decision.permits(&object, &me);
            assert!(
                decision.may_begin() || !permits,
                "what may not begin permits nothing: {roles:?}",
                roles = roles.iter().map(|r| &r.grants).collect::<Vec<_>>()
            );
            decided += 1;
            allowed += usize::from(permits);
            filtered += usize::from(decision.may_begin() && !permits);
            excluded += usize::from(decision.decided_by().is_some_and(|by| by.ends_with("#exclusion")));
            requests.push(json!({"right": right.name, "object": object, "me": me, "permits": permits}));
        }
        if let Some(file) = &mut file {
            writeln!(file, "{}", json!({"roles": roles, "requests": requests})).unwrap();
        }
    }
    println!("{decided} decided, {allowed} allowed, {filtered} refused by filters, {excluded} by exclusions");
    assert!(decided >= 100_000);
    // Cases of nothing but refusals would find nothing.
    for some in [allowed, filtered, excluded] {
        assert!(some > decided / 100, "{some} of {decided}");
    }
}
