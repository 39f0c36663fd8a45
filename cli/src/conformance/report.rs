//! What became of the suite on a host: a verdict for each exchange, and whether all is well.

use std::fmt::Write as _;

use http_wasm_testkit::recorded::{Level, Recorded};
use serde::Serialize;

use super::suite::Suite;
use crate::hosts::replay::{self, SubjectReport};

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Not as the ABI says.
    Failed {
        /// What differs.
        why: Vec<String>,
    },
    /// The host is known to differ here, and does.
    Known {
        /// Why it differs.
        reason: String,
        /// What differs.
        why: Vec<String>,
    },
    /// The ABI leaves it open, and the host does not do what guests are better off with.
    Differs {
        /// What differs.
        why: Vec<String>,
    },
    /// It was not played.
    Skipped {
        /// Why not.
        reason: String,
    },
}

/// An exchange and its verdict.
pub type ExchangeReport = replay::ExchangeReport<Verdict>;

/// The exchanges of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// What it is about.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// Its exchanges, in order.
    pub exchanges: Vec<ExchangeReport>,
}

/// The whole suite.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The name that lists use for the host.
    pub host: String,
    /// How many ended how.
    pub counts: Counts,
    /// The cases, in the order of the suite.
    pub cases: Vec<CaseReport>,
}

/// How many exchanges ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As expected.
    pub passed: usize,
    /// Not as the ABI says.
    pub failed: usize,
    /// As is known of the host.
    pub known: usize,
    /// In a way that the ABI leaves open.
    pub differs: usize,
    /// Not played.
    pub skipped: usize,
}

impl Counts {
    fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Failed { .. } => &mut self.failed,
            Verdict::Known { .. } => &mut self.known,
            Verdict::Differs { .. } => &mut self.differs,
            Verdict::Skipped { .. } => &mut self.skipped,
        } += 1;
    }

    /// How many were played.
    #[must_use]
    pub const fn played(&self) -> usize {
        self.passed + self.failed + self.known + self.differs
    }
}

/// What an exchange that was played means for a host: how it differed from what was expected, and
/// what is known of the host.
#[must_use]
pub fn judge(differences: Vec<String>, level: Level, known: Option<&str>) -> Verdict {
    match (differences.is_empty(), known, level) {
        (true, None, _) => Verdict::Passed,
        (true, Some(reason), _) => Verdict::Failed {
            why: vec![format!(
                "it is as expected, and listed as one that is not ({reason}); take it off the list of deviations"
            )],
        },
        (false, Some(reason), _) => Verdict::Known { reason: reason.to_owned(), why: differences },
        (false, None, Level::Must) => Verdict::Failed { why: differences },
        (false, None, Level::Should) => Verdict::Differs { why: differences },
    }
}

impl Report {
    /// Judges what came of the suite, whose reports are in its order.
    #[must_use]
    pub fn new(host: &str, suite: &Suite, replayed: Vec<SubjectReport>) -> Self {
        let verdict = |case: &str, recorded: &Recorded, verdict| {
            let known = suite.deviations.reason(host, case, &recorded.name);
            match verdict {
                replay::Verdict::NotApplicable(reason) => Verdict::Skipped { reason },
                replay::Verdict::Passed => judge(Vec::new(), recorded.level, known),
                replay::Verdict::Failed(why) => judge(why, recorded.level, known),
            }
        };
        let cases = suite.cases.iter().zip(replayed).map(|(case, replayed)| {
            let exchanges = case.exchanges.exchanges.iter().zip(replayed.exchanges);
            CaseReport {
                subject: case.subject.clone(),
                name: case.name.clone(),
                exchanges: exchanges
                    .map(|(recorded, replayed)| ExchangeReport {
                        name: replayed.name,
                        line: replayed.line,
                        verdict: verdict(&case.key(), recorded, replayed.verdict),
                        not_compared: replayed.not_compared,
                    })
                    .collect(),
            }
        });
        Self::of(host, cases.collect())
    }

    /// The report that has these cases.
    #[must_use]
    pub fn of(host: &str, cases: Vec<CaseReport>) -> Self {
        let mut counts = Counts::default();
        for exchange in cases.iter().flat_map(|case| &case.exchanges) {
            counts.add(&exchange.verdict);
        }
        Self { host: host.to_owned(), counts, cases }
    }

    /// Whether something was played, and all of it is as the ABI says or as the host is known for.
    #[must_use]
    pub const fn good(&self) -> bool {
        self.counts.failed == 0 && self.counts.played() > 0
    }

