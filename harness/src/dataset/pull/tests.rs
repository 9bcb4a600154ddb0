use super::*;
use crate::client::download::tests::{Answer, serve, whole};
use crate::dataset::{Format, catalog};

const LINES: &[u8] = b"{\"question\": \"1 + 1?\", \"answer\": \"#### 2\"}\n";

fn entry(pin: Option<Pin>) -> Entry {
    Entry { url: "http://127.0.0.1:1/set.jsonl", format: Format::Gsm8k, pin, ..catalog::CATALOG[0] }
}

/// Of [`LINES`], by sha256sum.
const DIGEST: &str = "083f27f1580f4c31d5e59ad6fd62afb79089a4c9bdbf27d853824a513d780fb9";

async fn pulled(entry: &Entry, answers: Vec<Answer>, cache: &Path) -> Result<Source, PullError> {
    let served = serve("set.jsonl", answers).await;
    pull(entry, Some(&served.url), cache, &mut |_| {}).await
}

#[tokio::test]
async fn what_is_pinned_is_verified_and_kept() {
    let cache = tempfile::tempdir().unwrap();
    let entry = entry(Some(Pin::File(DIGEST)));
    assert_eq!(cached(&entry, cache.path()), None);
    let source = pulled(&entry, vec![whole(LINES)], cache.path()).await.unwrap();
    assert!(source.verified && source.bytes == LINES.len() as u64 && source.sha256 == DIGEST);
    assert_eq!(cached(&entry, cache.path()), Some(source));
    assert_eq!(fs::read(entry.path(cache.path())).unwrap(), LINES);
    let names: Vec<_> = fs::read_dir(entry.path(cache.path()).parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing unfinished is left: {names:?}");
}

#[tokio::test]
async fn a_wrong_checksum_leaves_the_cache_as_it_was() {
    let cache = tempfile::tempdir().unwrap();
    let entry = entry(Some(Pin::File(DIGEST)));
    pulled(&entry, vec![whole(LINES)], cache.path()).await.unwrap();
    let error = pulled(&entry, vec![whole(b"{\"other\": 1}\n")], cache.path()).await.unwrap_err();
    assert!(matches!(&error, PullError::Checksum { wanted, .. } if *wanted == DIGEST), "{error}");
    assert!(error.hint().unwrap().contains("nothing was kept"));
    assert_eq!(fs::read(entry.path(cache.path())).unwrap(), LINES, "the good one stays");
    assert!(!entry.path(cache.path()).with_file_name("set.jsonl.part").exists());
}

#[tokio::test]
async fn content_is_verified_whatever_its_compression() {
    use std::io::Write as _;
    let cache = tempfile::tempdir().unwrap();
    let entry = Entry { url: "http://127.0.0.1:1/set.jsonl.gz", ..entry(Some(Pin::Content(DIGEST))) };
    for level in [flate2::Compression::fast(), flate2::Compression::best()] {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
        writer.write_all(LINES).unwrap();
        let bytes = writer.finish().unwrap();
        pulled(&entry, vec![whole(&bytes)], cache.path()).await.unwrap();
        let cut = pulled(&entry, vec![whole(&bytes[..bytes.len() - 9])], cache.path()).await.unwrap_err();
        assert!(matches!(cut, PullError::Checksum { .. }), "{cut}");
    }
}

#[tokio::test]
async fn an_unpinned_page_is_not_taken_for_problems() {
    let cache = tempfile::tempdir().unwrap();
    let error = pulled(&entry(None), vec![whole(b"<!doctype html>")], cache.path()).await.unwrap_err();
    assert!(matches!(error, PullError::Kind { ending: "JSON", .. }), "{error}");
    let source = pulled(&entry(None), vec![whole(LINES)], cache.path()).await.unwrap();
    assert!(!source.verified, "its digest is recorded, but was not known");
}

#[tokio::test]
async fn every_failure_has_a_way_out() {
    let cache = tempfile::tempdir().unwrap();
    let gone = pulled(&entry(None), vec![Answer::Status("404 Not Found")], cache.path()).await.unwrap_err();
    assert!(gone.hint().unwrap().contains("has moved"), "{gone}");
    let file = cache.path().join("a file");
    fs::write(&file, "").unwrap();
    let blocked = pulled(&entry(None), vec![whole(LINES)], &file).await.unwrap_err();
    assert!(blocked.hint().unwrap().contains("NBEST_CACHE"), "{blocked}");
}
