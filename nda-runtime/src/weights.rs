//! The kernels' copies of weights: which matrices a program multiplies by, and their tiles.

use crate::{Mat, Value, packed};
use nda_ast::{Body, Constant, Function, Hash, NodeId, Op, ValidProgram};
use nda_kernels::matrix::{Tiled, Tiles};
use nda_kernels::{Kernels, PackedRef};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Gives the tiles of a matrix, by the hash of its object: made by the kernels given, kept from another program, or none
/// where there is no room for them; its planes are then multiplied by, which is slower and gives the same bits.
pub type PackFn<'a> = dyn FnMut(&Tiled, Hash, &PackedRef<'_>) -> Option<Arc<Tiles>> + 'a;

/// What of a program's matrices is kept as tiles.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    /// By object; empty where there is no matrix.
    tiles: Vec<Option<Arc<Tiles>>>,
    /// Parameters that a `gemv` multiplies by, here or in a callee: function and number.
    params: BTreeSet<(u32, u32)>,
}

impl Weights {
    /// Linear in the nodes of a program that has matrices of more than one row, and in their weights.
    pub fn new(program: &ValidProgram, kernels: &Kernels, pack: &mut PackFn<'_>) -> Weights {
        let objects = program.program().objects();
        let may_multiply = |ty| matches!(ty, nda_ast::Type::Mat { .. });
        let any = (0..objects.len() as u32).any(|object| match objects[object as usize].body() {
            Body::Constant(constant) => may_multiply(constant.ty()),
            Body::Function(f) => f.params().iter().any(|p| may_multiply(p.ty)),
            Body::Import(_) => false,
        });
        let (Some(tiled), true) = (&kernels.tiled, any) else { return Weights::default() };
        let mut weights = Weights { tiles: vec![None; objects.len()], params: BTreeSet::new() };
        let mut constants = BTreeSet::new();
        // Callees come before their callers.
        for (index, object) in objects.iter().enumerate() {
            if let Body::Function(f) = object.body() {
                weights.find(program, (index as u32, f), &mut constants);
            }
        }
        for object in constants {
            let Body::Constant(Constant::Matrix(m)) = objects[object as usize].body() else { continue };
            if let Ok(w) = packed(m) {
                weights.tiles[object as usize] = pack(tiled, objects[object as usize].hash(), &w);
            }
        }
        weights
    }

    /// Notes what one function multiplies by.
    fn find(&mut self, program: &ValidProgram, (index, f): (u32, &Function), constants: &mut BTreeSet<u32>) {
        let links = program.program().links(index);
        for (node, id) in f.nodes().iter().zip(1..) {
            match node.op() {
                Op::Gemv => self.multiplied((index, f), links, f.operand_before(id - 1), constants),
                Op::Call | Op::CallStmt => {
                    let callee = links[node.table()];
                    if self.params.range((callee, 0)..=(callee, u32::MAX)).next().is_none() {
                        continue;
                    }
                    for (operand, param) in f.operands(id).into_iter().zip(0..) {
                        if self.params.contains(&(callee, param)) {
                            self.multiplied((index, f), links, operand, constants);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// A matrix is named by its constant or by a parameter, nothing else.
    fn multiplied(
        &mut self,
        (index, f): (u32, &Function),
        links: &[u32],
        matrix: NodeId,
        constants: &mut BTreeSet<u32>,
    ) {
        let node = f.node(matrix);
        if node.op() == Op::Matrix {
            constants.insert(links[node.table()]);
        } else {
            self.params.insert((index, node.slot()));
        }
    }

    /// The tiles of the matrix `object`, where there are any.
    #[inline]
    pub fn tiles(&self, object: u32) -> Option<&Tiles> {
        self.tiles.get(object as usize)?.as_deref()
    }

    /// Bytes of all tiles, those included that other programs share.
    pub fn bytes(&self) -> usize {
        self.tiles.iter().flatten().map(|tiles| tiles.bytes()).sum()
    }

    /// Makes the tiles of matrices among the arguments, where a run multiplies by them for the first time.
    #[inline]
    pub fn prepare(&self, kernels: &Kernels, entry: u32, args: &[Value]) {
        if let Some(tiled) = &kernels.tiled
            && !self.params.is_empty()
        {
            for (arg, param) in args.iter().zip(0..) {
                if let Value::Mat(mat) = arg
                    && self.params.contains(&(entry, param))
                {
                    Mat::prepare(mat, tiled);
                }
            }
        }
    }
}
