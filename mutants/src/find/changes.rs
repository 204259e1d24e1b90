//! What each kind of expression is changed to.

use super::Finder;
use super::defaults::defaults_of;
use super::methods::{OPPOSITES, OPTIONAL, PREDICATES, YES_OR_NO};
use crate::mutant::Change;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, BinOp, Expr, Lit, Pat};

impl Finder<'_> {
    pub(super) fn condition(&mut self, condition: &Expr, instead: &[&str]) {
        if has_let(condition) {
            let start = condition.span().byte_range().start;
            let original = self.text(condition).to_owned();
            self.add(start..start, &original, Change::NeverMatches);
            self.chain(condition);
        } else {
            for text in instead {
                self.instead(condition, text);
            }
            self.visit_expr(condition);
        }
    }

    /// The parts of a condition that holds a `let`: it can't be replaced as a whole.
    pub(super) fn chain(&mut self, part: &Expr) {
        match part {
            Expr::Binary(binary) if has_let(part) => {
                self.chain(&binary.left);
                self.chain(&binary.right);
            }
            Expr::Let(one) => self.visit_expr(&one.expr),
            _ => {
                self.instead(part, "true");
                self.visit_expr(part);
            }
        }
    }

    pub(super) fn binary(&mut self, whole: &Expr, binary: &syn::ExprBinary) {
        let neighbours: &[&str] = match binary.op {
            BinOp::And(_) | BinOp::Or(_) => {
                let unmoved = if matches!(binary.op, BinOp::And(_)) { "true" } else { "false" };
                for side in [&binary.left, &binary.right] {
                    let is_more_of_it = matches!(&**side, Expr::Binary(inner)
                        if std::mem::discriminant(&inner.op) == std::mem::discriminant(&binary.op));
                    if !is_more_of_it {
                        self.instead(side, unmoved);
                    }
                }
                &[]
            }
            BinOp::Eq(_) | BinOp::Ne(_) if self.is_replaced(whole) => &[],
            BinOp::Eq(_) => &["!="],
            BinOp::Ne(_) => &["=="],
            BinOp::Lt(_) => &["<=", ">="],
            BinOp::Le(_) => &["<", ">"],
            BinOp::Gt(_) => &[">=", "<="],
            BinOp::Ge(_) => &[">", "<"],
            BinOp::Add(_) => &["-"],
            BinOp::Sub(_) => &["+"],
            BinOp::Mul(_) | BinOp::Rem(_) => &["/"],
            BinOp::Div(_) => &["*"],
            BinOp::AddAssign(_) => &["-="],
            BinOp::SubAssign(_) => &["+="],
            _ => &[],
        };
        for op in neighbours {
            let text = format!("{} {op} {}", self.text(&*binary.left), self.text(&*binary.right));
            self.instead(whole, &text);
        }
    }

    pub(super) fn method(&mut self, whole: &Expr, call: &syn::ExprMethodCall) {
        let name = call.method.to_string();
        let span = whole.span().byte_range();
        let (before, after) = (span.start..call.method.span().byte_range().start, call.method.span());
        if let Some(other) = OPPOSITES.iter().find_map(|(one, other)| match name.as_str() {
            name if name == *one => Some(other),
            name if name == *other => Some(one),
            _ => None,
        }) {
            let rest = &self.source[after.byte_range().end..span.end];
            let text = format!("{}{other}{rest}", &self.source[before]);
            self.instead(whole, &text);
        } else if YES_OR_NO.contains(&name.as_str()) && !self.is_replaced(whole) {
            let text = format!("!({})", self.text(whole));
            self.instead(whole, &text);
        } else if OPTIONAL.contains(&name.as_str()) {
            let text = self.text(&*call.receiver).to_owned();
            self.instead(whole, &text);
        }
        if PREDICATES.contains(&name.as_str()) {
            for argument in &call.args {
                if let Expr::Closure(closure) = argument {
                    self.instead(&closure.body, "true");
                    self.instead(&closure.body, "false");
                }
            }
        }
    }

    pub(super) fn arms(&mut self, arms: &[syn::Arm]) {
        let takes_all = |arm: &syn::Arm| arm.guard.is_none() && is_catch_all(&arm.pat);
        let has_rest = arms.last().is_some_and(takes_all);
        for arm in arms {
            match &arm.guard {
                Some((_, guard)) => self.condition(guard, &["true", "false"]),
                None if has_rest && !takes_all(arm) => {
                    let end = arm.pat.span().byte_range().end;
                    let pattern = self.text(&arm.pat).to_owned();
                    self.add(end..end, &pattern, Change::ArmSkipped);
                }
                None => {}
            }
            self.visit_expr(&arm.body);
        }
    }

    pub(super) fn literal(&mut self, whole: &Expr, literal: &Lit) {
        match literal {
            Lit::Bool(bool) => self.instead(whole, if bool.value { "false" } else { "true" }),
            Lit::Int(int) => {
                let Ok(value) = int.base10_parse::<u64>() else { return };
                for near in [value.checked_add(1), value.checked_sub(1)].into_iter().flatten() {
                    self.instead(whole, &format!("{near}{}", int.suffix()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn function(
        &mut self,
        attributes: &[Attribute],
        signature: &syn::Signature,
        block: &syn::Block,
    ) {
        if is_for_tests(attributes) || signature.constness.is_some() {
            return;
        }
        self.names.push(signature.ident.to_string());
        let after_brace = block.brace_token.span.open().byte_range().end;
        let body = self.text(block).trim_matches(['{', '}']).trim().to_owned();
        for text in defaults_of(&signature.output) {
            if text != body {
                self.add(after_brace..after_brace, "", Change::Returns(text));
            }
        }
        self.visit_block(block);
        self.names.pop();
    }
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// A name that is no constant and no variant, or `_`.
fn is_catch_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && !name.ident.to_string().starts_with(char::is_uppercase),
        _ => false,
    }
}

/// Whether it is compiled for tests or for fuzzing only.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition.contains("test") || condition.contains("fuzzing")
        }
        _ => false,
    })
}
