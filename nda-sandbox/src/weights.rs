//! The kernels' copies of weights by the hash of their matrix, shared by the programs of an engine, under one limit.

use nda_ast::Hash;
use nda_kernels::PackedRef;
use nda_kernels::matrix::{Tiled, Tiles};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Default limit of the copies of weights of all programs of an engine together: 1 GiB.
pub const DEFAULT_WEIGHT_BYTES: u64 = 1 << 30;

/// Copies that some program still uses.
pub(crate) struct WeightCache {
    limit: u64,
    inner: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_hash: HashMap<Hash, Weak<Tiles>>,
    /// Bytes of all copies made since the last sweep and of those that were alive then: never less than what is alive.
    at_most: u64,
    refused: u64,
}

/// What is alive: copies, their bytes; and how many matrices were refused one.
pub(crate) struct WeightStats {
    pub alive: usize,
    pub bytes: u64,
    pub refused: u64,
}

impl WeightCache {
    pub fn new(limit: u64) -> WeightCache {
        WeightCache { limit, inner: Mutex::default() }
    }

    /// The copy of a matrix: the one that there is, or a new one if the limit has room for it.
    pub fn tiles(&self, tiled: &Tiled, hash: Hash, w: &PackedRef<'_>) -> Option<Arc<Tiles>> {
        let bytes = Tiles::bytes_for(w.rows(), w.cols()) as u64;
        {
            let mut entries = self.lock();
            if let Some(tiles) = entries.find(&hash) {
                return Some(tiles);
            }
            if !entries.has_room(bytes, self.limit) {
                entries.refused += 1;
                return None;
            }
        }
        // Not under the lock. Where two threads copy the same matrix, the first to come back is kept by both.
        let tiles = Arc::new((tiled.pack)(w));
        let mut entries = self.lock();
        if let Some(other) = entries.find(&hash) {
            return Some(other);
        }
        if !entries.has_room(bytes, self.limit) {
            entries.refused += 1;
            return None;
        }
        entries.at_most += bytes;
        entries.by_hash.insert(hash, Arc::downgrade(&tiles));
        Some(tiles)
    }

    pub fn stats(&self) -> WeightStats {
        let entries = self.lock();
        let alive = entries.by_hash.values().filter_map(Weak::upgrade);
        let (count, bytes) = alive.fold((0, 0), |(n, bytes), tiles| (n + 1, bytes + tiles.bytes() as u64));
        WeightStats { alive: count, bytes, refused: entries.refused }
    }

    /// Every change of the entries is complete before anything can panic, so that a poisoned lock guards sound ones.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn find(&self, hash: &Hash) -> Option<Arc<Tiles>> {
        self.by_hash.get(hash)?.upgrade()
    }

    /// Whether this many bytes more are within the limit. Forgets what is gone where there seems to be no room, and before the map
    /// would grow.
    fn has_room(&mut self, bytes: u64, limit: u64) -> bool {
        if self.at_most + bytes > limit || self.by_hash.len() == self.by_hash.capacity() {
            self.by_hash.retain(|_, tiles| tiles.strong_count() > 0);
            self.at_most = self.by_hash.values().filter_map(Weak::upgrade).map(|t| t.bytes() as u64).sum();
        }
        self.at_most + bytes <= limit
    }
}

#[cfg(all(test, feature = "text"))]
mod tests {
    use crate::{Engine, Limits, Program};
    use nda_ast::text::{Loader, Tensor, TensorData};
    use nda_kernels::{Kernels, Level};

    /// A tensor of the shape 32 x 64 whose name is its one weight.
    struct Same;

    impl Loader for Same {
        fn load(&mut self, _: &str, weight: &str) -> Result<Tensor, String> {
            let weight: f32 = weight.parse().map_err(|_| "no number")?;
            Ok(Tensor { shape: vec![32, 64], data: TensorData::F32(vec![weight; 32 * 64]) })
        }
    }

    const BYTES: u64 = 32 * 64 / 4;

    fn program(engine: &Engine, weight: f32) -> Program {
        let source = format!(
            "const W: Mat<32, 64> = load(\"any\", \"{weight}\");
             fn f(x: &Vec32<64>) -> Vec32<32> {{ return gemv(&W, x); }}"
        );
        let loaded = engine.loader().limits(&Limits::default()).files(&mut Same).load_text(&source);
        loaded.unwrap_or_else(|e| panic!("{e}"))
    }

    /// Alive, their bytes, refused; nothing where these kernels keep no copies.
    fn stats(engine: &Engine) -> (usize, u64, u64) {
        let stats = engine.stats();
        (stats.weights_alive, stats.weight_bytes, stats.weights_refused)
    }

    /// The best level that keeps copies, if there is one.
    fn copying() -> Option<Level> {
        Level::supported().filter(|level| Kernels::of_level(*level).is_ok_and(|k| k.tiled.is_some())).last()
    }

    fn engine(limit: u64) -> Option<Engine> {
        Some(Engine::builder().level(copying()?).ok()?.weight_bytes(limit).build())
    }

    #[test]
    fn equal_weights_are_copied_once_and_dropped_with_their_last_user() {
        let Some(engine) = engine(1 << 20) else { return };
        let (a, b, c) = (program(&engine, 0.5), program(&engine, 0.5), program(&engine, 0.25));
        assert_eq!(stats(&engine), (2, 2 * BYTES, 0));
        drop(a);
        assert_eq!(stats(&engine), (2, 2 * BYTES, 0));
        drop((b, c));
        assert_eq!(stats(&engine), (0, 0, 0));
    }

    #[test]
    fn without_room_planes_give_the_same_bits() {
        let Some(engine) = engine(2 * BYTES) else { return };
        let x = [1.25_f32; 64];
        let call = |p: &Program| {
            let f = p.func::<&[f32], Vec<f32>>("f").unwrap_or_else(|e| panic!("{e}"));
            f.call(&x).unwrap_or_else(|e| panic!("{e}")).into_iter().map(f32::to_bits).collect::<Vec<u32>>()
        };
        let kept = [program(&engine, 0.5), program(&engine, 0.25)];
        let refused = program(&engine, 1.0);
        assert_eq!(stats(&engine), (2, 2 * BYTES, 1));
        let with_room = call(&program(&Engine::new(), 1.0));
        assert_eq!(call(&refused), with_room);
        drop(kept);
        let again = program(&engine, 1.0);
        assert_eq!(stats(&engine), (1, BYTES, 1));
        assert_eq!(call(&again), with_room);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let Some(engine) = engine(1 << 20) else { return };
        for n in 0..100 {
            drop(program(&engine, (n as f32 - 120.0).exp2()));
        }
        let entries = engine.weights().lock();
        assert!(entries.by_hash.len() < 32, "{}", entries.by_hash.len());
    }

    #[test]
    fn the_scalar_level_keeps_no_copies() {
        let engine = Engine::builder().level(Level::Scalar).unwrap_or_else(|e| panic!("{e}")).build();
        let program = program(&engine, 0.5);
        assert_eq!(stats(&engine), (0, 0, 0));
        drop(program);
    }
}
