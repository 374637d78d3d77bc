//! Targets: each takes any bytes to a parser of stored bytes and panics where the parser does what it must not: panic
//! itself, open what nobody sealed, take what was made for another place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target says what is wrong by panicking"
)]

mod formats;
mod items;
mod texts;

/// A target.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Sound input, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target {
        name: "field",
        run: formats::field,
        seeds: formats::fields,
    },
    Target {
        name: "wrapped_key",
        run: formats::wrapped_key,
        seeds: formats::wrapped_keys,
    },
    Target {
        name: "cursor",
        run: formats::cursor,
        seeds: formats::cursors,
    },
    Target {
        name: "kms_ciphertext",
        run: formats::kms_ciphertext,
        seeds: formats::kms_ciphertexts,
    },
    Target {
        name: "item",
        run: items::item,
        seeds: items::seeds,
    },
    Target {
        name: "sealed_item",
        run: items::sealed,
        seeds: items::seeds,
    },
    Target {
        name: "password_hash",
        run: texts::password_hash,
        seeds: texts::password_hashes,
    },
    Target {
        name: "pepper",
        run: texts::pepper,
        seeds: texts::peppers,
    },
    Target {
        name: "stream_record",
        run: texts::stream_record,
        seeds: texts::stream_records,
    },
    Target {
        name: "audit_bundle",
        run: texts::audit_bundle,
        seeds: texts::audit_bundles,
    },
    Target {
        name: "public_key",
        run: texts::public_key,
        seeds: texts::public_keys,
    },
    Target {
        name: "xml",
        run: texts::xml,
        seeds: texts::xmls,
    },
    Target {
        name: "envelope",
        run: texts::envelope,
        seeds: texts::envelopes,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::TestRunner};

    /// Inputs of a target in a short run.
    const CASES: u32 = 1_500;

    /// One thing done to bytes.
    #[derive(Clone, Debug)]
    enum Change {
        Flip(prop::sample::Index, u8),
        Put(prop::sample::Index, Vec<u8>),
        Cut(prop::sample::Index, prop::sample::Index),
        Twice(prop::sample::Index, prop::sample::Index),
    }

    fn change() -> impl Strategy<Value = Change> {
        let at = any::<prop::sample::Index>;
        prop_oneof![
            (at(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
            (at(), prop::collection::vec(any::<u8>(), 1..6)).prop_map(|(at, put)| Change::Put(at, put)),
            (at(), at()).prop_map(|(a, b)| Change::Cut(a, b)),
            (at(), at()).prop_map(|(a, b)| Change::Twice(a, b)),
        ]
    }

    fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
        for change in changes {
            if bytes.is_empty() {
                return bytes;
            }
            let within = |a: &prop::sample::Index, b: &prop::sample::Index| {
                let (a, b) = (a.index(bytes.len()), b.index(bytes.len()));
                a.min(b)..=a.max(b)
            };
            match change {
                Change::Flip(at, bit) => {
                    let at = at.index(bytes.len());
                    bytes.splice(at..=at, [bytes[at] ^ (1 << bit)]);
                }
                Change::Put(at, put) => drop(bytes.splice(at.index(bytes.len()).., put.clone())),
                Change::Cut(a, b) => drop(bytes.drain(within(a, b))),
                Change::Twice(a, b) => {
                    let part = bytes[within(a, b)].to_vec();
                    bytes.extend(part);
                }
            }
            bytes.truncate(4_096);
        }
        bytes
    }

    fn short_run(name: &str) {
        let target = TARGETS.iter().find(|t| t.name == name).unwrap();
        let seeds = (target.seeds)();
        for seed in &seeds {
            (target.run)(seed);
        }
        let near = (
            any::<prop::sample::Index>(),
            prop::collection::vec(change(), 1..4),
        )
            .prop_map(move |(seed, changes)| changed(seed.get(&seeds).clone(), &changes));
        let any = prop::collection::vec(any::<u8>(), 0..400);
        let mut runner = TestRunner::new(ProptestConfig {
            cases: CASES,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let run = |bytes: Vec<u8>| {
            (target.run)(&bytes);
            Ok(())
        };
        runner.run(&prop_oneof![2 => near, 1 => any], run).unwrap();
    }

    macro_rules! short_runs {
        ($($name:ident),*) => {
            $(#[test]
            fn $name() {
                short_run(stringify!($name));
            })*
            #[test]
            fn every_target_has_its_short_run() {
                let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
                assert_eq!(names, [$(stringify!($name)),*]);
            }
        };
    }

    short_runs!(
        field,
        wrapped_key,
        cursor,
        kms_ciphertext,
        item,
        sealed_item,
        password_hash,
        pepper,
        stream_record,
        audit_bundle,
        public_key,
        xml,
        envelope
    );
}
