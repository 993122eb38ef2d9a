//! The command from outside. Each file `cli/*.txt` is a session: lines `$ nda ..` with what must come of them. The commands
//! run in a fresh copy of `cli/files`; `< FILE` gives standard input. `NDA_BLESS=1` writes down what comes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Words as a shell cuts them, single quotes included.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any {
                    out.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        out.push(word);
    }
    out
}

fn nda(directory: &Path, args: &[String], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nda"))
        .args(args)
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The command may end before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// A directory with the files of the sessions.
fn workplace(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/files")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), directory.join(file.file_name())).unwrap();
    }
    directory
}

fn session(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let directory = workplace(path.file_stem().unwrap().to_str().unwrap());
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('#') {
            let _ = writeln!(out, "{line}");
        }
        let Some(command) = line.strip_prefix("$ nda ") else { continue };
        let mut args = words(command);
        let mut input = Vec::new();
        if let Some(at) = args.iter().position(|w| w == "<") {
            input = std::fs::read(directory.join(&args[at + 1])).unwrap();
            args.truncate(at);
        }
        let output = nda(&directory, &args, &input);
        let code = output.status.code().expect("never a signal");
        let _ = writeln!(out, "$ nda {command}\n[{code}]");
        for (mark, stream) in [("", &output.stdout), ("2> ", &output.stderr)] {
            for line in String::from_utf8_lossy(stream).lines() {
                let _ = writeln!(out, "{}", format!("{mark}{line}").trim_end());
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn sessions_go_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut sessions: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some())
        .collect();
    sessions.sort();
    assert!(sessions.len() >= 5, "{sessions:?}");
    for path in sessions {
        let came = session(&path);
        if std::env::var_os("NDA_BLESS").is_some() {
            std::fs::write(&path, &came).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written == came, "{} went otherwise:\n{came}", path.display());
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

/// A safetensors file of one f32 tensor `x` of this shape.
fn tensor_file(shape: &[usize], data: &[f32]) -> Vec<u8> {
    use nda_sandbox::tensors::{NewTensor, write_tensors};
    write_tensors(&[NewTensor::f32("x", shape, data)], &[]).unwrap()
}

#[test]
fn bytes_and_text_say_the_same() {
    let directory = workplace("build");
    let run = |args: &[&str], input: &[u8]| nda(&directory, &strings(args), input);
    for file in ["mean.nda", "sort.nda", "network.nda"] {
        let built = run(&["build", file, "-o", "-"], b"").stdout;
        assert_eq!(&built[..4], b"NDA\0");
        let text = run(&["dump", "-"], &built).stdout;
        assert_eq!(run(&["build", "-", "-o", "-"], &text).status.code(), Some(0), "{file}");
        let again = run(&["dump", "-"], &text).stdout;
        assert_eq!(text, again, "{file}: the canonical text is a fixed point");
        let check = |input: &[u8]| run(&["check", "-", "--json"], input).stdout;
        let hashes = |out: Vec<u8>| {
            let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
            json["functions"].as_array().unwrap().iter().map(|f| f["hash"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(hashes(check(&built)), hashes(check(&text)), "{file}");
    }
}

#[test]
fn externalised_weights_come_back_to_the_same_hash() {
    let directory = workplace("externalise");
    let run = |args: &[&str]| nda(&directory, &strings(args), b"");
    let dumped = run(&["dump", "network.nda", "--externalise", "out"]);
    assert_eq!(dumped.status.code(), Some(0), "{dumped:?}");
    let text = String::from_utf8(dumped.stdout).unwrap();
    assert!(text.contains("load(\"weights.safetensors\""), "{text}");
    std::fs::write(directory.join("out/network.nda"), &text).unwrap();
    let hashes = |file: &str| {
        let json: serde_json::Value =
            serde_json::from_slice(&run(&["check", file, "--json"]).stdout).unwrap();
        json["functions"].as_array().unwrap().iter().map(|f| f["hash"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(hashes("network.nda"), hashes("out/network.nda"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let directory = workplace("pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_nda"))
        .args(["run", "mean.nda", "--rows", "-"])
        .current_dir(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // Ends with an error at the latest when the command has gone.
    for _ in 0..10_000 {
        if stdin.write_all(b"[6, 2]\n").is_err() {
            break;
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn rows_of_a_tensor_run_one_by_one() {
    let directory = workplace("rows");
    let data: Vec<f32> = (0..8).map(|i| i as f32).collect();
    std::fs::write(directory.join("in.safetensors"), tensor_file(&[4, 2], &data)).unwrap();
    let run = |spec: &str| {
        nda(&directory, &strings(&["run", "network.nda", "--fn", "total", "--input", spec]), b"")
    };
    let out = |spec: &str| String::from_utf8(run(spec).stdout).unwrap();
    assert_eq!(out("in.safetensors:x"), "1.0\n5.0\n9.0\n13.0\n");
    assert_eq!(out("in.safetensors:x:1..3"), "5.0\n9.0\n");
    assert_eq!(out("in.safetensors:x:3"), "13.0\n");
    for spec in [
        "in.safetensors",
        "in.safetensors:y",
        "in.safetensors:x:4",
        "in.safetensors:x:3..2",
        "no.safetensors:x",
    ] {
        let output = run(spec);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{spec}: {output:?}");
    }
}

#[test]
fn hostile_tensor_files_are_refused() {
    let directory = workplace("hostile");
    let header = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let entry =
        |offsets: &str| format!(r#"{{"x":{{"dtype":"F32","shape":[1,2],"data_offsets":{offsets}}}}}"#);
    let files: [(&str, Vec<u8>); 7] = [
        ("empty", vec![]),
        ("long", u64::MAX.to_le_bytes().to_vec()),
        ("json", header("{\"x\":")),
        ("deep", header(&"[".repeat(1 << 20))),
        ("gap", [header(&entry("[4,12]")), vec![0; 12]].concat()),
        ("beyond", header(&entry("[0,8]"))),
        ("overflow", header(r#"{"x":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#)),
    ];
    for (name, data) in files {
        let file = format!("{name}.safetensors");
        std::fs::write(directory.join(&file), &data).unwrap();
        let loads = format!(
            "const W: Mat<1, 2> = load(\"{file}\", \"x\");\nfn f(x: &Vec32<2>) -> f64 {{ return gemv(&W, x)[0]; }}\n"
        );
        std::fs::write(directory.join("loads.nda"), loads).unwrap();
        let spec = format!("{file}:x");
        for (args, code) in [
            (vec!["run", "network.nda", "--fn", "total", "--input", &spec], 2),
            (vec!["quantise", &file, "-o", "out.safetensors"], 2),
            (vec!["check", "loads.nda"], 3),
        ] {
            let output = nda(&directory, &strings(&args), b"");
            assert_eq!(output.status.code(), Some(code), "{name} {args:?}: {output:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{name} {args:?}: {output:?}");
        }
    }
}

#[test]
fn quantised_weights_load_and_say_how_far_they_are() {
    let directory = workplace("quantise");
    std::fs::write(directory.join("w.safetensors"), tensor_file(&[1, 4], &[0.9, -1.1, 2.2, -1.9])).unwrap();
    let loads =
        "const W: Mat<1, 4> = load(\"q.safetensors\", \"x\");\nfn f() -> Vec32<4> { return row(&W, 0); }\n";
    std::fs::write(directory.join("loads.nda"), loads).unwrap();
    let run = |args: &[&str]| nda(&directory, &strings(args), b"");
    let output = run(&["quantise", "w.safetensors", "-o", "q.safetensors", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tensor = &json["tensors"][0];
    assert_eq!((&tensor["name"], &tensor["scale"]), (&"x".into(), &0.into()));
    assert!((tensor["max_abs"].as_f64().unwrap() - 0.2).abs() < 1e-6, "{tensor}");
    let ran = run(&["run", "loads.nda"]);
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "vec32([1.0, -1.0, 2.0, -2.0])\n");
    let ternary = run(&["quantise", "w.safetensors", "-o", "q.safetensors", "--codebook", "ternary"]);
    assert_eq!(ternary.status.code(), Some(0));
    assert_eq!(
        run(&["quantise", "w.safetensors", "-o", "q.safetensors", "--only", "y"]).status.code(),
        Some(2)
    );
}

#[test]
fn no_input_makes_it_panic() {
    let directory = workplace("hostile-programs");
    let mut inputs: Vec<Vec<u8>> = vec![
        vec![],
        b"NDA".to_vec(),
        b"NDA\0".to_vec(),
        b"NDA\0\x01\xff\xff\xff\xff\x0f".to_vec(),
        vec![0xff; 100],
        "fn f() {".repeat(1000).into_bytes(),
        "(".repeat(1_000_000).into_bytes(),
        format!("fn f() -> i64 {{ return {}1; }}", "-".repeat(1_000_000)).into_bytes(),
        b"fn f\xc3\xa9() {} \x1b[31m".to_vec(),
    ];
    let built = nda(&directory, &strings(&["build", "network.nda", "-o", "-"]), b"").stdout;
    inputs.extend((0..built.len()).step_by(7).map(|end| built[..end].to_vec()));
    for input in inputs {
        for args in [&["check", "-"][..], &["run", "-", "--json"], &["dump", "-"]] {
            let output = nda(&directory, &strings(args), &input);
            let shown = String::from_utf8_lossy(&input[..input.len().min(60)]).into_owned();
            assert_eq!(output.status.code(), Some(3), "{args:?} {shown:?}: {output:?}");
            assert!(
                !String::from_utf8_lossy(&output.stderr).contains('\x1b'),
                "{shown:?} reaches the terminal"
            );
        }
    }
}

#[test]
fn a_level_of_kernels_that_there_is_not_is_refused() {
    let run = |level: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nda"));
        command.args(["check", "nowhere.nda"]).env("NDA_KERNELS", level).output().unwrap()
    };
    let error = |level: &str| String::from_utf8(run(level).stderr).unwrap();
    assert_eq!(run("sse9").status.code(), Some(2));
    assert!(error("sse9").contains("NDA_KERNELS: there is no level of kernels `sse9`"), "{}", error("sse9"));
    assert!(error("scalar").contains("cannot read nowhere.nda"), "{}", error("scalar"));
}
