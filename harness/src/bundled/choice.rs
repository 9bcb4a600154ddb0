//! Which answer the simulated model gives: a pure function of problem, temperature and seed.
//!
//! At temperature 0.8 a sample is right with the problem's skill; the rest is split over the other kinds, `trap` of it to programs
//! that pass the weak tests. At another temperature T every mass m becomes m^(0.8/T), normalised, as a softmax would: low
//! temperatures sharpen towards the likeliest kind and program, 0 always gives the same answer. Above temperature 1 a growing part
//! of the answers derails into text that is no program.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Entry, Kind, Program, wording};

/// The temperature at which a problem's skill is its P(right).
const REFERENCE_TEMPERATURE: f64 = 0.8;
/// Below this the likeliest answer is always given.
const GREEDY: f64 = 0.01;
/// Within a kind each program is this much as likely as the one before it in the file.
const NEXT_PROGRAM: f64 = 0.65;

/// An answer of the simulated model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the model says.
    pub text: String,
    /// What becomes of the program in it.
    pub kind: Kind,
}

/// How the model was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As a chat: often Markdown with prose.
    Chat,
    /// As a text to be continued: code only, after the prompt's docstring.
    Continuation,
}

impl Entry {
    /// The simulated model's answer. Equal arguments give equal answers; seeds are independent of each other.
    #[must_use]
    pub fn answer(&self, style: Style, temperature: f64, seed: u64) -> Answer {
        let mut random = Random::new(self.name(), seed);
        let greedy = temperature < GREEDY;
        let weights = self.weights(temperature.max(GREEDY));
        let pick = if greedy {
            (0..weights.len()).max_by(|&a, &b| weights[a].total_cmp(&weights[b]).then(b.cmp(&a))).unwrap_or(0)
        } else {
            random.weighted(&weights)
        };
        let Program { kind, code } = self.programs[pick];
        if !greedy && random.unit() < derailed(temperature) {
            return Answer { text: wording::derail(code, &mut random), kind: Kind::Unparsable };
        }
        let text = wording::say(self, code, style, (!greedy).then_some(&mut random));
        Answer { text, kind }
    }

    /// P(program) at a temperature, one for each of the bank's programs; they sum to 1.
    fn weights(&self, temperature: f64) -> Vec<f64> {
        let power = REFERENCE_TEMPERATURE / temperature;
        let masses = self.masses().map(|mass| mass.powf(power));
        let total: f64 = masses.iter().sum();
        let mut seen = [0_i32; Kind::ALL.len()];
        let ranks: Vec<f64> = self
            .programs
            .iter()
            .map(|program| {
                let rank = seen[program.kind as usize];
                seen[program.kind as usize] += 1;
                NEXT_PROGRAM.powi(rank).powf(power)
            })
            .collect();
        let of_kind = |kind: Kind| -> f64 {
            self.programs.iter().zip(&ranks).filter(|(program, _)| program.kind == kind).map(|(_, rank)| rank).sum()
        };
        let kinds = Kind::ALL.map(of_kind);
        self.programs
            .iter()
            .zip(&ranks)
            .map(|(program, rank)| masses[program.kind as usize] / total * rank / kinds[program.kind as usize])
            .collect()
    }

    /// P(kind) at the reference temperature, in the order of [`Kind::ALL`]; a kind without a program leaves its mass to `wrong`.
    fn masses(&self) -> [f64; Kind::ALL.len()] {
        let wrong = 1.0 - self.skill;
        let open = wrong * (1.0 - self.trap);
        let mut masses = [self.skill, wrong * self.trap, 0.65 * open, 0.18 * open, 0.02 * open, 0.15 * open];
        for kind in Kind::ALL {
            if !self.programs.iter().any(|program| program.kind == kind) {
                masses[Kind::Wrong as usize] += std::mem::take(&mut masses[kind as usize]);
            }
        }
        masses
    }
}

/// Share of the answers that are no text any more.
fn derailed(temperature: f64) -> f64 {
    (0.4 * (temperature - 1.0)).clamp(0.0, 0.9)
}

/// Draws for one answer.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    fn new(name: &str, seed: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes()).update(name.as_bytes());
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// Uniform in 0..n.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        usize::try_from((u64::from(self.0.next_u32()) * u64::from(n)) >> 32).unwrap_or(0)
    }

    fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0)
    }
}
