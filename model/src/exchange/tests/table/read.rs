//! Reads the table.

use std::collections::BTreeMap;

use super::*;

/// A row of the table.
pub(super) struct Row {
    /// File and line.
    pub(super) place: String,
    functions: Vec<String>,
    kinds: Vec<String>,
    phases: Vec<String>,
    features: String,
    profiles: String,
    /// What happens, by class.
    cells: BTreeMap<String, String>,
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// A cell as the player writes it: changes in the order of their names.
fn normal(cell: &str) -> String {
    let cell = cell.replace(r"\0", r"\x00");
    let mut parts: Vec<_> = cell.split(';').map(str::trim).collect();
    let results = usize::from(!parts[0].contains('='));
    parts[results..].sort_unstable();
    parts.join("; ")
}

/// The rows of a file.
pub(super) fn rows(file: &str, text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut classes: Vec<&str> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let place = format!("{file}:{number}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(names) = line.strip_prefix("classes:") {
            classes = names.split('|').map(str::trim).collect();
            continue;
        }
        let mut columns = line.split('|').map(str::trim);
        let key: Vec<_> = columns.next().expect("a key").split_whitespace().collect();
        let [functions, kinds, phases, features, profiles] = key[..] else {
            panic!("{place}: found {} words, wanted 5", key.len());
        };
        let cells: Vec<_> = columns.map(normal).collect();
        assert!(cells.len() == 1 || cells.len() == classes.len(), "{place}: {} cells", cells.len());
        assert_eq!(features.len(), 3, "{place}: features");
        rows.push(Row {
            functions: list(functions),
            kinds: list(kinds),
            phases: list(phases),
            features: features.to_owned(),
            profiles: profiles.to_owned(),
            cells: classes
                .iter()
                .zip(cells.iter().cycle())
                .map(|(class, cell)| ((*class).to_owned(), cell.clone()))
                .collect(),
            place,
        });
    }
    rows
}

impl Row {
    pub(super) fn is_for(&self, case: &Case) -> bool {
        let has = |list: &[String], item: &str| list.iter().any(|found| found == item);
        let phase = match case.phase {
            Phase::Init => "init",
            Phase::Request => "request",
            Phase::Response => "response",
        };
        let named = [Features::BUFFER_REQUEST, Features::BUFFER_RESPONSE, Features::TRAILERS];
        let fits = self.features.chars().zip(named).all(|(letter, feature)| {
            letter == '*' || letter.is_ascii_uppercase() == case.features.contains(feature)
        });
        has(&self.functions, case.function.name())
            && has(&self.kinds, case.kind)
            && has(&self.phases, phase)
            && fits
            && self.profiles.contains(&case.profile.name()[..1])
            && self.cells.contains_key(case.class)
    }

    /// What is to happen. `F` is the set of the features that were enabled before.
    pub(super) fn cell(&self, case: &Case) -> String {
        let cell = &self.cells[case.class];
        if case.function != Function::EnableFeatures {
            return cell.clone();
        }
        let enabled = case.features.bits();
        cell.replace("F+2", &(enabled | 2).to_string())
            .replace("F+8", &(enabled | 8).to_string())
            .replace('F', &enabled.to_string())
    }
}
