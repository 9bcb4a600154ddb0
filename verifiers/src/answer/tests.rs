use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::{Completion, Form, Problem, ProblemId};

fn same(a: &str, b: &str) -> bool {
    Answer::read(a, Equality::Math).same(&Answer::read(b, Equality::Math), 1e-6)
}

fn found(extract: &str, text: &str) -> Option<String> {
    let settings =
        AnswerSettings { extract: extract.to_owned(), equality: Equality::Exact, tolerance: 0.0, second: None };
    AnswerVerifier::new(&settings).unwrap().find(text).map(|answer| answer.text)
}

#[test]
fn spellings_of_the_same_number() {
    let groups: &[&[&str]] = &[
        &[
            "1/2",
            "\\frac{1}{2}",
            "\\frac12",
            "\\dfrac 1 2",
            "0.5",
            ".5",
            "0.50",
            "$\\frac{1}{2}$",
            "2^{-1}",
            "½",
            "x = 1/2",
            "\\sqrt{1/4}",
        ],
        &[
            "1234567",
            "1,234,567",
            "1{,}234{,}567",
            "1 234 567",
            "1,\\!234,\\!567",
            "1234567.0",
            "\\$1,234,567",
            "1234567 dollars",
        ],
        &["2\\sqrt{3}", "\\sqrt{12}", "\\sqrt 3 \\cdot 2", "2*sqrt(3)", "\\frac{6}{\\sqrt{3}}", "12^{1/2}"],
        &["1\\frac{1}{2}", "1 1/2", "\\frac{3}{2}", "1.5", "\\frac{3}{2}\\text{ cm}", "1.5 \\mathrm{cm}"],
        &["3 \\times 10^4", "30000", "3e4", "3\\cdot 10^{4}"],
        &["\\pi/3", "\\frac{\\pi}{3}", "\\frac13\\pi", "π/3"],
        &["0.\\overline{3}", "1/3", "\\frac{1}{3}"],
        &["-\\frac{1}{2}", "\\frac{-1}{2}", "-0.5", "−1/2"],
        &["90^\\circ", "90", "90^{\\circ}", "90 degrees", "90°"],
        &["5!", "120", "\\binom{16}{2}"],
        &["\\log_2 8", "3", "\\sqrt[3]{27}", "|-3|", "\\frac{6}{2}", "\\ln e^3"],
        &["50%", "50\\%", "50 percent", "50"],
    ];
    for (place, group) in groups.iter().enumerate() {
        for a in *group {
            for b in *group {
                assert!(same(a, b), "{a} is {b}");
            }
            for other in groups.iter().skip(place + 1).flat_map(|g| g.iter()) {
                // 50 % is 0.5 as well
                let percent = place == 0 && groups[groups.len() - 1].contains(other);
                assert!(percent || !same(a, other), "{a} is not {other}");
            }
        }
    }
}

