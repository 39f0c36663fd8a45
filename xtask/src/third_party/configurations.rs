//! The configurations and log levels that each third-party guest is run with. They depend on what
//! the guest imports.

use std::collections::BTreeSet;

use http_wasm_abi::{Function, LogLevel, MODULE};
use wasmparser::{Parser, Payload};

/// A configuration and a log level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Its name; empty where there is only one.
    pub(crate) name: String,
    pub(crate) config: Option<String>,
    pub(crate) log: LogLevel,
}

/// The configurations of the guests that read one, by the end of the guest's name; each has a name
/// and a text. Every such guest also runs without one.
///
/// `config` expects eight bytes, of which the first four are features, and rejects all else;
/// `redact` expects the text that it hides, and hides only texts of odd length.
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

/// Every configuration that a guest is run with.
///
/// # Errors
/// When the bytes are no module, or the guest reads a configuration and there is none for it.
pub(crate) fn configurations(name: &str, wasm: &[u8]) -> Result<Vec<Configuration>, String> {
    let imports = imports(wasm)?;
    let imported = |function: Function| imports.contains(function.name());
    let configs = if imported(Function::GetConfig) {
        let known = CONFIGS.iter().find(|(end, _)| name.ends_with(end));
        let (_, configs) = known.ok_or_else(|| {
            "it reads a configuration, and CONFIGS of third_party/configurations.rs has none for it".to_owned()
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
        Configuration { name: parts.join(", "), config: text.clone(), log: *log }
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
        let text = format!(r#"(module (import "{MODULE}" "{import}" (func)))"#);
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn imports_decide_the_configurations() {
        let plain = configurations("x/y", &guest("get_uri")).unwrap();
        assert_eq!(
            plain,
            [Configuration { name: String::new(), config: None, log: LogLevel::Debug }]
        );
        assert_eq!(configurations("x/y", &guest("log_enabled")).unwrap().len(), 3);
        let configs = configurations("host-go/examples/redact", &guest("get_config")).unwrap();
        assert_eq!(configs.last().map(|last| last.config.is_none()), Some(true));
        assert!(configurations("x/y", &guest("get_config")).unwrap_err().contains("CONFIGS"));
        assert!(configurations("x/y", b"no module").is_err());
    }
}
