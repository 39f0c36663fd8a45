//! What guests cost per request, in process and without a network: ours and the official Go host,
//! in turn, on the same guest, the same requests and the same responses.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Effort, Error, Programs, Spread};
use crate::bench::go::{Case, Cost, GoBench, Plan};

/// The numbers of guests around the handler.
pub(crate) const CHAINS: [usize; 3] = [1, 2, 4];

/// The limit for our overhead, as a part of Go's.
pub(crate) const GOAL: f64 = 1.0 / 3.0;

/// A chain on both hosts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The numbers of guests around the handler.
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

/// Measures all chains on both hosts, in turn.
///
/// # Errors
/// When one of the programs fails.
pub(crate) fn compare(
    programs: &Programs,
    go: &GoBench,
    guest: &Path,
    effort: Effort,
) -> Result<Vec<Comparison>, Error> {
    let mut rounds = CHAINS.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..effort.rounds {
        for (chain, (ours, gos)) in CHAINS.into_iter().zip(&mut rounds) {
            ours.push(our_round(programs, guest, chain, effort)?);
            let plan = Plan {
                chain,
                iterations: effort.iterations,
                warm_up: effort.iterations / 10,
                rounds: 1,
                cpu: programs.cpu(),
                ..Plan::new(guest)
            };
            let costs = go.measure(&plan)?;
            let lines =
                costs.iter().map(|Cost { case, ns_per_request, .. }| (*case, *ns_per_request));
            gos.push(round(lines, "the Go program")?);
        }
    }
    let chains = CHAINS.into_iter().zip(&rounds);
    Ok(chains.map(|(guests, (ours, go))| comparison(guests, ours, go)).collect())
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

fn comparison(guests: usize, ours: &[Round], go: &[Round]) -> Comparison {
    // Two rounds that followed each other had the same machine.
    let overhead = |round: &Round| round.guest - round.alone;
    let ratios = ours.iter().zip(go).map(|(ours, go)| overhead(ours) / overhead(go));
    let median = Spread::of(ratios).median;
    let (ours, go) = (side(ours), side(go));
    let minimum = ours.overhead.minimum / go.overhead.minimum;
    Comparison { guests, ours, go, ratio: Spread { median, minimum }, met: median < GOAL }
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
        let found = comparison(2, &ours, &go);
        assert_eq!(found.ratio, Spread { median: 0.3, minimum: 0.2 });
        assert_eq!(found.ours.overhead, Spread { median: 30.0, minimum: 20.0 });
        assert_eq!(found.go.guest, Spread { median: 200.0, minimum: 200.0 });
        assert!(found.met);
        let slower = [round(10.0, 44.0); 3];
        assert!(!comparison(2, &slower, &go).met);
    }

    #[test]
    fn a_time_that_is_missing_is_an_error() {
        let error = round([(Case::Alone, 1.0)].into_iter(), "it").unwrap_err().to_string();
        assert!(error.contains("wanted a time alone and one with guests"), "{error}");
    }
}
