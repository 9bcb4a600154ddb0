use super::*;
use crate::figure::tests::run;
use crate::fixture;

fn page(completion: &str) -> String {
    let data = run("tiny", 0);
    let mut detail = fixture::sample(3, 5);
    completion.clone_into(&mut detail.completion);
    detail.verdicts[1].detail = Some(completion.to_owned());
    let settings = Settings { bootstrap: 100, ..Settings::default() };
    let report = report::build(&data, &settings, None).unwrap();
    let runs = PageRun {
        data,
        report,
        wanted: 1,
        provenance: vec![("run".to_owned(), completion.to_owned())],
        samples: vec![PageSample { problem: completion.to_owned(), cell: Cell::FalsePositive, detail }],
    };
    write(&[runs], &settings)
}

#[test]
fn a_page_stands_alone() {
    let page = page("def f():\n    return 1\n");
    for figure in Figure::ALL {
        assert!(figure == Figure::ConditionalAccuracy || page.contains(&escape(figure.title())), "{figure:?}");
    }
    assert!(!page.contains("src=") && !page.contains("<link") && !page.contains("url(http"), "nothing is loaded");
    assert!(page.contains("\ndef f():\n    return 1</pre>"), "code stands without scripts, too");
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page, self::page("def f():\n    return 1\n"), "equal runs give equal pages");
}

#[test]
fn values_under_the_pointer_are_those_of_the_table() {
    let page = page("x");
    let settings = Settings { bootstrap: 100, ..Settings::default() };
    let table = harness::table::build("pass-at-n", &run("tiny", 0), &settings).unwrap();
    let at = |row: &[harness::table::Cell], column: &str| match row[table.column(column).unwrap()] {
        harness::table::Cell::Int(n) => n.to_string(),
        harness::table::Cell::Float(Some(x)) => crate::chart::written(x, crate::chart::Unit::Percent),
        ref other => panic!("{column}: {other:?}"),
    };
    assert_eq!(table.rows.len(), 64);
    for row in &table.rows {
        let harness::table::Cell::Text(verifier) = &row[1] else { panic!("{row:?}") };
        let [n, value, low, high] = ["n", "estimate", "ci_low", "ci_high"].map(|column| at(row, column));
        let title = format!("<title>{verifier}: N = {n}, {value} [{low}, {high}]</title>");
        assert!(page.contains(&title), "{title}");
    }
}

#[test]
fn a_completion_stays_text() {
    let hostile =
        "</code></pre></title><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}\u{0}\" onload='x'";
    let page = page(hostile);
    assert_eq!(page.matches("<script").count(), 1, "only the page's own");
    assert!(
        !page.contains("<img") && !page.contains('\u{1b}') && !page.contains('\u{202e}') && !page.contains('\u{0}')
    );
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn long_texts_are_cut_where_characters_end() {
    let page = page(&"ü".repeat(6_000));
    assert!(page.contains("more bytes in the store"));
}

#[test]
fn false_positives_come_first() {
    use Cell::{FalseNegative, FalsePositive, TrueNegative, TruePositive};
    let first = [TruePositive, FalsePositive, TruePositive, FalsePositive];
    let second = [TrueNegative, FalseNegative, FalsePositive];
    let picked = chosen(&[&first, &second]);
    let kinds: Vec<Cell> = picked.iter().map(|p| p.2).collect();
    assert_eq!(kinds, [FalsePositive, FalsePositive, FalsePositive, FalseNegative, TruePositive, TrueNegative]);
    assert_eq!(
        picked[..3],
        [(0, 1, FalsePositive), (1, 2, FalsePositive), (0, 3, FalsePositive)],
        "one of each problem first"
    );
}
