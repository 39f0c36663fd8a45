//! Checks the name of a new filter: cargo's rules for crate names, and no name of a crate that every
//! filter depends on. A bad name is rejected and not repaired.

/// Why a filter cannot have a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No name at all.
    #[error("the crate name is empty; give one such as `add-header`")]
    Empty,
    /// A character that is not allowed in crate names.
    #[error(
        "crate name `{name}` has {found:?} at character {position}; \
         use ASCII letters, digits, `-` and `_` only"
    )]
    Character {
        /// The name as given.
        name: String,
        /// The first character that is not allowed.
        found: char,
        /// Where it stands, counted from 1.
        position: usize,
    },
    /// A character that is not allowed at the beginning.
    #[error(
        "crate name `{name}` begins with {found:?}; \
         begin with a letter, as in `filter-{}`", .name.trim_start_matches(['-', '_'])
    )]
    Beginning {
        /// The name as given.
        name: String,
        /// Its first character.
        found: char,
    },
    /// Longer than registries allow.
    #[error("the crate name has {found} characters; use {limit} at most", limit = MAX_LENGTH)]
    TooLong {
        /// How many characters it has.
        found: usize,
    },
    /// A name that is in use for something else.
    #[error("crate name `{name}` is {taken_by}; choose another, as in `{name}-filter`")]
    Taken {
        /// The name as given.
        name: String,
        /// What it is already.
        taken_by: &'static str,
    },
}

/// What package registries allow.
const MAX_LENGTH: usize = 64;

const KEYWORDS: [&str; 54] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
];

const SYSROOT: [&str; 5] = ["alloc", "core", "proc_macro", "std", "test"];

/// Folders that cargo makes inside `target/PROFILE`.
const TARGET_FOLDERS: [&str; 4] = ["build", "deps", "examples", "incremental"];

const SDK: [&str; 5] =
    ["http_wasm_abi", "http_wasm_macros", "http_wasm_model", "http_wasm_sdk", "http_wasm_testkit"];

const WINDOWS_DEVICES: [&str; 22] = [
    "aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con", "lpt1",
    "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
];

/// Checks that a filter can be called `name`.
///
/// # Errors
/// When it cannot; the error says why, and what to do.
pub(super) fn check(name: &str) -> Result<(), NameError> {
    let Some(first) = name.chars().next() else { return Err(NameError::Empty) };
    for (index, found) in name.chars().enumerate() {
        if !(found.is_ascii_alphanumeric() || found == '-' || found == '_') {
            return Err(NameError::Character { name: name.into(), found, position: index + 1 });
        }
    }
    if let Some(taken_by) = taken(name) {
        return Err(NameError::Taken { name: name.into(), taken_by });
    }
    if !first.is_ascii_alphabetic() {
        return Err(NameError::Beginning { name: name.into(), found: first });
    }
    if name.len() > MAX_LENGTH {
        return Err(NameError::TooLong { found: name.len() });
    }
    Ok(())
}

fn taken(name: &str) -> Option<&'static str> {
    // In Rust source a crate's `-` is written `_`, so the two spellings are one name.
    let identifier = name.replace('-', "_");
    let is_in = |list: &[&str]| list.contains(&identifier.as_str());
    if is_in(&KEYWORDS) {
        Some("a keyword of Rust")
    } else if is_in(&SYSROOT) {
        Some("a crate that comes with Rust")
    } else if is_in(&TARGET_FOLDERS) {
        Some("a folder that cargo makes for itself")
    } else if is_in(&SDK) {
        Some("a crate that filters depend on")
    } else if WINDOWS_DEVICES.contains(&name.to_ascii_lowercase().as_str()) {
        Some("a device on Windows, where no file can be called so")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for name in ["add-header", "add_header", "a", "x2", "basic", "Filter", &"a".repeat(64)] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn each_bad_name_is_refused_for_its_own_reason() {
        let message = |name: &str| check(name).expect_err(name).to_string();
        assert!(message("").contains("is empty"));
        assert_eq!(
            message("a b"),
            "crate name `a b` has ' ' at character 2; use ASCII letters, digits, `-` and `_` only"
        );
        assert!(message("../up").contains("'.' at character 1"));
        assert!(message("naïve").contains("'ï' at character 3"));
        assert_eq!(
            message("2fast"),
            "crate name `2fast` begins with '2'; begin with a letter, as in `filter-2fast`"
        );
        assert!(message("-x").ends_with("as in `filter-x`"));
        assert!(message(&"a".repeat(65)).contains("has 65 characters; use 64 at most"));
        for name in ["test", "core", "std", "alloc", "proc-macro", "proc_macro"] {
            assert!(message(name).contains("comes with Rust"), "{name}");
        }
        for name in ["fn", "self", "Self", "async", "gen", "_"] {
            assert!(message(name).contains("a keyword of Rust"), "{name}");
        }
        assert!(message("deps").contains("cargo makes"));
        assert!(message("http-wasm-sdk").contains("filters depend on"));
        assert!(message("NUL").contains("on Windows"));
    }
}
