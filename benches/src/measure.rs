//! Medians, rates and growth.

use std::time::Duration;

/// Seconds of the rounds of ours and of the limit, taken in turn.
#[derive(Debug, Default)]
pub struct Rounds {
    ours_s: Vec<f64>,
    limit_s: Vec<f64>,
}

impl Rounds {
    /// Adds a round of ours.
    pub fn ours(&mut self, took: Duration) {
        self.ours_s.push(took.as_secs_f64());
    }

    /// Adds a round of the limit.
    pub fn limit(&mut self, took: Duration) {
        self.limit_s.push(took.as_secs_f64());
    }

    /// Rates of ours and of the limit, per second, when each round did `count` of something.
    #[must_use]
    pub fn rates(&self, count: u64) -> (f64, f64) {
        (rate(count, median(&self.ours_s)), rate(count, median(&self.limit_s)))
    }

    /// The median round of ours, seconds.
    #[must_use]
    pub fn ours_s(&self) -> f64 {
        median(&self.ours_s)
    }

    /// The median round of the limit, seconds.
    #[must_use]
    pub fn limit_s(&self) -> f64 {
        median(&self.limit_s)
    }
}

fn rate(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

/// The middle value; of an even number the mean of the two middle ones; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    if sorted.len().is_multiple_of(2) { f64::midpoint(at(middle.wrapping_sub(1)), at(middle)) } else { at(middle) }
}

/// The exponent e of cost ~ rows^e, by least squares over the logarithms: 1 for work over all rows, 0 for what does
/// not depend on them. None of fewer than two sizes.
#[must_use]
pub fn exponent(cost_s: &[(u64, f64)]) -> Option<f64> {
    if cost_s.len() < 2 {
        return None;
    }
    let points: Vec<(f64, f64)> = cost_s.iter().map(|(rows, cost)| ((*rows as f64).ln(), cost.ln())).collect();
    let count = points.len() as f64;
    let mean_x = points.iter().map(|p| p.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|p| p.1).sum::<f64>() / count;
    let rise: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    let run: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    (run > 0.0).then(|| rise / run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }

    #[test]
    fn the_exponent_of_linear_work_is_one_and_of_quadratic_work_two() {
        let linear = exponent(&[(10_000, 0.1), (100_000, 1.0), (1_000_000, 10.0)]).unwrap();
        let quadratic = exponent(&[(10, 1.0), (100, 100.0)]).unwrap();
        assert!((linear - 1.0).abs() < 1e-9 && (quadratic - 2.0).abs() < 1e-9);
        assert!(exponent(&[(10, 1.0)]).is_none());
    }
}
