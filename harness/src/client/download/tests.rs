use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// What a server does to one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Serves the file, or the part asked for, and hangs up after so many bytes of it.
    File { bytes: Arc<Vec<u8>>, tag: Option<&'static str>, cut: usize },
    /// A status without a body.
    Status(&'static str),
}

/// A server that gives its answers in turn, the last one for ever, and keeps the requests' heads.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) heads: Arc<std::sync::Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve(name: &str, answers: Vec<Answer>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{name}", listener.local_addr().unwrap());
    let heads = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (kept, turn) = (Arc::clone(&heads), AtomicUsize::new(0));
    let task = tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|n| n > 0) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_lowercase();
            kept.lock().unwrap().push(head.clone());
            let answer = &answers[turn.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1)];
            let _ = stream.write_all(&reply(answer, &head)).await;
            let _ = stream.shutdown().await;
        }
    });
    Served { url, heads, task }
}

fn reply(answer: &Answer, head: &str) -> Vec<u8> {
    let line = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned());
    let (bytes, tag, cut) = match answer {
        Answer::Status(status) => {
            return format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes();
        }
        Answer::File { bytes, tag, cut } => (bytes, tag, *cut),
    };
    let same = line("if-range:").is_none_or(|asked| tag.is_some_and(|t| asked == t.to_lowercase()));
    let start: usize = line("range:")
        .filter(|_| same)
        .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .unwrap_or(0);
    let tag = tag.map(|t| format!("etag: {t}\r\n")).unwrap_or_default();
    let total = bytes.len();
    if start >= total {
        return format!("HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */{total}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes();
    }
    let (status, range) = if start > 0 {
        ("206 Partial Content", format!("content-range: bytes {start}-{}/{total}\r\n", total - 1))
    } else {
        ("200 OK", String::new())
    };
    let mut out =
        format!("HTTP/1.1 {status}\r\n{tag}{range}content-length: {}\r\nconnection: close\r\n\r\n", total - start)
            .into_bytes();
    out.extend(&bytes[start..total.min(start.saturating_add(cut))]);
    out
}

pub(crate) fn whole(bytes: &[u8]) -> Answer {
    Answer::File { bytes: Arc::new(bytes.to_vec()), tag: Some("\"one\""), cut: usize::MAX }
}

fn cut(bytes: &[u8], tag: Option<&'static str>, cut: usize) -> Answer {
    Answer::File { bytes: Arc::new(bytes.to_vec()), tag, cut }
}

fn content() -> Vec<u8> {
    (0..100_000u32).flat_map(u32::to_le_bytes).collect()
}

async fn fetch(served: &Served, part: &Path) -> (Result<u64, DownloadError>, Vec<Progress>) {
    let mut seen = Vec::new();
    let result = download(&served.url, part, &mut |p| seen.push(p)).await;
    (result, seen)
}

#[tokio::test]
async fn a_cut_connection_goes_on_where_it_stopped() {
    let bytes = content();
    let answers = vec![cut(&bytes, Some("\"one\""), 150_000), cut(&bytes, Some("\"one\""), 90_000), whole(&bytes)];
    let served = serve("set.bin", answers).await;
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("set.part");
    let (result, seen) = fetch(&served, &part).await;
    assert_eq!(result.unwrap(), bytes.len() as u64);
    assert_eq!(fs::read(&part).unwrap(), bytes);
    let heads = served.heads.lock().unwrap();
    let ranges: Vec<_> = heads.iter().map(|h| h.lines().find(|l| l.starts_with("range:")).map(str::to_owned)).collect();
    assert_eq!(ranges, [None, Some("range: bytes=150000-".to_owned()), Some("range: bytes=240000-".to_owned())]);
    assert!(heads[1].contains("if-range: \"one\""));
    assert_eq!(seen.last(), Some(&Progress { done: 400_000, total: Some(400_000) }));
    assert!(seen.is_sorted_by_key(|p| p.done), "nothing is fetched twice");
    assert!(!version_of(&part).exists());
}

#[tokio::test]
async fn the_next_process_goes_on_and_a_new_version_starts_anew() {
    let bytes = content();
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("set.part");
    // what an interrupted process leaves
    fs::write(&part, &bytes[..1000]).unwrap();
    fs::write(version_of(&part), "\"one\"").unwrap();
    let served = serve("set.bin", vec![whole(&bytes)]).await;
    fetch(&served, &part).await.0.unwrap();
    assert!(served.heads.lock().unwrap()[0].contains("range: bytes=1000-"));
    assert_eq!(fs::read(&part).unwrap(), bytes);

    fs::write(&part, b"of an older version, whatever its length").unwrap();
    fs::write(version_of(&part), "\"zero\"").unwrap();
    fetch(&served, &part).await.0.unwrap();
    assert_eq!(fs::read(&part).unwrap(), bytes);

    // whole, but not moved to its place
    fs::write(version_of(&part), "\"one\"").unwrap();
    assert_eq!(fetch(&served, &part).await.0.unwrap(), bytes.len() as u64);

    // without its version a rest is worth nothing
    fs::write(&part, b"a rest").unwrap();
    fetch(&served, &part).await.0.unwrap();
    assert_eq!(fs::read(&part).unwrap(), bytes);
}

#[tokio::test]
async fn what_cannot_be_had_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("set.part");
    let served = serve("set.bin", vec![Answer::Status("404 Not Found")]).await;
    let error = fetch(&served, &part).await.0.unwrap_err().to_string();
    assert!(error.ends_with("set.bin answers 404 Not Found"), "{error}");
    assert_eq!(served.heads.lock().unwrap().len(), 1, "a refusal is final");

    let served = serve("set.bin", vec![Answer::Status("503 Service Unavailable"), whole(b"at last")]).await;
    assert_eq!(fetch(&served, &part).await.0.unwrap(), 7);

    // a server without versions that always hangs up: it ends
    let served = serve("set.bin", vec![cut(&content(), None, 1000)]).await;
    let error = fetch(&served, &part).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::Unreachable { attempts: ATTEMPTS, .. }), "{error:?}");

    let mut none = |_: Progress| {};
    let nobody = download("http://127.0.0.1:1/set.bin", &part, &mut none).await.unwrap_err();
    assert!(matches!(nobody, DownloadError::Unreachable { done: 0, .. }), "{nobody:?}");
    let file = download("file:///etc/passwd", &part, &mut none).await.unwrap_err().to_string();
    assert_eq!(file, "file:///etc/passwd is no http or https address");
}

#[tokio::test]
async fn two_processes_do_not_write_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("set.part");
    let held = File::create(&part).unwrap();
    held.lock().unwrap();
    let served = serve("set.bin", vec![whole(b"x")]).await;
    assert!(matches!(fetch(&served, &part).await.0.unwrap_err(), DownloadError::Busy { .. }));
}
