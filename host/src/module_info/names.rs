//! The names that a module gives to its functions and globals, for people and for tools.

use std::collections::BTreeMap;

use wasmparser::{KnownCustom, Name, Parser, Payload};

use super::ReadError;

/// The name section of a module. It is apart from [`ModuleInfo`](super::ModuleInfo) because no host
/// reads it: a module whose names are damaged is as good as another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The names of functions.
    pub functions: BTreeMap<u32, String>,
    /// The names of globals.
    pub globals: BTreeMap<u32, String>,
}

impl Names {
    /// Reads them; a module without any has none.
    ///
    /// # Errors
    ///
    /// When the bytes are not a module, or its names cannot be read.
    pub fn read(module: &[u8]) -> Result<Self, ReadError> {
        let mut names = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CustomSection(section) = payload? else { continue };
            let KnownCustom::Name(section) = section.as_known() else { continue };
            for subsection in section {
                let (map, namings) = match subsection? {
                    Name::Function(namings) => (&mut names.functions, namings),
                    Name::Global(namings) => (&mut names.globals, namings),
                    _ => continue,
                };
                for naming in namings {
                    let naming = naming?;
                    map.insert(naming.index, naming.name.to_owned());
                }
            }
        }
        Ok(names)
    }
}
