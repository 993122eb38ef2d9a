//! Any bytes: a typed error that lies inside the input, or a program whose objects encode to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nda_ast::{Body, Limits, encode_constant, encode_function, encode_import};

fuzz_target!(|data: &[u8]| {
    match nda_ast::decode(data.to_vec(), &Limits::default()) {
        Ok(program) => {
            for (index, object) in program.objects().iter().enumerate() {
                let again = match object.body() {
                    Body::Function(f) => encode_function(f),
                    Body::Constant(c) => encode_constant(c),
                    Body::Import(i) => encode_import(i),
                };
                assert_eq!(again, program.object_bytes(index as u32), "one object has one encoding");
            }
        }
        Err(error) => assert!(error.offset <= data.len(), "{error}"),
    }
});
