use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use verifiers::domain::TestSuite;

use crate::dataset::{Format, Options, ProblemSet, load};

const SCHEMA: &str = "message schema {
    optional int64 task_id;
    optional binary text (UTF8);
    optional group test_list (LIST) { repeated group list { optional binary element (UTF8); } }
}";

/// Two problems in MBPP's form, the second with two tests.
fn file(path: &std::path::Path, compression: Compression) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = WriterProperties::builder().set_compression(compression).build();
    let target = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(target, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let text = |words: &[&str]| words.iter().map(|w| ByteArray::from(*w)).collect::<Vec<_>>();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[11, 12], Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&text(&["one", "two ü"]), Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let tests = text(&["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3"]);
    column.typed::<ByteArrayType>().write_batch(&tests, Some(&[3, 3, 3]), Some(&[0, 0, 1])).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

fn read(compression: Compression) -> ProblemSet {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mbpp.parquet");
    file(&path, compression);
    load(&path, "auto", &Options::default()).unwrap()
}

#[test]
fn columns_become_fields_whatever_the_compression() {
    let plain = read(Compression::UNCOMPRESSED);
    assert_eq!((plain.format, plain.problems.len()), (Format::Mbpp, 2));
    assert_eq!(plain.problems[1].id.0, "12");
    assert!(plain.problems[1].prompt.contains("two ü"));
    let suites: Vec<&TestSuite> = plain.problems[1].tests.values().collect();
    assert!(format!("{suites:?}").contains("f(3) == 3"), "{suites:?}");
    for compression in
        [Compression::SNAPPY, Compression::GZIP(GzipLevel::default()), Compression::ZSTD(ZstdLevel::default())]
    {
        assert_eq!(read(compression).hash, plain.hash, "{compression:?}");
    }
}

#[test]
fn a_broken_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mbpp.parquet");
    file(&path, Compression::SNAPPY);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    let error = load(&path, "auto", &Options::default()).unwrap_err();
    assert!(error.to_string().contains("can't read the Parquet file"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("cut off")), "{error:?}");
}
