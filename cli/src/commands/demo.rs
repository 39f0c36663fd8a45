//! `demo`: scaffolds, builds, checks and tests a filter, so that a newcomer sees in one command what
//! this tool is for.
//!
//! Each step calls what the command of that name calls, and shows its real result.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_model::Profile;
use http_wasm_testkit::recorded::Upstream;
use http_wasm_testkit::report::Counts;

use super::GlobalArgs;
use crate::build::{self, Builder};
use crate::cleanup::TempFolder;
use crate::project::Project;
use crate::replay::{Guest, Replayed};
use crate::{commands, diff, scaffold, ui};

const NAME: &str = "my-first-filter";
const TEMPLATE: &str = "basic";

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the filter's folder
    #[arg(long)]
    keep: bool,
}

/// Runs the command.
///
/// # Errors
/// When a step could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(!global.json(), "found --format json, and `demo` prints text only");
    let temp = TempFolder::new("http-wasm-demo-").context("cannot create a temporary folder")?;
    let folder = temp.path().join(NAME);

    heading("1. new", format_args!("writes a filter from the template `{TEMPLATE}`"));
    let sdk = scaffold::sdk_of_this_tool();
    let written = scaffold::write(&scaffold::Request {
        name: NAME,
        template: TEMPLATE,
        folder: &folder,
        sdk: &sdk,
    })?;
    ui::out(format_args!("   {}", written.files.join("  ")));
    ui::out("   src/lib.rs:");
    for line in source(&folder)?.lines() {
        ui::out(format_args!("   {}", format!("| {line}").trim_end()));
    }

    heading("2. build", "compiles it to WebAssembly and removes what is not needed");
    let project = project(&folder, &sdk)?;
    let options = build::Options::default();
    let mut builder = Builder::new(&project, &options)?;
    let built = builder.build(project.select(&[])?.first().context("the scaffold is a filter")?)?;
    let sizes = built.sizes;
    for (stage, size) in [
        ("cargo", sizes.cargo),
        ("post-link passes", sizes.postlink),
        ("wasm-opt", sizes.wasm_opt),
        ("what a host loads", sizes.last),
    ] {
        ui::out(format_args!("   {stage:<18}{size:>6} bytes"));
    }

    heading("3. check", "examines whether every host can load it");
    for line in commands::check::table(Path::new(&format!("{NAME}.wasm")), &built.report).lines() {
        ui::out(format_args!("   {line}"));
    }

    heading(
        "4. test",
        "replays exchanges.toml on the reference host; + and - mark what the filter changed",
    );
    let replayed =
        Guest::load(&built.path, Profile::Strict)?.run(&folder.join("exchanges.toml"))?;
    for exchange in &replayed {
        let (name, verdict) = (bold(&exchange.recorded.name), exchange.verdict.name());
        ui::out(format_args!("\n   {name} ... {verdict}"));
        for line in lines(exchange) {
            ui::out(format_args!("     {line}"));
        }
    }
    let counts: Counts = replayed.iter().map(|exchange| &exchange.verdict).collect();
    ui::out(format_args!("\n   {}", counts.to_string().trim_start()));
    let code = end(args, temp, counts);
    // The guest is in the folder of the checkout's own guests.
    build::sweep(&project);
    Ok(code)
}

/// The scaffold as a project that shares the checkout's target folder and locked dependencies: the
/// optimiser is there, and the second demo compiles the filter only.
fn project(folder: &Path, sdk: &Path) -> anyhow::Result<Project> {
    let checkout = sdk.join("..");
    let lock = folder.join("Cargo.lock");
    std::fs::copy(checkout.join("Cargo.lock"), &lock)
        .with_context(|| format!("cannot write {}", lock.display()))?;
    let mut project = Project::locate(Some(&folder.join("Cargo.toml")))?;
    project.target_dir = Project::locate(Some(&checkout.join("Cargo.toml")))?.target_dir;
    Ok(project)
}

/// The filter without its tests.
fn source(folder: &Path) -> anyhow::Result<String> {
    let path = folder.join("src/lib.rs");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let filter = text.split("#[cfg(test)]").next().unwrap_or(&text);
    Ok(filter.trim_end().to_owned())
}

/// An exchange as lines: what the client sent, what the upstream received and responded, and what
/// the client received.
fn lines(exchange: &Replayed) -> Vec<String> {
    let Some(outcome) = &exchange.outcome else { return Vec::new() };
    let sent = diff::request(&exchange.recorded.request);
    let mut lines = block("client sends", sent.iter().map(|line| (' ', line.clone())));
    let responded = match (&outcome.upstream, &exchange.recorded.upstream) {
        (None, _) => {
            lines.extend(block("upstream", [(' ', "is not called".to_owned())]));
            Vec::new()
        }
        (Some(seen), upstream) => {
            lines.extend(block("upstream receives", diff::changes(&sent, &diff::request(seen))));
            let response = match upstream {
                Upstream::Answers(response) => diff::response(response),
                Upstream::Fails => vec!["fails".to_owned()],
            };
            lines.extend(block(
                "upstream responds",
                response.iter().map(|line| (' ', line.clone())),
            ));
            response
        }
    };
    let got = match outcome.response.as_ref().map(diff::response) {
        None => vec![(' ', "a broken connection".to_owned())],
        Some(got) if got == responded => vec![(' ', "the same".to_owned())],
        Some(got) => diff::changes(&responded, &got),
    };
    lines.extend(block("client receives", got));
    lines
}

/// Lines with a mark each, beside a title.
fn block(title: &str, lines: impl IntoIterator<Item = (char, String)>) -> Vec<String> {
    let titles = std::iter::once(title).chain(std::iter::repeat(""));
    titles.zip(lines).map(|(title, (mark, line))| format!("{title:<18}{mark} {line}")).collect()
}

fn end(args: &Args, temp: TempFolder, counts: Counts) -> ExitCode {
    heading("Next", "your own filter");
    // The checkout has an alias; elsewhere the tool is a subcommand.
    let checkout = dunce::canonicalize(scaffold::sdk_of_this_tool().join(".."));
    let inside = std::env::current_dir()
        .is_ok_and(|dir| checkout.is_ok_and(|checkout| dir.starts_with(checkout)));
    let cargo = if inside { "cargo xtask" } else { "cargo http-wasm" };
    ui::out(format_args!(
        "   {cargo} new NAME      create a filter; then cargo test, {cargo} build"
    ));
    ui::out(format_args!(
        "   {cargo} test          all tests, and every guest on the reference host"
    ));
    ui::out(format_args!("   {cargo} --help        everything else"));
    if args.keep {
        let kept: PathBuf = temp.keep().join(NAME);
        ui::step("Kept", kept.display());
    }
    if counts.good() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn heading(title: &str, what: impl std::fmt::Display) {
    ui::out(format_args!("\n{} {what}", bold(&format!("{title:<9}"))));
}

/// Text in bold, where output has colours.
fn bold(text: &str) -> String {
    if ui::has_color(&std::io::stdout()) {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
