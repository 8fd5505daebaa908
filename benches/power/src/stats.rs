//! Statistics of censored times: a fault that a trial does not find counts with the bound of the trial.

use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};
use wsclose::generate::random::Random;

/// The resamples of a bootstrap interval.
const RESAMPLES: usize = 2000;

/// The seed of the resamples, so that the same times give the same interval.
const BOOTSTRAP_SEED: u64 = 1;

/// The number of executions until a fault is found in each trial, at most `limit`. A time of more than `limit`, or
/// `None`, stands for a trial that did not find it.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    limit: u64,
    times: Vec<Option<u64>>,
}

/// A mean with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// How much sooner one strategy finds a fault than another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Vargha and Delaney's A12: the probability that a trial of the first finds the fault in fewer executions than a
    /// trial of the second; ties count half.
    pub a12: f64,
    /// The p-value of the Mann-Whitney U test with two sides.
    pub p: f64,
}

impl Times {
    /// The times of some trials with this bound on executions.
    ///
    /// # Panics
    ///
    /// Panics if there are no trials.
    pub fn new(limit: u64, times: impl IntoIterator<Item = Option<u64>>) -> Times {
        let times: Vec<_> =
            times.into_iter().map(|time| time.filter(|executions| *executions <= limit)).collect();
        assert!(!times.is_empty(), "there are times of at least one trial");
        Times { limit, times }
    }

    /// The number of trials.
    pub fn trials(&self) -> usize {
        self.times.len()
    }

    /// The number of trials that found the fault.
    pub fn found(&self) -> usize {
        self.times.iter().flatten().count()
    }

    /// The times, with the bound in place of the censored ones.
    fn restricted(&self) -> Vec<f64> {
        self.times.iter().map(|time| time.unwrap_or(self.limit) as f64).collect()
    }

    /// Ranks: a censored time is later than every other.
    fn ranks(&self) -> Vec<u64> {
        self.times.iter().map(|time| time.unwrap_or(u64::MAX)).collect()
    }

    /// The restricted mean survival time: the area under the share of trials that have not found the fault, up to the
    /// bound. All trials are censored at the bound, so it is the mean of the restricted times. The interval is a
    /// percentile bootstrap.
    pub fn restricted_mean(&self) -> Mean {
        let times = self.restricted();
        let mut random = Random::new(BOOTSTRAP_SEED);
        let mut means: Vec<f64> = (0..RESAMPLES)
            .map(|_| mean((0..times.len()).map(|_| times[random.below(times.len())])))
            .collect();
        means.sort_by(f64::total_cmp);
        Mean {
            value: mean(times.into_iter()),
            low: means[RESAMPLES * 25 / 1000],
            high: means[RESAMPLES * 975 / 1000 - 1],
        }
    }

    /// The smallest time by which at least `percent` of 100 trials found the fault; `None` if fewer did.
    pub fn percentile(&self, percent: usize) -> Option<u64> {
        let mut ranks = self.ranks();
        ranks.sort_unstable();
        let rank = (self.trials() * percent).div_ceil(100).max(1);
        Some(ranks[rank - 1]).filter(|time| *time <= self.limit)
    }

    /// Compares these times with those of another strategy.
    pub fn compare(&self, other: &Times) -> Comparison {
        let (own, others) = (self.ranks(), other.ranks());
        let pairs = (own.len() * others.len()) as f64;
        if own.iter().chain(&others).all(|time| *time == own[0]) {
            return Comparison { a12: 0.5, p: 1.0 };
        }
        // U counts the pairs in which the first time is later.
        let (later, p) = mannwhitneyu(&own, &others, MannWhitneyUMethod::Automatic, Alternative::TwoSided)
            .expect("both samples have comparable times");
        Comparison { a12: 1.0 - later / pairs, p }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(limit: u64, times: &[u64]) -> Times {
        Times::new(limit, times.iter().map(|time| Some(*time)))
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-4
    }

    #[test]
    fn a_censored_trial_counts_with_the_bound() {
        let times = Times::new(100, [Some(10), None, Some(101), Some(30)]);
        assert_eq!((times.trials(), times.found()), (4, 2));
        assert_eq!(times.restricted_mean().value, 60.0);
        assert_eq!((times.percentile(25), times.percentile(50)), (Some(10), Some(30)));
        assert_eq!((times.percentile(51), times.percentile(95)), (None, None));
    }

    #[test]
    fn the_interval_contains_the_mean_and_is_the_same_every_time() {
        let sample = times(1000, &[5, 9, 14, 20, 33, 54, 81, 120, 400, 700]);
        let mean = sample.restricted_mean();
        assert!(close(mean.value, 143.6) && mean.low < mean.value && mean.value < mean.high, "{mean:?}");
        // The normal approximation, 143.6 ± 1.96 · s / √10 with s = 224.7, is [4.3, 282.9]. Percentiles of a skewed
        // sample lie higher.
        assert!((20.0..70.0).contains(&mean.low) && (250.0..330.0).contains(&mean.high), "{mean:?}");
        assert_eq!(sample.restricted_mean(), mean);
        let same = times(1000, &[7; 10]).restricted_mean();
        assert_eq!(same, Mean { value: 7.0, low: 7.0, high: 7.0 });
    }

    /// The example of `scipy.stats.mannwhitneyu`: U is 17 of 20 for the first sample, and the exact p is 0.1111.
    #[test]
    fn a_comparison_has_the_values_of_scipy() {
        let males = times(100, &[19, 22, 16, 29, 24]);
        let females = times(100, &[20, 11, 17, 12]);
        let comparison = males.compare(&females);
        assert!(close(comparison.a12, 3.0 / 20.0) && close(comparison.p, 0.111_11), "{comparison:?}");
        assert!(close(females.compare(&males).a12, 17.0 / 20.0));
    }

    /// All of ten trials before all of ten: U is 0, and the normal approximation with correction gives p = 0.00018.
    #[test]
    fn censored_times_are_later_than_all_others() {
        let found = times(100, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 100]);
        let never = Times::new(100, [None; 10]);
        let comparison = found.compare(&never);
        assert!(close(comparison.a12, 1.0) && comparison.p < 0.0005, "{comparison:?}");
        assert_eq!(never.compare(&never), Comparison { a12: 0.5, p: 1.0 });
    }
}
