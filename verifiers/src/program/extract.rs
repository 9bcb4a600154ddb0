//! From what a model wrote to the program that is judged.
//!
//! A base model continues the prompt; a chat model answers in Markdown, with prose, drafts and examples around the code. An
//! answer with a fence is a chat answer wherever it came from.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::domain::{Completion, Form, Problem, TestSuite};

mod source;

#[cfg(test)]
mod tests;

use source::{defined_names, defines, is_code, is_usage, mentions, opens_body, part_of_program};

/// What a judge of contests lets programs use without asking for it (LeetCode, LiveCodeBench).
const CONTEST_NAMES: &str = "import bisect, collections, copy, functools, heapq, itertools, math, operator, random, re, string, sys\n\
from bisect import *\nfrom collections import *\nfrom copy import *\nfrom functools import *\nfrom heapq import *\n\
from itertools import *\nfrom math import *\nfrom re import *\nfrom string import *\nfrom typing import *\nfrom builtins import *\n";

/// The program in an answer; `None` where there is no code in it.
///
/// - Reasoning (`<think>...</think>`) is no part of the answer.
/// - With a fence: the last block that defines the problem's entry point, with the earlier blocks that define what it uses; a
///   block that is only the function's body continues the prompt. What the prompt defines in front of the function (imports,
///   helpers) stays available.
/// - Without: a continuation follows the prompt, a solution stands alone, a chat answer is cut to its code.
#[must_use]
pub fn program(problem: &Problem, completion: &Completion) -> Option<String> {
    let text = completion.text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = between_marks(without_reasoning(&text));
    let chat = completion.form == Form::Chat;
    let code = match fence(text) {
        Some(at) if chat || !in_text_literal(&text[..at]) => from_markdown(problem, text, at, completion.form),
        _ if let Some(whole) = behind_starter(problem, text) => Some(whole),
        _ => match completion.form {
            Form::Continuation if is_code(&problem.prompt) => Some(continued(problem, text)),
            // what surely is no Python cannot stand in a program
            Form::Continuation | Form::Solution if source::has_prose_around(text) => from_prose(problem, text),
            Form::Continuation | Form::Solution => Some(text.to_owned()),
            Form::Chat => from_prose(problem, text),
        },
    }?;
    if code.trim().is_empty() {
        return None;
    }
    let functional = problem.tests.values().any(|suite| matches!(suite, TestSuite::Functional { .. }));
    Some(if functional { after_future(CONTEST_NAMES, &code) } else { code })
}

/// The answer behind the reasoning: after the last closing tag; before an opening tag that is never closed.
fn without_reasoning(text: &str) -> &str {
    const TAGS: [(&str, &str); 3] =
        [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")];
    let mut text = text;
    for (open, close) in TAGS {
        // a tag inside a line of code is a text literal
        let own_line = |at: usize| {
            let before = text[..at].rsplit('\n').next().unwrap_or_default();
            !before.contains(['"', '\''])
        };
        if let Some(at) = text.rfind(close).filter(|at| own_line(*at)) {
            text = &text[at + close.len()..];
        }
        if let Some(at) =
            text.find(open).filter(|at| text[..*at].rsplit('\n').next().is_some_and(|l| l.trim().is_empty()))
        {
            text = &text[..at];
        }
    }
    text
}

/// What stands between MBPP's marks `[BEGIN]` and `[DONE]`, each alone in its line, where there are any.
fn between_marks(text: &str) -> &str {
    let place = |mark: &str, text: &str| {
        let mut at = 0;
        text.split_inclusive('\n').find_map(|line| {
            let here = at;
            at += line.len();
            (line.trim() == mark).then_some((here, at))
        })
    };
    let text = place("[BEGIN]", text).map_or(text, |(_, after)| &text[after..]);
    place("[DONE]", text).map_or(text, |(before, _)| &text[..before])
}

/// A function's body behind the head that the problem gives (LiveCodeBench's `starter_code`).
fn behind_starter(problem: &Problem, text: &str) -> Option<String> {
    let starter = problem.fields.get("starter_code")?.as_str()?;
    let head = starter.trim_end();
    let indented = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t']);
    if !head.ends_with(':') || text.trim().is_empty() {
        return None;
    }
    if text.lines().all(indented) {
        return Some(format!("{head}\n{text}"));
    }
    // the head ends with the indentation of the first line
    let margin = starter.rsplit('\n').next().is_some_and(|last| !last.is_empty() && last.trim().is_empty());
    (margin && text.starts_with("return ") && text.lines().skip(1).all(indented)).then(|| format!("{starter}{text}"))
}

/// Where the first fence's line starts.
fn fence(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if marker(line).is_some() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The info string of a line that opens a fence; list items and quotes in front of it are allowed.
fn marker(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches([' ', '>']);
    let bare = bare.strip_prefix(['-', '*', '+']).map_or(bare, str::trim_start);
    let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let bare = if digits > 0 { bare[digits..].strip_prefix(['.', ')']).map_or(bare, str::trim_start) } else { bare };
    let info = bare.strip_prefix("```").or_else(|| bare.strip_prefix("~~~"))?;
    let info = info.trim_start_matches(['`', '~']).trim();
    (!info.contains('`')).then_some(info)
}

/// Whether the text, as Python, ends inside a triple-quoted literal: then a fence there is part of a documentation.
fn in_text_literal(before: &str) -> bool {
    let mut rest = before;
    while let Some(at) = rest.find(['#', '\'', '"']) {
        rest = &rest[at..];
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let quotes = if rest.starts_with('"') { "\"\"\"" } else { "'''" };
        let long = rest.starts_with(quotes);
        let quotes = if long { quotes } else { &quotes[..1] };
        match end_of_literal(&rest[quotes.len()..], quotes, long) {
            Some(end) => rest = &rest[quotes.len() + end..],
            None => return long,
        }
    }
    false
}

/// Where a literal ends that has just begun: behind its quotes, or (a short one) with its line.
fn end_of_literal(inside: &str, quotes: &str, long: bool) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, c)| {
        let ends = !escaped && inside[at..].starts_with(quotes);
        let broken = !long && c == '\n';
        escaped = c == '\\' && !escaped;
        if ends { Some(at + quotes.len()) } else { broken.then_some(at) }
    })
}

