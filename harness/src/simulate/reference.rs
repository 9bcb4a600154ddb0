//! A bank made of any data set that has reference solutions or final answers: right with a probability of its own for each problem,
//! else a mutant, or one of a few wrong answers of which some are popular.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{PoisonError, RwLock};

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{Beta, ContinuousCDF};
use verifiers::domain::Problem;

use super::bank::{Bank, Question, Style};
use super::fault::unit;
use super::mutate::mutate;

/// Which Beta the skills come from where nobody says.
pub const DEFAULT_SHAPE: (f64, f64) = (0.8, 1.2);
/// The temperature at which a skill is the probability to be right.
const REFERENCE_TEMPERATURE: f64 = 0.8;
/// Prompts remembered, so that long ones are not searched for twice.
const REMEMBERED: usize = 100_000;

/// Problems with references and a skill for each.
#[derive(Debug)]
pub struct Reference {
    entries: Vec<Entry>,
    seen: RwLock<HashMap<u64, Option<usize>>>,
}

#[derive(Debug)]
struct Entry {
    prompt: String,
    signature: Option<String>,
    solution: Solution,
    skill: f64,
    stream: u64,
}

#[derive(Debug)]
enum Solution {
    Program(String),
    /// A final answer.
    Answer(String),
}

/// Why a data set can't be answered for.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// None of its problems has a reference solution or an answer.
    #[error("none of the problems has a reference solution or an answer to answer with")]
    None,
    /// The shape is no Beta's.
    #[error("a Beta distribution needs two positive numbers, not {0} and {1}")]
    Shape(f64, f64),
}

impl Reference {
    /// Problems without a reference are left out. Skills are drawn from Beta(`shape`), fixed by `seed` and the problem's id.
    ///
    /// # Errors
    /// No problem has a reference; the shape is not positive.
    pub fn new(problems: &[Problem], shape: (f64, f64), seed: u64) -> Result<Self, ReferenceError> {
        let beta = Beta::new(shape.0, shape.1).map_err(|_bad| ReferenceError::Shape(shape.0, shape.1))?;
        let entry = |problem: &Problem| {
            let stream = number(problem.id.0.as_bytes());
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream);
            let skill = beta.inverse_cdf(unit(&mut random)).clamp(0.0, 1.0);
            Some(Entry {
                prompt: problem.prompt.trim().to_owned(),
                signature: problem.entry_point.as_ref().map(|name| format!("def {name}(")),
                solution: match (&problem.reference, &problem.answer) {
                    (Some(program), _) => Solution::Program(program.clone()),
                    (None, Some(answer)) => Solution::Answer(answer.clone()),
                    (None, None) => return None,
                },
                skill,
                stream,
            })
        };
        let entries: Vec<Entry> = problems.iter().filter_map(entry).collect();
        if entries.is_empty() {
            return Err(ReferenceError::None);
        }
        Ok(Self { entries, seen: RwLock::default() })
    }

    /// The problem whose prompt stands in the text, or else the only one whose function does.
    fn find(&self, prompt: &str) -> Option<&Entry> {
        let mut hasher = DefaultHasher::new();
        prompt.hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.map(|index| &self.entries[index]);
        }
        let found = self.search(prompt);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < REMEMBERED {
            seen.insert(key, found);
        }
        found.map(|index| &self.entries[index])
    }

    fn search(&self, prompt: &str) -> Option<usize> {
        let indexed = || self.entries.iter().enumerate();
        let whole = indexed().filter(|(_, entry)| !entry.prompt.is_empty() && prompt.contains(&entry.prompt));
        // few-shot prompts hold several problems: the last one is asked
        let last = whole.max_by_key(|(_, entry)| (prompt.rfind(&entry.prompt), entry.prompt.len()));
        let by_name = || {
            let mut named =
                indexed().filter(|(_, e)| e.signature.as_ref().is_some_and(|s| prompt.contains(s.as_str())));
            named.next().filter(|_| named.next().is_none())
        };
        last.or_else(by_name).map(|(index, _)| index)
    }
}

/// A number that names a text, the same everywhere.
fn number(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]))
}

/// The skill at another temperature: masses to the power of the ratio, as a softmax would.
fn skill_at(skill: f64, temperature: f64) -> f64 {
    let power = REFERENCE_TEMPERATURE / temperature.max(0.01);
    let (right, wrong) = (skill.powf(power), (1.0 - skill).powf(power));
    let at = if right + wrong > 0.0 { right / (right + wrong) } else { skill.round() };
    // above 1 answers fall apart
    at / (1.0 + (temperature - 1.0).max(0.0))
}

/// A worked answer, right or wrong, ending in one of the ways in which models write.
fn worked(answer: &str, right: bool, random: &mut ChaCha8Rng) -> String {
    let given = if right { answer.to_owned() } else { wrong(answer, random) };
    let end = match random.random_range(0..3) {
        0 => format!("The answer is \\boxed{{{given}}}."),
        1 => format!("#### {given}"),
        _ => format!("Final answer: ${given}$"),
    };
    format!("First I look at what is given.\n\nThen I put it together, step by step.\n\n{end}\n")
}

/// A wrong answer: half of them make the same mistake, a quarter the next, and so on.
fn wrong(answer: &str, random: &mut ChaCha8Rng) -> String {
    let mut mistake = 1_u32;
    while mistake < 6 && random.random_bool(0.5) {
        mistake += 1;
    }
    match answer.trim().parse::<i64>() {
        Ok(number) => (number + i64::from(mistake) * 2 - 1).to_string(),
        Err(_) => format!("{answer} + {mistake}"),
    }
}

