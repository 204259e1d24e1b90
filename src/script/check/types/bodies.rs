//! The functions of a file with their statements; closures are functions, too, by names that the parser gave them.

use rhai::{AST, ASTNode, Stmt};

/// A function.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) params: Vec<String>,
    pub(super) statements: Vec<Stmt>,
}

impl Function {
    /// Whether it is a closure.
    pub(super) fn is_closure(&self) -> bool {
        self.name.contains('$')
    }
}

/// All of them, and none where there are more than `most`; the tree shows a body to those alone who walk it.
pub(super) fn functions(ast: &AST, most: usize) -> Vec<Function> {
    if ast.iter_fn_def().count() > most {
        return Vec::new();
    }
    let all = ast.iter_fn_def().map(|function| {
        let count = function.params.len();
        // A clone that is filtered at once would have all of them.
        let mut only = ast.clone_functions_only();
        only.retain_functions(|_, _, name, params| name == function.name.as_str() && params == count);
        let mut statements = Vec::new();
        only.walk(&mut |path: &[ASTNode]| {
            if let [ASTNode::Stmt(statement)] = path {
                statements.push((*statement).clone());
            }
            true
        });
        let params = function.params.iter().map(ToString::to_string).collect();
        Function { name: function.name.to_string(), params, statements }
    });
    all.collect()
}