#[test]
fn collections_intervals_equations() {
    let equal = [
        ("(1, 2)", "\\left( 1, \\frac{4}{2} \\right)"),
        ("\\{1, 2, 3\\}", "3, 2, 1"),
        ("1 \\pm \\sqrt{19}", "1 - \\sqrt{19}, 1 + \\sqrt{19}"),
        ("[0, 1)", "0 \\le x < 1"),
        ("(-\\infty, 3]", "x \\leq 3"),
        ("(-\\infty, -1) \\cup (1, \\infty)", "(1, \\infty) \\cup (-\\infty, -1)"),
        ("x = 3", "3"),
        ("2x + 4y = 6", "x + 2y = 3"),
        ("(x+1)^2", "x^2 + 2x + 1"),
        ("\\frac{\\pi r}{h+r}", "\\frac{r\\pi}{r+h}"),
        ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\begin{bmatrix}1&2\\\\3&\\sqrt{16}\\end{bmatrix}"),
        ("\\text{Evelyn}", "evelyn"),
        ("\\text{(C)}", "C"),
        ("x \\in [-2, 7]", "[-2,7]"),
        ("y = 2x + 3", "y=3+2x"),
        ("6 \\text{ and } 8", "8, 6"),
        ("-x > -1", "x < 1"),
        ("204_5", "204_{5}"),
        ("99999999999999999999999999999999999999999999", "99999999999999999999999999999999999999999999"),
    ];
    for (a, b) in equal {
        assert!(same(a, b) && same(b, a), "{a} is {b}");
    }
    let different = [
        ("(1, 2)", "(2, 1)"),
        ("(0, 1)", "[0, 1]"),
        ("\\{1, 2\\}", "\\{1, 2, 3\\}"),
        ("x < 3", "x \\le 3"),
        ("x < 3", "x > 3"),
        ("4", "4\\sqrt{2}"),
        ("2x + 4y = 6", "x + 2y = 4"),
        ("a = 4, b = 5", "a = 5, b = 4"),
        ("12:00", "1:00"),
        ("0.333", "1/3"),
        ("5 cm", "5 m"),
        ("\\text{odd}", "\\text{even}"),
        ("x + 1", "x + 2"),
        ("204_5", "204_6"),
        ("99999999999999999999999999999999999999999999", "99999999999999999999999999999999999999999998"),
        ("\\frac{1}{2004!}", "\\frac{1}{2006!}"),
        ("1 - 1/e", "1 + 1/e"),
        ("1/0", "0"),
    ];
    for (a, b) in different {
        assert!(!same(a, b) && !same(b, a), "{a} is not {b}");
    }
}

#[test]
fn equal_answers_share_a_key() {
    for (a, b) in [
        ("1/2", "0.5"),
        ("\\sqrt{12}", "2\\sqrt3"),
        ("x=3", "3"),
        ("\\{2,1\\}", "1,2"),
        ("(x+1)^2", "x^2+2x+1"),
        ("Paris", "paris."),
    ] {
        assert_eq!(Answer::read(a, Equality::Math).key(), Answer::read(b, Equality::Math).key(), "{a} {b}");
    }
    assert_ne!(Answer::read("1/3", Equality::Math).key(), Answer::read("0.33", Equality::Math).key());
}

#[test]
fn final_answers_are_found() {
    let cases = [
        ("auto", "First $x=1$. So \\boxed{\\frac{1}{2}}.", Some("\\frac{1}{2}")),
        ("auto", "<think>\\boxed{7}</think> It is \\boxed{8}", Some("8")),
        ("auto", "He has 3 + 4 = 7 apples.\n#### 7", Some("7")),
        ("auto", "We add 3 and 4. The final answer is $7$. I hope it is correct.", Some("$7$")),
        ("auto", "There are 3 cats and 12 dogs", Some("12")),
        ("auto", "42", Some("42")),
        ("auto", "", None),
        ("boxed", "no box", None),
        ("boxed", "\\boxed{1} and \\boxed{2}", Some("1, 2")),
        ("boxed", "\\boxed{\\text{a \\{b\\}}}", Some("\\text{a \\{b\\}}")),
        ("hashes", "work\n#### -1,234", Some("-1,234")),
        ("last-number", "From 2 to 1,234.5 dollars.", Some("1,234.5")),
        ("last-number", "room B2", None),
        ("choice", "The answer is (C).", Some("C")),
        ("choice", "B. Because A is wrong", Some("B")),
        ("choice", "Final choice: \\boxed{\\text{D}}", Some("D")),
        ("json:answer.value", "{\"answer\": 1} then {\"answer\": {\"value\": \"x\"}}", Some("x")),
        ("json:answer", "{\"answer\": 12.5}", Some("12.5")),
        ("json:answer", "{\"other\": 1}", None),
        ("regex:ANSWER=(\\w+)", "ANSWER=a ANSWER=b", Some("b")),
    ];
    for (extract, text, expected) in cases {
        assert_eq!(found(extract, text).as_deref(), expected, "{extract}: {text}");
    }
}

