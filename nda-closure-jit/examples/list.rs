//! Lists the records of every function of a program file.

fn main() {
    let path = std::env::args().nth(1).expect("a program file");
    let bytes = std::fs::read(path).expect("readable");
    let program = nda_ast::load(bytes, &nda_ast::Limits::default()).expect("valid");
    println!("{}", nda_ast::text::print(&program));
    for object in 0..program.program().objects().len() as u32 {
        if program.function(object).is_some() {
            println!("object {object}:\n{}", nda_closure_jit::list(&program, object));
        }
    }
}
