//! The HTML page of a stored run on stdout.
//!
//! `cargo run -p dashboard --example page -- DB RUN > run.html`

use std::io::Write as _;
use std::path::PathBuf;

use harness::store::Reader;
use harness::table::Settings;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("page DB RUN")?);
    let reader = Reader::open(&path).await?;
    let run = reader.find_run(&arguments.next().unwrap_or_else(|| "latest".to_owned())).await?;
    let page = dashboard::figure::page::read(&reader, &[run], &Settings::default()).await?;
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(())
}
