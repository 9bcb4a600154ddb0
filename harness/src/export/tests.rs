use super::*;

fn table() -> Table {
    Table {
        name: "pass-at-n".into(),
        columns: ["run", "n", "estimate", "censored"].into_iter().map(Into::into).collect(),
        rows: vec![
            vec![Cell::Text("a, \"b\" |_%".into()), Cell::Int(3), Cell::Float(Some(0.1)), Cell::Bool(true)],
            vec![Cell::Text("c".into()), Cell::Int(4), Cell::Float(None), Cell::Empty],
        ],
        notes: vec!["one note".to_owned()],
    }
}

fn text(format: &str) -> String {
    let mut out = Vec::new();
    write(&table(), format.parse().unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn undefined_is_not_zero_in_any_format() {
    assert_eq!(text("csv"), "run,n,estimate,censored\n\"a, \"\"b\"\" |_%\",3,0.1,true\nc,4,,\n");
    assert_eq!(
        text("jsonl"),
        "{\"run\":\"a, \\\"b\\\" |_%\",\"n\":3,\"estimate\":0.1,\"censored\":true}\n\
         {\"run\":\"c\",\"n\":4,\"estimate\":null,\"censored\":null}\n"
    );
    let parsed: serde_json::Value = serde_json::from_str(&text("json")).unwrap();
    assert_eq!((parsed[1]["estimate"].is_null(), parsed[0]["n"].as_u64()), (true, Some(3)));
    assert!(text("markdown").contains("| c | 4 | -- | -- |"), "{}", text("markdown"));
    assert!(text("markdown").contains("a, \"b\" \\|_%"));
    assert!(text("latex").contains("a, \"b\" |\\_\\%"), "{}", text("latex"));
    assert!(text("latex").contains("c & 4 & {--} & {--} \\\\"));
    assert!("xlsx".parse::<Format>().is_err());
}

#[test]
fn an_empty_table_is_still_one() {
    let empty = Table { rows: Vec::new(), ..table() };
    let mut out = Vec::new();
    write(&empty, Format::Json, &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<Vec<u8>>(&out).unwrap(), Vec::<u8>::new());
    out.clear();
    write(&empty, Format::Csv, &mut out).unwrap();
    assert_eq!(out, b"run,n,estimate,censored\n");
}

/// A table as papers show it: intervals beside their values, an undefined number.
fn reward() -> Table {
    let float = |x: f64| Cell::Float(Some(x));
    let columns = ["run", "cost", "k", "reward", "ci_low", "ci_high", "optimal_k", "optimal_k_low", "optimal_k_high"];
    Table {
        name: "reward".into(),
        columns: columns.into_iter().map(Into::into).collect(),
        rows: vec![
            vec![
                Cell::Text("a_b".into()),
                float(0.5),
                Cell::Int(1),
                float(0.175_451),
                float(0.1),
                float(0.24),
                Cell::Int(4),
                Cell::Int(2),
                Cell::Int(16),
            ],
            vec![
                Cell::Text("a_b".into()),
                float(2.0),
                Cell::Int(2),
                float(-0.25),
                Cell::Float(None),
                Cell::Float(None),
                Cell::Int(0),
                Cell::Empty,
                Cell::Empty,
            ],
        ],
        notes: Vec::new(),
    }
}

fn shown(format: Format, interval: Interval) -> String {
    let mut out = Vec::new();
    write_with(&reward(), format, interval, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_text_format_as_it_is() {
    insta::assert_snapshot!("csv", shown(Format::Csv, Interval::Columns));
    insta::assert_snapshot!("json", shown(Format::Json, Interval::Columns));
    insta::assert_snapshot!("jsonl", shown(Format::JsonLines, Interval::Columns));
    for (interval, word) in
        [(Interval::Columns, "columns"), (Interval::PlusMinus, "pm"), (Interval::Brackets, "brackets")]
    {
        insta::assert_snapshot!(format!("markdown-{word}"), shown(Format::Markdown, interval));
        insta::assert_snapshot!(format!("latex-{word}"), shown(Format::Latex, interval));
    }
}

#[test]
fn pages_are_what_the_whole_would_be() {
    let whole = reward();
    let formats = [Format::Csv, Format::Json, Format::JsonLines, Format::Markdown, Format::Latex, Format::Parquet];
    for format in formats {
        let (mut expected, mut paged) = (Vec::new(), Vec::new());
        write(&whole, format, &mut expected).unwrap();
        let mut writer = RowWriter::new(format, &mut paged);
        for row in &whole.rows {
            writer.write(&Table { rows: vec![row.clone()], ..whole.clone() }).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), 2);
        match format {
            // one object a line instead of one field a line
            Format::Json => {
                let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
                assert_eq!(value(&paged), value(&expected));
            }
            // numbers of the first row alone decide about columns there
            Format::Latex => assert_eq!(paged.len(), expected.len()),
            _ => assert_eq!(paged, expected, "{format:?}"),
        }
    }
}
