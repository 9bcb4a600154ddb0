//! What the end of a program tells: a limit that it ran into, and the line of its error output that says what happened.

use crate::sandbox::{Ended, Ran};

/// A file grew larger than it may.
const SIGXFSZ: i32 = 25;
/// No process or thread, no memory, no descriptor, a file too large, no space.
const USED_UP: [u32; 5] = [11, 12, 24, 27, 28];
/// How other languages say the same.
const USED_UP_WORDS: [&str; 9] = [
    "std::bad_alloc",
    "heap out of memory",
    "runtime: out of memory",
    "memory allocation of ",
    "annot allocate memory",
    "No space left on device",
    "File too large",
    "Too many open files",
    "Resource temporarily unavailable",
];

/// Whether a program that failed says that it failed for want of something that is limited.
pub(super) fn used_up(ran: &Ran) -> bool {
    match ran.ended {
        Ended::Memory | Ended::Output => return true,
        Ended::Signal(SIGXFSZ) => return true,
        Ended::Exit(0) | Ended::Timeout => return false,
        Ended::Exit(_) | Ended::Signal(_) => {}
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let Some(line) = telling_line(&said) else { return false };
    let (class, text) = line.split_once(':').map_or((line, ""), |(class, text)| (class, text.trim_start()));
    let number = |text: &str| text.strip_prefix("[Errno ")?.split(']').next()?.parse::<u32>().ok();
    class == "MemoryError"
        || class == "RuntimeError" && text == "can't start new thread"
        || class.ends_with("Error") && number(text).is_some_and(|number| USED_UP.contains(&number))
        || USED_UP_WORDS.iter().any(|word| line.contains(word))
}

/// The line of a program's error output that says most: the message of a panic or an exception, else the last one.
fn telling_line(said: &str) -> Option<&str> {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = *lines.last()?;
    let find = |is: &dyn Fn(&str) -> bool| lines.iter().position(|line| is(line));
    // Rust: the message stands below the place, hints below the message
    if let Some(place) = find(&|line| line.starts_with("thread '") && line.contains("panicked at")) {
        return Some(lines.get(place + 1).copied().unwrap_or(lines[place]));
    }
    let found = if last.starts_with("Node.js v") {
        find(&|line| line.split([':', ' ']).next().is_some_and(|class| class.ends_with("Error")))
            .or_else(|| find(&|line| line.starts_with("Uncaught") || line.contains("Error")))
    } else {
        find(&|line| {
            line.starts_with("panic: ") || line.starts_with("fatal error: ") || line.starts_with("FATAL ERROR: ")
        })
    };
    Some(found.map_or(last, |place| lines[place]))
}

/// The same with the line of a Python program where it happened; empty where nothing was said.
pub(super) fn last_words(said: &str) -> String {
    let Some(line) = telling_line(said) else { return String::new() };
    let place = said.lines().rev().find_map(|line| {
        let rest = line.trim_start().strip_prefix("File \"")?;
        let (file, rest) = rest.split_once("\", line ")?;
        let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        file.ends_with("main.py").then_some(number)
    });
    match place {
        Some(number) if !number.is_empty() => format!("{line} (line {number} of the program)"),
        _ => line.to_owned(),
    }
}

/// The first line of a compiler that speaks of an error; Go's have no such word, and a heading.
pub(super) fn first_error(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.clone().next();
    lines.find(|line| line.contains("error")).or(first).unwrap_or_default()
}

/// Whether a program that left by itself ended with an exception or a panic that is no failed assertion, or was no program at all.
pub(super) fn raised(said: &str) -> bool {
    let Some(line) = telling_line(said) else { return false };
    if line.contains("syntax error") {
        return true;
    }
    let panics = said.lines().any(|line| line.starts_with("thread '") && line.contains("panicked at"))
        || ["panic: ", "fatal error: "].iter().any(|head| line.starts_with(head));
    // Node adds a code in brackets
    let class = line.split(':').next().unwrap_or_default();
    let class = class.split_once(" [").map_or(class, |(class, _)| class);
    let traced = said.contains("Traceback (most recent call last)")
        || said.lines().any(|line| line.starts_with("Node.js v"))
        || class.ends_with("SyntaxError")
        || class == "IndentationError"
        || class == "TabError";
    let exception = traced && !class.is_empty() && class.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    (panics || exception) && !line.starts_with("assertion ") && !class.ends_with("AssertionError")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ran(ended: Ended, stderr: &str) -> Ran {
        let (wall, cpu) = (Duration::ZERO, Duration::ZERO);
        Ran { ended, stdout: Vec::new(), stderr: stderr.as_bytes().to_vec(), wall, cpu, peak_kb: 0 }
    }

    const PYTHON: &str = "Traceback (most recent call last):\n  File \"/tmp/main.py\", line 7, in <module>\n    f()\n  File \
                          \"/tmp/main.py\", line 3, in f\n    import x\n";
    const RUST: &str = "\nthread 'main' (3) panicked at main.rs:1:11:\nindex out of bounds: the len is 0\nnote: run with \
                        `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
    const NODE: &str =
        "/tmp/main.js:1\nnull.x\n     ^\n\nTypeError: Cannot read\n    at Object.<anonymous>\n\nNode.js v20.1.0\n";

    #[test]
    fn limits_are_known_by_what_is_said_last() {
        let one = Ended::Exit(1);
        for said in [
            "MemoryError\n",
            "BlockingIOError: [Errno 11] Resource temporarily unavailable\n",
            "OSError: [Errno 28] No space left on device\n",
            "OSError: [Errno 24] Too many open files: '/tmp/1'\n",
            "RuntimeError: can't start new thread\n",
        ] {
            assert!(used_up(&ran(one, &format!("{PYTHON}{said}"))), "{said}");
            assert!(!used_up(&ran(Ended::Exit(0), said)), "{said}");
            assert!(!used_up(&ran(one, &format!("{said}ValueError: no\n"))), "{said}");
        }
        assert!(used_up(&ran(Ended::Signal(6), "terminate called\n  what():  std::bad_alloc\n")));
        assert!(used_up(&ran(Ended::Signal(SIGXFSZ), "")));
        for said in ["", "KeyError: 28\n", "FileNotFoundError: [Errno 2] No such file\n", "RuntimeError: no\n"] {
            assert!(!used_up(&ran(one, said)), "{said}");
        }
    }

    #[test]
    fn the_line_that_says_most() {
        let key = format!("{PYTHON}KeyError: 1\n");
        assert_eq!(last_words(&key), "KeyError: 1 (line 3 of the program)");
        assert_eq!(last_words(RUST), "index out of bounds: the len is 0");
        assert_eq!(last_words(NODE), "TypeError: Cannot read");
        assert_eq!(last_words("panic: boom\n\ngoroutine 1 [running]:\nexit status 2\n"), "panic: boom");
        assert_eq!(last_words("one\ntwo\n\n"), "two");
        assert_eq!(first_error("main.cpp: In function\nmain.cpp:1:5: error: no\n  1 | x\n"), "main.cpp:1:5: error: no");
    }

    #[test]
    fn exceptions_are_errors_and_failed_assertions_are_not() {
        let python = |line: &str| format!("{PYTHON}{line}\n");
        for said in [
            python("ZeroDivisionError: division by zero"),
            python("candidate.Odd"),
            "  File \"/tmp/main.py\", line 1\n    (\nSyntaxError: '(' was never closed\n".to_owned(),
            RUST.to_owned(),
            NODE.to_owned(),
            "panic: boom\n\ngoroutine 1 [running]:\n".to_owned(),
            "main.sh: line 1: syntax error near unexpected token `('\n".to_owned(),
        ] {
            assert!(raised(&said), "{said}");
        }
        for said in [
            python("AssertionError"),
            python("AssertionError: 1 != 2\n\n----------\nRan 1 test in 0.001s\n\nFAILED (failures=1)"),
            RUST.replace("index out", "assertion `left == right` failed: index out"),
            NODE.replace("TypeError", "AssertionError [ERR_ASSERTION]"),
            "wrong answer\n".to_owned(),
            String::new(),
        ] {
            assert!(!raised(&said), "{said}");
        }
    }
}
