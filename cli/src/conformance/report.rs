//! Judges the suite on a host: a verdict for each exchange, and whether all is well.

use std::fmt::Write as _;

use http_wasm_testkit::recorded::{Level, Mismatch, Recorded};
use http_wasm_testkit::report::{Counts, ExchangeReport, GuestReport, Verdict};
use serde::Serialize;

use super::suite::Suite;

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
    /// The name of the host in lists of deviations.
    pub host: String,
    /// How many ended how.
    pub counts: Counts,
    /// The cases, in the order of the suite.
    pub cases: Vec<CaseReport>,
}

/// The verdict on a host for an exchange that was run, from its mismatches and the reason for which
/// the host is known to fail.
#[must_use]
pub fn judge(mismatches: Vec<Mismatch>, level: Level, known: Option<&str>) -> Verdict {
    match (mismatches.is_empty(), known, level) {
        (true, None, _) => Verdict::Passed,
        (true, Some(reason), _) => Verdict::of(vec![Mismatch {
            what: "deviation".to_owned(),
            wanted: format!("one, since it is listed ({reason})"),
            found: "none; remove it from the list of deviations".to_owned(),
        }]),
        (false, Some(reason), _) => Verdict::Known { reason: reason.to_owned(), mismatches },
        (false, None, Level::Must) => Verdict::Failed { mismatches },
        (false, None, Level::Should) => Verdict::Differs { mismatches },
    }
}

impl Report {
    /// Judges the reports of the suite's guests, which are in its order.
    #[must_use]
    pub fn new(host: &str, suite: &Suite, replayed: Vec<GuestReport>) -> Self {
        let verdict = |case: &str, recorded: &Recorded, verdict| {
            let known = suite.deviations.reason(host, case, &recorded.name);
            match verdict {
                Verdict::Passed => judge(Vec::new(), recorded.level, known),
                Verdict::Failed { mismatches } | Verdict::Unportable { mismatches } => {
                    judge(mismatches, recorded.level, known)
                }
                other => other,
            }
        };
        let cases = suite.cases.iter().zip(replayed).map(|(case, replayed)| {
            let exchanges = case.exchanges.exchanges.iter().zip(replayed.exchanges);
            CaseReport {
                subject: case.subject.clone(),
                name: case.name.clone(),
                exchanges: exchanges
                    .map(|(recorded, replayed)| ExchangeReport {
                        verdict: verdict(&case.key(), recorded, replayed.verdict),
                        ..replayed
                    })
                    .collect(),
            }
        });
        Self::of(host, cases.collect())
    }

    /// The report that has these cases.
    #[must_use]
    pub fn of(host: &str, cases: Vec<CaseReport>) -> Self {
        let exchanges = cases.iter().flat_map(|case| &case.exchanges);
        let counts = exchanges.map(|exchange| &exchange.verdict).collect();
        Self { host: host.to_owned(), counts, cases }
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
        for (subject, Counts { passed, failed, known, differs, skipped, .. }) in rows {
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
    pub fn details(&self) -> Vec<String> {
        let case = |case: &CaseReport| {
            let file = format!("{}/{}.toml", case.subject, case.name);
            let details = case.exchanges.iter().map(|exchange| exchange.details(&file));
            details.flatten().collect::<Vec<_>>()
        };
        self.cases.iter().flat_map(case).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong() -> Vec<Mismatch> {
        let (what, wanted, found) = ("x".to_owned(), "1".to_owned(), "2".to_owned());
        vec![Mismatch { what, wanted, found }]
    }

    #[test]
    fn a_verdict_depends_on_the_level_and_the_host() {
        for (mismatches, level, known, wanted) in [
            (vec![], Level::Must, None, "passed"),
            (vec![], Level::Should, None, "passed"),
            (wrong(), Level::Must, None, "failed"),
            (wrong(), Level::Should, None, "differs"),
            (wrong(), Level::Must, Some("reason"), "known"),
            (wrong(), Level::Should, Some("reason"), "known"),
            (vec![], Level::Must, Some("reason"), "failed"),
            (vec![], Level::Should, Some("reason"), "failed"),
        ] {
            assert_eq!(judge(mismatches, level, known).name(), wanted, "{level:?} {known:?}");
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_subject() {
        let case = |subject: &str, verdicts: &[Verdict]| {
            let exchanges = verdicts.iter().map(|verdict| ExchangeReport {
                name: "e".to_owned(),
                line: 1,
                verdict: verdict.clone(),
                not_compared: None,
            });
            let (subject, name) = (subject.to_owned(), "c".to_owned());
            CaseReport { subject, name, exchanges: exchanges.collect() }
        };
        let reason = || "r".to_owned();
        let report = Report::of(
            "h",
            vec![
                case("s", &[Verdict::Passed, Verdict::Failed { mismatches: wrong() }]),
                case("t", &[Verdict::Known { reason: reason(), mismatches: wrong() }]),
                case("t", &[Verdict::Differs { mismatches: wrong() }]),
                case("t", &[Verdict::Skipped { reason: reason() }]),
            ],
        );
        let table = report.table();
        let rows: Vec<Vec<_>> =
            table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            rows,
            [
                ["s", "1", "1", "0", "0", "0"],
                ["t", "0", "0", "1", "1", "1"],
                ["all", "1", "1", "1", "1", "1"]
            ]
        );
        assert_eq!(report.details()[0], "failed: s/c.toml:1: e\n    x: wanted 1, found 2");
        assert_eq!(report.details().len(), 4);
    }
}
