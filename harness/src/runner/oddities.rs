//! Signs that samples are not what they seem, each told once: a server that answers the same whatever the seed, a token
//! limit that cuts most answers.

use verifiers::domain::Outcome;

use crate::store::row::{NewSample, text_hash};

/// Texts of a problem that are compared.
const LOOK: usize = 8;
/// Problems that must look alike, where there are so many.
const PROBLEMS: usize = 5;
/// A model may honestly repeat what is shorter than this.
const TELLING: usize = 12;
/// Samples before shares mean something.
const ENOUGH: u64 = 20;

/// What was seen of a session's samples.
#[derive(Debug)]
pub(super) struct Oddities {
    first: Vec<Seen>,
    /// Problems with all their texts, and those of them whose texts are all the same.
    full: usize,
    same: usize,
    repeats_told: bool,
    samples: u64,
    cut: u64,
    /// Of those cut, how many spent all tokens on reasoning.
    cut_in_thought: u64,
    cut_told: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    hash: i64,
    count: usize,
    differs: bool,
}

impl Oddities {
    pub(super) fn new(problems: usize) -> Self {
        Self {
            first: vec![Seen::default(); problems],
            full: 0,
            same: 0,
            repeats_told: false,
            samples: 0,
            cut: 0,
            cut_in_thought: 0,
            cut_told: false,
        }
    }

    /// Looks at a sample of the problem at this place; says what is odd.
    pub(super) fn see(&mut self, place: usize, row: &NewSample) -> Option<String> {
        self.repeats(place, &row.text).or_else(|| self.cuts(row))
    }

    fn repeats(&mut self, place: usize, text: &str) -> Option<String> {
        let enough = PROBLEMS.min(self.first.len());
        let seen = self.first.get_mut(place)?;
        if self.repeats_told || seen.count >= LOOK || text.len() < TELLING {
            return None;
        }
        let hash = text_hash(text);
        seen.differs |= seen.count > 0 && hash != seen.hash;
        seen.hash = hash;
        seen.count += 1;
        if seen.count == LOOK {
            self.full += 1;
            self.same += usize::from(!seen.differs);
        }
        self.repeats_told = self.full >= enough && self.same == self.full;
        self.repeats_told.then(|| {
            "the first samples of every problem are identical: the server seems to ignore seeds or to answer from a \
             cache, or the temperature is 0"
                .to_owned()
        })
    }

    fn cuts(&mut self, row: &NewSample) -> Option<String> {
        self.samples += 1;
        if row.outcome == Outcome::Truncated {
            self.cut += 1;
            self.cut_in_thought += u64::from(row.reasoning.is_some() && row.text.trim().is_empty());
        }
        if self.cut_told || self.samples < ENOUGH || self.cut * 4 < self.samples {
            return None;
        }
        self.cut_told = true;
        let (cut, samples) = (self.cut, self.samples);
        let thought = match self.cut_in_thought {
            0 => String::new(),
            some => format!(" ({some} of them before the reasoning came to an answer)"),
        };
        Some(format!(
            "{cut} of the first {samples} samples were cut at the token limit{thought}: raise max_tokens, or the context of the server"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(text: String, outcome: Outcome) -> NewSample {
        NewSample { outcome, text, ..super::super::dispatcher::arrivals::failed(1, 0, String::new()) }
    }

    fn told(problems: usize, text: impl Fn(usize, usize) -> String) -> usize {
        let mut oddities = Oddities::new(problems);
        let all = (0..20).flat_map(|index| (0..problems).map(move |problem| (problem, index)));
        all.filter(|(problem, index)| oddities.see(*problem, &sample(text(*problem, *index), Outcome::Ok)).is_some())
            .count()
    }

    #[test]
    fn a_server_that_repeats_itself_is_told_from_a_model_that_does() {
        assert_eq!(told(9, |problem, _| format!("the answer to problem {problem}")), 1);
        assert_eq!(told(1, |_, _| "always the same words".to_owned()), 1);
        assert_eq!(told(9, |problem, index| format!("the answer {}", if problem == 0 { index } else { 0 })), 0);
        assert_eq!(told(9, |problem, index| format!("the answer {}", index * usize::from(problem > 3))), 0);
        assert_eq!(told(9, |_, _| "42".to_owned()), 0);
    }

    #[test]
    fn a_token_limit_that_cuts_too_much_is_told_once() {
        let mut oddities = Oddities::new(1);
        let mut said = Vec::new();
        for index in 0..100 {
            let outcome = if index % 3 == 0 { Outcome::Truncated } else { Outcome::Ok };
            let text = if index % 6 == 0 { String::new() } else { format!("a text of its own {index}") };
            said.extend(oddities.see(0, &NewSample { reasoning: Some("hm".to_owned()), ..sample(text, outcome) }));
        }
        let expected =
            "7 of the first 20 samples were cut at the token limit (4 of them before the reasoning came to an answer)";
        assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}");
        let mut oddities = Oddities::new(1);
        let rare = |index: u32| if index.is_multiple_of(5) { Outcome::Truncated } else { Outcome::Ok };
        assert!((0..100).all(|i| oddities.see(0, &sample(format!("a text of its own {i}"), rare(i))).is_none()));
    }
}
