//! The functions of a file with their bodies. Closures are functions, too, with names that the parser gives them.

use rhai::{AST, ASTNode, FnAccess, Stmt};

pub(super) struct Function {
    pub(super) name: String,
    /// Of a closure, first what it takes with it.
    pub(super) params: Vec<String>,
    pub(super) is_private: bool,
    pub(super) body: Vec<Stmt>,
}

impl Function {
    /// Whether it is a closure.
    pub(super) fn is_closure(&self) -> bool {
        is_closure(&self.name)
    }
}

/// Whether it is the name that the parser gives a closure.
pub(super) fn is_closure(name: &str) -> bool {
    name.contains('$')
}

/// All of them. The type of a body has no name outside of the library: it is seen by a walk over a tree that has no other.
pub(super) fn functions(ast: &AST) -> Vec<Function> {
    let library = ast.clone_functions_only();
    let all = library.iter_fn_def().map(|function| {
        let (name, count) = (function.name.to_string(), function.params.len());
        // A clone that is filtered at once would have all of them.
        let mut only = library.clone();
        only.retain_functions(|_, _, other, params| other == name && params == count);
        let mut body = Vec::new();
        only.walk(&mut |path: &[ASTNode]| {
            if let [ASTNode::Stmt(statement)] = path {
                body.push((*statement).clone());
            }
            true
        });
        let params = function.params.iter().map(ToString::to_string).collect();
        Function { name, params, is_private: function.access == FnAccess::Private, body }
    });
    all.collect()
}
