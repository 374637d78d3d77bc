//! RFC 6962 as a stranger would write it: leaf and node hashes, roots from inclusion proofs, signed tree heads.

use aws_lc_rs::{digest, signature};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A SHA-256 value.
pub type Hash = [u8; 32];

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().try_into().expect("32 bytes")
}

/// The hash of an entry (RFC 6962, section 2.1).
pub fn leaf(body: &[u8]) -> Hash {
    sha256(&[&[0], body])
}

/// The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); none when the proof has the wrong length.
pub fn root(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = sha256(&[&[1], sibling, &hash]);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = sha256(&[&[1], &hash, sibling]);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether a proof joins two trees (RFC 9162, section 2.1.4.2), for an older tree that is not empty.
pub fn consistent(first: u64, second: u64, first_root: Hash, second_root: Hash, path: &[Hash]) -> bool {
    if first == 0 || first > second {
        return false;
    }
    if first == second {
        return path.is_empty() && first_root == second_root;
    }
    // 1. and 2.: a tree that is a power of two begins with its own root.
    let mut path = path.to_vec();
    if first.is_power_of_two() {
        path.insert(0, first_root);
    }
    let Some((start, rest)) = path.split_first() else {
        return false;
    };
    // 3. to 5.
    let (mut at, mut last) = (first - 1, second - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut older, mut newer) = (*start, *start);
    // 6.
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            older = sha256(&[&[1], sibling, &older]);
            newer = sha256(&[&[1], sibling, &newer]);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            newer = sha256(&[&[1], &newer, sibling]);
        }
        at >>= 1;
        last >>= 1;
    }
    // 7.
    last == 0 && older == first_root && newer == second_root
}

/// Reads a hash in hexadecimal.
pub fn hash(text: &str) -> Hash {
    hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .unwrap_or_else(|| panic!("not a hash: {text}"))
}

/// Whether a checkpoint's signature is good: ECDSA on P-256 with SHA-256, DER in base64, key in PEM.
pub fn signed(pem: &str, body: &str, signature: &str) -> bool {
    let key: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let (Ok(key), Ok(signature)) = (STANDARD.decode(key), STANDARD.decode(signature)) else {
        return false;
    };
    // The key is a SubjectPublicKeyInfo (RFC 5480), which ends with the point.
    let Some(point) = key.len().checked_sub(65).map(|at| &key[at..]) else {
        return false;
    };
    let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point);
    key.verify(body.as_bytes(), &signature).is_ok()
}

#[test]
fn proofs_of_a_known_tree_lead_to_its_root() {
    let [a, b, c] = [b"a", b"b", b"c"].map(|body| leaf(body));
    let ab = sha256(&[&[1], &a, &b]);
    let all = sha256(&[&[1], &ab, &c]);
    for (index, hash, path) in [(0, a, vec![b, c]), (1, b, vec![a, c]), (2, c, vec![ab])] {
        assert_eq!(root(index, 3, hash, &path), Some(all));
        assert_ne!(root(index, 3, leaf(b"x"), &path), Some(all));
        assert_eq!(root(index, 3, hash, &path[1..]), None);
    }
    assert_eq!(root(3, 3, c, &[ab]), None);
}

#[test]
fn proofs_join_the_trees_of_a_known_log() {
    let [a, b, c] = [b"a", b"b", b"c"].map(|body| leaf(body));
    let ab = sha256(&[&[1], &a, &b]);
    let all = sha256(&[&[1], &ab, &c]);
    for (first, root, path) in [(1, a, vec![b, c]), (2, ab, vec![c]), (3, all, vec![])] {
        assert!(consistent(first, 3, root, all, &path), "{first}");
        assert!(!consistent(first, 3, leaf(b"x"), all, &path), "{first}");
        assert!(!consistent(first, 3, root, leaf(b"x"), &path), "{first}");
        let longer = [path.clone(), vec![c]].concat();
        assert!(!consistent(first, 3, root, all, &longer), "{first}");
    }
    assert!(!consistent(2, 3, ab, all, &[]));
    assert!(!consistent(3, 2, all, ab, &[]));
}
