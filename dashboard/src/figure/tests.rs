use std::borrow::Cow;

use harness::analysis::{ProblemData, RunData, SampleData, VerdictData, VerifierInfo};
use harness::table::{Settings, Table};
use verifiers::domain::{Outcome, ProblemId, Role, Status};

use super::svg::{Style, svg};
use super::*;

/// 30 problems with 32 samples each: some hard, some easy, the selector wrong now and then, a reward beside it.
pub(crate) fn run(name: &str, shift: u32) -> RunData {
    let info = |name: &str, kind: &str, role| VerifierInfo::new(name, kind, role);
    let problems = (0..30u32).map(|p| {
        let mut verdicts = vec![Vec::new(), Vec::new(), Vec::new()];
        let mut samples = Vec::new();
        for s in 0..32u32 {
            let dice = (p * 7919 + s * 104_729 + shift * 31) % 101;
            let right = dice < (p * 3 + shift) % 90;
            let accepted = right || (dice > 80 && p % 3 != 0);
            samples.push(SampleData {
                index: s,
                outcome: Outcome::Ok,
                duplicate_of: None,
                completion_tokens: Some(40 + s),
                cost_usd: None,
            });
            let verdict = |pass: bool, score: Option<f64>| {
                let status = score.is_none().then_some(if pass { Status::Pass } else { Status::Fail });
                Some(VerdictData { status, score, steps: None, answer: None, weak: false })
            };
            verdicts[0].push(verdict(accepted, None));
            verdicts[1].push(verdict(right, None));
            let score = f64::from(dice % 50) / 100.0 + if right { 0.4 } else { 0.0 };
            verdicts[2].push(verdict(true, Some(score)));
        }
        ProblemData { id: ProblemId(format!("p{p}")), group: None, samples, verdicts }
    });
    RunData {
        name: name.to_owned(),
        samples_wanted: 32,
        sampling: "fixed".to_owned(),
        imported: false,
        verifiers: vec![
            info("base", "python-tests", Role::Selector),
            info("plus", "python-tests", Role::Oracle),
            info("rm", "reward", Role::Observer),
        ],
        problems: problems.collect(),
    }
}

fn tables(runs: &[RunData], figure: Figure) -> Vec<Table> {
    let settings = Settings { bootstrap: 200, ..Settings::default() };
    let each = |run: &RunData| {
        needs(figure).iter().map(|n| harness::table::build(n, run, &settings).unwrap()).collect::<Vec<_>>()
    };
    runs.iter().flat_map(each).collect()
}

