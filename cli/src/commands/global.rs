//! Options that every command has.

use std::path::PathBuf;

use serde::Serialize;

use crate::project::{self, Project};
use crate::ui;

/// Options that every command has.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Manifest of the project, instead of the one around the current folder
    #[arg(long, global = true, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// Show every command that is run
    #[arg(long, short, global = true)]
    verbose: bool,
    /// Format of the results on standard output
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
    /// When output has colours; auto: on a terminal, unless NO_COLOR or CARGO_TERM_COLOR forbid it
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "auto|always|never",
        default_value_t,
        hide_possible_values = true
    )]
    color: ui::Color,
}

/// The result of a command about several guests.
#[derive(Debug, Serialize)]
pub(crate) struct Guests<'a, T> {
    /// What there is to say of each.
    pub(crate) guests: &'a [T],
}

/// A format of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// The version of the JSON results. It changes when a field is renamed, is removed, or changes its
/// meaning, and not when one is added.
const JSON_VERSION: u32 = 1;

impl GlobalArgs {
    /// Applies what concerns output to this process.
    pub fn apply(&self) {
        ui::set_verbose(self.verbose);
        ui::set_color(self.color);
    }

    /// Reads the project.
    ///
    /// # Errors
    /// When there is none, or it is wrong.
    pub fn project(&self) -> Result<Project, project::Error> {
        Project::locate(self.manifest_path.as_deref())
    }

    /// Whether results are printed as JSON.
    #[must_use]
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints a result: as JSON, with the version of its form, or by `text`.
    ///
    /// # Errors
    /// When the result is no object in JSON.
    pub fn print(&self, result: &impl Serialize, text: impl FnOnce()) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Versioned<'a, T> {
            version: u32,
            #[serde(flatten)]
            result: &'a T,
        }
        if self.json() {
            ui::json(&Versioned { version: JSON_VERSION, result })?;
        } else {
            text();
        }
        Ok(())
    }
}
