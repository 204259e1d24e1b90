//! Finds literal paths to files that do not exist, as in `file::json("data/tenants.json")`.
//!
//! A warning, since the call may never be reached, or something writes the file before the recipe is run.

use super::{View, each, qualified};
use crate::events::Site;
use crate::script::diagnostics::{CallPart, Diagnostic};
use crate::script::functions::missing_file;
use crate::system::files;
use rhai::{ASTNode, Expr, FnCallExpr};

/// The module of the functions that read a file.
const MODULE: &str = "file::";

pub(super) fn check(view: &View, call: &FnCallExpr, at: &Site) -> Option<Diagnostic> {
    let Some(Expr::StringConstant(path, _)) = call.args.first() else { return None };
    let folder = view.resolver.folder()?;
    let is_read = qualified(call).starts_with(MODULE) && !view.file.imports.contains_key("file");
    // What leads out of the project is refused where it is read.
    if !is_read || files::exists(&folder.join(path.as_str())) || is_written(view, path) {
        return None;
    }
    Some(missing_file(path, folder, at.clone(), CallPart::Arg(0)).warning())
}

/// Whether a recipe dumps to a file of that name first.
fn is_written(view: &View, path: &str) -> bool {
    let mut found = false;
    for file in view.files.values() {
        each(&file.ast, |node| {
            let (ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
            | ASTNode::Stmt(rhai::Stmt::FnCall(call, _))) = node
            else {
                return;
            };
            let names = |arg: &Expr| matches!(arg, Expr::StringConstant(text, _) if text.as_str() == path);
            found |= call.name == "dump" && call.args.iter().any(names);
        });
    }
    found
}
