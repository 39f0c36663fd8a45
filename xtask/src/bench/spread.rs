//! What is kept of the same measurement in several rounds.

use serde::Serialize;

/// The middle of several measurements, and the least of them: what it takes as a rule, and what it
/// takes when the machine does nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// The median.
    pub(crate) median: f64,
    /// The minimum.
    pub(crate) minimum: f64,
}

impl Spread {
    /// Of these measurements; not a number when there are none.
    #[must_use]
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => f64::NAN,
            length if length % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Self { median, minimum: values.first().copied().unwrap_or(f64::NAN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 9.0]), Spread { median: 3.0, minimum: 1.0 });
        assert_eq!(Spread::of([4.0, 1.0, 9.0, 2.0]), Spread { median: 3.0, minimum: 1.0 });
        assert!(Spread::of([]).median.is_nan());
    }
}
