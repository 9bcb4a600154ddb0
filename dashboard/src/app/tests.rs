use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::fixture;
use crate::snapshot::{Cell, SampleKey};

fn app() -> App {
    let mut app = App::new(Theme::DARK, (100, 30));
    app.update(Message::Snapshot(Arc::new(fixture::live())));
    app
}

fn press(app: &mut App, keys: &str) -> Option<Effect> {
    let mut last = None;
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        last = app.update(Message::Key(KeyEvent::from(code)));
    }
    last
}

#[test]
fn digits_and_tab_change_the_view() {
    let mut app = app();
    press(&mut app, "3");
    assert_eq!(app.view, View::Problems);
    press(&mut app, "\t\t\t\t\t");
    assert_eq!(app.view, View::Overview);
    let click =
        MouseEvent { kind: MouseEventKind::Down(MouseButton::Left), column: 14, row: 1, modifiers: KeyModifiers::NONE };
    app.update(Message::Mouse(click));
    assert_eq!(app.view, View::Curves);
}

#[test]
fn search_filters_and_keeps() {
    let mut app = app();
    press(&mut app, "3/val/16");
    assert_eq!(app.problems.order.len(), 5, "16, 160 ... 163");
    press(&mut app, "3\n");
    assert_eq!(app.problems.filter, "val/163");
    assert_eq!(app.typing, None);
    press(&mut app, "\u{1b}");
    assert_eq!(app.problems.order.len(), 164);
}

#[test]
fn garbage_that_is_pasted_is_no_command() {
    let mut app = app();
    let effect = app.update(Message::Paste("qS3\u{1b}[2J\n".to_owned()));
    assert_eq!((effect, app.view), (None, View::Overview));
    press(&mut app, "3/");
    app.update(Message::Paste("Human\u{1b}Eval\n/12".to_owned()));
    assert_eq!(app.problems.filter, "HumanEval/12");
}

#[test]
fn a_problem_opens_its_samples_and_reads_them() {
    let mut app = app();
    let effect = press(&mut app, "3jj\n");
    assert_eq!(effect, Some(Effect::Fetch(SampleKey { run: 1, problem: 2, index: 0 })));
    app.update(Message::Sample(Arc::new(fixture::sample(2, 0))));
    assert!(app.samples.document.lines.len() > 5);
    let folded = app.samples.document.lines.len();
    press(&mut app, "p");
    assert!(app.samples.document.lines.len() > folded);
    assert_eq!(press(&mut app, "l"), Some(Effect::Fetch(SampleKey { run: 1, problem: 2, index: 1 })));
    assert_eq!(app.samples.detail, None);
    app.update(Message::Sample(Arc::new(fixture::sample(2, 0))));
    assert_eq!(app.samples.detail, None, "a late answer for another sample");
}

#[test]
fn false_positives_are_visited_forth_and_back() {
    let mut app = app();
    press(&mut app, "3f");
    let mut forth = vec![(app.samples.problem, app.samples.index)];
    for _ in 0..5 {
        press(&mut app, "f");
        forth.push((app.samples.problem, app.samples.index));
    }
    assert!(forth.is_sorted());
    for &(problem, index) in &forth {
        assert_eq!(app.snapshot.problems[problem].cells[index], Cell::FalsePositive);
    }
    for &place in forth.iter().rev().skip(1) {
        press(&mut app, "F");
        assert_eq!((app.samples.problem, app.samples.index), place);
    }
    press(&mut app, "F");
    assert!((app.samples.problem, app.samples.index) > forth[5], "round the end");
}

#[test]
fn sorting_puts_most_false_positives_first() {
    let mut app = app();
    press(&mut app, "3ss");
    let wrong: Vec<u32> = app.problems.order.iter().map(|&i| app.snapshot.problems[i].false_positive).collect();
    assert!(wrong.is_sorted_by(|a, b| a >= b) && wrong[0] > 0);
    press(&mut app, "r");
    let turned: Vec<u32> = app.problems.order.iter().map(|&i| app.snapshot.problems[i].false_positive).collect();
    assert!(turned.is_sorted());
}

