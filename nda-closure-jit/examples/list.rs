//! Lists the records of every function of a program in the text form: `cargo run -p nda-closure-jit --example list -- FILE`.

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let source = std::fs::read_to_string(path).expect("readable");
    let program = nda_ast::text::compile(&source, &nda_ast::Limits::default()).expect("a program");
    for object in 0..program.program().objects().len() as u32 {
        if program.function(object).is_some() {
            println!("object {object}:\n{}", nda_closure_jit::list(&program, object));
        }
    }
}
