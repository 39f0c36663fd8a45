//! What guests cost per request, in process and without a network: ours and the official Go host,
//! in turn, on the same guest, the same requests and the same responses.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::guests::Guest;
use super::{Effort, Error, Programs, Spread};
use crate::bench::go::{Case, Cost, GoBench, Plan};

/// The numbers of guests around the handler.
pub(crate) const CHAINS: [usize; 3] = [1, 2, 4];

/// The limit for the overhead of each guest, as a part of Go's.
pub(crate) const GOAL: f64 = 1.0 / 2.0;

/// The limit for the median of all guests.
pub(crate) const MEDIAN_GOAL: f64 = 1.0 / 3.0;

/// All guests in chains of all lengths.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Requests {
    pub(crate) comparisons: Vec<Comparison>,
    /// The medians over the guests, for each length of a chain.
    pub(crate) medians: Vec<Median>,
}

/// The median over all guests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Median {
    /// The number of guests around the handler.
    pub(crate) guests: usize,
    /// Our overhead as a part of Go's.
    pub(crate) ratio: f64,
    /// Whether it is below [`MEDIAN_GOAL`].
    pub(crate) met: bool,
}

impl Requests {
    fn new(comparisons: Vec<Comparison>) -> Self {
        let medians = CHAINS.map(|guests| {
            let chain = comparisons.iter().filter(|comparison| comparison.guests == guests);
            let ratio = Spread::of(chain.map(|comparison| comparison.ratio.median)).median;
            Median { guests, ratio, met: ratio < MEDIAN_GOAL }
        });
        Self { comparisons, medians: medians.to_vec() }
    }

    /// Whether every goal is met.
    pub(crate) fn met(&self) -> bool {
        self.comparisons.iter().all(|comparison| comparison.met)
            && self.medians.iter().all(|median| median.met)
    }
}

/// A chain on both hosts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The name of the guest.
    pub(crate) guest: String,
    /// The number of guests around the handler.
    pub(crate) guests: usize,
    /// The reference host.
    pub(crate) ours: Side,
    /// The official Go host.
    pub(crate) go: Side,
    /// Our overhead as a part of Go's: the median of the rounds, and that of the least overheads.
    pub(crate) ratio: Spread,
    /// Whether the median is below [`GOAL`].
    pub(crate) met: bool,
}

/// Nanoseconds per request on one host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Side {
    /// The handler alone.
    pub(crate) alone: Spread,
    /// The handler with the guests around it.
    pub(crate) guest: Spread,
    /// What the guests add. The minimum is that between the two minima.
    pub(crate) overhead: Spread,
}

/// One round on one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Round {
    pub(crate) alone: f64,
    pub(crate) guest: f64,
}

/// What our program prints for one case of a round.
#[derive(Deserialize)]
struct Line {
    case: Case,
    ns_per_request: f64,
}

/// Measures chains of every guest on both hosts, in turn.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn compare(
    programs: &Programs,
    go: &GoBench,
    guests: &[Guest],
    effort: Effort,
) -> Result<Requests, Error> {
    let mut comparisons = Vec::new();
    for Guest { name, wasm } in guests {
        for chain in CHAINS {
            let (mut ours, mut gos) = (Vec::new(), Vec::new());
            for _ in 0..effort.rounds {
                ours.push(our_round(programs, wasm, chain, effort)?);
                let plan = Plan {
                    chain,
                    iterations: effort.iterations,
                    warm_up: effort.iterations / 10,
                    rounds: 1,
                    cpu: programs.cpu(),
                    ..Plan::new(wasm)
                };
                let costs = go.measure(&plan)?;
                let lines =
                    costs.iter().map(|Cost { case, ns_per_request, .. }| (*case, *ns_per_request));
                gos.push(round(lines, "the Go program")?);
            }
            comparisons.push(comparison(name, chain, &ours, &gos));
        }
    }
    Ok(Requests::new(comparisons))
}

