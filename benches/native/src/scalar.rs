//! Programs that live in registers.

use std::hint::black_box;

/// LLVM knows the sum of 0 to n - 1. The exclusive or with a zero that it cannot know to be one leaves a loop with an
/// addition for each number.
pub fn sum_loop(n: i64, m: i64) -> i64 {
    let zero = black_box(0);
    let mut sum = m;
    for i in 0..n {
        sum = i64::wrapping_add(sum, i ^ zero);
    }
    sum
}

pub fn collatz(n: i64, m: i64) -> i64 {
    let mut steps = 0;
    for i in 0..n {
        let mut x = m + i + 1;
        while x != 1 {
            x = if x % 2 == 0 { x / 2 } else { 3_i64.wrapping_mul(x).wrapping_add(1) };
            steps += 1;
        }
    }
    steps
}

pub fn xorshift64(n: i64, m: i64) -> i64 {
    let mut x = m as u64;
    for _ in 0..n {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    x as i64
}

pub fn mandelbrot(n: i64, m: i64) -> i64 {
    let step = 3.0 / n as f64;
    let mut total = 0;
    for py in 0..n {
        let cy = py as f64 * step - 1.5;
        for px in 0..n {
            let cx = px as f64 * step - 2.0;
            let (mut x, mut y, mut k) = (0.0, 0.0, 0);
            while k < m && x * x + y * y <= 4.0 {
                (x, y) = (x * x - y * y + cx, 2.0 * x * y + cy);
                k += 1;
            }
            total += k;
        }
    }
    total
}

#[derive(Clone, Copy)]
struct Body {
    x: f64,
    y: f64,
    u: f64,
    v: f64,
}

pub fn nbody3(n: i64, m: i64) -> i64 {
    let dt = 0.001 / m as f64;
    let mut a = Body { x: 1.0, y: 0.0, u: 0.0, v: 0.5 };
    let mut b = Body { x: -1.0, y: 0.25, u: 0.125, v: -0.5 };
    let mut c = Body { x: 0.0, y: 1.5, u: -0.5, v: 0.0 };
    // Distance of two bodies, and the pull over it.
    let pull = |p: Body, q: Body| {
        let (dx, dy) = (q.x - p.x, q.y - p.y);
        let square = dx * dx + dy * dy + 0.01;
        (dx, dy, dt / (square * square.sqrt()))
    };
    for _ in 0..n {
        let (abx, aby, fab) = pull(a, b);
        let (acx, acy, fac) = pull(a, c);
        let (bcx, bcy, fbc) = pull(b, c);
        a.u += abx * fab + acx * fac;
        a.v += aby * fab + acy * fac;
        b.u += bcx * fbc - abx * fab;
        b.v += bcy * fbc - aby * fab;
        c.u -= acx * fac + bcx * fbc;
        c.v -= acy * fac + bcy * fbc;
        for body in [&mut a, &mut b, &mut c] {
            body.x += body.u * dt;
            body.y += body.v * dt;
        }
    }
    (a.x * a.x + a.y * a.y + b.x * b.x + b.y * b.y + c.x * c.x + c.y * c.y).to_bits() as i64
}

pub fn gcd_sum(n: i64, m: i64) -> i64 {
    let gcd = |mut a: i64, mut b: i64| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut sum = m;
    for i in 1..=n {
        for j in 1..=n {
            sum += gcd(i, j);
        }
    }
    sum
}

pub fn fib_iter(n: i64, m: i64) -> i64 {
    let mut mix = 0_i64;
    for i in 0..n {
        let (mut a, mut b) = (i, 1_i64);
        for _ in 0..m {
            (a, b) = (b, a.wrapping_add(b));
        }
        mix = mix.wrapping_mul(31) ^ a;
    }
    mix
}

pub fn newton_sqrt(n: i64, m: i64) -> i64 {
    let mut sum = 0.0;
    for i in 1..=n {
        let value = i as f64;
        let mut root = value;
        for _ in 0..m {
            root = 0.5 * (root + value / root);
        }
        sum += root;
    }
    sum.to_bits() as i64
}

pub fn prime_count(n: i64, m: i64) -> i64 {
    let is_prime = |x: i64| {
        let mut d = 2;
        while d * d <= x {
            if x % d == 0 {
                return false;
            }
            d += 1;
        }
        x >= 2
    };
    (m..m + n).filter(|x| is_prime(*x)).count() as i64
}
