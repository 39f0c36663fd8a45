//! Lists: of JSON, as texts with commas, and single values.

use alloc::vec::Vec;

use super::json::{END, LIST, NULL, SEPARATOR, TEXT};
use super::types::FromConfig;
use super::value::{Invalid, Value, take_item};
use crate::backend;

/// A list that is being read.
struct Items<'d> {
    rest: &'d [u8],
    separator: u8,
    index: usize,
    /// How long the path to the list is.
    path: usize,
    /// There are no more items than these.
    most: usize,
}

impl<'d> Value<'d> {
    /// Reads a list. A text is one whose items have commas between them, an empty one is one without
    /// items, and everything else is a list of one.
    fn items(&mut self) -> Result<Items<'d>, Invalid> {
        let (rest, separator) = match self.text {
            [] | [NULL, ..] => return Err(self.expected("a list")),
            [LIST, rest @ ..] => (rest, SEPARATOR),
            [TEXT, rest @ ..] => (rest, b','),
            one => (one, SEPARATOR),
        };
        let mut most = 1;
        for &byte in rest {
            most += usize::from(byte == separator);
        }
        Ok(Items { rest, separator, index: 0, path: self.message.len(), most })
    }

    /// Goes to the next item of a list: whether there is one.
    fn next(&mut self, items: &mut Items<'d>) -> bool {
        if let [] | [END, ..] = items.rest {
            return false;
        }
        self.message.truncate(items.path);
        self.message.push("[");
        self.message.push_number(items.index);
        self.message.push("]");
        self.text = take_item(&mut items.rest, items.separator);
        items.index += 1;
        if items.separator == b',' {
            // For an item that is free text as well.
            self.text = self.word();
        }
        true
    }
}

impl<T: FromConfig> FromConfig for Vec<T> {
    fn from_config(value: &mut Value<'_>) -> Result<Self, Invalid> {
        let mut items = value.items()?;
        let mut all = Self::with_capacity(items.most);
        while value.next(&mut items) {
            backend::push_within_capacity(&mut all, T::from_config(value)?);
        }
        Ok(all)
    }
}
