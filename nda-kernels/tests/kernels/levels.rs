//! Every level that this processor has, against the scalar one: the same bits for every length around the widths of registers,
//! whatever the alignment and the numbers.

use super::naive::{Rng, all_bits};
use nda_kernels::elementwise::{BinaryForms, UnaryForms};
use nda_kernels::{Codebook, Kernels, LEVEL_VARIABLE, Level, LevelError, PackedRef, kernels};

/// The kernels of each level but the scalar one.
pub fn others() -> impl Iterator<Item = &'static Kernels> {
    let levels = Level::supported().filter(|level| *level != Level::Scalar);
    levels.map(|level| Kernels::of_level(level).expect("supported"))
}

/// All lengths around several registers, some long ones with a rest.
pub fn lengths() -> impl Iterator<Item = usize> {
    (0..=140).chain([255, 256, 257, 1000, 1023, 1024, 1031])
}

/// Vectors of every kind, the slices beginning at every offset within a register.
fn inputs(rng: &mut Rng, n: usize) -> [Vec<f32>; 3] {
    let tiny = (0..n).map(|_| f32::from_bits(rng.next() as u32 & 0x80ff_ffff)).collect();
    [rng.wild(n), rng.vector(n, 90.0), tiny]
}

fn binary(name: &str, level: Level, forms: &BinaryForms, scalar: &BinaryForms) {
    let mut rng = Rng(3);
    for n in lengths() {
        let at = n % 5;
        for (a, b) in inputs(&mut rng, n + at).iter().zip(&inputs(&mut rng, n + at)) {
            let (a, b, s) = (&a[at..], &b[at..], rng.wild(1)[0]);
            let run = |forms: &BinaryForms| {
                let mut out = Vec::new();
                let mut keep = |start: &[f32], f: &dyn Fn(&mut [f32])| {
                    let mut dst = vec![7.5; n + at];
                    dst[at..].copy_from_slice(start);
                    f(&mut dst[at..]);
                    assert!(dst[..at].iter().all(|&x| x == 7.5), "{name} {level}");
                    out.push(all_bits(&dst[at..]));
                };
                keep(a, &|d| (forms.vec_vec)(d, a, b));
                keep(a, &|d| (forms.onto_left)(d, b));
                keep(b, &|d| (forms.onto_right)(d, a));
                keep(a, &|d| (forms.vec_float)(d, a, s));
                keep(a, &|d| (forms.vec_float_in_place)(d, s));
                keep(a, &|d| (forms.float_vec)(d, s, b));
                keep(b, &|d| (forms.float_vec_in_place)(d, s));
                out
            };
            assert_eq!(run(forms), run(scalar), "{name} {level} {n}");
        }
    }
}

fn unary(name: &str, level: Level, forms: &UnaryForms, scalar: &UnaryForms) {
    let mut rng = Rng(4);
    for n in lengths() {
        let at = n % 5;
        for x in inputs(&mut rng, n + at) {
            let run = |forms: &UnaryForms| {
                let mut dst = vec![7.5; n + at];
                (forms.vec)(&mut dst[at..], &x[at..]);
                let mut same = x.clone();
                (forms.in_place)(&mut same[at..]);
                assert_eq!(all_bits(&dst[at..]), all_bits(&same[at..]), "{name} {level} {n}");
                all_bits(&dst)
            };
            assert_eq!(run(forms), run(scalar), "{name} {level} {n}");
        }
    }
}

#[test]
fn lane_wise() {
    let scalar = Kernels::scalar();
    for k in others() {
        for (name, forms, of_scalar) in [
            ("add", &k.add, &scalar.add),
            ("sub", &k.sub, &scalar.sub),
            ("mul", &k.mul, &scalar.mul),
            ("div", &k.div, &scalar.div),
            ("min", &k.min, &scalar.min),
            ("max", &k.max, &scalar.max),
        ] {
            binary(name, k.level, forms, of_scalar);
        }
        for (name, forms, of_scalar) in [
            ("neg", &k.neg, &scalar.neg),
            ("abs", &k.abs, &scalar.abs),
            ("sqrt", &k.sqrt, &scalar.sqrt),
            ("exp", &k.exp, &scalar.exp),
            ("tanh", &k.tanh, &scalar.tanh),
            ("relu", &k.relu, &scalar.relu),
            ("sigmoid", &k.sigmoid, &scalar.sigmoid),
            ("silu", &k.silu, &scalar.silu),
            ("gelu", &k.gelu, &scalar.gelu),
            ("softmax", &k.softmax, &scalar.softmax),
        ] {
            unary(name, k.level, forms, of_scalar);
        }
    }
}

