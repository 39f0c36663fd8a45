//! The table of guest sizes in a document, made from the guests themselves.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::build::BuiltGuest;
use crate::project::Filter;

const BEGIN: &str = "<!-- sizes:begin -->";
const END: &str = "<!-- sizes:end -->";

/// A document without markers for the table.
#[derive(Debug, thiserror::Error)]
#[error("found no lines `{BEGIN}` and, after it, `{END}`; put them where the table belongs")]
pub struct NoMarkers;

/// A Markdown table: one row for each guest, and one column for each other way to make such a guest
/// that a filter's manifest compares itself with.
#[must_use]
pub fn table(guests: &[(&Filter, &BuiltGuest)]) -> String {
    let others: BTreeSet<&str> = guests
        .iter()
        .flat_map(|(filter, _)| filter.options.compare.keys().map(String::as_str))
        .collect();
    let mut text = String::from("| guest | bytes |");
    for other in &others {
        let _ = write!(text, " {other} |");
    }
    text.push_str("\n| --- | ---: |");
    text.push_str(&" ---: |".repeat(others.len()));
    text.push('\n');
    for (filter, guest) in guests {
        let _ = write!(text, "| {} | {} |", filter.options.guest, grouped(guest.sizes.last));
        for other in &others {
            let bytes = filter.options.compare.get(*other);
            let _ =
                write!(text, " {} |", bytes.map_or_else(|| "-".to_owned(), |size| grouped(*size)));
        }
        text.push('\n');
    }
    text
}

/// The document with this table between its markers.
///
/// # Errors
/// When the document has no markers.
pub fn insert(document: &str, table: &str) -> Result<String, NoMarkers> {
    let (before, rest) = document.split_once(BEGIN).ok_or(NoMarkers)?;
    let (_, after) = rest.split_once(END).ok_or(NoMarkers)?;
    Ok(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::build::Sizes;
    use crate::check::Report;
    use crate::project::{GuestOptions, GuestTarget};

    fn guest(name: &str, size: u64, compare: &[(&str, u64)]) -> (Filter, BuiltGuest) {
        let options = GuestOptions {
            guest: name.to_owned(),
            stack_size: None,
            target: GuestTarget::Bare,
            max_size: None,
            compare: compare.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect(),
        };
        let filter = Filter {
            name: name.to_owned(),
            manifest: PathBuf::new(),
            dir: PathBuf::new(),
            exchanges: None,
            path_dependencies: Vec::new(),
            options,
        };
        let built = BuiltGuest {
            filter: name.to_owned(),
            path: PathBuf::new(),
            named_path: PathBuf::new(),
            sizes: Sizes { cargo: 0, postlink: 0, wasm_opt: 0, last: size },
            stack: 16,
            report: Report::default(),
        };
        (filter, built)
    }

    #[test]
    fn a_column_for_each_comparison() {
        let guests =
            [guest("log", 143, &[("TinyGo", 6817), ("by hand", 148)]), guest("auth", 1440, &[])];
        let rows: Vec<_> = guests.iter().map(|(filter, built)| (filter, built)).collect();
        assert_eq!(
            table(&rows),
            "| guest | bytes | TinyGo | by hand |\n\
             | --- | ---: | ---: | ---: |\n\
             | log | 143 | 6,817 | 148 |\n\
             | auth | 1,440 | - | - |\n"
        );
    }

    #[test]
    fn the_table_replaces_what_is_between_the_markers() {
        let document = "# A\n<!-- sizes:begin -->\nold\n<!-- sizes:end -->\nrest\n";
        let new = insert(document, "| new |\n").unwrap();
        assert_eq!(new, "# A\n<!-- sizes:begin -->\n| new |\n<!-- sizes:end -->\nrest\n");
        assert_eq!(insert(&new, "| new |\n").unwrap(), new);
        for document in ["", BEGIN, "<!-- sizes:end --> <!-- sizes:begin -->"] {
            assert!(insert(document, "").is_err(), "{document}");
        }
    }

    #[test]
    fn thousands_are_grouped() {
        let texts = [0, 999, 1000, 25_330, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "25,330", "1,234,567"]);
    }
}
