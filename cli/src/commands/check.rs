//! `check`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use http_wasm_host::module_info::printable;
use serde::Serialize;
use serde_json::json;

use super::{GlobalArgs, Guests, LimitArgs};
use crate::build::{machine_folders, other_owner};
use crate::check::rules::{RULES, Rule};
use crate::check::{Hosts, KnownHost, Limits, Report, check_for_paths};
use crate::project::{self, Filter, Project};
use crate::{files, ui};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Guests of any language, or names of filters that were built; all of the project when none is named
    #[arg(value_name = "FILE.wasm|FILTER")]
    guests: Vec<PathBuf>,
    /// Say what a rule finds, why, and what to do; all rules when none is named
    #[arg(long, value_name = "RULE", num_args = 0..=1, default_missing_value = "", conflicts_with = "guests")]
    explain: Option<String>,
    /// A host that the guests must run on; may be given more than once [default: what all hosts have in
    /// common]
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<KnownHost>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Row<'a> {
    file: String,
    ok: bool,
    #[serde(flatten)]
    report: &'a Report,
}

impl<'a> Row<'a> {
    fn new(file: &Path, report: &'a Report) -> Self {
        // A path need not be text, and JSON has nothing else.
        Self { file: file.display().to_string(), ok: report.is_ok(), report }
    }
}

/// Runs the command.
///
/// # Errors
/// When it could not be done.
pub fn run(args: &Args, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    if let Some(rule) = &args.explain {
        return explain(rule, global);
    }
    let project = global.project();
    let folders = machine_folders(project.as_ref().ok());
    let mut reports = Vec::new();
    let limits = Limits { hosts: Hosts::of(&args.hosts), ..args.limits.into() };
    for (file, limits) in to_check(&args.guests, project, limits)? {
        let bytes = files::read(&file).map_err(|error| {
            let is_missing = error.kind() == std::io::ErrorKind::NotFound;
            let remedy = if is_missing { "; `build` writes guests" } else { "" };
            anyhow::anyhow!("cannot read {}: {error}{remedy}", file.display())
        })?;
        reports.push((file, check_for_paths(&bytes, &limits, &folders)));
    }
    let rows: Vec<_> = reports.iter().map(|(file, report)| Row::new(file, report)).collect();
    global.print(&Guests { guests: &rows }, || {
        for (file, report) in &reports {
            ui::out(table(file, report).trim_end());
        }
    })?;
    let ok = reports.iter().all(|(_, report)| report.is_ok());
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Prints what is known of a rule, or of all.
fn explain(id: &str, global: &GlobalArgs) -> anyhow::Result<ExitCode> {
    let wanted: Vec<&Rule> = RULES.iter().filter(|rule| id.is_empty() || rule.id == id).collect();
    if wanted.is_empty() {
        let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        anyhow::bail!("there is no rule `{}`; the rules are: {}", printable(id), ids.join(", "));
    }
    global.print(&json!({ "rules": wanted }), || {
        for rule in &wanted {
            ui::out(rule);
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The files to check and what each may be at most: what is a file as it is given, and else the
/// guest of a filter of this name, which is also held to the size that its manifest states.
fn to_check(
    guests: &[PathBuf],
    project: Result<Project, project::Error>,
    limits: Limits,
) -> anyhow::Result<Vec<(PathBuf, Limits)>> {
    if !guests.is_empty() && guests.iter().all(|path| super::is_file(path)) {
        return Ok(guests.iter().map(|path| (path.clone(), limits)).collect());
    }
    let project = project?;
    let of_filter = |filter: &Filter| {
        if let Some(other) = other_owner(&project, filter) {
            anyhow::bail!(
                "{} was built from {}, which has the same target folder; `build {}` here first",
                project.guest_path(filter).display(),
                other.display(),
                filter.name
            );
        }
        Ok((project.guest_path(filter), limits.with_max_size(filter.options.max_size)))
    };
    if guests.is_empty() {
        return project.select(&[])?.into_iter().map(of_filter).collect();
    }
    let mut files = Vec::new();
    for path in guests {
        if super::is_file(path) {
            files.push((path.clone(), limits));
        } else {
            let name = path.display().to_string();
            for filter in project.select(&[name])? {
                files.push(of_filter(filter)?);
            }
        }
    }
    Ok(files)
}

/// The verdict for a person.
#[must_use]
pub fn table(file: &Path, report: &Report) -> String {
    let verdict = match (report.is_ok(), report.doubtful_hosts()) {
        (false, _) => "refused".to_owned(),
        (true, Hosts::NONE) => "ok".to_owned(),
        (true, hosts) => format!("ok, but see the warnings for {hosts}"),
    };
    let pages = match report.pages {
        Some(1) => ", 1 page".to_owned(),
        Some(pages) => format!(", {pages} pages"),
        None => String::new(),
    };
    let mut text = format!("{}: {} bytes{pages}: {verdict}\n", file.display(), report.size);
    let rows = report
        .exports
        .iter()
        .map(|item| ("export", item))
        .chain(report.imports.iter().map(|item| ("import", item)));
    let width = rows.clone().map(|(_, item)| item.name.len()).max().unwrap_or(0);
    for (kind, item) in rows {
        text += &format!("  {kind}   {:width$}  {}\n", item.name, item.ty);
    }
    for (kind, findings) in [("problem", &report.problems), ("warning", &report.warnings)] {
        for finding in findings {
            text += &format!(
                "  {kind}  {}: {} [{}]\n           {}\n",
                finding.subject, finding.message, finding.rule, finding.remedy
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::check::check;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
        #[command(flatten)]
        global: GlobalArgs,
    }

    fn run_with(arguments: &[&str]) -> anyhow::Result<ExitCode> {
        let command = Command::try_parse_from(["check"].iter().chain(arguments))?;
        run(&command.args, &command.global)
    }

    #[test]
    fn rules_are_explained() {
        for arguments in [&["--explain"][..], &["--explain", "bulk-memory"]] {
            assert_eq!(run_with(arguments).unwrap(), ExitCode::SUCCESS, "{arguments:?}");
        }
        let error = run_with(&["--explain", "bulk"]).unwrap_err().to_string();
        assert!(error.starts_with("there is no rule `bulk`; the rules are: max-size, "), "{error}");
        assert!(run_with(&["--explain", "bulk-memory", "a.wasm"]).is_err(), "one or the other");
    }

    #[test]
    fn findings_show_their_rule_in_text_and_json() {
        let report = check(b"(module)", &Limits::default());
        let text = table(Path::new("a.wasm"), &report);
        assert!(text.contains("  problem  file: found text [not-a-module]\n"), "{text}");
        let row = Row::new(Path::new("a.wasm"), &report);
        let json = serde_json::to_value(row).unwrap();
        assert_eq!(json["problems"][0]["rule"], "not-a-module");
    }
}
