//! Which proposals of WebAssembly a module needs beyond what all hosts accept.

use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

/// What all hosts accept: WebAssembly 2.0 without bulk memory and `externref`.
///
/// Bulk memory is part of 2.0, and hosts do accept it; but wazero before 1.9, built with Go 1.24 or
/// later, corrupts a register in it, and proxies that people run today are that pair. `externref` is
/// part of it too; the engine of the reference host is built without. What the validator calls the
/// types of garbage collection is in 2.0 that one type.
pub const ACCEPTED: WasmFeatures =
    WasmFeatures::WASM2.difference(WasmFeatures::BULK_MEMORY).difference(WasmFeatures::GC_TYPES);

/// What a module needs that is not [`ACCEPTED`].
#[derive(Debug, Default)]
pub(super) struct NeededFeatures {
    /// Features without each of which the module is not valid, by their names.
    pub(super) features: Vec<(&'static str, WasmFeatures)>,
    /// What the validator says of the module where only what is accepted is allowed.
    pub(super) error: Option<BinaryReaderError>,
}

impl NeededFeatures {
    /// Validates a module.
    pub(super) fn find(bytes: &[u8]) -> Result<Self, BinaryReaderError> {
        let Err(error) = validate(bytes, ACCEPTED) else { return Ok(Self::default()) };
        // What most toolchains put out. Their modules are large, so each is validated once: what was
        // found above is the first instruction.
        if validate(bytes, ACCEPTED.union(WasmFeatures::BULK_MEMORY)).is_ok() {
            let features = vec![("BULK_MEMORY", WasmFeatures::BULK_MEMORY)];
            return Ok(Self { features, error: Some(error) });
        }
        validate(bytes, WasmFeatures::all())?;
        let candidates: Vec<_> = WasmFeatures::all().difference(ACCEPTED).iter_names().collect();
        let mut features = Vec::new();
        find_among(bytes, &candidates, &mut features);
        Ok(Self { features, error: Some(error) })
    }

    /// Whether one of these features is needed.
    pub(super) fn any_of(&self, wanted: WasmFeatures) -> bool {
        self.features.iter().any(|(_, feature)| wanted.contains(*feature))
    }
}

/// Finds the needed ones of some features: those without which the module is not valid, though
/// everything else is allowed. Most are not needed, so they are tried by halves: a module is
/// validated a few times for each feature that it needs, and not once for each that there is.
fn find_among(
    bytes: &[u8],
    candidates: &[(&'static str, WasmFeatures)],
    needed: &mut Vec<(&'static str, WasmFeatures)>,
) {
    let all: WasmFeatures = candidates.iter().map(|(_, feature)| *feature).collect();
    if validate(bytes, WasmFeatures::all().difference(all)).is_ok() {
        return;
    }
    if let [one] = candidates {
        needed.push(*one);
        return;
    }
    let (first, second) = candidates.split_at(candidates.len() / 2);
    find_among(bytes, first, needed);
    find_among(bytes, second, needed);
}

/// Validates a module with these features only.
pub(super) fn validate(bytes: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    #[cfg(test)]
    tests::VALIDATIONS.set(tests::VALIDATIONS.get() + 1);
    Validator::new_with_features(features).validate_all(bytes).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How often this thread has validated a module.
        pub(super) static VALIDATIONS: Cell<usize> = const { Cell::new(0) };
    }

    fn validations(text: &str) -> usize {
        let wasm = wat::parse_str(text).unwrap();
        VALIDATIONS.set(0);
        NeededFeatures::find(&wasm).unwrap();
        VALIDATIONS.get()
    }

    #[test]
    fn what_toolchains_put_out_is_validated_once_and_up_to_what_is_not_accepted() {
        assert_eq!(validations("(module (func))"), 1);
        let fills = "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))";
        // The first ends at the first instruction that not all hosts accept.
        assert_eq!(validations(&format!("(module {fills})")), 2);
    }

    #[test]
    fn what_needs_more_is_validated_a_few_times_for_each_feature() {
        let features = WasmFeatures::all().difference(ACCEPTED).iter_names().count();
        let found = validations("(module (func (return_call 0)))");
        assert!(found < features, "{found} times for {features} features");
    }
}
