//! The dashboard on a stored run, and what a user wants of the run on stderr.
//!
//! `cargo run -p dashboard --example watch -- DB RUN`

use std::path::PathBuf;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("watch DB RUN")?);
    let run = arguments.next().unwrap_or_else(|| "latest".to_owned());
    let mut wishes = Vec::new();
    let ending =
        dashboard::watch(&path, &run, dashboard::theme::Theme::DARK, |run, command| wishes.push((run, command)))
            .await?;
    tracing::info!(?ending, ?wishes, "left");
    Ok(())
}
