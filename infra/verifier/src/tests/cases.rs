//! Tampering with entries and checkpoints, each with what must be found.

use super::super::report::Kind;
use super::super::sample::{Signer, TENANT, body, checkpoint, entry, header, id, joined, lines, root, usual};
use super::Place;
use Kind::*;
use serde_json::{Value, json};

/// One tampered bundle.
pub struct Case {
    pub name: &'static str,
    pub bundle: Vec<u8>,
    pub wanted: Vec<Place>,
    pub confirmed: u64,
}

/// A finding about no entry.
pub fn at(kind: Kind, line: u64) -> Place {
    (kind, line, None, None)
}

/// A finding about one entry.
pub fn on(kind: Kind, line: u64, index: u64) -> Place {
    (kind, line, Some(index), None)
}

/// A finding about several entries.
pub fn over(kind: Kind, line: u64, first: u64, last: u64) -> Place {
    (kind, line, Some(first), Some(last))
}

/// Changes a line as a JSON object.
pub fn edit(line: &mut String, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_str(line).unwrap();
    change(&mut value);
    *line = value.to_string();
}

/// Replaces text in a line; it must be there.
pub fn replace(line: &mut String, from: &str, to: &str) {
    assert!(line.contains(from), "{line}");
    *line = line.replacen(from, to, 1);
}

/// Replaces a field of a checkpoint's body and signs that.
fn resign(signer: &Signer, size: u64, field: &str, value: Value) -> String {
    let mut body = checkpoint(size, &root(size));
    body[field] = value;
    signer.sign(&body)
}

/// A log whose entry 6 has another body, entered as such.
fn logged(signer: &Signer, field: &str, value: Value) -> Vec<String> {
    let mut bodies: Vec<Value> = (0..12).map(body).collect();
    bodies[6][field] = value;
    lines(signer, &bodies, &[5, 8, 12])
}