impl Bank for Reference {
    fn answer(&self, question: &Question<'_>) -> Option<String> {
        let entry = self.find(question.prompt)?;
        let mut random = ChaCha8Rng::seed_from_u64(question.seed);
        random.set_stream(entry.stream);
        let greedy = question.temperature < 0.01;
        let draw = if greedy { 0.5 } else { unit(&mut random) };
        let right = draw < skill_at(entry.skill, question.temperature);
        let program = match &entry.solution {
            Solution::Answer(answer) => return Some(worked(answer, right, &mut random)),
            Solution::Program(program) if right => program.clone(),
            Solution::Program(program) => mutate(program, &mut random),
        };
        if question.style == Style::Continuation
            && let Some(rest) = program.trim_start().strip_prefix(&entry.prompt)
        {
            return Some(rest.trim_start_matches('\n').to_owned());
        }
        Some(format!("```python\n{}\n```\n", program.trim_matches('\n')))
    }

    fn problems(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use verifiers::domain::ProblemId;

    use super::*;

    fn problem(name: &str) -> Problem {
        let prompt = format!("def {name}(a, b):\n    \"\"\"Add {name}.\"\"\"\n");
        Problem {
            id: ProblemId(name.to_owned()),
            reference: Some(format!("{prompt}    return a + b\n")),
            entry_point: Some(name.to_owned()),
            prompt,
            tests: std::collections::BTreeMap::new(),
            answer: None,
            group: None,
            fields: serde_json::Map::new(),
        }
    }

    fn ask(prompt: &str, style: Style, temperature: f64, seed: u64) -> Question<'_> {
        Question { prompt, style, temperature, seed }
    }

    #[test]
    fn skills_come_from_the_beta_and_answers_from_the_skills() {
        let problems: Vec<_> = (0..200).map(|i| problem(&format!("f{i}"))).collect();
        let bank = Reference::new(&problems, (2.0, 3.0), 7).unwrap();
        let mean = bank.entries.iter().map(|entry| entry.skill).sum::<f64>() / 200.0;
        assert!((mean - 0.4).abs() < 0.06, "{mean}");
        let entry = &bank.entries[3];
        let prompt = &problems[3].prompt;
        let right = (0..4000)
            .filter(|seed| bank.answer(&ask(prompt, Style::Chat, 0.8, *seed)).unwrap().contains("return a + b"));
        let share = right.count() as f64 / 4000.0;
        assert!((share - entry.skill).abs() < 0.04, "{share} for {}", entry.skill);
    }

    #[test]
    fn problems_are_found_in_templates_and_the_seed_fixes_the_answer() {
        let bank = Reference::new(&[problem("one"), problem("two")], (1.0, 1.0), 1).unwrap();
        let wrapped = format!("Shown:\n{}    return a\n\nSolve:\n{}", problem("one").prompt, problem("two").prompt);
        assert_eq!(bank.find(&wrapped).unwrap().signature.as_deref(), Some("def two("));
        assert!(bank.find("write def one(x) please").is_some());
        assert!(bank.find("something else").is_none());
        let at = |seed| bank.answer(&ask(&wrapped, Style::Chat, 0.8, seed)).unwrap();
        assert!((0..50).all(|seed| at(seed) == at(seed)));
        assert!((1..50).any(|seed| at(seed) != at(0)));
        let greedy = |seed| bank.answer(&ask(&wrapped, Style::Chat, 0.0, seed)).unwrap().contains("return a + b");
        assert!((1..20).all(|seed| greedy(seed) == greedy(0)));
    }

    #[test]
    fn a_continuation_leaves_the_prompt_out() {
        let bank = Reference::new(&[problem("one")], (50.0, 1.0), 1).unwrap();
        let said = bank.answer(&ask(&problem("one").prompt, Style::Continuation, 0.8, 3)).unwrap();
        assert!(said.starts_with("    return"), "{said}");
    }

    #[test]
    fn answers_are_worked_out_and_wrong_ones_have_favourites() {
        let with = |answer: &str| Problem {
            reference: None,
            answer: Some(answer.to_owned()),
            prompt: format!("How much is {answer}?"),
            ..problem("sum")
        };
        let bank = Reference::new(&[with("42")], (2.0, 2.0), 1).unwrap();
        let said: Vec<String> =
            (0..2000).map(|seed| bank.answer(&ask("How much is 42?", Style::Chat, 0.8, seed)).unwrap()).collect();
        let share = |what: &str| said.iter().filter(|text| text.contains(what)).count() as f64 / 2000.0;
        assert!((share("42") - bank.entries[0].skill).abs() < 0.05);
        assert!((share("43") - 0.5 * (1.0 - bank.entries[0].skill)).abs() < 0.05);
        assert!(share("boxed") > 0.25 && share("####") > 0.25);
        assert!(wrong("\\frac{1}{2}", &mut ChaCha8Rng::seed_from_u64(1)).starts_with("\\frac{1}{2} + "));
    }

    #[test]
    fn low_temperatures_sharpen_a_skill() {
        assert!(skill_at(0.7, 0.2) > 0.9 && skill_at(0.3, 0.2) < 0.1);
        assert!((skill_at(0.7, 0.8) - 0.7).abs() < 1e-12);
        assert!(skill_at(0.7, 1.5) < 0.5);
        assert!(skill_at(0.0, 0.8).abs() < 1e-12 && (skill_at(1.0, 0.8) - 1.0).abs() < 1e-12);
        assert!(matches!(Reference::new(&[], (1.0, 1.0), 0), Err(ReferenceError::None)));
        assert!(matches!(Reference::new(&[problem("x")], (0.0, 1.0), 0), Err(ReferenceError::Shape(..))));
    }
}
