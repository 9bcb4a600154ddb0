//! A sample as lines: facts, verdicts, prompt, reasoning and the completion with its code in colours.

use crate::highlight::{Lexer, Token};
use crate::snapshot::{SampleDetail, VerdictDetail};
use crate::text::{percent, sanitise, width, wrap};
use verifiers::counted;

/// How a piece of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    Plain,
    /// A heading.
    Heading,
    /// Steps back.
    Dim,
    /// Right.
    Good,
    /// Wrong.
    Bad,
    /// Worth a look.
    Warn,
    /// Code.
    Code(Token),
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentLine(pub Vec<(Tone, String)>);

impl DocumentLine {
    /// Its text without tones.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|p| p.1.as_str()).collect()
    }
}

/// All lines of a sample.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The lines, each no wider than asked for.
    pub lines: Vec<DocumentLine>,
}

/// What is unfolded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fold {
    /// The prompt is shown.
    pub prompt_open: bool,
    /// The reasoning is shown.
    pub reasoning_open: bool,
}

/// The most lines of one text; the rest is counted.
const MOST_LINES: usize = 20_000;

/// Writes a sample in lines of at most `columns`.
#[must_use]
pub fn write(detail: &SampleDetail, fold: Fold, columns: usize) -> Document {
    let columns = columns.max(10);
    let mut document = Document::default();
    let facts: Vec<String> = detail.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    for line in wrap_items(&facts, columns) {
        document.push(Tone::Dim, &line);
    }
    for verdict in &detail.verdicts {
        document.verdict(verdict, columns);
    }
    document.lines.push(DocumentLine::default());
    document.folded("Prompt", "p", &detail.prompt, fold.prompt_open, columns);
    if let Some(reasoning) = &detail.reasoning {
        document.folded("Reasoning", "r", reasoning, fold.reasoning_open, columns);
    }
    document.push(Tone::Heading, "Completion");
    document.code(&detail.completion, columns);
    document
}

impl Document {
    fn push(&mut self, tone: Tone, text: &str) {
        self.lines.push(DocumentLine(vec![(tone, sanitise(text).into_owned())]));
    }

    fn folded(&mut self, title: &str, key: &str, text: &str, open: bool, columns: usize) {
        let count = text.lines().count();
        let state = if open { "" } else { ", folded" };
        let head = vec![
            (Tone::Heading, title.to_owned()),
            (Tone::Dim, format!("  {}{state} ({key})", counted(count, "line"))),
        ];
        self.lines.push(DocumentLine(head));
        if open {
            self.code(text, columns);
            self.lines.push(DocumentLine::default());
        }
    }

    fn verdict(&mut self, verdict: &VerdictDetail, columns: usize) {
        let word = verdict.status.clone().unwrap_or_else(|| "score".to_owned());
        let tone = match word.as_str() {
            "pass" => Tone::Good,
            "fail" | "error" | "timeout" | "limit" => Tone::Bad,
            "unjudged" => Tone::Warn,
            _ => Tone::Plain,
        };
        let mut rest = vec![format!("{:.0} ms", verdict.duration_ms)];
        rest.extend(verdict.score.map(|s| format!("score {s:.4}")));
        rest.extend(verdict.answer.as_ref().map(|a| format!("answer {}", sanitise(a))));
        rest.extend(verdict.marks.iter().cloned());
        self.lines.push(DocumentLine(vec![
            (tone, format!("{word:<9}")),
            (Tone::Plain, format!("{}  ", sanitise(&verdict.verifier))),
            (Tone::Dim, rest.join("  ")),
        ]));
        if let Some(why) = &verdict.detail {
            for line in why.lines().flat_map(|l| wrap(&sanitise(l), columns.saturating_sub(10))).take(12) {
                self.lines.push(DocumentLine(vec![(Tone::Plain, format!("          {line}"))]));
            }
        }
    }

    fn code(&mut self, text: &str, columns: usize) {
        let mut lexer = Lexer::default();
        let room = self.lines.len() + MOST_LINES;
        let mut lines = text.lines();
        for line in lines.by_ref() {
            let pieces = lexer.line(&sanitise(line));
            self.lines.extend(fold_pieces(pieces.into_iter().map(|(t, s)| (Tone::Code(t), s)), columns));
            if self.lines.len() > room {
                break;
            }
        }
        let left = lines.count();
        if left > 0 {
            self.push(Tone::Dim, &format!("({left} more lines)"));
        }
    }
}

/// Breaks a line where the screen ends; no character is lost.
fn fold_pieces(pieces: impl Iterator<Item = (Tone, String)>, columns: usize) -> Vec<DocumentLine> {
    let mut lines = vec![DocumentLine::default()];
    let mut used = 0;
    for (tone, text) in pieces {
        let mut current = String::new();
        for c in text.chars() {
            let wide = width(c.encode_utf8(&mut [0; 4]));
            if used + wide > columns {
                if let Some(line) = lines.last_mut() {
                    line.0.push((tone, std::mem::take(&mut current)));
                }
                lines.push(DocumentLine(vec![(Tone::Dim, "  ".to_owned())]));
                used = 2;
            }
            used += wide;
            current.push(c);
        }
        if let Some(line) = lines.last_mut() {
            line.0.push((tone, current));
        }
    }
    lines
}

fn wrap_items(items: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(item) <= columns => {
                line.push_str(" · ");
                line.push_str(item);
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}

/// A share in per cent beside its counts: `12/40 (30.0 %)`.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    let value = (whole > 0).then(|| part as f64 / whole as f64);
    format!("{part}/{whole} ({})", percent(value))
}
