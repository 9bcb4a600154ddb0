use std::collections::BTreeMap;

use super::*;
use crate::domain::{FunctionalCase, ProblemId};

const PROMPT: &str = "from typing import List\n\ndef helper(x):\n    return x\n\n\ndef f(xs: List[int]) -> int:\n    \"\"\" Sum.\n    >>> f([1])\n    1\n    \"\"\"\n";

fn problem(prompt: &str, entry: Option<&str>) -> Problem {
    Problem {
        id: ProblemId("t/0".to_owned()),
        prompt: prompt.to_owned(),
        entry_point: entry.map(str::to_owned),
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    }
}

fn take(form: Form, text: &str) -> Option<String> {
    program(&problem(PROMPT, Some("f")), &Completion { text: text.to_owned(), form })
}

fn chat(text: &str) -> String {
    take(Form::Chat, text).unwrap()
}

#[test]
fn continuations_follow_the_prompt_and_solutions_stand_alone() {
    assert_eq!(take(Form::Continuation, "    return sum(xs)\n").unwrap(), format!("{PROMPT}    return sum(xs)\n"));
    assert_eq!(take(Form::Solution, "def f(xs):\n    return 1").unwrap(), "def f(xs):\n    return 1");
    assert_eq!(take(Form::Solution, "\u{feff}def f(xs):\r\n\treturn 1\r\n").unwrap(), "def f(xs):\n\treturn 1\n");
    assert!(take(Form::Continuation, "    return 1\n").unwrap().contains("helper"));
    let head = problem("# f(0)=7\ndef f(x):\n", Some("f"));
    let whole = Completion { text: "def f(x):\n    return 7\n".to_owned(), form: Form::Continuation };
    assert_eq!(program(&head, &whole).unwrap().matches("def f").count(), 1);
    let prose = problem("Write a program that adds.", None);
    let alone = Completion { text: "print(1)\n".to_owned(), form: Form::Continuation };
    assert_eq!(program(&prose, &alone).unwrap(), "print(1)\n");
}

#[test]
fn the_prompts_imports_and_helpers_stay() {
    let code = chat("Here:\n\n```python\ndef f(xs: List[int]):\n    return helper(sum(xs))\n```\nDone.");
    assert!(code.starts_with("from typing import List\n\ndef helper(x):"));
    assert!(code.ends_with("return helper(sum(xs))\n"));
    assert!(!code.contains("Sum."));
    let future = chat("```python\nfrom __future__ import annotations\ndef f(xs):\n    return 1\n```");
    assert!(future.starts_with("from __future__ import annotations\n"));
}

#[test]
fn the_block_that_defines_the_function_is_taken() {
    let right = "def f(xs):\n    return 2\n";
    for text in [
        format!("```python\n{right}```"),
        format!("Prose with `code`.\n\n```\n{right}```\n\nMore."),
        format!("~~~py\n{right}~~~\n"),
        format!("```python\n{right}"),
        format!("First a wrong try:\n```python\ndef f(xs):\n    return 1\n```\nBetter:\n```python\n{right}```"),
        format!("```python\n{right}```\nUse it so:\n```python\nprint(f([1]))\n```"),
        format!("```python\n{right}```\n```\n>>> f([1])\n2\n```"),
        format!("```bash\npip install f\n```\n```python3\n{right}```\n```json\n{{}}\n```"),
        "1. Do this:\n\n   ```python\n   def f(xs):\n       return 2\n   ```\n".to_string(),
        format!("<think>\n```python\ndef f(xs):\n    return 1\n```\n</think>\n```python\n{right}```"),
        format!("a draft\n```python\ndef f(xs):\n    return 1\n```\n</think>\n\n```python\n{right}```"),
        format!("```python\r\n{}```\r\n", right.replace('\n', "\r\n")),
        format!("```Python title=\"a\"\n{right}```"),
        "> ```python\n> def f(xs):\n>     return 2\n> ```\n".to_string(),
    ] {
        for form in [Form::Chat, Form::Solution, Form::Continuation] {
            let code = take(form, &text).unwrap();
            assert!(code.ends_with(right), "{form:?} {text:?} gave {code:?}");
            assert!(!code.contains("return 1"), "{text:?}");
        }
    }
}

#[test]
fn helpers_of_other_blocks_are_kept() {
    let code = chat(
        "```python\nimport math\ndef g(x):\n    return math.pi\n```\nthen\n```python\ndef f(xs):\n    return g(1)\n```",
    );
    assert!(code.contains("def g(x)") && code.ends_with("return g(1)\n"));
    let code = chat("```python\nprint(g(1))\n```\n```python\ndef f(xs):\n    return g(1)\n```");
    assert!(!code.contains("print"));
}

#[test]
fn bodies_continue_the_prompt() {
    let code = chat("The body is\n```python\n    return sum(xs)\n```");
    assert_eq!(code, format!("{PROMPT}    return sum(xs)\n"));
    let code = take(Form::Continuation, "    return sum(xs)\n```\n\nThis adds them up.\n").unwrap();
    assert_eq!(code, format!("{PROMPT}    return sum(xs)\n"));
    let code = take(Form::Solution, "def f(xs):\n    return 2\n```\nIt returns two.").unwrap();
    assert_eq!(code, "def f(xs):\n    return 2\n");
}

