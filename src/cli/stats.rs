//! `nbest stats`.

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use harness::stats::serve;

/// Lists the estimators, or answers JSON lines on stdin until they end.
pub(crate) fn run(list: bool) -> anyhow::Result<ExitCode> {
    let mut output = BufWriter::new(std::io::stdout().lock());
    if list {
        for function in serve::functions() {
            writeln!(output, "{}: {}\n    {}", function.name, function.signature, function.source)?;
        }
        output.flush()?;
    } else {
        serve::serve(std::io::stdin().lock(), &mut output)?;
    }
    Ok(ExitCode::SUCCESS)
}
