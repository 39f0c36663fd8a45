//! What became of recorded exchanges: the words that every command reports in, as text and as JSON.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::recorded::{Mismatch, Recorded};

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that could be compared was as expected.
    Passed,
    /// Something was not as expected.
    Failed {
        /// What was not.
        mismatches: Vec<Mismatch>,
    },
    /// Everything was as expected, and some of it goes otherwise on other hosts.
    Unportable {
        /// What does.
        mismatches: Vec<Mismatch>,
    },
    /// It failed where the host is known to fail.
    Known {
        /// Why the host fails.
        reason: String,
        /// What was not as expected.
        mismatches: Vec<Mismatch>,
    },
    /// It was not as recommended, where a host is free to do otherwise, or every host goes on well.
    Differs {
        /// What was not.
        mismatches: Vec<Mismatch>,
    },
    /// It was not run.
    Skipped {
        /// Why not.
        reason: String,
    },
}

impl Verdict {
    /// The verdict of an exchange that was run.
    #[must_use]
    pub fn of(mismatches: Vec<Mismatch>) -> Self {
        let is_recommendation = |mismatch: &Mismatch| mismatch.what == Mismatch::RECOMMENDATION;
        if mismatches.is_empty() {
            Self::Passed
        } else if mismatches.iter().all(is_recommendation) {
            Self::Differs { mismatches }
        } else if mismatches.iter().all(Mismatch::is_met) {
            Self::Unportable { mismatches }
        } else {
            Self::Failed { mismatches }
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Unportable { .. } => "unportable",
            Self::Known { .. } => "known",
            Self::Differs { .. } => "differs",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExchangeReport {
    /// Its name.
    pub name: String,
    /// The line in its file where it begins.
    pub line: usize,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was expected and could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}

impl ExchangeReport {
    /// The report of an exchange all of which could be compared.
    #[must_use]
    pub fn new(recorded: &Recorded, verdict: Verdict) -> Self {
        let name = recorded.name.clone();
        Self { name, line: recorded.line, verdict, not_compared: None }
    }

    /// What a person has to know of it: a text for each matter, without a newline at its end. Empty
    /// for one that simply passed. `file` is where the exchange comes from.
    #[must_use]
    pub fn details(&self, file: &dyn fmt::Display) -> Vec<String> {
        let head = format!("{file}:{}: {}", self.line, self.name);
        let reasons = match &self.verdict {
            Verdict::Passed => Vec::new(),
            Verdict::Failed { mismatches }
            | Verdict::Unportable { mismatches }
            | Verdict::Differs { mismatches } => {
                mismatches.iter().map(ToString::to_string).collect()
            }
            Verdict::Known { reason, .. } | Verdict::Skipped { reason } => vec![reason.clone()],
        };
        let mut details = Vec::new();
        if self.verdict != Verdict::Passed {
            let reasons: String = reasons.iter().map(|reason| format!("\n    {reason}")).collect();
            details.push(format!("{}: {head}{reasons}", self.verdict.name()));
        }
        if let Some(what) = &self.not_compared {
            details.push(format!("not compared: {head}\n    {what}"));
        }
        details
    }
}

/// The exchanges of a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestReport {
    /// The guest's name.
    pub guest: String,
    /// The file that the exchanges come from.
    pub file: PathBuf,
    /// How many ended how.
    pub counts: Counts,
    /// The exchanges, in the order of the file.
    pub exchanges: Vec<ExchangeReport>,
}

impl GuestReport {
    /// The report that has these exchanges.
    #[must_use]
    pub fn new(guest: String, file: PathBuf, exchanges: Vec<ExchangeReport>) -> Self {
        let counts = exchanges.iter().map(|exchange| &exchange.verdict).collect();
        Self { guest, file, counts, exchanges }
    }

    /// What a person has to know of its exchanges, as in [`ExchangeReport::details`].
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        let file = self.file.display();
        self.exchanges.iter().flat_map(|exchange| exchange.details(&file)).collect()
    }
}

/// How many exchanges ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As expected.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// As expected here, and otherwise on other hosts.
    pub unportable: usize,
    /// As is known of the host.
    pub known: usize,
    /// In a way that the host is free to choose.
    pub differs: usize,
    /// Not run.
    pub skipped: usize,
}