    /// A line for each subject, and one for all.
    #[must_use]
    pub fn table(&self) -> String {
        let mut rows: Vec<(&str, Counts)> = Vec::new();
        for case in &self.cases {
            if rows.last().is_none_or(|(subject, _)| *subject != case.subject) {
                rows.push((&case.subject, Counts::default()));
            }
            if let Some((_, counts)) = rows.last_mut() {
                case.exchanges.iter().for_each(|exchange| counts.add(&exchange.verdict));
            }
        }
        rows.push(("all", self.counts));
        let width = rows.iter().map(|(subject, _)| subject.len()).max().unwrap_or_default();
        let mut table = format!("{:width$}  passed  failed  known  differs  skipped\n", "subject");
        for (subject, Counts { passed, failed, known, differs, skipped }) in rows {
            writeln!(
                table,
                "{subject:width$}  {passed:>6}  {failed:>6}  {known:>5}  {differs:>7}  {skipped:>7}"
            )
            .unwrap_or_default();
        }
        table
    }

    /// Everything that did not simply pass, for a person: where it stands, and why.
    #[must_use]
    pub fn details(&self) -> String {
        let mut text = String::new();
        for case in &self.cases {
            for ExchangeReport { name, line, verdict, .. } in &case.exchanges {
                let (head, reasons): (_, Vec<&str>) = match verdict {
                    Verdict::Passed => continue,
                    Verdict::Failed { why } => ("failed", strs(why)),
                    Verdict::Known { reason, .. } => ("known", vec![reason]),
                    Verdict::Differs { why } => ("differs", strs(why)),
                    Verdict::Skipped { reason } => ("skipped", vec![reason]),
                };
                let place = format!("{}/{}.toml:{line}", case.subject, case.name);
                writeln!(text, "{head}: {place}: {name}").unwrap_or_default();
                for reason in reasons {
                    writeln!(text, "    {reason}").unwrap_or_default();
                }
            }
        }
        text
    }
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_knows_the_level_and_the_host() {
        let wrong = || vec!["x: wanted 1, found 2".to_owned()];
        let is = |verdict: Verdict| serde_json::to_value(verdict).unwrap()["verdict"].clone();
        for (differences, level, known, wanted) in [
            (vec![], Level::Must, None, "passed"),
            (vec![], Level::Should, None, "passed"),
            (wrong(), Level::Must, None, "failed"),
            (wrong(), Level::Should, None, "differs"),
            (wrong(), Level::Must, Some("so it is"), "known"),
            (wrong(), Level::Should, Some("so it is"), "known"),
            (vec![], Level::Must, Some("so it is"), "failed"),
            (vec![], Level::Should, Some("so it is"), "failed"),
        ] {
            assert_eq!(is(judge(differences, level, known)), wanted, "{level:?} {known:?}");
        }
    }

    #[test]
    fn one_failure_spoils_it_and_so_does_nothing() {
        let report = |verdicts: &[Verdict]| {
            let exchanges = verdicts.iter().map(|verdict| ExchangeReport {
                name: "e".to_owned(),
                line: 1,
                verdict: verdict.clone(),
                not_compared: None,
            });
            let (subject, name) = ("s".to_owned(), "c".to_owned());
            Report::of("h", vec![CaseReport { subject, name, exchanges: exchanges.collect() }])
        };
        let why = || vec!["w".to_owned()];
        let failed = Verdict::Failed { why: why() };
        let known = Verdict::Known { reason: "r".to_owned(), why: why() };
        let differs = Verdict::Differs { why: why() };
        let skipped = Verdict::Skipped { reason: "r".to_owned() };
        assert!(report(&[Verdict::Passed, known.clone(), differs.clone(), skipped.clone()]).good());
        assert!(!report(&[Verdict::Passed, failed.clone()]).good());
        assert!(!report(std::slice::from_ref(&skipped)).good());
        assert!(!report(&[]).good());
        let all = report(&[Verdict::Passed, failed, known, differs, skipped]);
        assert_eq!(
            all.table().lines().last().unwrap().split_whitespace().collect::<Vec<_>>(),
            ["all", "1", "1", "1", "1", "1"]
        );
        let details = "failed: s/c.toml:1: e\n    w\nknown: s/c.toml:1: e\n    r\n\
                       differs: s/c.toml:1: e\n    w\nskipped: s/c.toml:1: e\n    r\n";
        assert_eq!(all.details(), details);
    }
}
