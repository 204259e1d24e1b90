//! The types of parameters.

/// The type of a parameter, as messages and docs name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    /// Text.
    Str,
    /// A whole number.
    Int,
    /// `true`, `false`.
    Bool,
    /// An array.
    List,
    /// A map.
    Map,
    /// Anything that is data.
    Data,
    /// A handle or an id.
    Target,
    /// A handle or a name.
    Named,
}

impl Ty {
    /// As written in docs.
    pub fn name(self) -> &'static str {
        match self {
            Ty::Str => "string",
            Ty::Int => "int",
            Ty::Bool => "bool",
            Ty::List => "array",
            Ty::Map => "map",
            Ty::Data => "data",
            Ty::Target => "handle or id",
            Ty::Named => "handle or name",
        }
    }
}