#[test]
fn bad_settings_are_errors() {
    for extract in ["boxes", "json:", "regex:(", ""] {
        let settings = AnswerSettings { extract: extract.to_owned(), ..AnswerSettings::default() };
        assert!(AnswerVerifier::new(&settings).is_err(), "{extract}");
    }
    assert!(AnswerVerifier::new(&AnswerSettings { tolerance: f64::NAN, ..AnswerSettings::default() }).is_err());
}

#[test]
fn equalities_differ() {
    let same = |a: &str, b: &str, equality| Answer::read(a, equality).same(&Answer::read(b, equality), 0.01);
    assert!(same(" a b ", "a b", Equality::Exact) && !same("a b", "A b", Equality::Exact));
    assert!(same("New  York.", "\\text{new york}", Equality::Text) && !same("0.5", "1/2", Equality::Text));
    assert!(same("0.5", "1/2", Equality::Numeric) && same("100.4", "100", Equality::Numeric));
    assert!(!same("102", "100", Equality::Numeric));
}

#[tokio::test]
async fn verdicts_carry_the_vote() {
    let problem = |answer: Option<&str>| Problem {
        id: ProblemId("p".into()),
        prompt: String::new(),
        entry_point: None,
        reference: None,
        tests: BTreeMap::new(),
        answer: answer.map(str::to_owned),
        group: None,
        fields: serde_json::Map::new(),
    };
    let candidate = |answer: Option<&str>, text: &str| Candidate {
        problem: Arc::new(problem(answer)),
        sample_index: 0,
        completion: Completion { text: text.into(), form: Form::Chat },
        verdicts: BTreeMap::new(),
    };
    let verifier = AnswerVerifier::new(&AnswerSettings::default()).unwrap();
    let batch = [
        candidate(Some("\\frac{1}{2}"), "so \\boxed{0.5}"),
        candidate(Some("\\frac{1}{2}"), "so \\boxed{0.6}"),
        candidate(Some("4"), "I do not know."),
        candidate(None, "\\boxed{1}"),
        candidate(Some("3 + 4 = 7\n#### 7"), "#### 7"),
    ];
    let verdicts = verifier.judge(&batch).await;
    let statuses: Vec<_> = verdicts.iter().map(|v| v.status.unwrap()).collect();
    assert_eq!(statuses[0], Status::Pass);
    assert_eq!(statuses[1], Status::Fail);
    assert!(matches!(statuses[2], Status::Fail | Status::Error));
    assert_eq!(statuses[3], Status::Unjudged);
    assert_eq!(statuses[4], Status::Pass);
    assert_eq!(verdicts[0].answer.as_deref(), Some("1/2"));
    assert_eq!(verdicts[1].detail.as_deref(), Some("expected \\frac{1}{2}, got 0.6"));
}

#[test]
fn hostile_texts_end() {
    for text in [
        "(".repeat(3000),
        "{".repeat(3900),
        "\\frac".repeat(700),
        "-".repeat(3900),
        "2^".repeat(1900),
        "\\pm 1".repeat(700),
        "9".repeat(3900),
        format!("{}1{}", "\\sqrt{".repeat(500), "}".repeat(500)),
        "1,".repeat(1900),
        "\\boxed{".repeat(500),
        "|".repeat(3000),
        "10^{10^{10^{10}}}".to_owned(),
        "é".repeat(3000),
    ] {
        let answer = Answer::read(&text, Equality::Math);
        assert!(answer.same(&answer, 1e-6) || answer.squeezed.is_empty());
        let verifier = AnswerVerifier::new(&AnswerSettings::default()).unwrap();
        let _ = verifier.find(&text).map(|found| found.key());
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "[-+*/^_(){}\\[\\]\\\\$%,;.:=<>|! 0-9a-zé∞]{0,60}") {
        let answer = Answer::read(&text, Equality::Math);
        let _ = answer.key();
        prop_assert!(answer.same(&answer, 1e-6) || answer.squeezed.is_empty());
        let verifier = AnswerVerifier::new(&AnswerSettings::default()).unwrap();
        let _ = verifier.find(&text);
    }

    #[test]
    fn bases_that_do_not_exist_are_read(digits in "[0-9a-z]{1,4}", base in 0_u32..100) {
        let text = format!("{digits}_{{{base}}}");
        let is_same = same(&text, &text);
        prop_assert!(is_same);
    }

    #[test]
    fn fractions_equal_their_multiples(a in -500_i64..500, b in 1_i64..500, k in 1_i64..20) {
        let (fraction, multiple) = (format!("\\frac{{{a}}}{{{b}}}"), format!("{}/{}", a * k, b * k));
        let is_same = same(&fraction, &multiple);
        prop_assert!(is_same);
        let other = format!("{}/{b}", a + 1);
        let is_same = same(&fraction, &other);
        prop_assert!(!is_same);
    }
}