#[test]
fn a_fence_in_a_documentation_is_code() {
    let text = "def f(xs):\n    \"\"\"Example:\n\n```python\nf(1)\n```\n    \"\"\"\n    return 2\n";
    assert_eq!(take(Form::Solution, text).unwrap(), text);
}

#[test]
fn quotes_in_comments_and_in_other_quotes_open_no_documentation() {
    let body = "def f(xs):\n    \"\"\"\n    ```\n    f([1])\n    ```\n    \"\"\"\n    return 1\n";
    for head in ["# \"\"\" odd\n", "q = '\"\"\"'\n", "q = \"\\\"'''\"\n", "r = '''\"\"\"'''  # don't\n"] {
        let text = format!("{head}{body}");
        assert_eq!(take(Form::Solution, &text).unwrap(), text);
    }
    let fenced = "# it's \"here\":\n```python\ndef f(xs):\n    return 1\n```\n";
    assert!(take(Form::Solution, fenced).unwrap().trim_end().ends_with("\ndef f(xs):\n    return 1"));
}

#[test]
fn chat_without_a_fence() {
    let code = chat("Sure! Here is the code:\n\nimport math\n\ndef f(xs):\n    return 2\n\nThis function returns two.");
    assert!(code.ends_with("import math\n\ndef f(xs):\n    return 2\n"));
    assert_eq!(chat("    return 2\n"), format!("{PROMPT}    return 2\n"));
    for text in
        ["I can't do that.", "", "<think>def f(xs): return 1", "<think>\n```python\ndef f(xs):\n    return 1\n```\n"]
    {
        assert_eq!(take(Form::Chat, text), None, "{text:?}");
    }
}

#[test]
fn programs_without_an_entry_point() {
    let problem = problem("Read two numbers.", None);
    let of = |text: &str| program(&problem, &Completion { text: text.to_owned(), form: Form::Chat }).unwrap();
    assert_eq!(of("```python\nprint(1)\n```\nInput:\n```\n3 4\n```"), "print(1)\n");
    assert_eq!(of("```\nprint(1)\n```"), "print(1)\n");
}

#[test]
fn contest_functions_find_their_names() {
    let mut problem = problem("?", Some("solve"));
    let cases = vec![FunctionalCase { arguments: vec![], expected: serde_json::json!(1), also: vec![] }];
    problem.tests.insert("tests".to_owned(), TestSuite::Functional { function: "solve".to_owned(), cases });
    let text = "```python\nclass Solution:\n    def solve(self) -> List[int]:\n        return 1\n```";
    let code = program(&problem, &Completion { text: text.to_owned(), form: Form::Chat }).unwrap();
    assert!(code.contains("from typing import *") && code.ends_with("return 1\n"));
}

#[test]
fn code_in_words_and_between_marks() {
    let task = problem("Write a function to add.", Some("add"));
    let code = "def add(a, b):\n    return a + b";
    let of = |text: &str, form| program(&task, &Completion { text: text.to_owned(), form }).unwrap().trim().to_owned();
    for form in [Form::Continuation, Form::Solution, Form::Chat] {
        for text in [
            format!("[BEGIN]\n{code}\n[DONE]\n"),
            format!("{code}\n[DONE]\nmore"),
            format!("Here is the solution:\n\n{code}\n\nThis function does the job, doesn't it?\n"),
            format!("Here's one:\n{code}\n"),
            format!("{code}\n\nThis adds two numbers.\n"),
        ] {
            assert_eq!(of(&text, form), code, "{text}");
        }
    }
    for code in [
        "x = \"some words here\"\ndef add(a, b):\n    return a + b",
        "'''\nThis adds two numbers.\n'''\ndef add(a, b):\n    return a + b",
        "from math import sqrt as root\ndef add(a, b):\n    return a + b\nprint(add(1, 2))",
        "def add(a, b):\n    return a + b\nx = '''\nsome more words'''",
        "using namespace std;\nclass Sum {\n};\nint main() { return 0; }",
    ] {
        assert_eq!(of(code, Form::Solution), code);
        assert_eq!(of(code, Form::Continuation), code);
    }
}

#[test]
fn a_body_follows_the_starter_code() {
    let mut task = problem("Add.", Some("add"));
    let starter = "class Solution:\n    def add(self, a, b) -> int:\n        ";
    task.fields.insert("starter_code".to_owned(), starter.into());
    let whole = "class Solution:\n    def add(self, a, b) -> int:\n        return a + b";
    for form in [Form::Continuation, Form::Chat] {
        for text in ["        return a + b", "return a + b", whole] {
            let got = program(&task, &Completion { text: text.to_owned(), form });
            assert_eq!(got.as_deref().map(str::trim), Some(whole), "{text}");
        }
    }
}
