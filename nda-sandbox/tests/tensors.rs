//! Safetensors files: honest ones read back, hostile ones are refused by a typed error.
#![cfg(feature = "safetensors")]

use nda_ast::text::{Loader, TensorData};
use nda_ast::{Elem, Type};
use nda_sandbox::Value;
use nda_sandbox::tensors::{
    Dtype, MAX_HEADER, NewTensor, TensorError, TensorFile, TensorLoader, write_tensors,
};

/// A file with this header, as it is, and this much data.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.resize(out.len() + data, 0);
    out
}

fn refuse(bytes: Vec<u8>) -> TensorError {
    TensorFile::parse(bytes).map(|f| f.names().map(str::to_owned).collect::<Vec<_>>()).unwrap_err()
}

#[test]
fn written_files_read_back() {
    let weights: Vec<f32> = (0..6).map(|i| i as f32 / 4.0).collect();
    let bytes = [7_u8, 8, 9];
    let tensors = [
        NewTensor::new("bytes", Dtype::U8, &[3], &bytes[..]),
        NewTensor::f32("weights", &[2, 3], &weights),
        NewTensor::new("none", Dtype::I64, &[0, 5], vec![]),
    ];
    let note = [("made by".to_owned(), "a test".to_owned())];
    let written = write_tensors(&tensors, &note).unwrap();
    assert_eq!((written.len() - 3) % 8, 0, "data is aligned");
    let file = TensorFile::parse(written).unwrap();
    assert_eq!(file.metadata(), note);
    assert_eq!(file.names().collect::<Vec<_>>(), ["none", "weights", "bytes"]);
    let w = file.tensor("weights").unwrap();
    assert_eq!((w.shape(), w.rows(), w.to_f32().unwrap()), (&[2, 3][..], (2, 3), weights));
    let row = w.row(1).unwrap();
    assert_eq!((row.shape(), row.to_f32().unwrap()), (&[3][..], vec![0.75, 1.0, 1.25]));
    assert!(w.row(2).is_none());
    assert_eq!(file.tensor("none").unwrap().rows(), (0, 0));
    assert_eq!(file.tensor("bytes").unwrap().to_i64().unwrap(), [7, 8, 9]);
}

#[test]
fn lengths_are_bounded_before_they_are_believed() {
    assert_eq!(refuse(vec![]), TensorError::Truncated { found: 0, expected: 8 });
    assert_eq!(refuse(vec![1; 7]), TensorError::Truncated { found: 7, expected: 8 });
    for length in [u64::MAX, u64::MAX - 7, 1 << 63, MAX_HEADER + 1] {
        assert_eq!(refuse(length.to_le_bytes().to_vec()), TensorError::HeaderTooLong { found: length });
    }
    let short = MAX_HEADER.to_le_bytes().to_vec();
    assert_eq!(refuse(short), TensorError::Truncated { found: 8, expected: 8 + MAX_HEADER });
}

#[test]
fn headers_are_json_of_one_form() {
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    let deep_object = "{\"a\":".repeat(100_000);
    let bad = [
        "",
        "{",
        "[]",
        "null",
        "{}x",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"__metadata__\":{\"a\":1}}",
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#,
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}"#,
        r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        "{\"\\ud800\":1}",
        deep.as_str(),
        deep_object.as_str(),
    ];
    for header in bad {
        let error = refuse(file(header, 4));
        assert!(
            matches!(error, TensorError::Header { .. }),
            "{error:?} of {}",
            &header[..header.len().min(80)]
        );
    }
    let mut not_text = file("{\"a\":1}", 0);
    not_text[10] = 0xff;
    assert!(matches!(refuse(not_text), TensorError::Header { .. }));
}