#[test]
fn traps_of_worked_answers() {
    for (text, answer) in [
        ("So she makes 9 * 2 = $<<9*2=18>>18 every day.\n#### 18", "18"),
        ("#### $70,000", "70000"),
        ("The final answer is $\\boxed{70,\\!000}$.", "70000"),
        ("Thus m + n = 3 + 7 = \\boxed{010}", "10"),
        ("**Answer:** $18", "18"),
        ("**Final Answer**\n\nThe answer is **25**.", "25"),
        ("Therefore, the total is 12 + 8 = 20 dollars.", "20"),
        ("The answer is 1,000.50 dollars.", "1000.5"),
        ("\\boxed{\\$18.90}", "18.9"),
        ("The speed is \\boxed{18\\text{ km/h}}.", "18"),
        ("\\[\\boxed{x=5}\\]", "5"),
        ("<think>It is 7. \\boxed{7}</think>The answer is 8.", "8"),
        ("First \\boxed{3}.\n\nWait, I made a mistake.\n\nSo it is \\boxed{4}.", "4"),
        ("The answer is -5.", "-5"),
        ("Let x = 2.\n\nThe answer is 3/4.", "0.75"),
        ("The probability is 3/8 = 37.5 %.", "3/8"),
        ("There are 204 integers.", "204"),
        ("Total: 3 hours and then 2 more, 5 hours in all.", "5"),
    ] {
        let verifier = AnswerVerifier::new(&AnswerSettings::default()).unwrap();
        let found = verifier.find(text).unwrap_or_else(|| panic!("nothing in {text:?}"));
        assert!(verifier.right_answer(answer).same(&found, 1e-6), "{text:?}: {:?} is not {answer}", found.text);
    }
}

#[test]
fn traps_of_multiple_choice() {
    for (text, letter) in [
        ("(A) 1 (B) 2 (C) 3. I think the correct answer is B.", "B"),
        ("The answer is (C) 12.", "C"),
        ("A. Because it is the only even one.", "A"),
        ("The best choice is option (d).", "D"),
        ("\\boxed{\\text{C}}", "C"),
        ("**B**", "B"),
        ("I choose C because A is wrong.", "C"),
        ("The answer is not A but B", "B"),
        ("Answer: D\n\nExplanation: A and B are too small.", "D"),
        ("The answer is a prime, so it must be (C)", "C"),
        ("answer: e", "E"),
        ("Option B is right.", "B"),
    ] {
        assert_eq!(found("choice", text).as_deref(), Some(letter), "{text:?}");
    }
}

#[test]
fn a_function_may_name_its_argument_otherwise() {
    assert!(same("W(n) = 1 \\text{ and } W(n) = -1", "W(x)=1orW(x)=-1"));
    assert!(same("f(x) = 3", "f(t) = 3"));
    for (a, b) in
        [("f(x) = 3", "g(x) = 3"), ("f(x) = 3", "f(t) = 4"), ("f(x) = t", "f(t) = t"), ("f(1) = 3", "f(2) = 3")]
    {
        assert!(!same(a, b), "{a} is not {b}");
    }
}
