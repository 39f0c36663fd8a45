//! How a guest is set up before it is asked anything: with which configuration, and with which
//! level of logging. What a guest imports says what it can be told apart by.

use std::collections::BTreeSet;

use http_wasm_abi::{Function, LogLevel, MODULE};
use wasmparser::{Parser, Payload};

/// A configuration and a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setup {
    /// What it is called; empty where there is only one.
    pub(crate) name: String,
    pub(crate) config: Option<String>,
    pub(crate) log: LogLevel,
}

/// The configurations of the guests that read one: what the end of their names is, and texts with
/// their names. Every such guest is run without one as well.
///
/// `config` wants eight bytes, of which the first four are features, and takes no others; `redact`
/// wants the text that it is to hide, and hides only texts of odd length.
const CONFIGS: [(&str, &[(&str, &str)]); 2] = [
    (
        "examples/config",
        &[
            ("no features", "\0\0\0\0\0\0\0\0"),
            ("buffer request", "\x01\0\0\0\0\0\0\0"),
            ("buffer response", "\x02\0\0\0\0\0\0\0"),
            ("buffer both", "\x03\0\0\0\0\0\0\0"),
            ("trailers", "\x04\0\0\0\0\0\0\0"),
            ("all features", "\x07\0\0\0\0\0\0\0"),
            ("an unknown feature", "\x10\0\0\0\0\0\0\0"),
            ("too short", "abc"),
        ],
    ),
    ("examples/redact", &[("odd", super::test_cases::SECRET), ("even", "even")]),
];

/// Every setup of a guest, or the reason why nobody knows how to set it up.
///
/// # Errors
/// When the bytes are no module, or the guest reads a configuration and there is none for it.
pub(crate) fn setups(name: &str, wasm: &[u8]) -> Result<Vec<Setup>, String> {
    let imports = imports(wasm)?;
    let imported = |function: Function| imports.contains(function.name());
    let configs = if imported(Function::GetConfig) {
        let known = CONFIGS.iter().find(|(end, _)| name.ends_with(end));
        let (_, configs) = known.ok_or_else(|| {
            "it reads a configuration, and CONFIGS of interop/peers has none for it".to_owned()
        })?;
        let configs = configs.iter().map(|(name, text)| (*name, Some((*text).to_owned())));
        configs.chain([("no config", None)]).collect()
    } else {
        vec![("", None)]
    };
    let levels: &[(&str, LogLevel)] = if imported(Function::LogEnabled) {
        &[("debug", LogLevel::Debug), ("info", LogLevel::Info), ("no log", LogLevel::None)]
    } else {
        &[("", LogLevel::Debug)]
    };
    let both = |(config, text): &(&str, Option<String>), (level, log): &(&str, LogLevel)| {
        let parts: Vec<_> = [*config, *level].into_iter().filter(|part| !part.is_empty()).collect();
        Setup { name: parts.join(", "), config: text.clone(), log: *log }
    };
    Ok(configs
        .iter()
        .flat_map(|config| levels.iter().map(move |level| both(config, level)))
        .collect())
}

/// The names of the ABI's functions that a module imports.
fn imports(wasm: &[u8]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(section) = payload.map_err(|error| error.to_string())? {
            for import in section.into_imports() {
                let import = import.map_err(|error| error.to_string())?;
                if import.module == MODULE {
                    names.insert(import.name.to_owned());
                }
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(import: &str) -> Vec<u8> {
        let text = format!(r#"(module (import "http_handler" "{import}" (func)))"#);
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn what_is_imported_decides() {
        let plain = setups("x/y", &guest("get_uri")).unwrap();
        assert_eq!(plain, [Setup { name: String::new(), config: None, log: LogLevel::Debug }]);
        assert_eq!(setups("x/y", &guest("log_enabled")).unwrap().len(), 3);
        let configs = setups("host-go/examples/redact", &guest("get_config")).unwrap();
        assert_eq!(configs.last().map(|setup| setup.config.is_none()), Some(true));
        assert!(setups("x/y", &guest("get_config")).unwrap_err().contains("CONFIGS"));
        assert!(setups("x/y", b"no module").is_err());
    }
}
