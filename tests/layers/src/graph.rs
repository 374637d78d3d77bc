//! Circles in a graph.

use std::collections::{BTreeMap, BTreeSet};

/// Walks the graph once and gives the nodes in the order in which they are left.
fn leave<'a, N: Ord>(
    edges: &'a BTreeMap<N, BTreeSet<N>>,
    from: &'a N,
    seen: &mut BTreeSet<&'a N>,
    left: &mut Vec<&'a N>,
) {
    if !seen.insert(from) {
        return;
    }
    for to in edges.get(from).into_iter().flatten() {
        leave(edges, to, seen, left);
    }
    left.push(from);
}

/// Sets of nodes that all reach each other, each sorted, of two nodes or more: every circle is inside of one (Kosaraju's algorithm).
/// A node that points to itself is no circle.
#[must_use]
pub fn circles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<Vec<N>> {
    let mut back: BTreeMap<N, BTreeSet<N>> = BTreeMap::new();
    for (from, tos) in edges {
        for to in tos {
            back.entry(to.clone()).or_default().insert(from.clone());
        }
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    for node in edges.keys() {
        leave(edges, node, &mut seen, &mut order);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for node in order.into_iter().rev() {
        let mut together = Vec::new();
        leave(&back, node, &mut seen, &mut together);
        if together.len() > 1 {
            let mut together: Vec<N> = together.into_iter().cloned().collect();
            together.sort();
            found.push(together);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(u8, u8)]) -> BTreeMap<u8, BTreeSet<u8>> {
        let mut graph: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
        for (from, to) in edges {
            graph.entry(*from).or_default().insert(*to);
        }
        graph
    }

    #[test]
    fn every_circle_is_found_and_nothing_else() {
        assert_eq!(
            circles(&graph(&[(1, 2), (2, 3), (1, 3), (3, 4)])),
            Vec::<Vec<u8>>::new()
        );
        assert_eq!(
            circles(&graph(&[(1, 1), (1, 2)])),
            Vec::<Vec<u8>>::new(),
            "of one node"
        );
        assert_eq!(circles(&graph(&[(1, 2), (2, 1), (2, 3)])), [vec![1, 2]]);
        assert_eq!(
            circles(&graph(&[(1, 2), (2, 3), (3, 1), (4, 1)])),
            [vec![1, 2, 3]]
        );
        let two = [(1, 2), (2, 1), (2, 5), (5, 6), (6, 7), (7, 5), (7, 8)];
        assert_eq!(circles(&graph(&two)), [vec![1, 2], vec![5, 6, 7]]);
    }
}
