//! Where every format pours what it reads: problems, samples and verdicts by name, in any number. It gives places and
//! indices, notices what is there twice, and passes everything on in batches; nothing but a bit a sample stays here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use verifiers::domain::{Form, Outcome, Problem, ProblemId, Role, Status, Verdict};

use super::error::Fault;
use super::record::{Judged, Sample, Voice};
use super::source::Progress;
use crate::store::bulk::{Load, Settle};
use crate::store::row::{NewSample, NewVerdict};

/// Rows of a batch.
const BATCH: usize = 1024;
/// Text of a batch, more or less.
const BATCH_BYTES: usize = 1 << 20;
/// The most samples of one problem: an index beyond is taken for a mistake.
const MOST_SAMPLES: u32 = 100_000_000;

/// Which of a problem's indices were seen.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn has(&self, index: u32) -> bool {
        self.0.get(index as usize / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// Whether it was not there before.
    fn add(&mut self, index: u32) -> bool {
        let word = index as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = !self.has(index);
        self.0[word] |= 1 << (index % 64);
        new
    }
}

#[derive(Debug, Default)]
struct Known {
    id: String,
    samples: Bits,
    /// The next index of a sample without one.
    next: u32,
    judged: Vec<Bits>,
}

/// A problem of the attached data set.
type Attached = HashMap<String, (usize, Problem)>;

/// See the module.
pub(super) struct Sink {
    batches: mpsc::Sender<Vec<Load>>,
    batch: Vec<Load>,
    bytes: usize,
    attached: Option<Attached>,
    places: HashMap<String, usize>,
    problems: Vec<Known>,
    voices: Vec<Voice>,
    roles: BTreeMap<String, Role>,
    thresholds: BTreeMap<String, f64>,
    progress: Arc<Progress>,
    samples: u64,
    texts: u64,
    verdicts: u64,
    /// What the files say of themselves.
    pub(super) reported: serde_json::Map<String, serde_json::Value>,
    /// The model's name, where a file has it.
    pub(super) model: Option<String>,
    /// What a user should know.
    pub(super) notes: Vec<String>,
}

/// What came of it all.
#[derive(Debug)]
pub(super) struct Poured {
    pub(super) settle: Settle,
    pub(super) problems: usize,
    pub(super) samples: u64,
    pub(super) verdicts: u64,
    pub(super) verifiers: Vec<(String, Role)>,
    pub(super) unused: Vec<String>,
    pub(super) reported: serde_json::Map<String, serde_json::Value>,
    pub(super) texts: u64,
    pub(super) notes: Vec<String>,
    pub(super) model: Option<String>,
}