/// One round of a chain on the reference host.
pub(crate) fn our_round(
    programs: &Programs,
    guest: &Path,
    chain: usize,
    effort: Effort,
) -> Result<Round, Error> {
    let (chain, iterations) = (chain.to_string(), effort.iterations.to_string());
    let warm_up = (effort.iterations / 10).to_string();
    let guest = guest.to_string_lossy();
    let arguments = ["requests", &guest, &chain, &iterations, &warm_up];
    let lines: Vec<Line> = programs.measure(programs.cpu(), &arguments, "times per request")?;
    round(lines.into_iter().map(|line| (line.case, line.ns_per_request)), "measure")
}

fn round(lines: impl Iterator<Item = (Case, f64)>, program: &str) -> Result<Round, Error> {
    let lines: Vec<_> = lines.collect();
    let find = |wanted| lines.iter().find_map(|(case, time)| (*case == wanted).then_some(*time));
    match (find(Case::Alone), find(Case::Guest)) {
        (Some(alone), Some(guest)) => Ok(Round { alone, guest }),
        _ => Err(Error::Output {
            program: program.to_owned(),
            found: format!("{lines:?}"),
            wanted: "a time alone and one with guests",
        }),
    }
}

pub(crate) fn side(rounds: &[Round]) -> Side {
    let alone = Spread::of(rounds.iter().map(|round| round.alone));
    let guest = Spread::of(rounds.iter().map(|round| round.guest));
    let median = Spread::of(rounds.iter().map(|round| round.guest - round.alone)).median;
    Side { alone, guest, overhead: Spread { median, minimum: guest.minimum - alone.minimum } }
}

fn comparison(guest: &str, guests: usize, ours: &[Round], go: &[Round]) -> Comparison {
    // Two rounds that followed each other had the same machine.
    let overhead = |round: &Round| round.guest - round.alone;
    let ratios = ours.iter().zip(go).map(|(ours, go)| overhead(ours) / overhead(go));
    let median = Spread::of(ratios).median;
    let (ours, go) = (side(ours), side(go));
    let minimum = ours.overhead.minimum / go.overhead.minimum;
    let (guest, ratio) = (guest.to_owned(), Spread { median, minimum });
    Comparison { guest, guests, ours, go, ratio, met: median < GOAL }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overheads_are_compared_round_by_round() {
        let round = |alone, guest| Round { alone, guest };
        // The machine was half as fast in the second round, for both.
        let ours = [round(10.0, 40.0), round(20.0, 80.0), round(10.0, 30.0)];
        let go = [round(100.0, 200.0), round(200.0, 400.0), round(100.0, 200.0)];
        let found = comparison("header", 2, &ours, &go);
        assert_eq!(found.ratio, Spread { median: 0.3, minimum: 0.2 });
        assert_eq!(found.ours.overhead, Spread { median: 30.0, minimum: 20.0 });
        assert_eq!(found.go.guest, Spread { median: 200.0, minimum: 200.0 });
        assert!(found.met);
        let slower = [round(10.0, 64.0); 3];
        assert!(!comparison("header", 2, &slower, &go).met);
    }

    #[test]
    fn one_guest_above_the_goal_or_a_median_above_its_own_is_not_met() {
        let spread = Spread { median: 0.0, minimum: 0.0 };
        let side = Side { alone: spread, guest: spread, overhead: spread };
        let with = |ratios: [f64; 3]| {
            let chain = |guests| {
                ratios.map(|median| Comparison {
                    guest: "header".to_owned(),
                    guests,
                    ours: side,
                    go: side,
                    ratio: Spread { median, minimum: 0.0 },
                    met: median < GOAL,
                })
            };
            Requests::new(CHAINS.into_iter().flat_map(chain).collect())
        };
        assert!(with([0.1, 0.3, 0.49]).met());
        assert!(!with([0.1, 0.3, 0.51]).met());
        assert!(!with([0.1, 0.4, 0.4]).met());
        assert_eq!(with([0.1, 0.4, 0.4]).medians[0].ratio, 0.4);
    }

    #[test]
    fn a_time_that_is_missing_is_an_error() {
        let error = round([(Case::Alone, 1.0)].into_iter(), "it").unwrap_err().to_string();
        assert!(error.contains("wanted a time alone and one with guests"), "{error}");
    }
}
