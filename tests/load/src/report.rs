//! What was measured: one row per scenario, round and target; medians, paired ratios and the verdicts at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::goals::{GOALS, Kind};

/// Names and numbers of one measurement; the names carry their units.
pub type Values = Vec<(&'static str, f64)>;

#[derive(Debug)]
struct Row {
    scenario: String,
    round: usize,
    target: &'static str,
    values: Values,
}

/// All rows, and what went wrong.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    /// Scenarios that could not be measured, with the reason.
    pub failures: Vec<(String, String)>,
    file: Option<File>,
}

impl Report {
    /// Rows go to this file too, one JSON object a line.
    pub fn to_file(path: Option<&Path>) -> Result<Self> {
        let file = path
            .map(|path| File::create(path).with_context(|| format!("cannot write {}", path.display())))
            .transpose()?;
        Ok(Self { file, ..Self::default() })
    }

    /// Adds a row.
    pub fn add(&mut self, scenario: &str, round: usize, target: &'static str, values: Values) -> Result<()> {
        if let Some(file) = &mut self.file {
            let mut object = serde_json::Map::new();
            object.insert("scenario".to_owned(), scenario.into());
            object.insert("round".to_owned(), round.into());
            object.insert("target".to_owned(), target.into());
            for (name, value) in &values {
                object.insert((*name).to_owned(), serde_json::Value::from(*value));
            }
            writeln!(file, "{}", serde_json::Value::Object(object))?;
        }
        self.rows.push(Row { scenario: scenario.to_owned(), round, target, values });
        Ok(())
    }

    /// The median of one number over the rounds.
    pub fn median(&self, scenario: &str, target: &str, name: &str) -> Option<f64> {
        let of_target = self.rows.iter().filter(|row| row.scenario == scenario && row.target == target);
        median(of_target.filter_map(|row| value(row, name)).collect())
    }

    /// The median of product/limit, round by round.
    pub fn ratio(&self, scenario: &str, name: &str) -> Option<f64> {
        let mut rounds: BTreeMap<usize, [Option<f64>; 2]> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.scenario == scenario) {
            rounds.entry(row.round).or_default()[usize::from(row.target == "product")] = value(row, name);
        }
        let pairs = rounds.values().filter_map(|pair| match pair {
            [Some(limit), Some(product)] if *limit > 0.0 => Some(product / limit),
            _ => None,
        });
        median(pairs.collect())
    }

    /// The table of medians and the verdicts, as text.
    pub fn table(&self) -> Result<String> {
        let mut out = String::new();
        writeln!(out, "\n{:<34} {:<18} {:>12} {:>12} {:>8}", "scenario", "", "limit", "product", "ratio")?;
        for (scenario, name) in self.lines() {
            let limit = self.median(&scenario, "limit", name);
            let product = self.median(&scenario, "product", name);
            let (limit, product) = (number(limit), number(product));
            let ratio = self.ratio(&scenario, name).map_or(String::new(), |ratio| format!("{ratio:.2}"));
            writeln!(out, "{scenario:<34} {name:<18} {limit:>12} {product:>12} {ratio:>8}")?;
        }
        writeln!(out, "\n{:<5} {:<58} {:>10} {:>10}", "goal", "what", "measured", "wanted")?;
        for goal in GOALS {
            let measured = match goal.kind {
                Kind::Ratio => self.ratio(goal.scenario, goal.value),
                Kind::Product => self.median(goal.scenario, "product", goal.value),
            };
            // A product's number that is missing from a scenario that ran is an event that never came.
            let never = goal.kind == Kind::Product && self.ran(goal.scenario);
            let measured = match measured {
                Some(measured) => measured,
                None if never => f64::INFINITY,
                None => continue,
            };
            let kept = if goal.at_least { measured >= goal.bound } else { measured <= goal.bound };
            let wanted = format!("{} {}", if goal.at_least { "≥" } else { "≤" }, goal.bound);
            let unit = if goal.kind == Kind::Ratio { ", product/limit" } else { "" };
            let what = format!("{}, {}{unit}", goal.scenario, goal.value);
            let verdict = if kept { "kept" } else { "MISSED" };
            writeln!(out, "{:<5} {what:<58} {measured:>10.2} {wanted:>10}  {verdict}", goal.id)?;
        }
        for (scenario, reason) in &self.failures {
            writeln!(out, "could not be measured: {scenario}: {reason}")?;
        }
        Ok(out)
    }

    fn ran(&self, scenario: &str) -> bool {
        self.rows.iter().any(|row| row.scenario == scenario && row.target == "product")
    }

    /// Each scenario and number once, in the order measured.
    fn lines(&self) -> Vec<(String, &'static str)> {
        let mut lines: Vec<(String, &'static str)> = Vec::new();
        for row in &self.rows {
            for (name, _) in &row.values {
                if !lines.iter().any(|(scenario, known)| *scenario == row.scenario && known == name) {
                    lines.push((row.scenario.clone(), name));
                }
            }
        }
        let mut order: Vec<String> = Vec::new();
        for (scenario, _) in &lines {
            if !order.contains(scenario) {
                order.push(scenario.clone());
            }
        }
        lines.sort_by_key(|(scenario, _)| order.iter().position(|known| known == scenario));
        lines
    }
}

fn value(row: &Row, name: &str) -> Option<f64> {
    row.values
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
        .filter(|value| value.is_finite())
}

fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.abs() >= 1000.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.2}"),
    }
}

/// The middle value; the mean of the two middle ones when their number is even.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[middle - 1], upper) })
}

/// Times of single operations.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Notes one.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which `share` of them lie, in microseconds.
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into a Vec")]
        let at = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round_before_the_median() {
        let mut report = Report::default();
        for (round, limit, product) in [(0, 10.0, 20.0), (1, 100.0, 110.0), (2, 10.0, 15.0)] {
            report.add("s", round, "limit", vec![("cpu_us", limit)]).unwrap();
            report.add("s", round, "product", vec![("cpu_us", product)]).unwrap();
        }
        assert_eq!(report.ratio("s", "cpu_us"), Some(1.5));
        assert_eq!(report.median("s", "limit", "cpu_us"), Some(10.0));
        assert!(report.table().unwrap().contains("1.50"));
    }

    #[test]
    fn percentiles_of_a_hundred_values() {
        let mut times = Latencies::default();
        (1..=100).rev().for_each(|n| times.add(Duration::from_micros(n)));
        assert!((times.percentile(0.5) - 51.0).abs() < 1e-6);
        assert!((times.percentile(0.99) - 100.0).abs() < 1e-6);
    }
}
