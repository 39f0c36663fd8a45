//! The stage that runs `wasm-opt`.

use std::process::Stdio;

use wasmparser::{Validator, WasmFeatures};

use super::Error;
use crate::cleanup::TempFolder;
use crate::process;
use crate::project::GuestTarget;
use crate::tools::WasmOpt;

/// The options of `wasm-opt`. The features are what `check` accepts, so that it can neither bring in
/// nor keep what a host refuses. Names stay (`-g`) and are dropped later, from the same code.
pub(super) const FLAGS: &[&str] = &[
    "-Oz",
    "--converge",
    "-g",
    "--mvp-features",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-simd",
];

/// The standard library of targets with std is compiled with bulk memory: it is replaced by loops.
const LOWER_BULK_MEMORY: &[&str] =
    &["--enable-bulk-memory", "--enable-bulk-memory-opt", "--llvm-memory-copy-fill-lowering"];

/// The option that `wasm-opt` complains about not to know. Which version brought which option is
/// nowhere listed in full; the program itself knows.
fn unknown_option(output: &str) -> Option<&str> {
    let (_, rest) = output.split_once("Unknown option '")?;
    Some(rest.split_once('\'')?.0)
}

/// Optimises a module. What the program writes is a module, or this fails.
pub(super) fn optimise(
    wasm_opt: &WasmOpt,
    target: GuestTarget,
    module: &[u8],
) -> Result<Vec<u8>, Error> {
    let failed = |action| {
        let path = std::env::temp_dir();
        move |source| Error::File { action, path, source }
    };
    let folder =
        TempFolder::new("http-wasm-build-").map_err(failed("cannot create a folder in"))?;
    let (input, output) = (folder.path().join("in.wasm"), folder.path().join("out.wasm"));
    std::fs::write(&input, module).map_err(failed("cannot write into"))?;
    let mut command = wasm_opt.command();
    command.arg(&input).arg("-o").arg(&output).args(FLAGS).stdin(Stdio::null());
    if target == GuestTarget::WasiP1 {
        command.args(LOWER_BULK_MEMORY);
    }
    process::run(&mut command).map_err(|error| match error {
        process::Error::Failed { output, .. } if unknown_option(&output).is_some() => {
            let option = unknown_option(&output).unwrap_or_default().to_owned();
            Error::OldOptimiser { target, found: wasm_opt.version(), option }
        }
        error => error.into(),
    })?;
    let wrong = |problem| Error::Optimiser { program: wasm_opt.program().to_owned(), problem };
    let optimised =
        std::fs::read(&output).map_err(|error| wrong(format!("no module ({error})")))?;
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&optimised);
    valid.map_err(|error| wrong(format!("a module that is not valid ({error})")))?;
    Ok(optimised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_is_too_new_is_recognised() {
        let old = "\n    Unknown option '--enable-bulk-memory-opt'\n    more";
        assert_eq!(unknown_option(old), Some("--enable-bulk-memory-opt"));
        assert_eq!(unknown_option("Fatal: error validating input"), None);
    }

    #[test]
    fn the_target_without_std_asks_for_no_bulk_memory() {
        assert!(FLAGS.contains(&"--mvp-features"), "what is not named is off");
        assert!(!FLAGS.iter().any(|flag| flag.contains("bulk")), "{FLAGS:?}");
    }
}