struct Block {
    language: String,
    code: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',', ':', '{']).find(|word| !word.is_empty()).unwrap_or_default();
                let language = language.trim_matches(['.', '}']).to_lowercase();
                open = Some(Block { language, code: String::new() });
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

fn from_markdown(problem: &Problem, text: &str, first: usize, form: Form) -> Option<String> {
    let before = &text[..first];
    // a prompt that opened a fence is continued by code, the closing fence and prose
    let bare = text[first..].lines().next().and_then(marker).is_some_and(str::is_empty);
    let continues = form == Form::Continuation && opens_body(before);
    if bare && (continues || is_code(before) && before.lines().any(|line| line.starts_with([' ', '\t']))) {
        return Some(if continues { continued(problem, before) } else { before.to_owned() });
    }
    let entry = problem.entry_point.as_deref();
    let all = blocks(text);
    let python =
        |block: &Block| matches!(block.language.as_str(), "python" | "py" | "python3" | "py3" | "ipython" | "sage");
    let useful: Vec<&Block> = {
        let keep = |block: &&Block| !block.code.trim().is_empty() && !is_usage(&block.code);
        let known: Vec<&Block> =
            all.iter().filter(|block| python(block) || block.language.is_empty()).filter(keep).collect();
        if known.is_empty() { all.iter().filter(keep).collect() } else { known }
    };
    let chosen = match entry {
        Some(entry) => useful.iter().rposition(|block| defines(&block.code, entry)),
        None => useful.iter().rposition(|block| python(block)),
    };
    if let Some(chosen) = chosen {
        return Some(with_context(problem, &useful[..chosen], &useful[chosen].code));
    }
    if entry.is_some()
        && let Some(body) = useful.iter().rev().find(|block| opens_body(&block.code))
    {
        return Some(continued(problem, &body.code));
    }
    let last = useful.iter().rposition(|block| python(block)).or_else(|| useful.len().checked_sub(1))?;
    Some(with_context(problem, &useful[..last], &useful[last].code))
}

/// The code behind what the prompt defines and behind the earlier blocks that define names it uses.
fn with_context(problem: &Problem, earlier: &[&Block], code: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut needed = code.to_owned();
    for block in earlier.iter().rev() {
        let own = defined_names(&block.code);
        let known = defined_names(code);
        let helps = own.iter().any(|name| !known.contains(name) && mentions(&needed, name));
        if part_of_program(&block.code) && helps {
            needed.push_str(&block.code);
            parts.push(&block.code);
        }
    }
    parts.reverse();
    parts.push(code);
    let whole = parts.join("\n");
    match preamble(problem) {
        Some(preamble) => after_future(preamble, &whole),
        None => whole,
    }
}

/// What a code prompt defines in front of the function that is asked for.
fn preamble(problem: &Problem) -> Option<&str> {
    let entry = problem.entry_point.as_deref()?;
    let mut at = 0;
    let mut decorators = 0;
    for line in problem.prompt.split_inclusive('\n') {
        if source::definition(line) == Some(entry) {
            let text = &problem.prompt[..at - decorators];
            return is_code(text).then_some(text);
        }
        decorators = if line.starts_with('@') { decorators + line.len() } else { 0 };
        at += line.len();
    }
    None
}

/// `from __future__` must stay in front.
fn after_future(front: &str, code: &str) -> String {
    let future = |line: &&str| line.starts_with("from __future__ ");
    let first: String = code.split_inclusive('\n').filter(future).collect();
    if first.is_empty() {
        return format!("{front}\n{code}");
    }
    let rest: String = code.split_inclusive('\n').filter(|line| !future(line)).collect();
    format!("{}\n{front}\n{rest}", first.trim_end())
}

/// The prompt with its continuation, where the prompt is code; else the text stands alone.
fn continued(problem: &Problem, text: &str) -> String {
    let prompt = problem.prompt.as_str();
    if !is_code(prompt) {
        return text.to_owned();
    }
    // the whole function again behind a head without a body
    if let Some(entry) = problem.entry_point.as_deref()
        && prompt.trim_end().ends_with(':')
        && text.lines().any(|line| source::definition(line) == Some(entry))
        && !opens_body(text)
    {
        return match preamble(problem) {
            Some(preamble) => after_future(preamble, text),
            None => text.to_owned(),
        };
    }
    format!("{prompt}{text}")
}

/// A chat answer without a fence: code with prose around it, or a body alone.
fn from_prose(problem: &Problem, text: &str) -> Option<String> {
    if opens_body(text) && is_code(&problem.prompt) {
        return Some(continued(problem, text));
    }
    let start = text.split_inclusive('\n').scan(0, |at, line| {
        let here = *at;
        *at += line.len();
        Some((here, line))
    });
    let start = start.filter(|(_, line)| source::opens_code(line)).map(|(at, _)| at).next()?;
    let mut end = start;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with([' ', '\t']) && !source::stays_code(line) {
            break;
        }
        end = at;
    }
    Some(with_context(problem, &[], &text[start..end]))
}
