//! Length-prefixed lists: two different lists never give the same bytes.

use super::FormatError;

/// Joins parts, each with a 16-bit big-endian length before it, so that no part can spill into its neighbour
/// (NIST SP 800-185, section 2.3, has the same purpose). A part over 65,535 bytes is [`FormatError::TooLong`].
pub fn lp_list(parts: &[&[u8]]) -> Result<Vec<u8>, FormatError> {
    let mut list = vec![0; parts.iter().map(|part| 2 + part.len()).sum()];
    // Through a shrinking slice: appending part by part costs more than encrypting a field when built for size.
    let mut rest = list.as_mut_slice();
    for part in parts {
        let (length, tail) = rest.split_first_chunk_mut().ok_or(FormatError::TooLong)?;
        let (body, tail) = tail
            .split_at_mut_checked(part.len())
            .ok_or(FormatError::TooLong)?;
        *length = u16::try_from(part.len())
            .map_err(|_| FormatError::TooLong)?
            .to_be_bytes();
        body.copy_from_slice(part);
        rest = tail;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_sixteen_bit_big_endian() {
        assert_eq!(lp_list(&[]).unwrap(), b"");
        assert_eq!(lp_list(&[b""]).unwrap(), [0, 0]);
        assert_eq!(
            lp_list(&[b"ab", b"", b"c"]).unwrap(),
            b"\x00\x02ab\x00\x00\x00\x01c"
        );
        assert_eq!(lp_list(&[&[7; 0x1234]]).unwrap()[..3], [0x12, 0x34, 7]);
    }

    #[test]
    fn a_part_has_at_most_65535_bytes() {
        assert_eq!(lp_list(&[&[0; 65_535]]).unwrap().len(), 65_537);
        assert_eq!(lp_list(&[b"x", &[0; 65_536]]), Err(FormatError::TooLong));
    }

    proptest! {
        #[test]
        fn different_lists_differ(
            a in proptest::collection::vec(proptest::collection::vec(0..3u8, 0..4), 0..4),
            b in proptest::collection::vec(proptest::collection::vec(0..3u8, 0..4), 0..4),
        ) {
            let join = |list: &[Vec<u8>]| lp_list(&list.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(a == b, join(&a) == join(&b));
        }
    }
}