impl Counts {
    /// Counts one more exchange.
    pub const fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Failed { .. } => &mut self.failed,
            Verdict::Unportable { .. } => &mut self.unportable,
            Verdict::Known { .. } => &mut self.known,
            Verdict::Differs { .. } => &mut self.differs,
            Verdict::Skipped { .. } => &mut self.skipped,
        } += 1;
    }

    /// How many were run.
    #[must_use]
    pub const fn run(&self) -> usize {
        self.passed + self.failed + self.unportable + self.known + self.differs
    }

    /// Whether something was run, nothing failed, and nothing would on other hosts.
    #[must_use]
    pub const fn good(&self) -> bool {
        !self.has_failed() && self.run() > 0
    }

    /// Whether something failed, or would on other hosts.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed > 0 || self.unportable > 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4} passed {:>3} failed", self.passed, self.failed)?;
        for (count, name) in [
            (self.unportable, "unportable"),
            (self.known, "known"),
            (self.differs, "differs"),
            (self.skipped, "skipped"),
        ] {
            if count > 0 {
                write!(f, " {count:>3} {name}")?;
            }
        }
        Ok(())
    }
}

impl<'a> FromIterator<&'a Verdict> for Counts {
    fn from_iter<I: IntoIterator<Item = &'a Verdict>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        verdicts.into_iter().for_each(|verdict| counts.add(verdict));
        counts
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unportable += other.unportable;
        self.known += other.known;
        self.differs += other.differs;
        self.skipped += other.skipped;
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let mut total = Self::default();
        all.for_each(|counts| total += counts);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(verdict: Verdict) -> ExchangeReport {
        ExchangeReport { name: "e".to_owned(), line: 7, verdict, not_compared: None }
    }

    fn verdicts() -> [Verdict; 5] {
        let mismatches = vec![Mismatch {
            what: "response.status".to_owned(),
            wanted: "404".to_owned(),
            found: "200".to_owned(),
        }];
        let reason = "because".to_owned();
        [
            Verdict::of(Vec::new()),
            Verdict::of(mismatches.clone()),
            Verdict::Known { reason: reason.clone(), mismatches: mismatches.clone() },
            Verdict::Differs { mismatches },
            Verdict::Skipped { reason },
        ]
    }

    #[test]
    fn every_verdict_is_counted_and_only_failures_and_nothing_are_bad() {
        let counts: Counts = verdicts().iter().collect();
        assert_eq!(counts.to_string(), "   1 passed   1 failed   1 known   1 differs   1 skipped");
        assert_eq!(counts.run(), 4);
        for (index, good) in [true, false, true, true, false].into_iter().enumerate() {
            let verdict = &verdicts()[index];
            assert_eq!(Counts::from_iter([verdict]).good(), good, "{verdict:?}");
        }
        assert_eq!([counts, counts].into_iter().sum::<Counts>().run(), 8);
    }

    #[test]
    fn what_only_goes_otherwise_elsewhere_has_a_level_of_its_own() {
        let mismatch = |what: &str| Mismatch {
            what: what.to_owned(),
            wanted: "a".to_owned(),
            found: "b".to_owned(),
        };
        let [portability, recommendation, status] =
            [Mismatch::PORTABILITY, Mismatch::RECOMMENDATION, "response.status"].map(mismatch);
        for (mismatches, name, good) in [
            (vec![recommendation.clone()], "differs", true),
            (vec![portability.clone()], "unportable", false),
            (vec![recommendation.clone(), portability.clone()], "unportable", false),
            (vec![portability, recommendation, status], "failed", false),
        ] {
            let verdict = Verdict::of(mismatches);
            assert_eq!(verdict.name(), name);
            let counts = Counts::from_iter([&verdict]);
            assert_eq!((counts.good(), counts.run()), (good, 1), "{name}");
            assert!(counts.to_string().contains(&format!("1 {name}")), "{counts}");
        }
    }

    #[test]
    fn details_say_where_and_why() {
        let report =
            GuestReport::new("g".into(), "f.toml".into(), verdicts().map(exchange).to_vec());
        let wrong = "response.status: wanted 404, found 200";
        assert_eq!(
            report.details(),
            [
                format!("failed: f.toml:7: e\n    {wrong}"),
                "known: f.toml:7: e\n    because".to_owned(),
                format!("differs: f.toml:7: e\n    {wrong}"),
                "skipped: f.toml:7: e\n    because".to_owned(),
            ]
        );
        let blind =
            ExchangeReport { not_compared: Some("logs".into()), ..exchange(Verdict::Passed) };
        assert_eq!(blind.details(&"f"), ["not compared: f:7: e\n    logs"]);
    }
}
