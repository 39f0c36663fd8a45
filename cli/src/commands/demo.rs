//! `demo`: the whole path on real input, so that a newcomer sees in one command what this is for.
//!
//! Nothing is played: each step calls what the command of that name calls, and shows what it gave.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use http_wasm_model::Profile;
use http_wasm_testkit::recorded::Upstream;

use crate::build::{self, Builder};
use crate::project::Project;
use crate::replay::{Guest, Played, Report, Verdict};
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
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let temp = tempfile::Builder::new().prefix("http-wasm-demo-").tempdir()?;
    let folder = temp.path().join(NAME);

    heading("1. new", format_args!("writes a filter from the template `{TEMPLATE}`"));
    let sdk = scaffold::sdk_of_this_tool();
    let written = scaffold::write(&scaffold::Request {
        name: NAME,
        template: TEMPLATE,
        folder: &folder,
        sdk: &sdk,
    })?;
    println!("   {}", written.files.join("  "));
    println!("   src/lib.rs:");
    for line in source(&folder)?.lines() {
        println!("   {}", format!("| {line}").trim_end());
    }

    heading("2. build", "compiles it to WebAssembly and takes out what is not needed");
    let project = project(&folder, &sdk)?;
    let options = build::Options::default();
    let mut builder = Builder::new(&project, &options)?;
    let built = builder.build(project.select(&[])?.first().context("the scaffold is a filter")?)?;
    let sizes = built.sizes;
    for (stage, size) in [
        ("cargo", sizes.cargo),
        ("link passes", sizes.link),
        ("wasm-opt", sizes.wasm_opt),
        ("what a host loads", sizes.last),
    ] {
        println!("   {stage:<18}{size:>6} bytes");
    }

    heading("3. check", "says whether every host can load it");
    for line in commands::check::table(Path::new(&format!("{NAME}.wasm")), &built.report).lines() {
        println!("   {line}");
    }

    heading(
        "4. test",
        "replays exchanges.toml on the reference host; + and - are the filter's work",
    );
    let report =
        Guest::load(&built.path, Profile::Strict)?.replay(&folder.join("exchanges.toml"))?;
    for played in &report.exchanges {
        println!("\n   {} ... {}", bold(&played.recorded.name), verdict(played));
        for line in exchange(played) {
            println!("     {line}");
        }
    }
    println!("\n   {}", report.counts().to_string().trim_start());
    Ok(end(args, temp, &report))
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

fn verdict(played: &Played) -> &'static str {
    match played.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "FAILED",
        Verdict::NotApplicable(_) => "not applicable",
    }
}

/// What went in, what the upstream saw and answered, and what came out.
fn exchange(played: &Played) -> Vec<String> {
    let Some(outcome) = &played.outcome else { return Vec::new() };
    let sent = diff::request(&played.recorded.request);
    let mut lines = block("client sends", sent.iter().map(|line| (' ', line.clone())));
    let answered = match (&outcome.upstream, &played.recorded.upstream) {
        (None, _) => {
            lines.extend(block("upstream", [(' ', "is not called".to_owned())]));
            Vec::new()
        }
        (Some(seen), upstream) => {
            lines.extend(block("upstream sees", diff::changes(&sent, &diff::request(seen))));
            let answer = match upstream {
                Upstream::Answers(response) => diff::response(response),
                Upstream::Fails => vec!["fails".to_owned()],
            };
            lines.extend(block("upstream answers", answer.iter().map(|line| (' ', line.clone()))));
            answer
        }
    };
    let got = match outcome.response.as_ref().map(diff::response) {
        None => vec![(' ', "a broken connection".to_owned())],
        Some(got) if got == answered => vec![(' ', "the same".to_owned())],
        Some(got) => diff::changes(&answered, &got),
    };
    lines.extend(block("client gets", got));
    lines
}

/// Lines with a mark each, beside a title.
fn block(title: &str, lines: impl IntoIterator<Item = (char, String)>) -> Vec<String> {
    let titles = std::iter::once(title).chain(std::iter::repeat(""));
    titles.zip(lines).map(|(title, (mark, line))| format!("{title:<17}{mark} {line}")).collect()
}

fn end(args: &Args, temp: tempfile::TempDir, report: &Report) -> ExitCode {
    heading("Next", "your own filter");
    // The checkout has an alias; elsewhere the tool is a subcommand.
    let checkout = scaffold::sdk_of_this_tool().join("..").canonicalize();
    let inside = std::env::current_dir()
        .is_ok_and(|dir| checkout.is_ok_and(|checkout| dir.starts_with(checkout)));
    let cargo = if inside { "cargo xtask" } else { "cargo http-wasm" };
    println!("   {cargo} new NAME      write a filter; then cargo test, {cargo} build");
    println!("   {cargo} test          all tests, and every guest on the reference host");
    println!("   {cargo} --help        everything else");
    if args.keep {
        let kept: PathBuf = temp.keep().join(NAME);
        ui::step("Kept", kept.display());
    }
    if report.counts().failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn heading(title: &str, what: impl std::fmt::Display) {
    println!("\n{} {what}", bold(&format!("{title:<9}")));
}

/// Bold where that is for a person to see.
fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
