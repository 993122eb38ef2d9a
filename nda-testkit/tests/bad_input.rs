//! Bytes that are no program: a typed error inside the input, on a small stack, whatever the bytes are.

mod raw;

use nda_ast::{Body, ErrorCode, Hash, Limits, ObjectKind, Program, decode, load, validate};
use nda_ast::{encode_constant, encode_function, encode_import};
use nda_testkit::generate::{Config, Entropy, generate};
use raw::{Object, entry, file, function, leb};

/// The worked example of docs/spec.md, without its names but for the function's.
fn sum() -> Vec<u8> {
    let hex = "4e44410001 01 0019 00 0101 0101 1000 01 1600 08e907 1601 1602 19 0201 00 1601 0c 00 0100 \
               0112 0100 0373756d 03 00016e 010373756d 020169";
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// A constant with its hash.
struct Raw(Vec<u8>);

impl Raw {
    fn new(bytes: &[u8]) -> Raw {
        Raw(bytes.to_vec())
    }

    fn object(&self) -> Object {
        (1, self.0.clone())
    }

    fn hash(&self) -> [u8; 32] {
        *Hash::of(ObjectKind::Constant, &self.0).as_bytes()
    }
}

/// Runs on a thread of 2 MiB.
fn on_small_stack(f: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(f).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// The code and offset of the refusal; panics where the bytes are accepted.
fn refused(bytes: &[u8]) -> (ErrorCode, usize) {
    match decode(bytes.to_vec(), &Limits::default()) {
        Ok(_) => panic!("accepted: {bytes:02x?}"),
        Err(e) => {
            assert!(e.offset <= bytes.len(), "offset {} of {} bytes", e.offset, bytes.len());
            assert!(e.to_string().starts_with(&format!("byte {}: ", e.offset)), "{e}");
            (e.code, e.offset)
        }
    }
}

/// Any bytes: an error that lies inside, or a program of which each object encodes to its own bytes.
fn check(bytes: &[u8]) -> Option<Program> {
    match decode(bytes.to_vec(), &Limits::default()) {
        Ok(program) => {
            for (i, object) in program.objects().iter().enumerate() {
                let again = match object.body() {
                    Body::Function(f) => encode_function(f),
                    Body::Constant(c) => encode_constant(c),
                    Body::Import(i) => encode_import(i),
                };
                assert_eq!(again, program.object_bytes(i as u32));
            }
            // A verdict either way, and no panic.
            let _ = validate(program.clone(), &Limits::default());
            Some(program)
        }
        Err(e) => {
            assert!(e.offset <= bytes.len(), "{e}");
            None
        }
    }
}

fn some_programs() -> Vec<Vec<u8>> {
    let small = Config { nodes: 60, functions: 3, ..Config::default() };
    let mut out: Vec<Vec<u8>> = (0..12).map(|seed| generate(&mut Entropy::new(seed), &small).bytes).collect();
    out.push(sum());
    out
}

#[test]
fn truncated() {
    on_small_stack(|| {
        for bytes in some_programs() {
            let whole = decode(bytes.clone(), &Limits::default()).expect("valid");
            let mut accepted = 0;
            for len in 0..bytes.len() {
                if let Some(program) = check(&bytes[..len]) {
                    // Only the optional sections can be missing.
                    assert!(
                        program
                            .objects()
                            .iter()
                            .map(|o| o.hash())
                            .eq(whole.objects().iter().map(|o| o.hash()))
                    );
                    accepted += 1;
                }
            }
            assert_eq!(accepted, 1, "the names section is the one part that a file can lack");
        }
    });
}

#[test]
fn bit_flipped() {
    on_small_stack(|| {
        let (mut refused, mut accepted) = (0, 0);
        for bytes in some_programs() {
            let whole = decode(bytes.clone(), &Limits::default()).expect("valid");
            for bit in 0..8 * bytes.len() {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                match check(&flipped) {
                    // What is accepted is another program, or the same under other names.
                    Some(other) => {
                        accepted += 1;
                        assert_ne!(other, whole);
                    }
                    None => refused += 1,
                }
            }
        }
        assert!(refused > 10_000 && accepted > 1000, "{refused} refused, {accepted} accepted");
    });
}

#[test]
fn random_bytes() {
    on_small_stack(|| {
        let mut entropy = Entropy::new(3);
        for round in 0..20_000 {
            let len = entropy.below(300) as usize;
            let mut bytes: Vec<u8> = (0..len).map(|_| entropy.below(256) as u8).collect();
            match round % 3 {
                0 => {}
                1 => bytes.splice(0..0, *b"NDA\0\x01").for_each(drop),
                _ => {
                    // The body of a function, with numbers that are mostly small.
                    let body: Vec<u8> =
                        bytes.iter().map(|b| if b & 1 == 0 { b / 2 } else { b % 8 }).collect();
                    bytes = file(&[function(&[0, 1, 1, 0], &[body.as_slice(), &[0]].concat())], &[0]);
                }
            }
            check(&bytes);
        }
    });
}

#[test]
fn not_the_header() {
    for bytes in [&b""[..], b"N", b"NDA", b"nda\0\x01", b"\0\0\0\0\0\0\0\0", b"\x7fELF"] {
        assert_eq!(refused(bytes), (ErrorCode::Magic, 0));
    }
    assert_eq!(refused(b"NDA\0"), (ErrorCode::Truncated, 4));
    assert_eq!(refused(b"NDA\0\x02\x01"), (ErrorCode::Version, 4));
}

#[test]
fn overlong_numbers() {
    // `sum` of docs/spec.md, with the offsets of its unsigned numbers; each is spelled one byte longer.
    let bytes = sum();
    let numbers = [5, 7, 8, 9, 0xb, 0x11, 0x13, 0x16, 0x18, 0x1b, 0x1e, 0x21, 0x22];
    for at in numbers {
        let mut long = bytes.clone();
        long[at] |= 0x80;
        long.insert(at + 1, 0);
        // The object's length is one more as well, unless it is itself the number.
        if (8..0x21).contains(&at) {
            long[7] += 1;
        }
        let (code, offset) = refused(&long);
        assert_eq!(code, ErrorCode::Overlong, "number at {at:#x}");
        assert!((at..=at + 1).contains(&offset), "number at {at:#x}: offset {offset:#x}");
    }
    // Signed: a last byte that only repeats the sign.
    for int in [&[0x80, 0][..], &[0xff, 0x7f], &[0x85, 0x80, 0], &[0x80; 11]] {
        let body = [&[0x10][..], int, &[0x0c, 0]].concat();
        let bytes = file(&[function(&[0, 0, 1, 1], &body)], &[0]);
        assert_eq!(refused(&bytes).0, ErrorCode::Overlong, "{int:02x?}");
    }
    // Numbers beyond their field.
    let large = [0xff; 9].iter().chain(&[0x7f]).copied().collect::<Vec<u8>>();
    assert_eq!(refused(&[b"NDA\0\x01", large.as_slice()].concat()).0, ErrorCode::Overlong);
}

#[test]
fn huge_counts() {
    on_small_stack(|| {
        let huge = [u64::from(u32::MAX), 1 << 40, u64::MAX];
        for n in huge {
            let n = leb(n);
            let mut cases: Vec<Vec<u8>> = vec![
                [b"NDA\0\x01", n.as_slice()].concat(),
                [b"NDA\0\x01\x01\x00", n.as_slice()].concat(),
                file(&[entry()], &[]).split_last().map(|(_, head)| [head, &n].concat()).unwrap_or_default(),
                [file(&[entry()], &[0]).as_slice(), &[1], &n].concat(),
                [file(&[entry()], &[0]).as_slice(), &[1, 5], &n].concat(),
                [file(&[entry()], &[0]).as_slice(), &[2, 5], &n].concat(),
            ];
            for head in [&[][..], &[0], &[0, 0]] {
                // Table, parameters, results.
                cases.push(file(&[(0, [head, &n].concat())], &[0]));
            }
            for op in [0x16, 0x13, 0x18, 0x0d, 0x0a, 0x02, 0x89, 0x8e, 0x08] {
                cases.push(file(&[function(&[0, 0, 0], &[&[0x10, 0, op][..], &n, &[0]].concat())], &[0]));
            }
            for tag in 4..=8 {
                cases.push(file(&[(1, [&[tag][..], &n].concat())], &[0]));
                cases.push(file(&[(1, [&[tag, 0x80, 0x80, 0x40][..], &n].concat())], &[0]));
            }
            for bytes in cases {
                // A slot or depth out of range is well-formed: the validator names the node.
                load(bytes.clone(), &Limits::default()).expect_err("refused");
                check(&bytes);
            }
        }
        // The greatest sizes with nothing behind them.
        for constant in [&[4, 0x80, 0x80, 0x40, 0x80, 0x80, 0x40][..], &[7, 0x80, 0x80, 0x40]] {
            assert_eq!(refused(&file(&[(1, constant.to_vec())], &[0])).0, ErrorCode::Truncated);
        }
        let mat = [8, 0xff, 0xff, 3, 0xff, 0xff, 3, 0, 0].to_vec();
        assert_eq!(refused(&file(&[(1, mat)], &[0])).0, ErrorCode::Truncated);
    });
}

#[test]
fn objects_out_of_place() {
    let leaf = || function(&[0, 0, 1, 1], &[0x10, 5, 0x0c, 0]);
    let constant = || (1_u8, vec![4, 2, 1, 9]);
    assert!(decode(file(&[leaf()], &[0]), &Limits::default()).is_ok());
    assert_eq!(refused(&file(&[leaf(), leaf()], &[0])).0, ErrorCode::RepeatedObject);
    assert_eq!(refused(&file(&[constant(), leaf()], &[1])).0, ErrorCode::ObjectOrder);
    assert_eq!(refused(&file(&[leaf(), constant()], &[0])).0, ErrorCode::UnreachableObject);
    assert_eq!(refused(&file(&[leaf(), entry()], &[1, 0])).0, ErrorCode::ObjectOrder);
    assert_eq!(refused(&file(&[leaf()], &[])).0, ErrorCode::BadEntry);
    assert_eq!(refused(&file(&[leaf()], &[0, 0])).0, ErrorCode::BadEntry);
    assert_eq!(refused(&file(&[leaf()], &[1])).0, ErrorCode::BadEntry);
    assert_eq!(refused(&file(&[constant()], &[0])).0, ErrorCode::BadEntry);
    assert_eq!(refused(&file(&[], &[])).0, ErrorCode::BadEntry);
    assert_eq!(refused(&file(&[(3, vec![])], &[0])).0, ErrorCode::BadObjectKind);
    let (kind, mut longer) = leaf();
    longer.push(0);
    assert_eq!(refused(&file(&[(kind, longer)], &[0])).0, ErrorCode::ObjectLength);
}

#[test]
fn tables() {
    let raw = Raw::new(&[4, 2, 1, 9]);
    let with = |table: &[&[u8]], body: &[u8]| {
        let mut head = leb(table.len() as u64);
        table.iter().for_each(|hash| head.extend(*hash));
        head.extend([0, 0]);
        file(&[raw.object(), (0, [head.as_slice(), body].concat())], &[1])
    };
    let hash = raw.hash();
    let other = [7_u8; 32];
    // `let` of the constant.
    let body = [0x13, 0, 0x01, 0];
    assert!(decode(with(&[&hash], &body), &Limits::default()).is_ok());
    assert_eq!(refused(&with(&[&other], &body)).0, ErrorCode::MissingObject);
    assert_eq!(refused(&with(&[&hash, &other], &body)).0, ErrorCode::TableUnused);
    assert_eq!(refused(&with(&[], &body)).0, ErrorCode::TableOrder);
    assert_eq!(refused(&with(&[&hash, &other], &[0x13, 1, 0x01, 0x13, 0, 0x01, 0])).0, ErrorCode::TableOrder);
    assert_eq!(
        refused(&with(&[&hash, &hash], &[0x13, 0, 0x01, 0x13, 1, 0x01, 0])).0,
        ErrorCode::TableRepeated
    );
}

#[test]
fn bodies() {
    let body = |items: &[u8]| refused(&file(&[function(&[0, 0, 0], items)], &[0])).0;
    assert_eq!(body(&[0x90, 0]), ErrorCode::BadOp);
    assert_eq!(body(&[0xff, 0]), ErrorCode::BadOp);
    assert_eq!(body(&[0x19, 0]), ErrorCode::MissingOperand);
    assert_eq!(body(&[0x01, 0]), ErrorCode::MissingOperand);
    assert_eq!(body(&[0x10, 1, 0]), ErrorCode::UnusedOperand);
    assert_eq!(body(&[0x10, 1, 0x06, 0, 0]), ErrorCode::UnusedOperand);
    assert_eq!(body(&[0x12, 2, 0x01, 0]), ErrorCode::BadImmediate);
    assert_eq!(body(&[0x10, 0, 0x8e, 3, 1, 0x01, 0]), ErrorCode::BadImmediate);
    assert_eq!(body(&[0x10, 0, 0x8e, 0, 0, 0x01, 0]), ErrorCode::BadDimension);
    assert_eq!(body(&[0x06, 0]), ErrorCode::Truncated);
    assert_eq!(body(&[0x11, 0, 0, 0]), ErrorCode::Truncated);
    assert_eq!(body(&[0, 0]), ErrorCode::ObjectLength);
}

#[test]
fn constants_and_imports() {
    let object = |kind: u8, bytes: &[u8]| refused(&file(&[(kind, bytes.to_vec())], &[0])).0;
    assert_eq!(object(1, &[1]), ErrorCode::BadType);
    assert_eq!(object(1, &[9]), ErrorCode::BadType);
    assert_eq!(object(1, &[4, 0, 0]), ErrorCode::BadDimension);
    assert_eq!(object(1, &[4, 2, 3, 1, 2, 3]), ErrorCode::BadConstant);
    // A NaN that is not the canonical one.
    assert_eq!(object(1, &[7, 1, 1, 0, 0xc0, 0x7f]), ErrorCode::BadConstant);
    // Codebook, scale, padding, a second zero of the ternary codebook.
    assert_eq!(object(1, &[8, 1, 1, 2, 0, 0, 0]), ErrorCode::BadConstant);
    assert_eq!(object(1, &[8, 1, 1, 0, 127, 0, 0]), ErrorCode::BadConstant);
    assert_eq!(object(1, &[8, 1, 1, 0, 0, 2, 0]), ErrorCode::BadConstant);
    assert_eq!(object(1, &[8, 1, 1, 1, 0, 0, 1]), ErrorCode::BadConstant);
    assert_eq!(object(2, &[0, 0, 0, 0]), ErrorCode::BadImport);
    assert_eq!(object(2, &[1, b'1', 0, 0, 0]), ErrorCode::BadImport);
    assert_eq!(object(2, &[1, b'a', 1, 0x87, 1, 0, 0]), ErrorCode::BadImport);
    assert_eq!(object(2, &[1, b'a', 1, 8, 1, 1, 0, 0]), ErrorCode::BadImport);
}

#[test]
fn sections() {
    let base = file(&[entry()], &[0]);
    let with = |section: &[u8]| refused(&[base.as_slice(), section].concat()).0;
    for section in [
        &[0_u8, 0][..],
        &[3, 1, 0],
        &[1, 0],
        &[1, 1, 0],
        // An object that is not there, a name that is none, an empty slot name, indices that do not ascend.
        &[1, 4, 1, 1, 1, b'a', 0],
        &[1, 5, 1, 0, 1, 0xff, 0],
        &[1, 5, 1, 0, 0, 1, 0],
        &[1, 4, 1, 0, 0, 0],
        &[1, 9, 2, 0, 1, b'a', 0, 0, 1, b'b', 0],
        // Twice, and out of order.
        &[1, 5, 1, 0, 1, b'a', 0, 1, 5, 1, 0, 1, b'a', 0],
        &[2, 1, 0],
    ] {
        let code = with(section);
        assert!(matches!(code, ErrorCode::BadSection | ErrorCode::Truncated), "{section:02x?}: {code}");
    }
    assert!(decode([base.as_slice(), &[1, 5, 1, 0, 1, b'a', 0]].concat(), &Limits::default()).is_ok());
}

/// A million levels of everything that nests, in bytes.
#[test]
fn nesting_of_a_million() {
    const N: usize = 1_000_000;
    // A loop's index is a slot, whose limit would strike first.
    let limits = Limits { slots: 1 << 21, ..Limits::default() };
    on_small_stack(move || {
        let whole = |head: &[u8], open: &[u8], middle: &[u8], close: &[u8], tail: &[u8]| {
            let body = [head, &open.repeat(N), middle, &close.repeat(N), tail].concat();
            file(&[function(&[0, 0, 0], &body)], &[0])
        };
        let few = N / 4;
        let wide = |open: &[u8], close: &[u8]| {
            let body = [&open.repeat(few)[..], &close.repeat(few), &[0]].concat();
            file(&[function(&[0, 0, 0], &body)], &[0])
        };
        let cases = [
            ("scopes", whole(&[], &[0x06], &[], &[0], &[0])),
            ("loops", wide(&[0x10, 1, 0x08, 0], &[0])),
            ("ifs", wide(&[0x12, 1, 0x07], &[0, 0])),
            ("else-ifs", wide(&[0x12, 1, 0x07, 0], &[0])),
            ("whiles", wide(&[0x12, 1, 0x09, 0], &[0])),
            ("unary", whole(&[0x10, 1], &[0x37], &[0x01], &[], &[0])),
            ("left-leaning", {
                let body = [&[0x10, 1][..], &[0x10, 1, 0x19].repeat(few), &[0x01, 0]].concat();
                file(&[function(&[0, 0, 0], &body)], &[0])
            }),
            ("right-leaning", {
                let body = [&[0x10, 1].repeat(few + 1)[..], &[0x19].repeat(few), &[0x01, 0]].concat();
                file(&[function(&[0, 0, 0], &body)], &[0])
            }),
            ("selects", {
                let body = [
                    &[0x12, 1, 0x12, 0].repeat(few / 2)[..],
                    &[0x12, 1],
                    &[0x17].repeat(few / 2),
                    &[0x01, 0],
                ];
                file(&[function(&[0, 0, 0], &body.concat())], &[0])
            }),
        ];
        for (name, bytes) in cases {
            let error = load(bytes, &limits).expect_err(name);
            let text = error.to_string();
            assert!(text.contains("nesting <= 512"), "{name}: {text}");
        }
        // Never ended: the bytes run out.
        for open in [&[0x06][..], &[0x12, 1, 0x07], &[0x10, 1, 0x08, 0]] {
            let n = if open.len() == 1 { N } else { few };
            let bytes = file(&[function(&[0, 0, 0], &open.repeat(n))], &[0]);
            let error = decode(bytes, &limits).expect_err("cut off");
            assert_eq!(error.code, ErrorCode::Truncated);
        }
    });
}

/// A chain of calls longer than the limit on levels, and one just as long.
#[test]
fn call_chains() {
    on_small_stack(|| {
        let chain = |n: u32| {
            let mut program = nda_ast::ProgramBuilder::new();
            let mut last = None;
            for i in 0..n {
                let mut f = nda_ast::FunctionBuilder::new("", [nda_ast::Type::Int]);
                match &last {
                    Some(callee) => f.return_([nda_ast::Expr::call(callee, [])]),
                    None => f.return_([nda_ast::Expr::int(i.into())]),
                }
                last = Some(program.add(f).expect("builds"));
            }
            program.entry(last.as_ref().expect("one at least"));
            program.finish().expect("an entry")
        };
        // Each function adds three levels: itself, its `return`, and the expression there.
        assert!(load(chain(170), &Limits::default()).is_ok());
        for n in [171, 10_000] {
            let error = load(chain(n), &Limits::default()).expect_err("too deep");
            assert!(error.to_string().contains("levels <= 512"), "{error}");
        }
    });
}
