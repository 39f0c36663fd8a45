//! Lists of names and values, as the ABI writes them.

/// Items that a host has written one after the other, each ended by NUL.
///
/// NUL is not escaped, so an item that holds one looks like two. The count says how many there
/// are: the last of them takes all that is left.
#[derive(Clone, Debug)]
pub(crate) struct Items<'b> {
    count: u32,
    rest: &'b [u8],
}

impl<'b> Items<'b> {
    #[inline]
    pub(super) const fn new(count: u32, bytes: &'b [u8]) -> Self {
        Self { count, rest: bytes }
    }

    /// Whether there is no item.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The item, where there is exactly one.
    #[inline]
    pub(crate) const fn only(self) -> Option<&'b [u8]> {
        match self.rest {
            // What ends at the terminator of a single item is the item, whatever it holds.
            [item @ .., _terminator] if self.count == 1 => Some(item),
            _ => None,
        }
    }
}

impl<'b> Iterator for Items<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        self.count = self.count.checked_sub(1)?;
        if self.count == 0 {
            let last = core::mem::take(&mut self.rest);
            return Some(last.strip_suffix(&[0]).unwrap_or(last));
        }
        let mut parts = self.rest.splitn(2, |&byte| byte == 0);
        let item = parts.next()?;
        match parts.next() {
            Some(rest) => self.rest = rest,
            // Fewer terminators than items: there is nothing left to give.
            None => *self = Items { count: 0, rest: &[] },
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::Items;
    extern crate std;
    use std::vec::Vec;

    fn items(count: u32, rest: &[u8]) -> Vec<&[u8]> {
        Items { count, rest }.collect()
    }

    #[test]
    fn items_are_split_by_count_and_terminator() {
        assert_eq!(items(0, b""), [b""; 0]);
        assert_eq!(items(1, b"\0"), [b""]);
        assert_eq!(items(2, b"a\0bc\0"), [&b"a"[..], b"bc"]);
        assert_eq!(items(3, b"\0\0\0"), [b""; 3]);
    }

    #[test]
    fn a_nul_inside_stays_with_the_last_item() {
        assert_eq!(items(1, b"a\0b\0"), [b"a\0b"]);
        assert_eq!(items(2, b"a\0b\0c\0"), [&b"a"[..], b"b\0c"]);
    }

    #[test]
    fn a_count_that_promises_too_much_ends_early() {
        assert_eq!(items(3, b"a\0"), [&b"a"[..], b""]);
        assert_eq!(items(u32::MAX, b""), [b""]);
        assert_eq!(items(1, b"a"), [b"a"]);
    }

    /// What a host writes for these items.
    fn written(items: &[Vec<u8>]) -> Vec<u8> {
        items.iter().flat_map(|item| item.iter().copied().chain([0])).collect()
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: if cfg!(miri) { 8 } else { 1000 },
            failure_persistence: None,
            ..Default::default()
        })]

        #[test]
        fn what_a_host_writes_reads_back(
            list in proptest::collection::vec(proptest::collection::vec(1_u8.., 0..6), 0..6),
        ) {
            let bytes = written(&list);
            proptest::prop_assert_eq!(items(list.len() as u32, &bytes), list);
        }

        #[test]
        fn no_byte_is_lost_or_made_up(count in 0_u32..8, bytes in proptest::collection::vec(0_u8..3, 0..12)) {
            let found = items(count, &bytes);
            proptest::prop_assert!(found.len() <= count as usize);
            let joined = found.join(&0);
            if count > 0 {
                let whole = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
                // Where there are fewer terminators than items, the last one is an end or an item.
                proptest::prop_assert!(joined == whole || joined == bytes, "{joined:?}");
            }
        }
    }
}
