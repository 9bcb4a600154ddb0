//! What leaves the dashboard: text for the clipboard, files.

use std::io::{self, Write as _};
use std::path::PathBuf;

use base64::Engine as _;

/// Text that is longer is not offered to the terminal's clipboard: many refuse it.
const MOST_COPIED: usize = 100_000;

/// Puts text on the clipboard of whatever terminal this is, near or far (OSC 52).
pub(super) fn copy(text: &str) -> io::Result<()> {
    if text.len() > MOST_COPIED {
        return Err(io::Error::other(format!(
            "{} kB is more than terminals take; `e` writes a file",
            text.len() / 1000
        )));
    }
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}

/// Writes a new file; where the name is taken, a number is added.
pub(super) async fn export(name: &str, text: String) -> io::Result<PathBuf> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "txt"));
    for number in 1..1000 {
        let path = if number == 1 { name.to_owned() } else { format!("{stem}-{number}.{extension}") };
        match tokio::fs::OpenOptions::new().write(true).create_new(true).open(&path).await {
            Ok(_) => {
                tokio::fs::write(&path, text).await?;
                return Ok(PathBuf::from(path));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}