impl Sink {
    pub(super) fn new(
        batches: mpsc::Sender<Vec<Load>>,
        attached: Option<Attached>,
        roles: BTreeMap<String, Role>,
        thresholds: BTreeMap<String, f64>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            batches,
            batch: Vec::new(),
            bytes: 0,
            attached,
            places: HashMap::new(),
            problems: Vec::new(),
            voices: Vec::new(),
            roles,
            thresholds,
            progress,
            samples: 0,
            texts: 0,
            verdicts: 0,
            reported: serde_json::Map::new(),
            model: None,
            notes: Vec::new(),
        }
    }

    /// The place of a problem; `describe` is asked on first sight only, and not where a data set is attached.
    pub(super) fn problem(&mut self, id: &str, describe: impl FnOnce() -> Problem) -> Result<usize, Fault> {
        if let Some(place) = self.places.get(id) {
            return Ok(*place);
        }
        if id.is_empty() {
            return Err(Fault::new("a problem without an id", "each record must say which problem it belongs to"));
        }
        let place = self.problems.len();
        let (ordinal, problem) = match &mut self.attached {
            None => (place, Problem { id: ProblemId(id.to_owned()), ..describe() }),
            Some(attached) => attached.remove(id).or_else(|| by_number(attached, id)).ok_or_else(|| {
                let near = attached.keys().min_by_key(|key| (strsim::levenshtein(key, id), (*key).clone()));
                let near = near.map(|key| format!(" (it has {key:?})")).unwrap_or_default();
                Fault::new(
                    format!("problem {id:?} is not in the data set{near}"),
                    "samples and data set must belong together: check --dataset",
                )
            })?,
        };
        self.places.insert(id.to_owned(), place);
        self.problems.push(Known { id: id.to_owned(), ..Known::default() });
        self.load(Load::Problem(ordinal, Box::new(problem)), 256)?;
        Ok(place)
    }

    /// Whether this sample came already.
    pub(super) fn has(&self, problem: usize, index: u32) -> bool {
        self.problems[problem].samples.has(index)
    }

    /// Stores a sample and gives its index.
    pub(super) fn sample(&mut self, problem: usize, sample: Sample) -> Result<u32, Fault> {
        let known = &mut self.problems[problem];
        let index = sample.index.unwrap_or(known.next);
        if index >= MOST_SAMPLES {
            return Err(Fault::new(format!("the sample index {index} is too large"), "indices count from 0"));
        }
        if !known.samples.add(index) {
            return Err(Fault::new(
                format!("sample {index} of problem {:?} is there twice", known.id),
                "each sample of a problem needs an index of its own",
            ));
        }
        known.next = known.next.max(index + 1);
        let known_text = sample.text.is_some();
        let text = sample.text.unwrap_or_default();
        let outcome =
            sample.outcome.unwrap_or(if known_text && text.trim().is_empty() { Outcome::Empty } else { Outcome::Ok });
        self.texts += u64::from(!text.is_empty());
        self.samples += 1;
        self.progress.samples.store(self.samples, Ordering::Relaxed);
        let size = text.len() + sample.reasoning.as_ref().map_or(0, String::len) + 200;
        let row = NewSample {
            problem_id: to_i64(problem),
            sample_index: index,
            outcome,
            finish_reason: sample.finish_reason,
            form: sample.form.unwrap_or(Form::Chat),
            text,
            reasoning: sample.reasoning.filter(|r| !r.is_empty()),
            prompt_tokens: sample.prompt_tokens,
            cached_tokens: sample.cached_tokens,
            completion_tokens: sample.completion_tokens,
            usage_apportioned: sample.usage_apportioned,
            cost_usd: sample.cost_usd,
            latency_ms: sample.latency_ms,
            first_token_ms: sample.first_token_ms,
            logprob: sample.logprob,
            token_logprobs: sample.token_logprobs,
            seed: sample.seed,
            endpoint: None,
            error: sample.error,
        };
        self.load(Load::Sample(Box::new(row)), size)?;
        Ok(index)
    }

    /// The place of a verifier; `role` is what the format knows of it.
    pub(super) fn verifier(&mut self, name: &str, role: Option<Role>) -> Result<usize, Fault> {
        if let Some(place) = self.voices.iter().position(|v| v.name == name) {
            return Ok(place);
        }
        self.voices.push(Voice {
            name: name.to_owned(),
            role: self.roles.get(name).copied().or(role),
            threshold: self.thresholds.get(name).copied(),
            scores: false,
            decides: false,
            partial: false,
        });
        self.load(Load::Verifier(name.to_owned()), 64)?;
        Ok(self.voices.len() - 1)
    }

    /// Stores a verdict on a sample.
    pub(super) fn verdict(&mut self, problem: usize, index: u32, verifier: usize, judged: Judged) -> Result<(), Fault> {
        let known = &mut self.problems[problem];
        if known.judged.len() <= verifier {
            known.judged.resize_with(verifier + 1, Bits::default);
        }
        let voice = &mut self.voices[verifier];
        if !known.judged[verifier].add(index) {
            return Err(Fault::new(
                format!("the verdict of {:?} on sample {index} of problem {:?} is there twice", voice.name, known.id),
                "each sample is judged once by each verifier; was a file named twice?",
            ));
        }
        let (status, score) = voice.hear(judged.said);
        let duration = std::time::Duration::try_from_secs_f64(judged.duration_ms.unwrap_or(0.0) / 1e3);
        let size = judged.detail.as_ref().map_or(0, String::len) + judged.steps.len() * 20 + 100;
        let verdict = Verdict {
            status,
            score,
            steps: judged.steps,
            answer: judged.answer,
            detail: judged.detail,
            duration: duration.unwrap_or_default(),
            ..Verdict::new(Status::Unjudged)
        };
        self.verdicts += 1;
        self.progress.verdicts.store(self.verdicts, Ordering::Relaxed);
        let row =
            NewVerdict { verifier_id: to_i64(verifier), problem_id: to_i64(problem), sample_index: index, verdict };
        self.load(Load::Verdict(Box::new(row)), size)
    }

    /// How many samples came so far.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// A note for the user, once.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn load(&mut self, load: Load, bytes: usize) -> Result<(), Fault> {
        self.batch.push(load);
        self.bytes += bytes;
        if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Fault> {
        self.bytes = 0;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        // the other side has ended on an error of its own, which is the one that is told
        self.batches.blocking_send(batch).map_err(|_e| Fault::new("the store has stopped", ""))
    }

    /// Sends the rest. Roles are given out where no format and no user did: the first verifier that accepts and rejects is the
    /// oracle, the others select.
    pub(super) fn finish(mut self) -> Result<Poured, Fault> {
        let mut truth = self.voices.iter().any(|v| v.role == Some(Role::Oracle));
        let mut verifiers = Vec::new();
        let mut settle =
            Settle { samples: self.problems.iter().map(|p| p.next).max().unwrap_or(0), ..Settle::default() };
        for (place, voice) in self.voices.iter().enumerate() {
            let accepts = voice.decides && (!voice.scores || voice.threshold.is_some());
            let role = voice.role.unwrap_or(if truth || !accepts { Role::Selector } else { Role::Oracle });
            truth |= role == Role::Oracle;
            verifiers.push((voice.name.clone(), role));
            settle.roles.push(role);
            if voice.scores && voice.threshold.is_none() {
                settle.scores.push(place);
            } else if voice.partial {
                settle.partial.push(place);
            }
        }
        let names = |name: &&String| !self.voices.iter().any(|v| v.name == **name);
        let unused: Vec<String> = self.roles.keys().chain(self.thresholds.keys()).filter(names).cloned().collect();
        if !self.batch.is_empty() {
            self.flush()?;
        }
        Ok(Poured {
            settle,
            problems: self.problems.len(),
            samples: self.samples,
            verdicts: self.verdicts,
            verifiers,
            unused,
            reported: self.reported,
            texts: self.texts,
            notes: self.notes,
            model: self.model,
        })
    }
}

/// Tools that count problems write `7` where a data set without ids has `gsm8k/7`.
fn by_number(attached: &mut Attached, id: &str) -> Option<(usize, Problem)> {
    let number = id.bytes().all(|b| b.is_ascii_digit()).then(|| format!("/{id}"))?;
    let mut keys = attached.keys().filter(|key| key.ends_with(&number));
    let only = keys.next().cloned().filter(|_| keys.next().is_none())?;
    attached.remove(&only)
}

fn to_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