#[test]
fn every_figure_is_drawn_from_real_tables() {
    let runs = [run("small", 0), run("large", 20), run("larger", 40)];
    for figure in Figure::ALL {
        for runs in [&runs[..1], &runs[..]] {
            let settings = Settings { bootstrap: 200, ..Settings::default() };
            let chart = plot(figure, runs, &settings, None).unwrap();
            assert!(!chart.lines.is_empty(), "{figure:?}");
            assert!(chart.caption.contains("30 problems with 32 samples each"), "{}", chart.caption);
            assert!(chart.caption.len() > 40 && !chart.x.label.is_empty() && !chart.y.label.is_empty(), "{figure:?}");
            for style in [Style::COLUMN, Style::WIDE] {
                let drawn = svg(&chart, style);
                assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{figure:?}");
                let picture = png::png(&drawn, 3.0).unwrap();
                assert!(picture.starts_with(b"\x89PNG") && picture.len() > 3_000, "{figure:?}");
                if let Ok(folder) = std::env::var("NBEST_FIGURES") {
                    let name = format!("{folder}/{}-{}-{:.0}.png", figure.name(), runs.len(), style.width);
                    std::fs::write(name, picture).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_curve_is_the_table_and_no_more() {
    let runs = [run("small", 0)];
    let tables = tables(&runs, Figure::PassAtN);
    let chart = chart(Figure::PassAtN, &tables);
    let plus = chart.lines.iter().find(|l| l.name == "plus").unwrap();
    assert_eq!(plus.points.len(), 32);
    assert!(plus.points.iter().all(|p| p.low.unwrap() <= p.y && p.y <= p.high.unwrap()));
    let estimate = tables[0].column("estimate").unwrap();
    let listed = tables[0].rows.iter().any(|r| r[estimate] == harness::table::Cell::Float(Some(plus.points[31].y)));
    assert!(listed);
}

#[test]
fn the_optimum_is_marked_once_for_each_cost() {
    let chart = chart(Figure::Reward, &tables(&[run("small", 0)], Figure::Reward));
    assert_eq!(chart.lines.len(), Settings::default().costs.len());
    assert!(chart.marks.len() <= chart.lines.len() && !chart.marks.is_empty());
    assert!(chart.lines.iter().any(|l| l.name == "cost 8: K = 0"), "a cost so high that nothing is drawn");
    let top = |colour: usize| chart.lines[colour].points.iter().map(|p| p.y).max_by(f64::total_cmp).unwrap();
    for mark in &chart.marks {
        assert!((mark.y - top(mark.colour)).abs() < 1e-9, "{mark:?} is not the top of its line");
    }
}

#[test]
fn equal_curves_are_both_seen() {
    let mut same = run("small", 0);
    same.verifiers.truncate(2);
    for problem in &mut same.problems {
        problem.verdicts.truncate(2);
        problem.verdicts[0] = problem.verdicts[1].clone();
    }
    let chart = chart(Figure::PassAtN, &tables(&[same], Figure::PassAtN));
    assert!(chart.caption.contains("by turns: base = plus."), "{}", chart.caption);
    let drawn = svg(&chart, Style::COLUMN);
    for (colour, offset) in [("#0072B2", "-0"), ("#D55E00", "-5")] {
        let line = drawn.lines().find(|l| l.contains("fill=\"none\"") && l.contains(colour)).unwrap();
        let dashes = format!("stroke-dasharray=\"5 5\" stroke-dashoffset=\"{offset}\"");
        assert!(line.contains(&dashes), "{line}");
    }
}

#[test]
fn what_orients_ends_where_the_plot_ends() {
    let runs = [run("small", 0), run("large", 20), run("larger", 40)];
    let chart =
        plot(Figure::ConditionalAccuracy, &runs, &Settings { bootstrap: 200, ..Settings::default() }, None).unwrap();
    let range = chart.x.range.unwrap();
    let guide = chart.lines.iter().find(|l| l.look == crate::chart::Look::Guide).unwrap();
    assert!(range.0 > 0.0 || range.1 < 1.0, "the plot does not show all");
    assert_eq!((guide.points[0].x, guide.points[1].x), range);
    // the fitted line begins at the first point
    let drawn = svg(&chart, Style::COLUMN);
    let fit = drawn.lines().find(|l| l.contains("stroke=\"#555555\" stroke-width=\"1.4\"")).unwrap();
    let start = fit.split_once("d=\"M").unwrap().1.split(' ').next().unwrap();
    assert!(drawn.contains(&format!("cx=\"{start}\"")), "no point at {start}");
}

#[test]
fn names_cannot_break_the_document() {
    let mut hostile = run("</title><script>alert(1)</script>\u{1b}[2J\u{0}&\"", 0);
    hostile.verifiers[1].name = "<b>\u{ffff}".to_owned();
    let drawn = svg(&chart(Figure::PassAtN, &tables(&[hostile, run("b", 3)], Figure::PassAtN)), Style::WIDE);
    assert!(!drawn.contains("<script") && !drawn.contains("<b>") && !drawn.contains('\u{1b}'));
    png::png(&drawn, 1.0).unwrap();
}

#[test]
fn no_data_is_said() {
    for figure in Figure::ALL {
        let empty = Table { name: Cow::Borrowed(needs(figure)[0]), ..Table::default() };
        let drawn = svg(&chart(figure, &[empty]), Style::COLUMN);
        assert!(drawn.contains("no data"), "{figure:?}");
    }
}

#[test]
fn names_are_those_of_the_command_line() {
    for figure in Figure::ALL {
        assert_eq!(Figure::parse(figure.name()), Some(figure));
    }
    assert_eq!(Figure::parse("pie"), None);
}
