//! Which toolchain has made a module: what to do about a finding depends on it.
//!
//! Most say so in the section `producers`. What has none is known by its shape.

use http_wasm_host::module_info::ModuleInfo;
use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

/// A toolchain that people write guests with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Toolchain {
    AssemblyScript,
    /// Of C and C++, also through `zig cc`.
    Clang,
    Go,
    Rust,
    TinyGo,
    Zig,
    /// None of them, or stripped.
    #[default]
    Unknown,
}

/// What replaces bulk memory in any finished module. Without the first option wasm-opt refuses the module,
/// unless it has a section that names its features; and many toolchains use what the second one is for.
const LOWER: &str = "run `wasm-opt --enable-bulk-memory --enable-nontrapping-float-to-int \
                     --llvm-memory-copy-fill-lowering IN.wasm -o OUT.wasm`";

impl Toolchain {
    pub(super) fn of(bytes: &[u8], info: &ModuleInfo) -> Self {
        Self::of_producers(bytes).unwrap_or_else(|| Self::of_shape(info))
    }

    fn of_producers(bytes: &[u8]) -> Option<Self> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let Ok(Payload::CustomSection(section)) = payload else { continue };
            if let KnownCustom::Producers(producers) = section.as_known() {
                found.extend(names(producers));
            }
        }
        // The first one that fits: TinyGo names clang too, and Zig and Rust may be linked with C.
        [
            ("TinyGo", Self::TinyGo),
            ("Go", Self::Go),
            ("Rust", Self::Rust),
            ("rustc", Self::Rust),
            ("Zig", Self::Zig),
            ("zig", Self::Zig),
            ("AssemblyScript", Self::AssemblyScript),
            ("clang", Self::Clang),
        ]
        .into_iter()
        .find(|(name, _)| found.iter().any(|found| found == name))
        .map(|(_, toolchain)| toolchain)
    }

    fn of_shape(info: &ModuleInfo) -> Self {
        let is_abort =
            info.imports.iter().any(|import| import.module == "env" && import.name == "abort");
        let runtime = ["__new", "__pin", "__rtti_base"];
        if is_abort || info.exports.iter().any(|export| runtime.contains(&export.name.as_str())) {
            return Self::AssemblyScript;
        }
        Self::Unknown
    }

    /// How to get rid of bulk memory.
    pub(super) fn without_bulk_memory(self) -> String {
        match self {
            Self::AssemblyScript => "compile with `--disable bulk-memory`".to_owned(),
            Self::Clang => format!(
                "compile with `-mno-bulk-memory -mno-bulk-memory-opt`; libraries that are compiled already \
                 keep theirs, so {LOWER} where that is not enough"
            ),
            Self::Zig => "compile with `-mcpu=generic-bulk_memory-bulk_memory_opt`".to_owned(),
            Self::Rust => format!(
                "compile for the target wasm32v1-none, or with std by `cargo http-wasm build` for \
                 wasm32-wasip1; or {LOWER}"
            ),
            // They have no option for it.
            Self::Go | Self::TinyGo => LOWER.to_owned(),
            Self::Unknown => format!(
                "compile without it (Rust: for wasm32v1-none; clang: `-mno-bulk-memory \
                 -mno-bulk-memory-opt`; Zig: `-mcpu=generic-bulk_memory-bulk_memory_opt`; \
                 AssemblyScript: `--disable bulk-memory`), or {LOWER}"
            ),
        }
    }

    /// How to get along with fewer pages of memory.
    pub(super) fn with_fewer_pages(self) -> &'static str {
        match self {
            Self::Clang => "make the stack smaller (`-Wl,-z,stack-size=16384`), or the static data",
            Self::Zig => "make the stack smaller (`--stack 16384`), or the static data",
            Self::Go => {
                "leave out packages that are not needed; the Go runtime takes most of it, and TinyGo takes less"
            }
            _ => "make the stack smaller (link with -zstack-size=16384), or the static data",
        }
    }

    /// How to get rid of an import of this module that no host has.
    pub(super) fn without_import(self, module: &str) -> Option<&'static str> {
        (self == Self::AssemblyScript && module == "env").then_some(
            "compile with `--use abort=`, and with nothing else that needs an environment",
        )
    }
}

/// The languages and the tools that a section names.
fn names(producers: ProducersSectionReader<'_>) -> Vec<String> {
    let fields = producers.into_iter().flatten();
    let values = fields.flat_map(|field| field.values.into_iter().flatten());
    values.map(|value| value.name.to_owned()).collect()
}