#[test]
fn transcendentals_over_all_exponents() {
    let scalar = Kernels::scalar();
    let x: Vec<f32> = (0..1 << 16).map(|i| f32::from_bits(i * 0x1_0001)).collect();
    let run = |forms: &UnaryForms| {
        let mut y = vec![0.0; x.len()];
        (forms.vec)(&mut y, &x);
        all_bits(&y)
    };
    for k in others() {
        for (forms, of_scalar) in [
            (&k.exp, &scalar.exp),
            (&k.tanh, &scalar.tanh),
            (&k.sigmoid, &scalar.sigmoid),
            (&k.silu, &scalar.silu),
            (&k.gelu, &scalar.gelu),
            (&k.sqrt, &scalar.sqrt),
        ] {
            assert_eq!(run(forms), run(of_scalar), "{}", k.level);
        }
    }
}

#[test]
fn reductions() {
    let (mut rng, scalar) = (Rng(5), Kernels::scalar());
    for k in others() {
        for n in lengths() {
            let at = n % 5;
            let equals = (0..n + at).map(|_| [2.0, 3.0, -0.0, 0.0][rng.below(4) as usize]).collect();
            for x in inputs(&mut rng, n + at).into_iter().chain([vec![f32::NAN; n + at], equals]) {
                let (x, y) = (&x[at..], rng.vector(n, 3.0));
                let run = |k: &Kernels| {
                    let floats = [
                        (k.dot)(x, &y),
                        (k.dot)(x, x),
                        (k.sum)(x),
                        (k.mean)(x),
                        (k.reduce_max)(x),
                        (k.reduce_min)(x),
                    ];
                    (floats.map(f64::to_bits), (k.argmax)(x), (k.argmin)(x))
                };
                assert_eq!(run(k), run(scalar), "{} {n} {x:?}", k.level);
            }
        }
    }
}

#[test]
fn conversions() {
    let (mut rng, scalar) = (Rng(6), Kernels::scalar());
    for k in others() {
        for n in lengths() {
            let x = rng.wild(n);
            let wide: Vec<f64> = x.iter().map(|&x| f64::from(x) * (1.0 + 1e-9 * rng.unit())).collect();
            let run = |k: &Kernels| {
                let (mut narrow, mut back, mut canonical, mut same) =
                    (vec![0.0; n], vec![0.0; n], x.clone(), vec![0.0; n]);
                (k.from_f64)(&mut narrow, &wide);
                (k.to_f64)(&mut back, &x);
                (k.canon_slice)(&mut canonical);
                (k.splat)(&mut same, wide.first().copied().unwrap_or(0.1));
                let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
                let back: Vec<u64> = back.iter().map(|x: &f64| x.to_bits()).collect();
                (bits(&narrow), back, bits(&canonical), bits(&same))
            };
            assert_eq!(run(k), run(scalar), "{} {n}", k.level);
        }
    }
}

#[test]
fn rows_and_norm() {
    let (mut rng, scalar) = (Rng(7), Kernels::scalar());
    for k in others() {
        for n in lengths().filter(|&n| n > 0) {
            let planes: Vec<u8> = (0..6 * n.div_ceil(8)).map(|_| rng.next() as u8).collect();
            let (sign, extra) = planes.split_at(planes.len() / 2);
            for (codebook, scale) in [(Codebook::Quaternary, -126), (Codebook::Ternary, 3)] {
                let w = PackedRef::new(3, n as u16, codebook, scale, sign, extra).expect("well formed");
                let one = n.div_ceil(8);
                let gain = PackedRef::new(1, n as u16, codebook, scale, &sign[..one], &extra[..one]);
                let gain = gain.expect("well formed");
                for x in inputs(&mut rng, n) {
                    let run = |k: &Kernels| {
                        let (mut row, mut norm) = (vec![0.0; n], vec![0.0; n]);
                        (k.row)(&w, 2, &mut row);
                        (k.norm)(&gain, &x, 1e-5, &mut norm);
                        (all_bits(&row), all_bits(&norm))
                    };
                    assert_eq!(run(k), run(scalar), "{} {n}", k.level);
                }
            }
        }
    }
}

#[test]
fn the_level_that_is_asked_for_is_the_one_that_runs() {
    let want = Level::requested().expect("a level of this processor").unwrap_or_else(Level::best);
    assert_eq!(kernels().level, want, "{LEVEL_VARIABLE}");
}

#[test]
fn levels_have_names_and_errors() {
    for level in Level::ALL {
        assert_eq!(level.name().parse(), Ok(level));
        let found = Kernels::of_level(level).map(|k| k.level);
        let want = if level.is_supported() { Ok(level) } else { Err(LevelError::Unsupported(level)) };
        assert_eq!(found, want);
    }
    assert_eq!("sse9".parse::<Level>(), Err(LevelError::Unknown("sse9".to_owned())));
    let message = LevelError::Unknown("sse9".to_owned()).to_string();
    assert!(message.contains("`sse9`") && message.contains("scalar"), "{message}");
}
