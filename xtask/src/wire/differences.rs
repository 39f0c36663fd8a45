//! The differences that are known, as data in `xtask/wire/differences.toml`: each with its reason, and the section of
//! the RFC or of Go's documentation that it rests on.

use std::path::Path;

use anyhow::Context as _;
use glob::Pattern;
use serde::Deserialize;

use super::compare::Difference;
use super::corpus::DIFFERENCES;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    difference: Vec<Listed>,
}

/// A difference, or several of a kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Patterns of cases' names. Each has to occur.
    cases: Vec<String>,
    /// Patterns of parts. Each has to occur.
    parts: Vec<String>,
    /// Why they differ.
    reason: String,
    /// Where it is written.
    section: String,
}

/// The list, and what of it has occurred.
#[derive(Debug)]
pub(crate) struct Known {
    listed: Vec<(Listed, Vec<Occurred>)>,
}

/// A pattern of an entry, and whether it has explained anything.
#[derive(Debug)]
struct Occurred {
    pattern: Pattern,
    is_case: bool,
    occurred: bool,
}

impl Known {
    /// Reads the list.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join(DIFFERENCES);
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::of(&text).with_context(|| file.display().to_string())
    }

    fn of(text: &str) -> anyhow::Result<Self> {
        let read: File = toml::from_str(text)?;
        let listed = read.difference.into_iter().map(|entry| {
            let pattern = |text: &String, is_case| -> anyhow::Result<Occurred> {
                let pattern =
                    Pattern::new(text).with_context(|| format!("the pattern {text:?}"))?;
                Ok(Occurred { pattern, is_case, occurred: false })
            };
            let cases = entry.cases.iter().map(|text| pattern(text, true));
            let patterns = cases.chain(entry.parts.iter().map(|text| pattern(text, false)));
            let patterns = patterns.collect::<Result<_, _>>()?;
            Ok((entry, patterns))
        });
        Ok(Self { listed: listed.collect::<anyhow::Result<_>>()? })
    }

    /// Whether a difference is listed; it has occurred then.
    pub(crate) fn explains(&mut self, difference: &Difference) -> bool {
        let mut explained = false;
        for (_, patterns) in &mut self.listed {
            let fits = |it: &Occurred| {
                let text = if it.is_case { &difference.case } else { &difference.part };
                it.pattern.matches(text)
            };
            let any = |is_case| patterns.iter().any(|it| it.is_case == is_case && fits(it));
            if any(true) && any(false) {
                explained = true;
                patterns.iter_mut().filter(|it| fits(it)).for_each(|it| it.occurred = true);
            }
        }
        explained
    }

    /// What is listed and has not occurred.
    pub(crate) fn stale(&self) -> Vec<String> {
        let stale = |(entry, patterns): &(Listed, Vec<Occurred>)| {
            let text = format!("{} ({})", entry.reason, entry.section);
            patterns
                .iter()
                .filter(|it| !it.occurred)
                .map(|it| format!("{:?}: {text}", it.pattern.as_str()))
                .collect::<Vec<_>>()
        };
        self.listed.iter().flat_map(stale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_difference_has_to_occur() {
        let text = "[[difference]]\ncases = ['a', 'b*']\nparts = ['guest.*', 'client.end']\nreason = 'r'\nsection = 's'\n";
        let mut known = Known::of(text).unwrap();
        let difference = |case: &str, part: &str| Difference {
            case: case.to_owned(),
            part: part.to_owned(),
            theirs: String::new(),
            ours: String::new(),
        };
        assert!(known.explains(&difference("a", "guest.uri")));
        assert!(!known.explains(&difference("a", "client.status")));
        assert!(!known.explains(&difference("c", "guest.uri")));
        assert_eq!(known.stale(), ["\"b*\": r (s)", "\"client.end\": r (s)"]);
        assert!(known.explains(&difference("bc", "client.end")));
        assert!(known.stale().is_empty());
    }
}
