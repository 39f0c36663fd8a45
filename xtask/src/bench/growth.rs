//! Whether cost grows as what is to be done does: with the length of bodies, and of chains.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Effort, Error, Programs, requests};

/// The maximum factor in cost for twice the size: two, with a margin for the measurement.
pub(crate) const MAX_FACTOR: f64 = 2.0 * 1.3;

/// The chains; each is twice as long as the one before.
const CHAINS: [usize; 4] = [1, 2, 4, 8];

/// How a cost grows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Growth {
    /// What grows.
    pub(crate) what: String,
    /// The sizes, each twice the one before; a size of 0 may come first.
    pub(crate) steps: Vec<Step>,
    /// Whether no doubling costs more than [`MAX_FACTOR`] times as much.
    pub(crate) linear: bool,
}

/// One size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Step {
    /// The size.
    pub(crate) size: usize,
    /// Nanoseconds per request, the minimum of the rounds.
    pub(crate) ns: f64,
    /// The cost divided by that of half the size; `None` for the first.
    pub(crate) factor: Option<f64>,
}

#[derive(Deserialize)]
struct Line {
    case: String,
    body: usize,
    ns_per_request: f64,
}

/// Measures requests with growing bodies that a guest reads.
///
/// # Errors
/// When the program fails.
pub(crate) fn bodies(programs: &Programs, effort: Effort) -> Result<Vec<Growth>, Error> {
    let rounds = effort.rounds.to_string();
    let wanted = "times by length of body";
    let lines: Vec<Line> = programs.measure(programs.cpu(), &["bodies", &rounds], wanted)?;
    let mut cases: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    for Line { case, body, ns_per_request } in lines {
        let least = cases.entry(case).or_default().entry(body).or_insert(f64::INFINITY);
        *least = least.min(ns_per_request);
    }
    let growths = cases.into_iter().map(|(case, costs)| growth(format!("body {case}"), costs));
    Ok(growths.collect())
}

/// Measures chains of growing length; the cost is that of the guests alone.
///
/// # Errors
/// When the program fails.
pub(crate) fn chains(programs: &Programs, guest: &Path, effort: Effort) -> Result<Growth, Error> {
    let mut rounds = CHAINS.map(|_| Vec::new());
    for _ in 0..effort.rounds {
        for (chain, rounds) in CHAINS.into_iter().zip(&mut rounds) {
            rounds.push(requests::our_round(programs, guest, chain, effort)?);
        }
    }
    let overheads = rounds.iter().map(|rounds| requests::side(rounds).overhead.minimum);
    Ok(growth("guests in a chain".to_owned(), CHAINS.into_iter().zip(overheads)))
}

fn growth(what: String, costs: impl IntoIterator<Item = (usize, f64)>) -> Growth {
    let mut steps: Vec<Step> = Vec::new();
    for (size, ns) in costs {
        let before = steps.last().filter(|last| last.size > 0);
        steps.push(Step { size, ns, factor: before.map(|last| ns / last.ns) });
    }
    let linear = steps.iter().filter_map(|step| step.factor).all(|factor| factor <= MAX_FACTOR);
    Growth { what, steps, linear }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_no_line() {
        let sizes = [0_u32, 1, 2, 4, 8];
        let costs = |cost: fn(f64) -> f64| {
            let costs = sizes.map(|size| (size as usize, cost(f64::from(size))));
            growth("size".to_owned(), costs)
        };
        let line = costs(|size| 100.0 + 50.0 * size);
        assert!(line.linear);
        assert_eq!(line.steps[1].factor, None);
        assert_eq!(line.steps[2].factor, Some(200.0 / 150.0));
        assert!(!costs(|size| 1.0 + size * size).linear);
    }
}
