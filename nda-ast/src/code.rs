//! The one list of error codes: a stable string, the stage that gives it, and what it means.

use std::fmt;

/// Where in a program's life an error arises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Reading bytes.
    Decode,
    /// Checking types, slots, flow and limits.
    Validate,
    /// Reading the text form.
    Text,
    /// Resolving names, files and imports from outside.
    Link,
}

impl Stage {
    /// Lower-case name, as in the JSON schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Validate => "validate",
            Stage::Text => "text",
            Stage::Link => "link",
        }
    }
}

macro_rules! codes {
    ($($name:ident = $text:literal, $stage:ident, $doc:literal;)+) => {
        /// A stable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode { $(#[doc = $doc] $name,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),+];

            /// The stable string, such as `type.mismatch`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)+ }
            }

            /// The stage that gives it.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(ErrorCode::$name => Stage::$stage,)+ }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(ErrorCode::$name => $doc,)+ }
            }
        }
    };
}

codes! {
    Truncated = "decode.truncated", Decode, "The bytes end in the middle of an item.";
    Magic = "decode.magic", Decode, "The bytes do not begin with the magic `NDA\\0`.";
    Version = "decode.version", Decode, "The format version is not one that this decoder reads.";
    Overlong = "decode.overlong", Decode, "A LEB128 number is longer than the shortest form, or too large for its field.";
    BadObjectKind = "decode.object-kind", Decode, "An object's kind byte is not 0, 1 or 2.";
    ObjectLength = "decode.object-length", Decode, "An object does not end where its length says.";
    BadType = "decode.type", Decode, "A type's tag byte is unknown or not allowed there.";
    BadDimension = "decode.dimension", Decode, "A capacity, length, row or column count is out of range.";
    BadOp = "decode.op", Decode, "A byte in a body names no operation.";
    BadImmediate = "decode.immediate", Decode, "An immediate of a node is out of range.";
    MissingOperand = "decode.missing-operand", Decode, "A node has fewer operands before it than it takes.";
    UnusedOperand = "decode.unused-operand", Decode, "A statement or block end leaves expressions before it unused.";
    TableOrder = "decode.table-order", Decode, "The function's table of hashes is not in order of first use.";
    TableUnused = "decode.table-unused", Decode, "The function's table holds a hash that no node uses.";
    TableRepeated = "decode.table-repeated", Decode, "The function's table holds one hash twice.";
    MissingObject = "decode.missing-object", Decode, "A function names a hash that no object before it has.";
    RepeatedObject = "decode.repeated-object", Decode, "An object is there twice.";
    ObjectOrder = "decode.object-order", Decode, "The objects are not in first-visit post-order from the entry points.";
    UnreachableObject = "decode.unreachable-object", Decode, "No entry point reaches an object.";
    BadEntry = "decode.entry", Decode, "An entry point is no function of the program, is repeated, or there is none.";
    BadSection = "decode.section", Decode, "A section is unknown, out of order, repeated or malformed.";
    BadConstant = "decode.constant", Decode, "A constant's bytes are not canonical.";
    BadImport = "decode.import", Decode, "An import's name or signature is not allowed.";
    Limit = "limit.exceeded", Validate, "A configurable limit is exceeded; the error names it.";

    TypeMismatch = "type.mismatch", Validate, "An operand has another type than the node takes.";
    MatPosition = "type.mat-position", Validate, "A `mat` stands where only constants, parameters and network nodes may have one.";
    BadSignature = "type.signature", Validate, "A parameter or result has a type or mode that is not allowed there.";
    ConstantKind = "type.constant-kind", Validate, "A constant node names an object of another kind.";
    SlotInvisible = "slot.invisible", Validate, "A slot is used outside the block or scope that declares it.";
    SlotReadOnly = "slot.read-only", Validate, "An `in` parameter or a loop index is written.";
    SlotKind = "slot.kind", Validate, "A slot of this type does not allow this statement.";
    CallTarget = "call.target", Validate, "A call names an object that cannot be called.";
    CallArity = "call.arity", Validate, "A call has another number of arguments or results than its callee.";
    CallNeedsStmt = "call.needs-statement", Validate, "The callee has not exactly one result, or has `inout`, or reaches the host: call it as a statement.";
    CallNeedsExpr = "call.needs-expression", Validate, "The callee has one result, no `inout` and no host call below it: call it as an expression.";
    InoutNotSlot = "call.inout-not-slot", Validate, "An `inout` argument is not a whole slot that may be stored to.";
    InoutAliased = "call.inout-aliased", Validate, "The slot of an `inout` argument appears elsewhere in the same call.";
    AfterLeave = "flow.after-leave", Validate, "A statement stands after one that always leaves its block.";
    MissingReturn = "flow.missing-return", Validate, "A function with results does not end every path in `return` or `fail`.";
    LoopDepth = "flow.loop-depth", Validate, "A `break` or `continue` names a loop that is not around it.";

    Syntax = "text.syntax", Text, "The text does not follow the grammar.";
    UnknownName = "text.unknown-name", Text, "A name is not declared, or not visible here.";
    DuplicateName = "text.duplicate-name", Text, "A name is declared twice where it must be unique.";
    MissingCast = "text.missing-cast", Text, "A value of one scalar type is used as another without a cast.";
    Literal = "text.literal", Text, "A literal is malformed or out of range.";
    Unsupported = "text.unsupported", Text, "Rust allows this and NDA does not; the message says what to write instead.";
    Recursion = "text.recursion", Text, "Functions call each other in a circle; calls go by content, so write a loop.";

    UnknownFunction = "link.unknown-function", Link, "The program has no entry point of this name.";
    UnknownImport = "link.unknown-import", Link, "The host grants no import of this name and signature.";
    UnknownSite = "link.unknown-site", Link, "No site, or no such name in it, for a `use site::` item.";
    LoadFile = "link.load-file", Link, "A file or tensor that `load` names cannot be had, or does not fit its type.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A string that is no error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such error code; docs/errors.md lists all")
    }
}

impl std::error::Error for UnknownCode {}

impl std::str::FromStr for ErrorCode {
    type Err = UnknownCode;

    fn from_str(s: &str) -> Result<ErrorCode, UnknownCode> {
        ErrorCode::ALL.iter().copied().find(|code| code.as_str() == s).ok_or(UnknownCode)
    }
}