#[test]
fn control_asks_before_it_stops() {
    let mut app = app();
    assert_eq!(press(&mut app, " "), Some(Effect::Control(Command::Pause)));
    assert_eq!(press(&mut app, "S"), None);
    assert_eq!(press(&mut app, "n"), None);
    assert_eq!(press(&mut app, "Sy"), Some(Effect::Control(Command::Stop)));
    app.update(Message::Snapshot(Arc::new(fixture::finished())));
    assert_eq!(press(&mut app, " "), None);
    assert_eq!(press(&mut app, "q"), Some(Effect::Quit));
}

#[test]
fn concurrency_stays_between_one_and_the_limit() {
    for (now, fewer) in [(1, None), (2, Some(1)), (4, Some(3)), (64, Some(48))] {
        let mut app = app();
        let mut snapshot = fixture::live();
        snapshot.progress.concurrency = now;
        app.update(Message::Snapshot(Arc::new(snapshot)));
        assert_eq!(press(&mut app, "-"), fewer.map(|n| Effect::Control(Command::Concurrency(n))));
    }
}

#[test]
fn quick_presses_add_up() {
    let mut app = app();
    let wanted: Vec<_> = (0..5).map(|_| press(&mut app, "+")).collect();
    let commands = [40, 50, 62, 64].map(|n| Some(Effect::Control(Command::Concurrency(n))));
    assert_eq!(wanted[..4], commands);
    assert_eq!(wanted[4], None, "no more than the experiment allows");
    app.update(Message::Tick(fixture::NOW + 10_000));
    assert_eq!(press(&mut app, "-"), Some(Effect::Control(Command::Concurrency(24))), "the run has not followed");
}

#[test]
fn the_mouse_sorts_chooses_and_reads() {
    let mut app = app();
    let click = |app: &mut App, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        app.update(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    press(&mut app, "3");
    let body = layout::areas((100, 30)).body;
    click(&mut app, body.x + 17, body.y + 1);
    assert_eq!(app.problems.column, problems::Column::PassAt1);
    click(&mut app, body.x, body.y + 1);
    click(&mut app, body.x, body.y + 6);
    assert_eq!(app.problems.list.selected, 4);
    assert_eq!(
        click(&mut app, body.x, body.y + 6),
        Some(Effect::Fetch(SampleKey { run: 1, problem: 4, index: 0 })),
        "a click on the chosen row opens it"
    );
    assert_eq!(
        click(&mut app, body.x + 9, body.y + 1),
        Some(Effect::Fetch(SampleKey { run: 1, problem: 4, index: 9 })),
        "the strip"
    );
    press(&mut app, "5");
    click(&mut app, body.x, body.y + 2);
    assert_eq!(app.verifier, 1);
    press(&mut app, "1");
    click(&mut app, body.x + 60, body.y + 12);
    assert!(app.crosshair.is_some());
    for (x, y) in [(0, 0), (99, 29), (500, 500), (0, 29)] {
        for view in "1234567".chars() {
            press(&mut app, &view.to_string());
            click(&mut app, x, y);
        }
    }
}

#[test]
fn the_crosshair_walks_over_the_points() {
    let mut app = app();
    press(&mut app, "2l");
    assert_eq!(app.crosshair, Some(0.0));
    press(&mut app, "l");
    assert!(app.crosshair.unwrap() > 0.05);
    press(&mut app, "\u{1b}");
    assert_eq!(app.crosshair, None);
}

#[test]
fn a_shorter_run_keeps_every_place_inside() {
    let mut app = app();
    press(&mut app, "3G\n");
    let mut other = fixture::live();
    other.problems = Arc::new(fixture::live().problems[..2].to_vec());
    app.update(Message::Snapshot(Arc::new(other)));
    assert!(app.samples.problem < 2 && app.problems.list.selected < 2);
    app.update(Message::Snapshot(Arc::default()));
    assert_eq!((app.samples.problem, app.problems.list.selected), (0, 0));
}

#[test]
fn export_names_are_plain_files() {
    let mut app = app();
    let mut snapshot = fixture::live();
    snapshot.run.name = "../../etc/passwd".to_owned();
    app.update(Message::Snapshot(Arc::new(snapshot)));
    for view in "1234567".chars() {
        press(&mut app, &view.to_string());
        let Some(Effect::Export(name, text)) = press(&mut app, "e") else { panic!("no export") };
        assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
        assert!(view == '4' || !text.is_empty(), "{name}");
    }
}
