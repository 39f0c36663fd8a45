//! `test`: the native tests, then every guest on the reference host.

use std::path::Path;
use std::process::{Command, ExitCode};

use http_wasm_model::Profile;
use http_wasm_testkit::recorded;
use http_wasm_testkit::report::GuestReport;
use serde::Serialize;

use super::{BuildArgs, GlobalArgs, failure_code};
use crate::build::Builder;
use crate::project::{Filter, Project};
use crate::replay::Guest;
use crate::{process, ui};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Filters [default: all, and every other package of the workspace natively]
    filters: Vec<String>,
    #[command(flatten)]
    build: BuildArgs,
}

/// What became of the tests.
#[derive(Serialize)]
struct Report {
    /// Whether the native tests passed.
    native: bool,
    guests: Vec<Tested>,
}

/// A guest on the reference host.
#[derive(Serialize)]
struct Tested {
    filter: String,
    /// The size of the guest; none where it was not built.
    bytes: Option<u64>,
    /// Why it could not be tested.
    error: Option<String>,
    /// Its exchanges; none where nothing was recorded.
    report: Option<GuestReport>,
    #[serde(skip)]
    exit_code: u8,
}

/// Runs the command.
///
/// # Errors
/// When the project cannot be read or no test can be started. A test that fails is not an error but
/// exit code 1.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let filters = project.select(&args.filters)?;

    let options = args.build.options();
    let native = native(&project, &filters, &args.filters, &options.cargo_args, global)?;
    ui::step("Building", format_args!("{} guests", filters.len()));
    let mut builder = Builder::new(&project, &options)?;
    let guests = filters.into_iter().map(|filter| tested(&mut builder, filter)).collect();
    let report = Report { native, guests };
    global.print(&report, || print(&report))?;
    let worst = report.guests.iter().map(|guest| guest.exit_code).max();
    Ok(ExitCode::from(worst.unwrap_or(0).max(u8::from(!native))))
}

/// Runs `cargo test`, whose output goes straight to the user; with JSON to standard error.
fn native(
    project: &Project,
    filters: &[&Filter],
    names: &[String],
    cargo_args: &[String],
    global: &GlobalArgs,
) -> anyhow::Result<bool> {
    let mut command: Command = process::cargo();
    command.current_dir(&project.root).args(["test", "--no-fail-fast"]).args(cargo_args);
    // What the exchanges say of the environment is so natively too.
    for exchanges in filters.iter().filter_map(|filter| filter.exchanges.as_ref()) {
        // An error in the file is shown by what runs it.
        if let Ok(file) = recorded::read(exchanges) {
            command.envs(&file.surroundings.env);
        }
    }
    if builds_for_wasm(&project.root) {
        command.args(["--target", "host-tuple"]);
    }
    if names.is_empty() {
        command.arg("--workspace");
    }
    for name in names {
        command.args(["--package", name]);
    }
    if global.json() {
        command.stdout(std::io::stderr());
    }
    ui::step("Testing", process::shown(&command));
    Ok(process::status(&mut command)?.success())
}

/// Whether a configuration file of cargo, or the environment, says that packages are compiled to
/// WebAssembly; native tests are for this machine all the same.
fn builds_for_wasm(root: &Path) -> bool {
    let targets = cargo_config2::Config::load_with_cwd(root)
        .and_then(|config| config.build_target_for_cli([""; 0]));
    targets.is_ok_and(|targets| targets.iter().any(|target| target.starts_with("wasm")))
}

fn tested(builder: &mut Builder<'_>, filter: &Filter) -> Tested {
    let mut tested = Tested {
        filter: filter.name.clone(),
        bytes: None,
        error: None,
        report: None,
        exit_code: 0,
    };
    match on_reference_host(builder, filter, &mut tested) {
        Ok(()) => {
            let failed = tested.report.as_ref().is_some_and(|report| report.counts.has_failed());
            tested.exit_code = failed.into();
        }
        Err(error) => {
            tested.exit_code = failure_code(&error);
            tested.error = Some(crate::cli::text(&error));
        }
    }
    tested
}

fn on_reference_host(
    builder: &mut Builder<'_>,
    filter: &Filter,
    tested: &mut Tested,
) -> anyhow::Result<()> {
    let built = builder.build(filter)?;
    tested.bytes = Some(built.sizes.last);
    if let Some(exchanges) = &filter.exchanges {
        tested.report = Some(Guest::load(&built.path, Profile::Strict)?.replay(exchanges)?);
    }
    Ok(())
}

fn print(report: &Report) {
    ui::out(format_args!(
        "\nnative tests: {}",
        if report.native { "passed" } else { "FAILED, see above" }
    ));
    ui::out("recorded exchanges on the reference host:");
    let width = report.guests.iter().map(|guest| guest.filter.len()).max().unwrap_or(0);
    for Tested { filter, bytes, error, report, .. } in &report.guests {
        let result = match (error, report) {
            (Some(_), _) => "cannot be tested".to_owned(),
            (None, Some(GuestReport { counts, .. })) => counts.to_string(),
            (None, None) => "no exchanges.toml".to_owned(),
        };
        let size = bytes.map_or_else(String::new, |bytes| format!("{bytes:>7} bytes "));
        ui::out(format_args!("  {filter:<width$} {size}{result}"));
    }
    for Tested { filter, error, report, .. } in &report.guests {
        if let Some(error) = error {
            ui::out(format_args!("\ncannot be tested: {filter}: {error}"));
        }
        for detail in report.iter().flat_map(GuestReport::details) {
            ui::out(format_args!("\n{detail}"));
        }
    }
}
