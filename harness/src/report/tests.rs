use super::*;
use crate::table::tests::run;

fn settings() -> Settings {
    Settings { bootstrap: 200, ..Settings::default() }
}

fn value(report: &Report, key: &str) -> Option<f64> {
    report.headlines.iter().find(|h| h.key == key).unwrap_or_else(|| panic!("no {key}")).value
}

#[test]
fn a_report_opens_with_what_matters() {
    let report = build(&run(), &settings(), None).unwrap();
    assert!((value(&report, "pass_at_1").unwrap() - (0.25 + 1.0 / 3.0 + 0.25) / 3.0).abs() < 1e-12);
    assert!((value(&report, "false_discovery_rate").unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(value(&report, "stop_at_cost_8"), Some(0.0));
    // 16 samples asked for: 3 failed, 2 are not there, 1 not judged by both
    assert!((value(&report, "missing").unwrap() - 6.0 / 16.0).abs() < 1e-12);
    assert!(report.warnings.iter().any(|w| w.contains("are missing")));
    assert!(report.warnings.iter().any(|w| w.contains("3 problems")));
    assert_eq!(report.tables.len(), table::NAMES.len());
}

#[test]
fn several_runs_stand_side_by_side_in_every_form() {
    let mut other = run();
    other.name = "other".to_owned();
    other.problems[0].group = Some("hard".into());
    let reports = [build(&run(), &settings(), None).unwrap(), build(&other, &settings(), None).unwrap()];
    let plain = text(&reports);
    assert!(plain.starts_with("r | other"), "{plain}");
    assert!(plain.contains("macro: mean of groups"));
    let marked = markdown(&reports);
    assert!(marked.contains("| | r | other |") && marked.contains("## other: pass-at-n"), "{marked}");
    let data = json(&reports);
    assert_eq!(data[1]["run"], "other");
    assert_eq!(data[0]["tables"]["problems"]["rows"].as_array().unwrap().len(), 4);
    // macro: the mean of two groups, micro: the mean of three problems
    let groups = reports[1].groups.as_ref().unwrap();
    let cell = |row: usize| match &groups.rows[row][4] {
        table::Cell::Float(Some(x)) => *x,
        other => panic!("{other:?}"),
    };
    assert!((cell(2) - f64::midpoint(cell(0), cell(1))).abs() < 1e-12);
    assert!((cell(3) - (0.25 + 1.0 / 3.0 + 0.25) / 3.0).abs() < 1e-12);
}

#[test]
fn predictions_are_labelled_and_refused_too_far_out() {
    let near = build(&run(), &settings(), Some(10)).unwrap().extrapolation.unwrap();
    let far = build(&run(), &settings(), Some(1000)).unwrap().extrapolation.unwrap();
    assert!(far.coverage.is_none() && far.line().contains("refused"));
    assert!(near.line().starts_with("prediction"));
}

#[test]
fn what_should_not_be_trusted_is_said() {
    let mut same = run();
    same.sampling = "until-success".to_owned();
    for p in &mut same.problems {
        for s in &mut p.samples {
            s.duplicate_of = (s.index > 0).then_some(0);
        }
        for v in p.verdicts.iter_mut().flatten().flatten() {
            v.weak = true;
        }
    }
    let report = build(&same, &settings(), None).unwrap();
    for word in ["identical", "until-success", "weak"] {
        assert!(report.warnings.iter().any(|w| w.contains(word)), "{word}: {:?}", report.warnings);
    }
}

#[test]
fn a_run_without_verdicts_still_has_a_report() {
    let mut bare = run();
    bare.verifiers.clear();
    for p in &mut bare.problems {
        p.verdicts.clear();
    }
    let report = build(&bare, &settings(), Some(10)).unwrap();
    assert!(report.extrapolation.is_none() && report.headlines.iter().any(|h| h.key == "duplicates"));
    assert!(!text(&[report]).is_empty());
}