pub fn cases(signer: &Signer) -> Vec<Case> {
    let s = signer;
    let mut cases = Vec::new();
    let mut case = |name, confirmed, wanted: &[Place], tamper: &dyn Fn(&mut Vec<String>)| {
        let mut lines = usual(s);
        tamper(&mut lines);
        cases.push(Case {
            name,
            bundle: joined(&lines),
            wanted: wanted.to_vec(),
            confirmed,
        });
    };
    let forged = |index: u64| {
        let mut forged = body(index);
        forged["id"] = json!("aud_forged");
        entry(index, "aud_forged", &forged)
    };
    let broken = |from, upto| [over(WrongRoot, 11, 5, 7), over(WrongRoot, 16, from, upto)];

    // Entries, one by one.
    case("body-altered", 12, &[on(Altered, 9, 6)], &|l| {
        replace(&mut l[8], "\\\"amount\\\":6", "\\\"amount\\\":9")
    });
    case("leaf-altered", 12, &[on(Altered, 9, 6)], &|l| {
        edit(&mut l[8], |v| v["leaf"] = json!("00".repeat(32)))
    });
    case("body-and-leaf-altered", 5, &broken(5, 11), &|l| {
        let mut other = body(6);
        other["note"] = json!("nothing");
        l[8] = entry(6, &id(6), &other);
    });
    case(
        "two-altered",
        12,
        &[on(Altered, 3, 1), on(Altered, 15, 11)],
        &|l| {
            replace(&mut l[2], "price.update", "price.delete");
            replace(&mut l[14], "price.update", "price.delete");
        },
    );
    case(
        "body-not-json",
        12,
        &[on(Altered, 9, 6), on(Malformed, 9, 6)],
        &|l| edit(&mut l[8], |v| v["body"] = json!("?")),
    );
    case(
        "body-an-array",
        12,
        &[on(Altered, 9, 6), on(Malformed, 9, 6)],
        &|l| {
            edit(&mut l[8], |v| {
                v["body"] = json!(json!([id(6), TENANT]).to_string())
            });
        },
    );
    case(
        "body-with-two-ids",
        12,
        &[on(Altered, 9, 6), on(Malformed, 9, 6)],
        &|l| {
            replace(&mut l[8], "\"body\":\"{", "\"body\":\"{\\\"id\\\":\\\"x\\\",");
        },
    );
    case("id-of-line-altered", 12, &[on(IdMismatch, 9, 6)], &|l| {
        edit(&mut l[8], |v| v["id"] = json!("aud_x"))
    });
    case("id-of-body-logged-otherwise", 12, &[on(IdMismatch, 9, 6)], &|l| {
        *l = logged(s, "id", json!("aud_x"));
        edit(&mut l[8], |v| v["id"] = json!(id(6)));
    });
    case("id-logged-twice", 12, &[on(Duplicate, 9, 6)], &|l| {
        *l = logged(s, "id", json!(id(2)))
    });
    case("tenant-logged-otherwise", 12, &[on(ForeignTenant, 9, 6)], &|l| {
        *l = logged(s, "tenant", json!("ten_x"))
    });

    // Entries among each other.
    case("one-missing", 5, &[on(Missing, 9, 6)], &|l| drop(l.remove(8)));
    case("first-missing", 0, &[on(Missing, 2, 0)], &|l| drop(l.remove(1)));
    case("last-missing", 8, &[on(Missing, 15, 11)], &|l| drop(l.remove(14)));
    case(
        "two-ranges-missing",
        0,
        &[over(Missing, 4, 2, 3), over(Missing, 7, 6, 7)],
        &|l| {
            l.drain(8..10);
            l.drain(3..5);
        },
    );
    case("copied-at-once", 12, &[on(Duplicate, 10, 6)], &|l| {
        l.insert(9, l[8].clone())
    });
    case("copied-later", 12, &[on(Duplicate, 15, 2)], &|l| {
        l.insert(14, l[3].clone())
    });
    case("added-after", 12, &[on(Added, 10, 6)], &|l| {
        l.insert(9, forged(6))
    });
    case("added-before", 12, &[on(Added, 10, 6)], &|l| {
        l.insert(8, forged(6))
    });
    case("added-beyond", 12, &[on(Added, 16, 12)], &|l| {
        l.insert(15, forged(12))
    });
    case(
        "added-and-renumbered",
        5,
        &[
            at(MisplacedCheckpoint, 12),
            at(MisplacedCheckpoint, 17),
            over(Truncated, 17, 5, 12),
        ],
        &|l| {
            l[0] = header(13).to_string();
            for line in l.iter_mut().skip(8).filter(|line| line.contains("\"entry\"")) {
                edit(line, |v| v["index"] = json!(v["index"].as_u64().unwrap() + 1));
            }
            l.insert(8, forged(6));
        },
    );
    case("two-swapped", 12, &[on(Reordered, 9, 5)], &|l| l.swap(7, 8));
    case("moved-up", 12, &[over(Reordered, 9, 5, 6)], &|l| {
        l[7..10].rotate_right(1)
    });
    case("moved-down", 12, &[on(Reordered, 15, 8)], &|l| {
        l[11..15].rotate_left(1)
    });
    case("moved-behind-its-checkpoint", 12, &[on(Reordered, 13, 6)], &|l| {
        l[8..13].rotate_left(1)
    });
    case(
        "swapped-across-a-checkpoint",
        12,
        &[at(MisplacedCheckpoint, 7), on(Reordered, 8, 4)],
        &|l| l.swap(5, 7),
    );
    case(
        "reversed",
        12,
        &[on(Reordered, 13, 10), on(Reordered, 14, 9), on(Reordered, 15, 8)],
        &|l| l[11..15].reverse(),
    );
    case(
        "after-the-last-checkpoint",
        12,
        &[on(AfterLastCheckpoint, 17, 12)],
        &|l| l.push(forged(12)),
    );
    case(
        "copied-behind-the-end",
        12,
        &[on(AfterLastCheckpoint, 17, 3)],
        &|l| l.push(l[4].clone()),
    );
    case(
        "moved-behind-the-end",
        12,
        &[on(AfterLastCheckpoint, 16, 3)],
        &|l| l[4..16].rotate_left(1),
    );

    // Purged entries.
    let purge = |l: &mut Vec<String>, at: usize, index: u64| {
        edit(&mut l[at], |v| {
            *v = json!({"type": "purged", "index": index, "id": id(index), "leaf": v["leaf"]});
        });
    };
    let purged = |s: &Signer, below: &str, size: Value, outcome: &str| {
        let mut bodies: Vec<Value> = (0..12).map(body).collect();
        bodies[9]["activity"] = json!("audit.create_purge");
        bodies[9]["outcome"] = json!(outcome);
        bodies[9]["details"] = json!({"after": {"below": below, "size": size}});
        lines(s, &bodies, &[5, 8, 12])
    };
    case(
        "purged-without-a-purge",
        12,
        &[on(UnexplainedPurge, 3, 1)],
        &|l| purge(l, 2, 1),
    );
    case("purged-and-explained", 12, &[], &|l| {
        *l = purged(s, &id(3), json!(8), "succeeded");
        (0..3).for_each(|n| purge(l, n + 1, n as u64));
    });
    case("purged-above-the-id", 12, &[on(UnexplainedPurge, 5, 3)], &|l| {
        *l = purged(s, &id(3), json!(8), "succeeded");
        (0..4).for_each(|n| purge(l, n + 1, n as u64));
    });
    case(
        "purged-above-the-size",
        12,
        &[on(UnexplainedPurge, 10, 7)],
        &|l| {
            *l = purged(s, "aud_9", json!(7), "succeeded");
            purge(l, 9, 7);
            purge(l, 8, 6);
        },
    );
    case(
        "purged-by-a-refused-purge",
        12,
        &[on(UnexplainedPurge, 2, 0)],
        &|l| {
            *l = purged(s, &id(3), json!(8), "refused");
            purge(l, 1, 0);
        },
    );
    case(
        "purged-by-a-forged-purge",
        12,
        &[on(UnexplainedPurge, 2, 0), on(Altered, 13, 9)],
        &|l| {
            *l = purged(s, "aud_", json!(8), "succeeded");
            purge(l, 1, 0);
            replace(&mut l[12], "\\\"below\\\":\\\"aud_", "\\\"below\\\":\\\"aud_9");
        },
    );
    case(
        "purged-leaf-altered",
        5,
        &[
            on(UnexplainedPurge, 9, 6),
            over(WrongRoot, 11, 5, 7),
            over(WrongRoot, 16, 5, 11),
        ],
        &|l| {
            purge(l, 8, 6);
            edit(&mut l[8], |v| v["leaf"] = json!("00".repeat(32)));
        },
    );
    case(
        "purged-with-a-body",
        12,
        &[at(UnknownField, 9), on(UnexplainedPurge, 9, 6)],
        &|l| {
            purge(l, 8, 6);
            edit(&mut l[8], |v| v["body"] = json!("{}"));
        },
    );
    case(
        "purged-without-a-leaf",
        5,
        &[at(Malformed, 9), on(Missing, 10, 6)],
        &|l| {
            purge(l, 8, 6);
            edit(&mut l[8], |v| drop(v.as_object_mut().unwrap().remove("leaf")));
        },
    );

    // Checkpoints.
    case("root-of-another-log", 12, &[over(WrongRoot, 11, 5, 7)], &|l| {
        l[10] = s.sign(&checkpoint(8, &root(7)))
    });
    case(
        "last-root-of-another-log",
        8,
        &[over(WrongRoot, 16, 8, 11)],
        &|l| l[15] = s.sign(&checkpoint(12, &[7; 32])),
    );
    case("forked", 12, &[at(Forked, 12)], &|l| {
        l.insert(11, s.sign(&checkpoint(8, &[7; 32])))
    });
    case("checkpoint-copied", 12, &[at(Duplicate, 12)], &|l| {
        l.insert(11, l[10].clone())
    });
    case("checkpoint-altered", 12, &[at(WronglySigned, 11)], &|l| {
        replace(&mut l[10], "01:14:00", "01:15:00")
    });
    case("signature-altered", 12, &[at(WronglySigned, 11)], &|l| {
        let other = usual(s).remove(6);
        let other: Value = serde_json::from_str(&other).unwrap();
        edit(&mut l[10], |v| v["signature"] = other["signature"].clone());
    });
    case("signature-not-base64", 12, &[at(WronglySigned, 11)], &|l| {
        edit(&mut l[10], |v| v["signature"] = json!("?"))
    });
    case("last-signed-by-another", 8, &[at(WronglySigned, 16)], &|l| {
        l[15] = usual(&Signer::generate()).remove(15)
    });
    case(
        "checkpoint-of-another-tenant",
        12,
        &[at(ForeignTenant, 11)],
        &|l| l[10] = resign(s, 8, "tenant", json!("ten_x")),
    );
    case("checkpoint-of-another-region", 8, &[at(ForeignLog, 16)], &|l| {
        l[15] = resign(s, 12, "region", json!("x"))
    });
    case("checkpoint-of-another-shard", 12, &[at(ForeignLog, 11)], &|l| {
        l[10] = resign(s, 8, "shard", json!(1))
    });
    case("checkpoint-unknown-format", 12, &[at(UnknownFormat, 11)], &|l| {
        l[10] = resign(s, 8, "format", json!("x/2"))
    });
    case("checkpoint-unknown-field", 12, &[at(UnknownField, 11)], &|l| {
        l[10] = resign(s, 8, "x", json!(1))
    });
    case("checkpoint-without-a-time", 12, &[at(Malformed, 11)], &|l| {
        l[10] = resign(s, 8, "time", json!("noon"))
    });
    case("checkpoint-too-early", 12, &[over(Reordered, 10, 6, 7)], &|l| {
        l[8..11].rotate_right(1)
    });
    case("checkpoint-too-late", 12, &[at(MisplacedCheckpoint, 12)], &|l| {
        l.swap(10, 11)
    });
    case(
        "checkpoints-swapped",
        12,
        &[over(Reordered, 8, 5, 7), at(MisplacedCheckpoint, 11)],
        &|l| l.swap(6, 10),
    );
    case(
        "checkpoint-beyond-the-size",
        12,
        &[at(MisplacedCheckpoint, 17)],
        &|l| l.push(s.sign(&checkpoint(13, &[7; 32]))),
    );
    cases.extend(super::file_cases::file_cases(s));
    cases
}

/// A bundle with a few lines removed, copied, moved or changed, the same for the same seed.
pub fn random(signer: &Signer, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pick = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut lines = usual(signer);
    for _ in 0..=pick(4) {
        let (from, to) = (pick(lines.len()), pick(lines.len()));
        match pick(6) {
            0 => drop(lines.remove(from)),
            1 => lines.swap(from, to),
            2 => {
                let line = lines.remove(from);
                lines.insert(to.min(lines.len()), line);
            }
            3 => lines.insert(to, lines[from].clone()),
            4 => {
                let at = pick(lines[from].len() - 1);
                let other = char::from(b'0' + pick(75) as u8).to_string();
                if lines[from].is_char_boundary(at) && lines[from].is_char_boundary(at + 1) {
                    lines[from].replace_range(at..=at, &other);
                }
            }
            _ => lines[from] = lines[from].replacen("amount", "count", 1),
        }
    }
    joined(&lines)
}