#[test]
fn tensors_cover_the_data_exactly() {
    let one = |dtype: &str, shape: &str, from: u64, to: u64| {
        format!(r#""dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]"#)
    };
    let header = |parts: &[String]| {
        let list: Vec<String> = parts.iter().enumerate().map(|(i, p)| format!("\"t{i}\":{{{p}}}")).collect();
        format!("{{{}}}", list.join(","))
    };
    let case = |parts: &[String], data: usize| refuse(file(&header(parts), data));
    let name = |i: usize| format!("t{i}");

    let overlap = case(&[one("F32", "[2]", 0, 8), one("F32", "[1]", 4, 8)], 8);
    assert_eq!(overlap, TensorError::Offset { name: name(1), expected: 8, found: 4 });
    let gap = case(&[one("U8", "[1]", 0, 1), one("U8", "[1]", 2, 3)], 3);
    assert_eq!(gap, TensorError::Offset { name: name(1), expected: 1, found: 2 });
    let late = case(&[one("U8", "[1]", 1, 2)], 2);
    assert_eq!(late, TensorError::Offset { name: name(0), expected: 0, found: 1 });
    let backwards = case(&[one("U8", "[1]", 0, 4), one("U8", "[1]", 4, 3)], 4);
    assert!(matches!(backwards, TensorError::Size { found: Some(4), .. }), "{backwards:?}");
    let backwards = case(&[one("U8", "[1]", 0, 1), one("U8", "[1]", 1, 0)], 1);
    assert_eq!(backwards, TensorError::Size { name: name(1), expected: Some(1), found: None });
    let wide = case(&[one("F32", "[3]", 0, 8)], 8);
    assert_eq!(wide, TensorError::Size { name: name(0), expected: Some(12), found: Some(8) });
    let huge = case(&[one("F64", "[4294967296,4294967296]", 0, 8)], 8);
    assert_eq!(huge, TensorError::Size { name: name(0), expected: None, found: Some(8) });
    let beyond = case(&[one("U8", "[100]", 0, 100)], 99);
    assert_eq!(beyond, TensorError::Length { expected: 100, found: 99 });
    let left = case(&[one("U8", "[100]", 0, 100)], 101);
    assert_eq!(left, TensorError::Length { expected: 100, found: 101 });
    let empty = case(&[], 1);
    assert_eq!(empty, TensorError::Length { expected: 0, found: 1 });
    let unknown = case(&[one("F8_E4M3", "[1]", 0, 1)], 1);
    assert_eq!(unknown, TensorError::UnknownDtype { name: name(0), found: "F8_E4M3".to_owned() });
    // Sums of sizes near 2^64 must not wrap around.
    let half = u64::MAX / 2;
    let wrapping =
        [one("U8", &format!("[{half}]"), 0, half), one("U8", &format!("[{half}]"), half, 2 * half)];
    assert_eq!(case(&wrapping, 6), TensorError::Length { expected: half, found: 6 });
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_file_is_survived() {
    let honest = write_tensors(&[NewTensor::f32("w", &[2, 2], &[1.0; 4])], &[]).unwrap();
    for end in 0..honest.len() {
        refuse(honest[..end].to_vec());
    }
    for bit in 0..8 * honest.len() {
        let mut bytes = honest.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(file) = TensorFile::parse(bytes) {
            for tensor in file.tensors() {
                let _ = tensor.to_text_tensor();
                let _ = tensor.to_value(Type::Vec { n: 4 });
            }
        }
    }
}

#[test]
fn values_are_exact_or_refused() {
    let f64s: Vec<u8> = [0.5_f64, 0.1].iter().flat_map(|x| x.to_le_bytes()).collect();
    let tensors = [
        NewTensor::new("wide", Dtype::F64, &[2], f64s),
        NewTensor::new("half", Dtype::F16, &[2], vec![0x00, 0x3c, 0x00, 0xc0]),
        NewTensor::new("brain", Dtype::BF16, &[1], vec![0x80, 0x3f]),
        NewTensor::new("big", Dtype::U64, &[1], vec![0xff; 8]),
        NewTensor::new("small", Dtype::I8, &[2], vec![0xff, 2]),
    ];
    let file = TensorFile::parse(write_tensors(&tensors, &[]).unwrap()).unwrap();
    let value = |name: &str, ty: Type| match file.tensor(name).unwrap().to_value(ty) {
        Ok(value) => value.to_string(),
        Err(TensorError::Mismatch { .. }) => "mismatch".to_owned(),
        Err(other) => panic!("{other:?}"),
    };
    let buf = |elem: Elem, cap: u32| Type::Buf { elem, cap };
    assert_eq!(value("wide", Type::Vec { n: 2 }), "mismatch");
    assert_eq!(value("wide", buf(Elem::Float, 8)), "buf([0.5, 0.1])");
    assert_eq!(value("half", Type::Vec { n: 2 }), "vec32([1.0, -2.0])");
    assert_eq!(value("half", buf(Elem::U8, 8)), "mismatch");
    assert_eq!(value("half", Type::Int), "mismatch");
    assert_eq!(value("brain", Type::Vec { n: 1 }), "vec32([1.0])");
    assert_eq!(value("brain", Type::Vec { n: 2 }), "mismatch");
    assert_eq!(value("big", buf(Elem::Int, 8)), "mismatch");
    assert_eq!(value("small", buf(Elem::Int, 2)), "buf([-1, 2])");
    assert_eq!(value("small", buf(Elem::Int, 1)), "mismatch");
    let small = file.tensor("small").unwrap();
    assert!(small.row(1).unwrap().to_value(Type::Int).unwrap().same_bits(&Value::Int(2)));
    assert_eq!(small.to_text_tensor().unwrap().data, TensorData::I64(vec![-1, 2]));
    assert!(matches!(file.tensor("x"), Err(TensorError::UnknownTensor { known, .. }) if known.len() == 5));
}

#[test]
fn paths_stay_beneath_the_directory() {
    let mut files = TensorLoader::new(env!("CARGO_MANIFEST_DIR"));
    let mut find = |path: &str| files.load(path, "w").unwrap_err();
    for path in ["/etc/hostname", "../Cargo.toml", "src/../../Cargo.toml"] {
        assert!(find(path).contains("leaves the program's directory"), "{path}");
    }
    assert!(find("nowhere.safetensors").starts_with("cannot read"));
    assert!(find("Cargo.toml").contains("header is too long"));
    let mut files = TensorLoader::new(env!("CARGO_MANIFEST_DIR")).max_file(10);
    let long = files.load("Cargo.toml", "w").unwrap_err();
    assert!(long.contains("longer than 10 bytes"), "{long}");
}

#[test]
fn unwritable_tensors_are_refused() {
    let twice = [NewTensor::f32("a", &[1], &[1.0]), NewTensor::f32("a", &[1], &[1.0])];
    assert!(matches!(write_tensors(&twice, &[]), Err(TensorError::Repeated { .. })));
    let short = [NewTensor::f32("a", &[2], &[1.0])];
    assert!(matches!(write_tensors(&short, &[]), Err(TensorError::Size { .. })));
}
